// Package pdf finds the text of PDF files and writes it as the plain dialect of
// Markdown that the files package uses.
//
// It owns how lines on a page become paragraphs, headings, lists and tables, and
// which pages show no text and have to be read by OCR. It runs poppler's
// pdftotext, or reads by itself where there is none. It must not fetch anything,
// and it does not read pictures: the caller does, and hands their text back.
// pdftotext has no bound of its own on memory, so the process that calls this
// package has to have one, which its children inherit. Spec: S15.
package pdf
