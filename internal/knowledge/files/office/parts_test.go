package office

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

// parts are the files of an archive, in their order.
type parts []entry

type entry struct{ name, content string }

// pack makes an archive.
func pack(tb testing.TB, list parts) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range list {
		f, err := w.Create(p.name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := f.Write([]byte(p.content)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

const (
	officeTypes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	wordSpaces  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
		` xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"` +
		` xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"` +
		` xmlns:v="urn:schemas-microsoft-com:vml"`
)

// rel is a relation to a part, and external one to an address.
func rel(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="` + officeTypes + kind + `" Target="` + target + `"/>`
}

func external(id, target string) string {
	return `<Relationship Id="` + id + `" Type="` + officeTypes + `hyperlink" Target="` + target + `" TargetMode="External"/>`
}

func rels(list ...string) string {
	out := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	for _, r := range list {
		out += r
	}
	return out + `</Relationships>`
}

// docx makes a Word document with a body, and further parts.
func docx(tb testing.TB, body string, more ...entry) []byte {
	tb.Helper()
	list := parts{
		{"_rels/.rels", rels(rel("rId1", "officeDocument", "word/document.xml"))},
		{"word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document ` + wordSpaces + `><w:body>` + body + `</w:body></w:document>`},
	}
	return pack(tb, append(list, more...))
}

// para is a paragraph with one run; style may be empty.
func para(style, text string) string {
	props := ""
	if style != "" {
		props = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + props + run(text) + `</w:p>`
}

func run(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }

// codeOf fails the test unless err is a Failure.
func codeOf(tb testing.TB, err error) schemas.FailCode {
	tb.Helper()
	var failure *knowledge.Failure
	if err == nil || !errors.As(err, &failure) {
		tb.Fatalf("the error is %v, not a failure", err)
	}
	return failure.Code
}

func mustRead(tb testing.TB, read func(context.Context, []byte) (knowledge.Text, error), body []byte) knowledge.Text {
	tb.Helper()
	text, err := read(context.Background(), body)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

type reader func(context.Context, []byte) (knowledge.Text, error)

// readers are those of this package by the extension of their files.
func readers() map[string]reader {
	return map[string]reader{"docx": ReadDocx, "pptx": ReadPptx, "xlsx": ReadXlsx, "xls": ReadXls}
}
