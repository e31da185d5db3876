// Package arch holds tests only: the shape of the tree as rules that fail. They
// check who may import whom, the size of files and functions, package comments,
// package-level state, citations of the specification, and that the documents
// and the compose file agree with the code.
//
// It owns the tables of those rules, each with its reason. It reads source files
// by parsing them, never through the go command, so a result is never cached
// from an older tree. No product code may import it.
package arch
