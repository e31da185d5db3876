package extract

import (
	"context"
	"strings"
	"testing"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestCharsets(t *testing.T) {
	t.Parallel()
	const header = "text/html; charset="
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"utf-8", "text/html", "<p>åäö – €", "åäö – €"},
		{"mark", "text/html", "\xef\xbb\xbf<p>åäö", "åäö"},
		{"mark against header", header + "iso-8859-1", "\xef\xbb\xbf<p>åäö", "åäö"},
		{"utf-16 by mark", "text/html", "\xff\xfe<\x00p\x00>\x00h\x00\xe5\x00", "hå"},
		{"utf-16 by header", header + "utf-16le", "<\x00p\x00>\x00h\x00\xe5\x00", "hå"},
		{"header", header + "iso-8859-2", "<p>\xb1\xe6", "ąć"},
		{"header before meta", header + "iso-8859-2", "<meta charset=windows-1251><p>\xb1\xe6", "ąć"},
		{"header unknown", header + "martian", "<meta charset=windows-1251><p>\xcf\xf0\xe8", "При"},
		{"meta", "text/html", "<meta charset=windows-1251><p>\xcf\xf0\xe8", "При"},
		{"older meta", "text/html", `<meta http-equiv="Content-Type" content="text/html; charset=shift_jis"><p>` + "\x93\xfa\x96\x7b", "日本"},
		{"xml declaration", "application/xhtml+xml", `<?xml version="1.0" encoding="iso-8859-2"?><p>` + "\xb1\xe6", "ąć"},
		{"declaration left over", header + "windows-1251", "<meta charset=windows-1251><p>åäö", "åäö"},
		{"utf-8 with a broken byte", "text/html", "<p>" + strings.Repeat("å", 20) + "\xff", strings.Repeat("å", 20) + "\uFFFD"},
		{"nothing said", "text/html", "<p>caf\xe9 \x96 \x80", "café – €"},
		{"wrongly utf-8", header + "utf-8", "<p>caf\xe9 cr\xe8me", "café crème"},
		{"ascii that is not", "text/html", "<meta charset=iso-2022-jp><p>\x1b$B$3\x1b(B", "こ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := Reader{}.Read(t.Context(), knowledge.Page{ContentType: tt.contentType, Body: []byte(tt.body)})
			if err != nil {
				t.Fatal(err)
			}
			if text.Markdown != tt.want {
				t.Errorf("got %q, want %q", text.Markdown, tt.want)
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
		{"other file", knowledge.Page{Name: "a.pdf", ContentType: "text/html", Body: []byte("<p>x")}, schemas.FailUnsupportedType},
		{"other type", knowledge.Page{ContentType: "image/png", Body: []byte("<p>x")}, schemas.FailUnsupportedType},
		{"nothing known", knowledge.Page{Body: []byte("<p>x")}, schemas.FailUnsupportedType},
		{"binary", knowledge.Page{ContentType: "text/html", Body: []byte("MZ\x00\x01\x02")}, schemas.FailUnsupportedType},
		{"pdf that says it is a page", knowledge.Page{ContentType: "text/html", Body: []byte("%PDF-1.7\n%x")}, schemas.FailUnsupportedType},
		{"large page", knowledge.Page{ContentType: "text/html", Body: make([]byte, schemas.MaxPageBytes+1)}, schemas.FailTooLarge},
		{"large file", knowledge.Page{Name: "a.html", Body: make([]byte, schemas.MaxSourceBytes+1)}, schemas.FailTooLarge},
		{"blank", knowledge.Page{Name: "a.html", Body: []byte(" \n\t")}, schemas.FailNoText},
		{"no words", knowledge.Page{Name: "a.xhtml", Body: []byte("<p>--- !!! ---")}, schemas.FailNoText},
		{"only hidden", knowledge.Page{Name: "a.html", Body: []byte("<p hidden>x</p><script>y</script>")}, schemas.FailNoText},
		{"only a title", knowledge.Page{Name: "a.html", Body: []byte("<title>x</title>")}, schemas.FailNoText},
		{"too deep", knowledge.Page{Name: "a.html", Body: []byte(strings.Repeat("<div>", 1000) + "x")}, schemas.FailNoText},
		{"frames", knowledge.Page{Name: "a.html", Body: []byte("<frameset><frame src=a></frameset>")}, schemas.FailNoText},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Reader{}.Read(t.Context(), tt.page)
			if code, again := knowledge.CodeOf(err); code != tt.want || again {
				t.Errorf("%v: code %q", err, code)
			}
		})
	}
}

func TestContextEndsReading(t *testing.T) {
	t.Parallel()
	page := knowledge.Page{Name: "a.html", Body: []byte("<p>Some words.")}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Reader{}).Read(cancelled, page); err == nil {
		t.Error("read after the context was cancelled")
	} else if code, again := knowledge.CodeOf(err); code != schemas.FailCancelled || !again {
		t.Errorf("code %q", code)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := (Reader{}).Read(late, page); err == nil {
		t.Error("read after the deadline")
	} else if code, again := knowledge.CodeOf(err); code != schemas.FailTimeout || !again {
		t.Errorf("code %q", code)
	}
}

// A page of nothing but tags is read up to a limit, and says so.
func TestTagsAreLimited(t *testing.T) {
	t.Parallel()
	text := read(t, "<p>First words.</p>"+strings.Repeat("<br>", maxTags)+"<p>Last words.</p>")
	if len(text.Notes) != 1 || text.Notes[0] != knowledge.NotePartial {
		t.Errorf("notes %v", text.Notes)
	}
	if !strings.Contains(text.Markdown, "First words") || strings.Contains(text.Markdown, "Last words") {
		t.Errorf("got %.200q", text.Markdown)
	}
}

