package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/knowledge"
	"steward/schemas"
)

// Links are all links of the page, menus too, absolute, each once, in order.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, head, body string
		want             []string
	}{
		{"relative", "", `<a href="c">1</a> <a href="/d?x=1">2</a> <a href="../e">3</a> <a href="//other.example/f">4</a>`, []string{
			"https://pages.example/a/c", "https://pages.example/d?x=1", "https://pages.example/e", "https://other.example/f",
		}},
		{"base", `<base href="/docs/v2/">`, `<a href="c">1</a> <a href="/d">2</a>`, []string{"https://pages.example/docs/v2/c", "https://pages.example/d"}},
		{"base elsewhere", `<base target="_top"><base href="https://cdn.example/x/"><base href="/no/">`, `<a href="c">1</a>`, []string{"https://cdn.example/x/c"}},
		{"once", "", `<a href="c">1</a> <a href="./c">2</a> <a href="c#part">3</a>`, []string{"https://pages.example/a/c"}},
		{"menus and hidden ones", "", `<nav><ul style="display:none"><li><a href="c">1</a></li></ul></nav><footer><a href="d">2</a></footer>`, []string{"https://pages.example/a/c", "https://pages.example/a/d"}},
		{"not to be followed", "", `<a rel="external NoFollow" href="c">1</a> <a rel="noopener" href="d">2</a>`, []string{"https://pages.example/a/d"}},
		{"no pages", "", `<a href="#top">1</a> <a href="mailto:a@b.example">2</a> <a href="javascript:void(0)">3</a> <a href="tel:1">4</a> <a>5</a> <a href="">6</a> <a href="http://[::1">7</a>`, nil},
		{"made by scripts", "", `<a href="#/help/2">1</a> <a href="#!help">2</a>`, []string{"https://pages.example/a/b#/help/2", "https://pages.example/a/b#!help"}},
		{"spaces and breaks", "", "<a href=' c\n d '>1</a>", []string{"https://pages.example/a/c%20d"}},
		{"sent on", `<meta http-equiv="Refresh" content="0; URL='/start'">`, "", []string{"https://pages.example/start"}},
		{"sent on without a name", `<meta http-equiv=refresh content="3,next.html">`, "", []string{"https://pages.example/a/next.html"}},
		{"shown again", `<meta http-equiv="refresh" content="30">`, "", nil},
		{"maps", "", `<map><area href="c"></map>`, []string{"https://pages.example/a/c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := read(t, "<html><head>"+tt.head+"</head><body><p>Some words of text.</p>"+tt.body)
			if diff := cmp.Diff(tt.want, text.Links); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinksAreLimited(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range maxLinks + 10 {
		fmt.Fprintf(&body, "<a href=/p%d>%d</a> ", i, i)
	}
	text := read(t, "<p>Some words of text.</p>"+body.String())
	if len(text.Links) != maxLinks || text.Links[0] != "https://pages.example/p0" {
		t.Errorf("%d links", len(text.Links))
	}
}

// In the text a customer can follow links to the web, by mail and by phone; all
// others are their text.
func TestLinksInText(t *testing.T) {
	t.Parallel()
	text := read(t, `<html><head><base href="/docs/"></head><main><p>A <a href="c" title="t" onclick="x()">page</a>, <a href="mailto:a@b.example">mail</a>,
<a href="tel:+391">phone</a>, <a href="#x">place</a>, <a href="javascript:alert(1)">script</a>, <a href="data:text/html,x">data</a>, <a href="ftp://f.example/">ftp</a>, <a href="https://">none</a>.</p></main>`)
	want := "A [page](https://pages.example/docs/c), [mail](mailto:a@b.example), [phone](tel:+391), place, script, data, ftp, none."
	if text.Markdown != want {
		t.Errorf("got %q, want %q", text.Markdown, want)
	}
}

func TestUploadsHaveNoAddress(t *testing.T) {
	t.Parallel()
	text, err := Reader{}.Read(t.Context(), knowledge.Page{Name: "Help.HTM", Body: []byte(
		`<p>See <a href="other.html">the other page</a> and <a href="https://a.example/x">this</a>.</p>`)})
	if err != nil {
		t.Fatal(err)
	}
	if want := "See the other page and [this](https://a.example/x)."; text.Markdown != want {
		t.Errorf("got %q", text.Markdown)
	}
	if diff := cmp.Diff([]string{"https://a.example/x"}, text.Links); diff != "" {
		t.Error(diff)
	}
}

func TestCanonicalAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, head, want string }{
		{"none", ``, ""},
		{"absolute", `<link rel="canonical" href="https://www.example.org/x#y">`, "https://www.example.org/x"},
		{"relative", `<link rel="alternate canonical" href="/x">`, "https://pages.example/x"},
		{"with a base", `<base href="https://b.example/d/"><link rel=canonical href="x">`, "https://b.example/d/x"},
		{"twice the same", `<link rel=canonical href="/x"><link rel=canonical href="https://pages.example/x">`, "https://pages.example/x"},
		{"two different ones", `<link rel=canonical href="/x"><link rel=canonical href="/y">`, ""},
		{"no address", `<link rel=canonical href="javascript:x">`, ""},
		{"in the text", `</head><body><p>x</p><link rel=canonical href="https://evil.example/">`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, "<html><head>"+tt.head+"<p>Some words.</p>").URL; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRobotsMeta(t *testing.T) {
	t.Parallel()
	for head, want := range map[string][2]bool{
		``: {},
		`<meta name="robots" content="index,follow">`:                                                 {},
		`<meta name="ROBOTS" content="NOINDEX, nofollow">`:                                            {true, true},
		`<meta name="robots" content="none">`:                                                         {true, true},
		`<meta name="steward" content="noindex">`:                                                     {true, false},
		`<meta name="robots" content="max-snippet:5"><meta name=robots content=nofollow>`:             {false, true},
		`<meta name="googlebot" content="noindex">`:                                                   {},
		`<meta property="robots" content="noindex"><meta name="description" content="about noindex">`: {},
	} {
		text := read(t, "<html><head>"+head+"</head><p>Some words.</p>")
		if got := [2]bool{text.NoIndex, text.NoFollow}; got != want {
			t.Errorf("%s: %v", head, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`<html lang="it-IT">`:                                         "it",
		`<html xml:lang="DE">`:                                        "de",
		`<html lang="nb-NO">`:                                         "no",
		`<html lang="x-default">`:                                     "",
		`<html lang="eng">`:                                           "",
		`<meta property="og:locale" content="sv_SE">`:                 "sv",
		`<meta http-equiv=Content-Language content=fr>`:               "fr",
		`<html lang="en"><meta property="og:locale" content="sv_SE">`: "en",
	} {
		if got := read(t, source+"<p>Some words.").Language; got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, source, want string }{
		{"heading within the window title", `<title>Returns | Shop</title><main><h1>Returns</h1><p>Some words.</p></main>`, "Returns"},
		{"heading that differs", `<title>Returns | Shop</title><h1>Welcome!</h1><p>Some words.</p>`, "Returns | Shop"},
		{"heading alone", `<h1> Our <b>returns</b></h1><p>Some words.</p>`, "Our returns"},
		{"for social networks", `<meta property="og:title" content="Returns"><p>Some words.</p>`, "Returns"},
		{"of the data", `<script type="application/ld+json">{"@type":"HowTo","name":"Return it"}</script><p>Some words.</p>`, "Return it"},
		{"of the data, last", `<script type="application/ld+json">{"@type":"Article","headline":"Data"}</script><title>Window</title><p>Some words.</p>`, "Window"},
		{"of a picture", `<p>Some words.</p><svg><title>arrow</title></svg>`, ""},
		{"of the content, not of the site", `<title>Returns - Shop</title><h1>Shop</h1><main><h1>Returns</h1><p>Some words.</p></main>`, "Returns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, tt.source).Title; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNeedsBrowser(t *testing.T) {
	t.Parallel()
	long := "<p>" + strings.Repeat("Many words of text. ", 20) + "</p>"
	for _, tt := range []struct {
		name, source string
		want         bool
	}{
		{"empty root", `<title>x</title><body><div id="root"></div><script src="a.js"></script>`, true},
		{"root with a spinner", `<body><div id="app"><div>Loading…</div></div><script src="a.js"></script>`, true},
		{"asks for scripts", `<body><noscript>Please turn on JavaScript.</noscript><p>Welcome to us</p>`, true},
		{"root without scripts", `<body><p>Short.</p><div id="root"></div>`, false},
		{"short page", `<body><p>Our office is closed.</p><script src="a.js"></script>`, false},
		{"rendered by the server", `<body><div id="__next">` + long + `</div><script src="a.js"></script>`, false},
		{"asks beside its text", `<body>` + long + `<noscript>JavaScript, please</noscript>`, false},
		{"counts visitors", `<body><p>Short.</p><noscript><img src="pixel.gif"></noscript><script src="a.js"></script>`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, tt.source).NeedsBrowser; got != tt.want {
				t.Errorf("needs browser: %v", got)
			}
		})
	}
}

// A page without text is none to answer from, but leads to others.
func TestPageWithoutText(t *testing.T) {
	t.Parallel()
	text, err := Reader{}.Read(t.Context(), knowledge.Page{
		URL: "https://pages.example/", ContentType: "text/html", Body: []byte(`<title>Start</title><a href="/x"><img src="logo.png"></a>`),
	})
	if code, again := knowledge.CodeOf(err); code != schemas.FailNoText || again {
		t.Errorf("code %q", code)
	}
	want := knowledge.Text{Title: "Start", Links: []string{"https://pages.example/x"}}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}
