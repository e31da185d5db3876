// Package office finds the visible text of Word, PowerPoint and Excel files
// and writes it as the plain dialect of Markdown that the files package uses.
//
// It owns what counts as visible in them and the bounds of what it unpacks:
// archives, parts, nesting, text. Every reader takes bytes and returns a text or
// a knowledge.Failure. It must not fetch anything, follow a link or evaluate a
// formula, field or macro, and no input may make it recurse: what it reads was
// made by strangers. Spec: S15.
package office
