package files

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestEveryExtensionHasAFormat(t *testing.T) {
	t.Parallel()
	for _, extension := range schemas.FileExtensions() {
		if formatOfExtension(extension) == formatUnknown {
			t.Errorf("%s has none", extension)
		}
	}
	if len(schemas.FileExtensions()) != 23 {
		t.Errorf("%d extensions", len(schemas.FileExtensions()))
	}
}

func TestUploads(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]string{
		"testHTML.html":         {"Test", "Indexation", "Html", "fichier"},
		"testHTML_utf8.html":    {"Content", "with", "chars", "öäå"},
		"boilerplate.html":      {"boilerplate", "This", "page"},
		"testTXT.txt":           {"Test d'indexation"},
		"testXML3.xml":          {"FirstName: John, Jane, Bob, Kate", "LastName: Smith, Doe, Smith"},
		"csv-spectrum-json.csv": {`{"type": "Point", "coordinates": [102.0, 0.5]}`},
		"testWORD.docx":         {"Sample", "Nested"},
		"testPPT.pptx":          {"Watershed"},
		"testEXCEL.xls":         {"Squares"},
		"testPDF.pdf":           {"incubation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, knowledge.Page{Name: name, Body: material(t, "uploads/"+name)})
			for _, word := range words {
				if !strings.Contains(got.Title+" "+got.Markdown, word) {
					t.Errorf("%q is missing in %q", word, got.Markdown)
				}
			}
		})
	}
}

