package pdf

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"unicode"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

const (
	// maxText is the text kept, in bytes. What comes after it is left out.
	maxText = 20 << 20
	// maxPages is the number of pages read.
	maxPages = 5000
	// fewCharacters is how many letters and digits a page shows when its text is
	// a picture.
	fewCharacters = 20
	// headBytes is how far into a file its mark may stand. See ISO 32000-1,
	// annex H.3.
	headBytes = 1024
)

// Options say what PDF files are read with.
type Options struct {
	// Pdftotext is the path of poppler's program. Without it a reader that
	// knows fewer fonts and no tables is used.
	Pdftotext string
	// TempDir is a private folder for the file while pdftotext reads it. Empty
	// means os.TempDir.
	TempDir string
}

// Document is a PDF file as it was read.
type Document struct {
	// title is that of the file, when a person gave it.
	title string
	pages []page
	// partial is true when a limit was reached and the rest is left out.
	partial bool
}

// page is one page of a document.
type page struct {
	pieces []piece
	// shows is how many letters and digits it shows as text.
	shows int
	// seen is what OCR read on it; ocr is true when it was tried.
	seen string
	ocr  bool
}

// Read reads a PDF file. The error is a knowledge.Failure: encrypted,
// truncated, bomb, unsupported_type, timeout or internal. A file without text
// is no error here but in Document.Text, after OCR could be tried.
func Read(ctx context.Context, body []byte, o Options) (*Document, error) {
	if !bytes.Contains(body[:min(len(body), headBytes)], []byte("%PDF-")) {
		return nil, knowledge.Fail(schemas.FailUnsupportedType, nil)
	}
	var layout *layout
	var err error
	if o.Pdftotext != "" {
		layout, err = readPoppler(ctx, body, o)
	} else {
		layout, err = readAlone(ctx, body)
	}
	if err != nil {
		return nil, failure(ctx, err)
	}
	return layout.document(), nil
}

// NeedsOCR are the numbers of the pages, from 1, that show fewer than 20
// letters and digits and have not been replaced.
func (d *Document) NeedsOCR() []int {
	var out []int
	for i, p := range d.pages {
		if p.shows < fewCharacters && !p.ocr {
			out = append(out, i+1)
		}
	}
	return out
}

// Replace takes what OCR has read on a page, numbered from 1, as Markdown. The
// page keeps the text it shows itself when OCR found no more than that.
func (d *Document) Replace(number int, markdown string) {
	if number < 1 || number > len(d.pages) {
		return
	}
	p := &d.pages[number-1]
	p.ocr = true
	if characters(markdown) > p.shows {
		p.seen = markdown
	}
}

// Text is the whole text. The error is a knowledge.Failure: needs_ocr when there
// is none and pages wait for OCR, no_text when none do.
func (d *Document) Text() (knowledge.Text, error) {
	text := knowledge.Text{Title: oneLine(language.Clean(d.title))}
	w := &writer{}
	for _, p := range d.pages {
		if p.seen != "" {
			w.add(piece{kind: kindMarkdown, text: p.seen})
			if !slices.Contains(text.Notes, knowledge.NoteOCR) {
				text.Notes = append(text.Notes, knowledge.NoteOCR)
			}
			continue
		}
		for _, piece := range p.pieces {
			w.add(piece)
		}
	}
	text.Markdown = language.Clean(w.String())
	switch {
	case characters(text.Markdown) > 0:
	case len(d.NeedsOCR()) > 0:
		return knowledge.Text{}, knowledge.Fail(schemas.FailNeedsOCR, nil)
	default:
		return knowledge.Text{}, knowledge.Fail(schemas.FailNoText, nil)
	}
	if d.partial || w.full {
		text.Notes = append(text.Notes, knowledge.NotePartial)
	}
	return text, nil
}

// characters counts letters and digits.
func characters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			n++
		}
	}
	return n
}

var (
	errPassword = errors.New("the file is protected by a password")
	errBroken   = errors.New("the file is broken")
	errMemory   = errors.New("the file takes too much memory")
	errCycle    = errors.New("the pages of the file go round in a circle")
	errVendor   = errors.New("a parser gave up")
)

// failure turns an error of this package into the reason that is shown.
func failure(ctx context.Context, err error) error {
	var known *knowledge.Failure
	switch {
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return knowledge.FailForNow(schemas.FailTimeout, ctx.Err())
	case errors.Is(err, errPassword):
		return knowledge.Fail(schemas.FailEncrypted, err)
	case errors.Is(err, errBroken):
		return knowledge.Fail(schemas.FailTruncated, err)
	case errors.Is(err, errMemory), errors.Is(err, errCycle):
		return knowledge.Fail(schemas.FailBomb, err)
	}
	return knowledge.Fail(schemas.FailInternal, err)
}
