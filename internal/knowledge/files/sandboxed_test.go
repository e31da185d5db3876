package files

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files/sandbox"
	"steward/schemas"
)

func sandboxed(t *testing.T) sandbox.Runner {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector needs more memory than the limit")
	}
	return sandbox.Runner{Pool: sandbox.NewPool(t.TempDir(), 2), Command: []string{os.Args[0], childArgument}, Timeout: 2 * time.Minute, SlowTimeout: 2 * time.Minute}
}

// The text of a file is the same whether it is read in a child or not.
func TestUploadsInTheSandbox(t *testing.T) {
	t.Parallel()
	r := sandboxed(t)
	paths, _ := filepath.Glob("testdata/uploads/*")
	if len(paths) < 10 {
		t.Fatalf("%d files", len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			page := knowledge.Page{Name: filepath.Base(path), Body: body}
			got, err := r.Read(t.Context(), page)
			if err != nil {
				t.Fatal(err)
			}
			if want := read(t, page); got.Markdown != want.Markdown || got.Title != want.Title {
				t.Errorf("got %q, want %q", got.Markdown, want.Markdown)
			}
		})
	}
}

// deflated is n times a chunk as a PDF file or a part of an archive holds it.
func deflated(w io.WriteCloser, chunk string, n int) error {
	for range n {
		if _, err := io.WriteString(w, chunk); err != nil {
			return err
		}
	}
	return w.Close()
}

// bombPDF is a page whose content unpacks to n mebibytes.
func bombPDF(t *testing.T, mebibytes int) []byte {
	t.Helper()
	var stream bytes.Buffer
	chunk := strings.Repeat("BT /F1 9 Tf (some words) Tj ET\n", 1<<15)
	if err := deflated(zlib.NewWriter(&stream), chunk, mebibytes); err != nil {
		t.Fatal(err)
	}
	f := &pdfFile{}
	content := f.add("<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream", stream.Len(), stream.Bytes())
	font := f.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	f.pages = append(f.pages, f.add("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 %d 0 R>>>>>>", content, font))
	return f.bytes()
}

// bombDocx is a document of n mebibytes.
func bombDocx(t *testing.T, head, chunk string, mebibytes int) []byte {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	const types = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	const relations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`
	for _, part := range [][2]string{{"[Content_Types].xml", types}, {"_rels/.rels", relations}, {"word/document.xml", head}} {
		w, err := archive.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			t.Fatal(err)
		}
		for range mebibytes {
			if part[0] != "word/document.xml" {
				break
			}
			if _, err := io.WriteString(w, chunk); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every file that is made to do harm ends with a reason.
func TestHostileFilesInTheSandbox(t *testing.T) {
	t.Parallel()
	r := sandboxed(t)
	// Tighter than in life, so that the test is done with it soon.
	r.Limits = sandbox.DefaultLimits()
	r.Limits.Processor = 5
	const word = `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>`
	docx := material(t, "uploads/testWORD.docx")
	for _, tt := range []struct {
		name string
		page knowledge.Page
		want []schemas.FailCode
	}{
		{"fuzzed xlsx", knowledge.Page{Name: "a.xlsx", Body: material(t, "hostile/clusterfuzz-testcase-minimized-POIXSSFFuzzer-5089447305609216.xlsx")}, []schemas.FailCode{schemas.FailTruncated}},
		{"xml bomb in xlsx", knowledge.Page{Name: "a.xlsx", Body: material(t, "hostile/poc-xmlbomb-empty.xlsx")}, []schemas.FailCode{schemas.FailUnsupportedType, schemas.FailBomb}},
		{"corrupted ppt", knowledge.Page{Name: "a.pptx", Body: material(t, "hostile/57272_corrupted_usereditatom.ppt")}, []schemas.FailCode{schemas.FailUnsupportedType, schemas.FailTruncated}},
		{"600 MB of words", knowledge.Page{Name: "a.docx", Body: bombDocx(t, word, strings.Repeat("words of a bomb ", 1<<16), 600)}, []schemas.FailCode{schemas.FailBomb}},
		{"attribute of 600 MB", knowledge.Page{Name: "a.docx", Body: bombDocx(t, `<w:document a="`, strings.Repeat("x", 1<<20), 600)}, []schemas.FailCode{schemas.FailBomb}},
		{"unclosed tags", knowledge.Page{Name: "a.docx", Body: bombDocx(t, word, strings.Repeat("<w:p>", 1<<17), 20)}, []schemas.FailCode{schemas.FailBomb}},
		{"half of a docx", knowledge.Page{Name: "a.docx", Body: docx[:len(docx)/2]}, []schemas.FailCode{schemas.FailTruncated}},
		{
			"pages in a circle",
			knowledge.Page{Name: "a.pdf", Body: []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF")},
			[]schemas.FailCode{schemas.FailNoText, schemas.FailTruncated, schemas.FailBomb, schemas.FailNeedsOCR},
		},
		{"pdf of 100 MB of words", knowledge.Page{Name: "a.pdf", Body: bombPDF(t, 100)}, []schemas.FailCode{schemas.FailBomb, schemas.FailTimeout}},
		{"half of a pdf", knowledge.Page{Name: "a.pdf", Body: material(t, "uploads/testPDF.pdf")[:20000]}, []schemas.FailCode{schemas.FailTruncated}},
		{"billion laughs", knowledge.Page{Name: "a.xml", Body: []byte(`<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;!!!</a>`)}, []schemas.FailCode{schemas.FailNone}},
		{"47 MB of brackets", knowledge.Page{Name: "a.json", Body: bytes.Repeat([]byte("["), 47<<20)}, []schemas.FailCode{schemas.FailBomb}},
		{"47 MB of elements", knowledge.Page{Name: "a.xml", Body: bytes.Repeat([]byte("<a>"), 47<<20/3)}, []schemas.FailCode{schemas.FailBomb}},
		{"47 MB of commas", knowledge.Page{Name: "a.csv", Body: bytes.Repeat([]byte(","), 47<<20)}, []schemas.FailCode{schemas.FailTooLarge, schemas.FailNoText}},
		{"47 MB of links", knowledge.Page{Name: "a.md", Body: bytes.Repeat([]byte("["), 47<<20)}, []schemas.FailCode{schemas.FailTooLarge, schemas.FailNoText, schemas.FailTimeout}},
		{"47 MB of quotes", knowledge.Page{Name: "a.csv", Body: bytes.Repeat([]byte("\"\n"), 47<<19)}, []schemas.FailCode{schemas.FailNoText}},
		{"47 MB of tags", knowledge.Page{Name: "a.html", Body: bytes.Repeat([]byte("<b>"), 47<<20/3)}, []schemas.FailCode{schemas.FailNoText}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			text, err := r.Read(t.Context(), tt.page)
			code, _ := knowledge.CodeOf(err)
			found := false
			for _, want := range tt.want {
				found = found || code == want
			}
			if !found {
				t.Errorf("code %q: %v, %d bytes of text", code, err, len(text.Markdown))
			}
			t.Logf("%v: %q", time.Since(start).Round(time.Millisecond), code)
		})
	}
}