// XHTML may close elements in a way that HTML does not know: the rest of the
// page must not become a script.
func TestXHTML(t *testing.T) {
	t.Parallel()
	text, err := Reader{}.Read(t.Context(), knowledge.Page{Name: "a.xhtml", Body: []byte(`<?xml version="1.0"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title><script src="a.js" /></head><body><a id="x"/><p>Some words.</p><div class="y"/><p>More words.</p></body></html>`)})
	if err != nil || text.Markdown != "Some words.\n\nMore words." || text.Title != "T" {
		t.Errorf("%v: %+v", err, text)
	}
}

// hostile are pages made to break readers.
func hostile() map[string]string {
	return map[string]string{
		"deep":                 strings.Repeat("<div>", 100_000) + "x",
		"deep inline":          strings.Repeat("<b>", 20_000) + "x",
		"just not too deep":    strings.Repeat("<div class=x>", 500) + strings.Repeat("<p>words and words", 5000),
		"nested tables":        strings.Repeat("<table><tr><td>", 150) + "x",
		"nested lists":         strings.Repeat("<ul><li>", 240) + strings.Repeat("words ", 100_000),
		"nested quotes":        strings.Repeat("<blockquote>", 400) + strings.Repeat("<p>words", 3000),
		"unclosed":             "<p>a<table><tr>b<a href='c><d",
		"attributes":           "<p " + strings.Repeat("a=b ", 50_000) + ">x",
		"broken links":         strings.Repeat(`<a href="http://[::1">x</a>`, 1000),
		"wide cells":           `<table><tr><td colspan="100000000">a</td><td rowspan="65534">b</td></tr><tr><td colspan=1000>c</td></tr></table>`,
		"wide and long":        "<table><tr>" + strings.Repeat("<td>a", 20_000) + strings.Repeat("<tr><td>b", 20_000) + "</table>",
		"wide and long enough": "<table><tr>" + strings.Repeat("<td>a", 100) + strings.Repeat("<tr><td>b", 15_000) + "</table>",
		"spans over rows":      "<table>" + strings.Repeat("<tr>"+strings.Repeat("<td rowspan=100 colspan=100>x", 20), 200) + "</table>",
		"cards":                "<main>" + strings.Repeat("<a href=x><h3>a</h3><div><p>b</div></a>", 5000) + "</main>",
		"questions in one":     strings.Repeat(`<div itemtype="https://schema.org/FAQPage"><div itemtype="https://schema.org/Question">`, 200) + "x",
		"many openers":         strings.Repeat(`<button aria-controls=a aria-expanded=false>b</button><div hidden id=a>c</div>`, 20_000),
		"style":                `<p style="` + strings.Repeat("color:red;", 100_000) + `">x`,
		"words without spaces": "<p>" + strings.Repeat("x", 1_000_000),
		"many paragraphs":      strings.Repeat("<p>One more paragraph, with some words in it.", 15_000),
		"many divisions":       strings.Repeat("<div><span>One more division</span></div>", 15_000),
		"formatting":           strings.Repeat("<p><b><i><u><font>a", 2000),
		"one list":             "<ul>" + strings.Repeat("<li><a href=/x>a link</a>", 15_000) + "</ul>",
		"data":                 `<script type="application/ld+json">` + strings.Repeat("[", 100_000) + `</script>x`,
		"control characters":   "<a 0>\x03 ",
		"null":                 "<p>a\x00b",
		"selects":              strings.Repeat("<select><option>", 20_000) + "x",
		"headings":             strings.Repeat("<h1><a href=x>", 5000) + "x",
	}
}

func TestHostilePagesEnd(t *testing.T) {
	t.Parallel()
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			text, err := Reader{}.Read(t.Context(), knowledge.Page{ContentType: "text/html; charset=utf-8", Body: []byte(body)})
			if code, _ := knowledge.CodeOf(err); code == schemas.FailInternal {
				t.Errorf("a parser broke: %v", err)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
			if len(text.Markdown) > 10*len(body)+1000 {
				t.Errorf("%d bytes became %d", len(body), len(text.Markdown))
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"<p>a", "<table><td><ul><li>x", "\xff\xfea\x00", "<a href=x><h2>y</h2>z</a>", "<details><summary>q</summary>a",
		`<script type="application/ld+json">{"@type":"FAQPage","mainEntity":[{"@type":"Question","name":"a","acceptedAnswer":{"text":"<b>"}}]}</script>b`,
		`<table><tr><td rowspan=2 colspan=3>a<td>b<tr><td>c</table>`, `<div hidden id=a>x</div><button aria-controls=a>y</button>`,
		`<main><h1>t</h1><p style="color:#fff">x<pre><code>y`, `<?xml version="1.0" encoding="utf-8"?><p/>x`, `<svg><title>x</title><a>y`,
		`<math><mi>x</mi></math><frameset>`, "<A 0>\x03 ", `<dl><dt>a<dd>b</dl>`, `<ol start=99><li>a<li>b</ol>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text, err := Reader{}.Read(context.Background(), knowledge.Page{URL: "https://a.example/", ContentType: "text/html", Body: body})
		if code, _ := knowledge.CodeOf(err); code == schemas.FailInternal {
			t.Errorf("a parser broke: %v", err)
		}
		if err == nil && text.Markdown == "" && !text.NeedsBrowser {
			t.Error("no text and no error")
		}
		for _, left := range []string{less, greater, nextItem} {
			if strings.Contains(text.Markdown, left) {
				t.Errorf("a stand-in is left: %q", text.Markdown)
			}
		}
	})
}
