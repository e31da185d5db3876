// Package files finds the visible text of Markdown, plain text and HTML and
// writes all of it as one plain dialect of Markdown.
//
// It owns what counts as visible, character sets and front matter. It must not
// fetch anything, and a malformed input must end in a reason, never in a panic:
// what it reads was made by strangers. Spec: S15.
package files
