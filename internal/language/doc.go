// Package language is what Steward knows about natural languages without a
// model: word analysis for search, sentences, language detection, small talk
// and the wish for a person, and the cleaning of text from outside.
//
// It owns word lists and rules only. It keeps no state, does no input or
// output, and decides nothing about a conversation: callers do. The same
// analysis runs when content is indexed and when it is searched, so both sides
// always agree.
package language
