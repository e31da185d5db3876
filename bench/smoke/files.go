package main

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
)

// oldWorkbook is the one document that is not written here. See
// testdata/README.md.
//
//go:embed testdata/testEXCEL.xls
var oldWorkbook []byte

// upload is a file to upload and a word by which a search has to find it.
type upload struct {
	name, word string
	content    []byte
}

// uploads are one file of each document format. Their words are new in every
// run, so that nothing else can be found in their place.
func uploads() []upload {
	out := []upload{{name: "smoke.xls", word: "Squares", content: oldWorkbook}}
	add := func(extension string, write func(word string) []byte) {
		word := newWord()
		out = append(out, upload{name: "smoke" + extension, word: word, content: write(word)})
	}
	for extension, form := range map[string]string{
		".html":  "<!doctype html><html><title>Code</title><body><main><h1>Code</h1><p>%s</p></main></body></html>",
		".htm":   "<html><title>Code</title><body><p>%s</p></body></html>",
		".xhtml": `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Code</title></head><body><p>%s</p></body></html>`,
		".md":    "# Code\n\n%s\n",
		".rst":   "Code\n====\n\n%s\n",
		".txt":   "%s\n",
		".text":  "%s\n",
		".csv":   "topic,text\ncode,%s\n",
		".json":  `{"topic": "code", "text": "%s"}`,
		".xml":   `<?xml version="1.0"?><note><topic>code</topic><text>%s</text></note>`,
		".cfg":   "[code]\ntext = %s\n",
		".conf":  "# Code\ntext %s\n",
	} {
		add(extension, func(word string) []byte { return fmt.Appendf(nil, form, sentence(word)) })
	}
	for extension, parts := range map[string][]string{".docx": wordParts, ".pptx": slideParts, ".xlsx": sheetParts} {
		add(extension, func(word string) []byte { return office(parts, sentence(word)) })
	}
	add(".pdf", func(word string) []byte { return pdf(sentence(word)) })
	return out
}

func sentence(word string) string {
	return "The code word of this document is " + word + ". Give it to the person at the desk when you collect your parcel."
}

// newWord is a word that nobody has used before.
func newWord() string {
	var b strings.Builder
	for range 6 {
		b.WriteByte("bdfgklmnprtvz"[rand.IntN(13)])
		b.WriteByte("aiou"[rand.IntN(4)])
	}
	return b.String()
}

const (
	packageRels = "http://schemas.openxmlformats.org/package/2006/relationships"
	officeRels  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	contentType = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/>%s</Types>`
)

// The parts of the smallest documents: name and content by turns. TEXT stands
// for the text.
var (
	wordParts = []string{
		"[Content_Types].xml", fmt.Sprintf(contentType, "word/document.xml", "wordprocessingml.document", ""),
		"_rels/.rels", relation("officeDocument", "word/document.xml"),
		"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` +
			`<w:p><w:r><w:t>TEXT</w:t></w:r></w:p></w:body></w:document>`,
	}
	slideParts = []string{
		"[Content_Types].xml", fmt.Sprintf(contentType, "ppt/presentation.xml", "presentationml.presentation",
			`<Override PartName="/ppt/slides/slide1.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/>`),
		"_rels/.rels", relation("officeDocument", "ppt/presentation.xml"),
		"ppt/presentation.xml", `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="` + officeRels + `">` +
			`<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", relation("slide", "slides/slide1.xml"),
		"ppt/slides/slide1.xml", `<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" ` +
			`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:sp><p:txBody>` +
			`<a:p><a:r><a:t>TEXT</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>`,
	}
	sheetParts = []string{
		"[Content_Types].xml", fmt.Sprintf(contentType, "xl/workbook.xml", "spreadsheetml.sheet",
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`),
		"_rels/.rels", relation("officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + officeRels + `">` +
			`<sheets><sheet name="Code" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml"),
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">` +
			`<c r="A1" t="inlineStr"><is><t>TEXT</t></is></c></row></sheetData></worksheet>`,
	}
)

func relation(kind, target string) string {
	return `<Relationships xmlns="` + packageRels + `"><Relationship Id="rId1" Type="` + officeRels + "/" + kind + `" Target="` + target + `"/></Relationships>`
}

// office packs parts with a text.
func office(parts []string, text string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(parts); i += 2 {
		// A buffer takes everything.
		part, _ := w.Create(parts[i])
		_, _ = part.Write([]byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + strings.ReplaceAll(parts[i+1], "TEXT", text)))
	}
	_ = w.Close()
	return out.Bytes()
}

// pdf is a page with one line.
func pdf(text string) []byte {
	draw := "BT /F1 10 Tf 40 700 Td (" + text + ") Tj ET"
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	var places []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(draw), draw),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
	} {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, place := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, table)
	return out.Bytes()
}