// What a file is counts more than what it is called, where it is certain.
func TestContentWinsOverTheName(t *testing.T) {
	t.Parallel()
	docx, pdf, xls := material(t, "uploads/testWORD.docx"), material(t, "uploads/testPDF.pdf"), material(t, "uploads/testEXCEL.xls")
	for _, tt := range []struct {
		name string
		page knowledge.Page
		want string
	}{
		{"pdf as docx", knowledge.Page{Name: "a.docx", Body: pdf}, "incubation"},
		{"pdf as txt", knowledge.Page{Name: "a.txt", Body: pdf}, "incubation"},
		{"pdf behind a line", knowledge.Page{Name: "a.pdf", Body: append([]byte("junk\n"), pdf...)}, "incubation"},
		{"docx as pdf", knowledge.Page{Name: "a.pdf", Body: docx}, "Nested"},
		{"docx as md", knowledge.Page{Name: "a.md", Body: docx}, "Nested"},
		{"xls as xlsx", knowledge.Page{Name: "a.xlsx", Body: xls}, "Squares"},
		{"table of HTML as xls", knowledge.Page{Name: "a.xls", Body: []byte("<html><body><table><tr><td>Zone<td>Cost</table>")}, "Zone"},
		{"xhtml as xml", knowledge.Page{Name: "a.xml", Body: []byte("<?xml version='1.0'?><html><body><p>Words</p><p hidden>secret</p></body></html>")}, "Words"},
		{"text about HTML", knowledge.Page{Name: "a.txt", Body: []byte("<b> makes text bold")}, "<b> makes"},
		{"text about PDF", knowledge.Page{Name: "a.txt", Body: []byte("The mark of such a file is %PDF-1.4 at its start.")}, "The mark of"},
		{"text like a picture", knowledge.Page{Name: "a.txt", Body: []byte("BM is short for Bergmann, whose lamps these are.")}, "Bergmann"},
		{"pdf from the web as text", knowledge.Page{URL: "https://a.example/f", ContentType: "text/html", Body: pdf}, "incubation"},
		{"page from the web as pdf", knowledge.Page{URL: "https://a.example/f.pdf", ContentType: "application/pdf", Body: []byte("<!doctype html><p>Please log in")}, "Please log in"},
		{"bytes from the web", knowledge.Page{URL: "https://a.example/f?download", ContentType: "application/octet-stream", Body: docx}, "Nested"},
		{"csv from the web as xls", knowledge.Page{URL: "https://a.example/f", ContentType: "application/vnd.ms-excel", Body: []byte("a;b\nx;y\n")}, "a: x"},
		{"csv from the web as text", knowledge.Page{URL: "https://a.example/f.csv", ContentType: "text/plain", Body: []byte("a;b\nx;y\n")}, "a: x"},
		{"markdown from the web", knowledge.Page{URL: "https://a.example/README.md", ContentType: "text/plain; charset=utf-8", Body: []byte("# T\n\n**bold**")}, "bold"},
		{"feed from the web", knowledge.Page{ContentType: "application/atom+xml", Body: []byte("<feed><title>T</title><entry><title>Item</title></entry></feed>")}, "## Item"},
		{"json from the web", knowledge.Page{ContentType: "application/ld+json", Body: []byte(`{"a":"b"}`)}, "a: b"},
		{"no type from the web", knowledge.Page{Body: []byte("<!doctype html><p>Words of a page")}, "Words of a page"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, tt.page).Markdown; !strings.Contains(got, tt.want) || strings.Contains(got, "secret") || strings.Contains(got, "**") {
				t.Errorf("%q is missing in %q", tt.want, got)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		page knowledge.Page
		want schemas.FailCode
	}{
		{"no extension", knowledge.Page{Name: "README", Body: []byte("a")}, schemas.FailUnsupportedType},
		{"other extension", knowledge.Page{Name: "a.exe", Body: []byte("MZ")}, schemas.FailUnsupportedType},
		{"document without its content", knowledge.Page{Name: "a.docx", Body: []byte("just words")}, schemas.FailUnsupportedType},
		{"pdf without its mark", knowledge.Page{Name: "a.pdf", Body: []byte("just words")}, schemas.FailUnsupportedType},
		{"pdf of noise", knowledge.Page{Name: "a.pdf", Body: []byte("words\x00\x01\x02")}, schemas.FailUnsupportedType},
		{"picture on the web", knowledge.Page{ContentType: "image/png", Body: []byte("\x89PNG\r\n\x1a\n")}, schemas.FailUnsupportedType},
		{"bytes on the web", knowledge.Page{ContentType: "application/octet-stream", Body: []byte{0, 1, 2, 3}}, schemas.FailUnsupportedType},
		{"drawing on the web", knowledge.Page{ContentType: "image/svg+xml", Body: []byte("<svg><text>a</text></svg>")}, schemas.FailUnsupportedType},
		{"binary as text", knowledge.Page{Name: "a.txt", Body: []byte("MZ\x00\x01\x02")}, schemas.FailUnsupportedType},
		{"video", knowledge.Page{Name: "a.mp4", Body: []byte("x")}, schemas.FailNeedsTranscription},
		{"large", knowledge.Page{Name: "a.txt", Body: make([]byte, schemas.MaxSourceBytes+1)}, schemas.FailTooLarge},
		{"blank", knowledge.Page{Name: "a.md", Body: []byte(" \n\t")}, schemas.FailNoText},
		{"no words", knowledge.Page{Name: "a.md", Body: []byte("--- !!! ---")}, schemas.FailNoText},
		{"only hidden", knowledge.Page{Name: "a.html", Body: []byte("<p hidden>x</p><script>y</script>")}, schemas.FailNoText},
		{"deep json", knowledge.Page{Name: "a.json", Body: []byte(strings.Repeat("[", 1000))}, schemas.FailBomb},
		{"deep xml", knowledge.Page{Name: "a.xml", Body: []byte(strings.Repeat("<a>", 1000))}, schemas.FailBomb},
		{"half of json", knowledge.Page{Name: "a.json", Body: []byte(`{"a":[1,2`)}, schemas.FailTruncated},
		{"half of xml", knowledge.Page{Name: "a.xml", Body: []byte(`<a><b>words</b>`)}, schemas.FailTruncated},
		{"half a tag of xml", knowledge.Page{Name: "a.xml", Body: []byte(`<a><b c="`)}, schemas.FailTruncated},
		{"no json", knowledge.Page{Name: "a.json", Body: []byte("{a: 1}")}, schemas.FailUnsupportedType},
		{"no xml", knowledge.Page{Name: "a.xml", Body: []byte("words")}, schemas.FailUnsupportedType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := whole().Read(t.Context(), tt.page)
			if code, again := knowledge.CodeOf(err); code != tt.want || again {
				t.Errorf("code %q, again %v: %v", code, again, err)
			}
		})
	}
}

