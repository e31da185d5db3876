package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files/office"
	"steward/internal/knowledge/files/pdf"
	"steward/internal/language"
	"steward/schemas"
)

// Reader reads files of all types that can be uploaded and the documents that
// are found on the web, in this process. What strangers made is read by one in
// a child process, see the package sandbox. It is safe for concurrent use.
type Reader struct {
	// HTML reads web pages and HTML files. Without it they are unsupported.
	HTML knowledge.Reader
	// Fragment writes a piece of HTML, all of it content, as Markdown. The
	// readers of Markdown, feeds and JSON need it; without it Markdown is
	// unsupported and marked up values are left out.
	Fragment func(source, address string) (string, error)
	// PDF says what PDF files are read with.
	PDF pdf.Options
	// OCR reads scanned pages. Its zero value reads none.
	OCR OCR
}

var _ knowledge.Reader = Reader{}

// Read returns the visible text of page. Its errors are knowledge.Failure. With
// no_text comes what a web page says beside its text.
func (r Reader) Read(ctx context.Context, page knowledge.Page) (text knowledge.Text, err error) {
	defer func() {
		if recover() != nil {
			text, err = knowledge.Text{}, knowledge.Fail(schemas.FailInternal, errors.New("a parser gave up"))
		}
	}()
	if ctx.Err() != nil {
		return text, stopped(ctx)
	}
	switch {
	case len(page.Body) > schemas.MaxSourceBytes:
		return text, knowledge.Fail(schemas.FailTooLarge, nil)
	case len(bytes.TrimSpace(page.Body)) == 0:
		return text, knowledge.Fail(schemas.FailNoText, nil)
	}
	kind := formatOf(page)
	if kind == formatHTML {
		return r.page(ctx, page)
	}
	if kind.binary() {
		text, err = r.document(ctx, page, kind)
	} else {
		text, err = r.text(ctx, page, kind)
	}
	if err != nil {
		return knowledge.Text{}, failure(ctx, err)
	}
	return finished(text)
}

// document reads a format that is no text.
func (r Reader) document(ctx context.Context, page knowledge.Page, kind format) (knowledge.Text, error) {
	switch kind {
	case formatDocx:
		return office.ReadDocx(ctx, page.Body)
	case formatPptx:
		return office.ReadPptx(ctx, page.Body)
	case formatXlsx:
		return office.ReadXlsx(ctx, page.Body)
	case formatXls:
		return office.ReadXls(ctx, page.Body)
	case formatPDF:
		return r.pdf(ctx, page)
	}
	// Spoken text takes a service, which the reader of media asks.
	return knowledge.Text{}, knowledge.Fail(schemas.FailNeedsTranscription, nil)
}

// text reads a format that is text.
func (r Reader) text(ctx context.Context, page knowledge.Page, kind format) (text knowledge.Text, err error) {
	if kind == formatUnknown {
		return text, knowledge.Fail(schemas.FailUnsupportedType, nil)
	}
	source, err := decode(page.Body, page.ContentType, page.Language)
	if err != nil {
		return text, err
	}
	partial := false
	switch kind {
	case formatCSV:
		text.Markdown, partial, err = readCSV(source)
	case formatJSON:
		text, err = readJSON(source, r.fragments(page.URL))
	case formatXML:
		if xhtml.MatchString(source[:min(len(source), sniffBytes)]) {
			return r.page(ctx, page)
		}
		text, err = readXML(source, r.fragments(page.URL))
	default:
		source, partial = bounded(source)
		text, err = r.lines(source, kind)
	}
	if partial {
		text.Notes = append(text.Notes, knowledge.NotePartial)
	}
	return text, err
}

// lines reads a format that is made of lines.
func (r Reader) lines(source string, kind format) (text knowledge.Text, err error) {
	switch kind {
	case formatMarkdown:
		if r.Fragment == nil {
			return text, knowledge.Fail(schemas.FailUnsupportedType, nil)
		}
		return readMarkdown(source, r.Fragment)
	case formatRST:
		text.Title, text.Markdown = readRST(source)
	case formatConfig:
		text.Markdown = readConfig(source)
	default:
		text.Markdown = plain(source)
	}
	return text, nil
}

// page hands a page to the reader of HTML, also one that came under another
// type.
func (r Reader) page(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	if r.HTML == nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, nil)
	}
	switch {
	case page.Name != "" && formatOfExtension(schemas.FileExtension(page.Name)) != formatHTML:
		page.Name += ".html"
	case page.Name == "":
		page.ContentType = typeOfHTML(page)
	}
	return r.HTML.Read(ctx, page)
}

var xhtml = regexp.MustCompile(`(?i)^\s*(?:<\?xml[^<>]*>\s*)?(?:<!doctype\s+html[^<>]*>\s*)?<html[\s>]`)

// fragments returns a function that finds the text of a marked up value.
func (r Reader) fragments(address string) func(string) string {
	return func(source string) string {
		if r.Fragment == nil || len(source) > schemas.MaxPageBytes {
			return ""
		}
		markdown, err := r.Fragment(source, address)
		if err != nil {
			return ""
		}
		return markdown
	}
}

// finished cleans a text and says when it has no words.
func finished(text knowledge.Text) (knowledge.Text, error) {
	text.Title = oneLine(language.Clean(text.Title))
	markdown, cut := bounded(text.Markdown)
	text.Markdown = language.Clean(markdown)
	if cut && !slices.Contains(text.Notes, knowledge.NotePartial) {
		text.Notes = append(text.Notes, knowledge.NotePartial)
	}
	if !strings.ContainsFunc(text.Markdown, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N) }) {
		return knowledge.Text{}, knowledge.Fail(schemas.FailNoText, nil)
	}
	return text, nil
}

// failure gives an error its reason when it has none.
func failure(ctx context.Context, err error) error {
	var known *knowledge.Failure
	switch {
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return stopped(ctx)
	}
	return knowledge.Fail(schemas.FailUnsupportedType, fmt.Errorf("read file: %w", err))
}

// stopped says why a context ended.
func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return knowledge.FailForNow(schemas.FailTimeout, ctx.Err())
	}
	return knowledge.FailForNow(schemas.FailCancelled, ctx.Err())
}
