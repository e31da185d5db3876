// Package files finds the visible text of files and of documents on the web and
// writes all of it as one plain dialect of Markdown: headings with #, lists with
// -, tables with leading bars, fenced code.
//
// It owns which format a file is of, by its name and its content, and the
// reading of formats that are text: Markdown, plain text, configurations,
// reStructuredText, CSV, JSON and XML. Office files and PDF are read by its
// subpackages office and pdf, scanned pages by external programs, HTML by a
// reader it is given. Router sends each page to the process it is read in: pages
// of the web here, what strangers uploaded in a child of the subpackage sandbox,
// videos by the subpackage media.
//
// It must not fetch anything or open a file that content names, secrets in
// configurations must not get into a text, and a malformed input must end in a
// reason, never in a panic: what it reads was made by strangers. Spec: S15.
package files