func TestReaderWithoutItsParts(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"a.html": "<p>words", "a.md": "# words"} {
		_, err := Reader{}.Read(t.Context(), knowledge.Page{Name: name, Body: []byte(body)})
		if code, _ := knowledge.CodeOf(err); code != schemas.FailUnsupportedType {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is marked up is left out rather than shown with its hidden parts.
	got, err := Reader{}.Read(t.Context(), knowledge.Page{Name: "a.json", Body: []byte(`{"a":"words","b":"<p hidden>secret</p>"}`)})
	if err != nil || got.Markdown != "- a: words" {
		t.Errorf("%q, %v", got.Markdown, err)
	}
}

func TestStoppedReading(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := whole().Read(ctx, knowledge.Page{Name: "a.txt", Body: []byte("words")})
	if code, again := knowledge.CodeOf(err); code != schemas.FailCancelled || !again {
		t.Errorf("code %q, again %v", code, again)
	}
}

type panics struct{}

func (panics) Read(context.Context, knowledge.Page) (knowledge.Text, error) { panic("content") }

func TestPanicHasAReason(t *testing.T) {
	t.Parallel()
	_, err := Reader{HTML: panics{}}.Read(t.Context(), knowledge.Page{Name: "a.html", Body: []byte("x")})
	if code, _ := knowledge.CodeOf(err); code != schemas.FailInternal || strings.Contains(err.Error(), "content") {
		t.Errorf("%v", err)
	}
}

func TestLongTextsAreCutAndNoted(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a.txt":  strings.Repeat("some words\n", maxText/11+100),
		"b.txt":  strings.Repeat("a\n", maxLines+100),
		"a.conf": strings.Repeat("a = b\n", maxLines+100),
		"a.csv":  strings.Repeat("some,words,of,five,cells\n", maxText/25+100),
		"a.json": "[" + strings.Repeat("1,", maxNodes+100) + "1]",
		"a.xml":  "<a>" + strings.Repeat("<b>c</b>", maxNodes) + "</a>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, knowledge.Page{Name: name, Body: []byte(body)})
			if !slices.Contains(got.Notes, knowledge.NotePartial) || len(got.Notes) != 1 {
				t.Errorf("notes %v", got.Notes)
			}
			if n := len(got.Markdown); n > maxText || n < maxLines {
				t.Errorf("%d bytes", n)
			}
		})
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		page knowledge.Page
		want string
	}{
		{"utf-8", knowledge.Page{Name: "a.txt", Body: []byte("åäö – €")}, "åäö – €"},
		{"utf-8 mark", knowledge.Page{Name: "a.txt", Body: []byte("\xef\xbb\xbfåäö")}, "åäö"},
		{"windows-1252", knowledge.Page{Name: "a.txt", Body: []byte("\xe5\xe4\xf6 \x96 \x80")}, "åäö – €"},
		{"by language", knowledge.Page{Name: "a.txt", Language: "ru", Body: []byte("\xcf\xf0\xe8\xe2\xe5\xf2")}, "Привет"},
		{"utf-16", knowledge.Page{Name: "a.txt", Body: []byte("\xff\xfeh\x00\xe5\x00")}, "hå"},
		{"utf-16 without mark", knowledge.Page{Name: "a.txt", Body: []byte("\x00w\x00o\x00r\x00d\x00s")}, "words"},
		{"utf-16 of a spreadsheet", knowledge.Page{Name: "a.csv", Body: []byte("\xff\xfea\x00\t\x00b\x00\n\x00x\x00\t\x00\xe5\x00\n\x00")}, "a\tb\n\n- a: x\n  b: å"},
		{"header", knowledge.Page{ContentType: "text/plain; charset=iso-8859-2", Body: []byte("\xb1\xe6")}, "ąć"},
		{"xml declaration", knowledge.Page{Name: "a.xml", Body: []byte("<?xml version='1.0' encoding='windows-1251'?><a>\xcf\xf0\xe8</a>")}, "При"},
		{"declaration left over", knowledge.Page{Name: "a.xml", Body: []byte("<?xml version='1.0' encoding='windows-1251'?><a>åäö</a>")}, "åäö"},
		{"escaped set", knowledge.Page{ContentType: "text/plain; charset=iso-2022-jp", Body: []byte("\x1b$B$3\x1b(B")}, "こ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, tt.page).Markdown; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, title, body string }{
		{"none", "# A\n---\nb", "A", "# A\n\nb"},
		{"broken", "---\n: [\n---\n# A\n\nb", "A", "# A\n\nb"},
		{"never closed", "---\ntitle: x\n\nb", "", "title: x\n\nb"},
		{"empty", "---\n---\n# A\n\nb", "A", "# A\n\nb"},
		{"mark order", "\xef\xbb\xbf---\ntitle: x\n---\nb", "x", "b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, knowledge.Page{Name: "a.md", Body: []byte(tt.in)})
			if got.Title != tt.title || got.Markdown != tt.body {
				t.Errorf("title %q, body %q", got.Title, got.Markdown)
			}
		})
	}
}

// named is a reader that answers with its name and the type it was given.
type named string

func (n named) Read(_ context.Context, page knowledge.Page) (knowledge.Text, error) {
	return knowledge.Text{Title: string(n), Markdown: page.ContentType}, nil
}

func TestRouter(t *testing.T) {
	t.Parallel()
	router := Router{Pages: named("pages"), Documents: named("documents"), Media: named("media")}
	for _, tt := range []struct {
		name       string
		page       knowledge.Page
		want, kind string
	}{
		{"page", knowledge.Page{ContentType: "text/html; charset=utf-8", Body: []byte("<p>x")}, "pages", "text/html; charset=utf-8"},
		{"page without a type", knowledge.Page{Body: []byte("<!doctype html><p>x")}, "pages", "text/html"},
		{"page that is a pdf", knowledge.Page{ContentType: "text/html", Body: []byte("%PDF-1.4")}, "documents", "text/html"},
		{"document", knowledge.Page{ContentType: "application/json", Body: []byte("{}")}, "documents", "application/json"},
		{"uploaded page", knowledge.Page{Name: "a.html", Body: []byte("<p>x")}, "documents", ""},
		{"uploaded video", knowledge.Page{Name: "a.MOV", Body: []byte("x")}, "media", ""},
		{"uploaded text", knowledge.Page{Name: "a.txt", Body: []byte("x")}, "documents", ""},
	} {
		got, err := router.Read(t.Context(), tt.page)
		if err != nil || got.Title != tt.want || got.Markdown != tt.kind {
			t.Errorf("%s: read by %q as %q: %v", tt.name, got.Title, got.Markdown, err)
		}
	}
	for _, page := range []knowledge.Page{{Name: "a.exe", Body: []byte("x")}, {ContentType: "image/png", Body: bytes.Repeat([]byte{7}, 9)}} {
		if _, err := router.Read(t.Context(), page); err == nil {
			t.Errorf("%q was read", page.Name)
		}
	}
	if _, err := (Router{}).Read(t.Context(), knowledge.Page{Name: "a.txt", Body: []byte("x")}); err == nil {
		t.Error("read by nobody")
	}
}
