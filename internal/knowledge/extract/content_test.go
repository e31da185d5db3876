package extract

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"steward/internal/knowledge"
)

// Long help pages keep every heading, row, item and code block, whether the page
// marks its content or has to be searched for it.
func TestLongPagesKeepTheirShape(t *testing.T) {
	t.Parallel()
	for _, main := range []string{"main", "article", "div"} {
		t.Run(main, func(t *testing.T) {
			t.Parallel()
			source := help(35_000, main)
			sections := strings.Count(source, "<h2")
			want := shape{headings: sections + 1, rows: 2 * sections, items: 2 * sections, code: sections}
			text := read(t, source)
			if got := shapeOf(text.Markdown); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			if strings.Contains(text.Markdown, "Menu item") || strings.Contains(text.Markdown, "Footer") {
				t.Error("the frame of the site is there")
			}
		})
	}
}

// prosaic is a text of n paragraphs that no two of are alike.
func prosaic(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<p>Paragraph %d says that order %d leaves our warehouse on day %d, and that the driver of van %d rings twice before he goes on to the next street.</p>", i, i*7, i%28, i*3)
	}
	return b.String()
}

// What a long page says in other ways than paragraphs stays too, also at its
// end, and what it says beside its subject goes.
func TestTrimming(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, piece string
		stays       bool
	}{
		{"table at the end", `<h2>Limits</h2><table><tr><th>Zone</th><th>Days</th></tr><tr><td>North</td><td>The piece</td></tr></table>`, true},
		{"list at the end", `<h2>Limits</h2><ul><li>The piece</li><li>Nothing else</li></ul>`, true},
		{"code at the end", `<h2>Example</h2><pre><code>The piece</code></pre>`, true},
		{"answer that unfolds", `<h2>Questions</h2><details><summary>Why so?</summary><p>The piece</p></details>`, true},
		{"answer below a button", `<h3><button aria-expanded="false" aria-controls="x">Why so?</button></h3><div id="x" hidden><p>The piece is an answer of some length, so that it reads like one.</p></div>`, true},
		{"terms", `<dl><dt>Van</dt><dd>The piece</dd></dl>`, true},
		{"quotation", `<blockquote><p>The piece</p></blockquote>`, true},
		{"phone number", `<p>Call us about all this by phone: <a href="tel:1">The piece</a></p>`, true},
		{"heading", `<h2>The piece</h2><p>Those who live abroad ask the post office in their country for the same form that we have here.</p>`, true},
		{"tip", `<div class="callout tip"><p>The piece is a tip that anybody who reads this page should know before the first order is made.</p></div>`, true},
		{"list of other pages", `<ul><li><a href="/1">The piece about other things</a></li><li><a href="/2">And one more of those</a></li></ul>`, false},
		{"cards of other pages", `<div class="grid-3"><a href="/1"><h3>The piece about vans</h3></a><a href="/2"><h3>One about trucks</h3></a><a href="/3"><h3>One about bikes</h3></a></div>`, false},
		{"call to sign up", `<div class="zone-7"><div><div>The piece, every Monday</div><button>Join</button></div></div>`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := read(t, "<title>Delivery</title><main><h1>Delivery</h1>"+prosaic(20)+tt.piece+"</main>")
			if got := strings.Count(text.Markdown, "The piece") == 1; got != tt.stays {
				t.Errorf("stays: %v, in %q", got, text.Markdown[len(text.Markdown)-300:])
			}
			for i := range 20 {
				if !strings.Contains(text.Markdown, fmt.Sprintf("Paragraph %d says", i)) {
					t.Errorf("paragraph %d is gone", i)
				}
			}
		})
	}
}

// A paragraph that an article leaves out stays beside its own, and goes when it
// stands apart.
func TestTrimmingParagraphs(t *testing.T) {
	t.Parallel()
	const note = `<p>The piece was written by somebody who likes boats, has a dog, and wrote many other pieces before.</p>`
	article, _, err := parse(prosaic(20), "")
	if err != nil {
		t.Fatal(err)
	}
	for piece, stays := range map[string]bool{note: true, `<div><div>` + note + `</div></div>`: false, `<p>The piece is short.</p>`: false} {
		page, _, err := parse("<div>"+prosaic(20)+piece+"</div>", "")
		if err != nil {
			t.Fatal(err)
		}
		body := bodyOf(page)
		if trim(article, body); strings.Contains(text(body), "The piece") != stays {
			t.Errorf("%s: stays is %v", piece, !stays)
		}
	}
}

// An article that leaves out most of a page is not believed.
func TestTrimmingIsBounded(t *testing.T) {
	t.Parallel()
	rest := strings.Repeat("<p>Nothing in the first part speaks of trees, of birds in them, or of what the people of this village did when their river rose.</p>", 20)
	page, _, err := parse(`<body><div><div>`+prosaic(4)+`</div></div><div><div><div>`+rest+`</div></div></div>`, "")
	if err != nil {
		t.Fatal(err)
	}
	article, _, err := parse(prosaic(4), "")
	if err != nil {
		t.Fatal(err)
	}
	body := bodyOf(page)
	before := weight(body)
	if trim(article, body); weight(body) != before {
		t.Errorf("%d of %d runes are left", weight(body), before)
	}
}

// The content is where the page says it is, when that is plausible.
func TestRegion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want, not string }{
		{"main", `<main><p>The content of it.</p></main><div>Aside from it</div>`, "The content", "Aside"},
		{"role", `<div role="main"><p>The content of it.</p></div><div>Aside from it</div>`, "The content", "Aside"},
		{"article", `<article><p>The content of it.</p></article><div>Aside from it</div>`, "The content", "Aside"},
		{"articleBody", `<div itemprop="articleBody"><p>The content of it.</p></div><div>Aside from it</div>`, "The content", "Aside"},
		{"main before articles", `<main><p>The content of it.</p></main><article>Aside from it</article><article>Another aside</article>`, "The content", "side"},
		{"article in main", `<main><h1>Head</h1><article><p>The content of it.</p></article></main><div>Aside from it</div>`, "# Head\n\nThe content", "Aside"},
		{"two articles", `<article><p>The content of it.</p></article><article><p>More of it.</p></article>`, "More of it", "nothing"},
		{"main that is next to empty", `<main>x</main><div><p>The content of it, and of all the page.</p></div>`, "The content", "nothing"},
		{"title above", `<header><h1>Head</h1></header><main><p>The content of it.</p></main>`, "# Head\n\nThe content", "nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := read(t, "<title>Head</title><body>"+tt.body)
			if !strings.Contains(text.Markdown, tt.want) || strings.Contains(text.Markdown, tt.not) {
				t.Errorf("got %q", text.Markdown)
			}
		})
	}
}

// Text of the usual widgets goes, and a page about the same things stays.
func TestWidgets(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]string{
		"votes":               `<div class="article-votes"><span>Vote here</span></div>`,
		"question in Swedish": `<div><p>Var den här artikeln till hjälp?</p><a href="#">Ja</a></div>`,
		"question in English": `<div>Did this answer your question? <span>Yes</span></div>`,
		"sharing":             `<p><a href="https://twitter.com/intent/tweet?text=x">Tweet</a></p>`,
		"related":             `<h2>Related articles</h2><ul><li><a href="/1">Gift cards</a></li></ul>`,
		"related in Italian":  `<div>Articoli correlati</div><div><a href="/1">Buoni</a></div>`,
		"table of contents":   `<ul><li><a href="#a">One</a></li><li><a href="#b">Two</a></li><li><a href="#c">Three</a></li></ul>`,
		"camel case":          `<div class="articleRatings"><span>Rate us</span></div>`,
		"skip link":           `<a class="skip-link" href="#x">Skip to content</a>`,
		"way to the page":     `<ol class="breadcrumb"><li><a href="/">Start</a></li></ol>`,
		"feedback after it":   `<section><p>Was this page useful? 12 found it so.</p></section>`,
		"cookies":             `<div class="cookie-banner">We use cookies.</div>`,
		"form":                `<form><label>Your name</label><input></form>`,
		"newsletter":          `<div class="newsletter">Sign up!</div>`,
		"edit link":           `<p><a href="https://git.example/x">Edit this page</a></p>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, want := read(t, around(piece)).Markdown, read(t, around("")).Markdown; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	path := read(t, `<title>Pay</title><main><div><a href="/">All topics</a></div><div><a href="/2">Money</a></div><h1>Pay</h1><p>You pay by card.</p></main>`)
	if want := "# Pay\n\nYou pay by card."; path.Markdown != want {
		t.Errorf("the way to the page: %q", path.Markdown)
	}
	for name, piece := range map[string]string{
		"section about cookies":  `<section id="cookies"><h2>Cookies</h2><p>We set one cookie.</p></section>`,
		"section about sharing":  `<h2>Share an album</h2><p>Press S.</p>`,
		"related in a sentence":  `<h2>Related articles</h2><p>Articles are related when they share a word.</p>`,
		"most of the page":       `<div class="feedback"><p>` + strings.Repeat("Feedback is what guests write about their stay. ", 10) + `</p></div>`,
		"links to other pages":   `<p>See <a href="/1">fees</a>, <a href="/2">limits</a> and <a href="/3">zones</a>.</p>`,
		"modifier of the layout": `<div class="has-sidebar with-toc"><p>Layouts are named like this.</p></div>`,
		"tip in an aside":        `<aside class="callout-note"><p>Keep the box.</p></aside>`,
		"list of links":          `<ul><li><a href="/w.exe">Windows</a></li><li><a href="/m.dmg">macOS</a></li></ul>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, bare := read(t, around(piece)).Markdown, read(t, around("")).Markdown
			if len(got) < len(bare)+10 {
				t.Errorf("it is gone: %q", got)
			}
		})
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"emphasis", `<p>a <b>b</b><i>c</i> <mark>d</mark></p>`, "a bc d"},
		{"headings", `<h1>A</h1><h3>B <a href="#b">¶</a></h3><h2></h2><p>c</p>`, "# A\n\n### B\n\nc"},
		{"breaks", `<p>a<br>b</p>`, "a\nb"},
		{"nothing is escaped", `<p>1. a * b _ c # d [e] 5 < 6 > 2 &amp; f | g</p>`, "1. a * b _ c # d [e] 5 < 6 > 2 & f | g"},
		{"angle brackets of text", `<p>Type &lt;b&gt; or &amp;lt;</p>`, "Type <b> or &lt;"},
		{"nested lists", `<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>`, "- a\n\n  1. b\n  2. c\n- d"},
		{"long list", "<ol>" + strings.Repeat("<li>x</li>", 10) + "</ol>", "1. x\n2. x\n3. x\n4. x\n5. x\n6. x\n7. x\n8. x\n9. x\n10. x"},
		{"two lists", `<ul><li>a</li></ul><ul><li>b</li></ul>`, "- a\n\n- b"},
		{"code", "<pre><code class=language-sh>a &lt; b\n\n  c</code></pre>", "```sh\na < b\n\n  c\n```"},
		{"code in a line", `<p><code>a|b</code> <kbd>C</kbd></p>`, "`a|b` `C`"},
		{"terms", `<dl><dt>A</dt><dd>b</dd><dt>C</dt><dd>d</dd></dl>`, "A\n\nb\n\nC\n\nd"},
		{"quotation", `<blockquote><p>a</p><footer>B</footer></blockquote>`, "> a\n>\n> B"},
		{"details", `<details><summary>A</summary><p>b</p></details>`, "A\n\nb"},
		{"picture", `<p>a <img src=b alt=c> d</p><hr><p>e</p>`, "a d\n\ne"},
		{"picture that is a link", `<p><a href="https://x.example/"><img src=b alt=c></a></p>`, "[c](https://x.example/)"},
		{"card", `<a href="https://x.example/"><h3>A</h3><p>b</p></a>`, "### [A](https://x.example/)\n\nb"},
		{"block in a link", `<a href="https://x.example/"><span>a</span><div>b</div></a>`, "[a b](https://x.example/)"},
		{"table", `<table><tr><th>A</th><th>B</th></tr><tr><td>a|b</td><td><p>c</p><p>d</p></td></tr></table>`, "| A | B |\n|---|---|\n| a\\|b | c d |"},
		{"table without a head", `<table><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr></table>`, "| A | 1 |\n|---|---|\n| B | 2 |"},
		{"list in a table", `<table><tr><td>A</td><td><ul><li>b</li><li>c</li></ul></td></tr><tr><td>D</td><td>e</td></tr></table>`, "| A | b; c |\n|---|---|\n| D | e |"},
		{"caption", `<table><caption>T</caption><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr></table>`, "T\n\n| A | 1 |\n|---|---|\n| B | 2 |"},
		{"table of one row", `<table><tr><td>A</td><td>b</td></tr></table>`, "A\n\nb"},
		{"table in a table", `<table><tr><td><h2>A</h2></td><td><table><tr><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table></td></tr></table>`, "## A\n\n| b | c |\n|---|---|\n| d | e |"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Fragment(tt.in, "")
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFragment(t *testing.T) {
	t.Parallel()
	got, err := Fragment(`<nav>Kept</nav><p>See <a href="x">it</a>.</p><p hidden>secret</p>`, "https://a.example/b/")
	if err != nil || got != "Kept\n\nSee [it](https://a.example/b/x)." {
		t.Errorf("%v: %q", err, got)
	}
	if _, err := Fragment(strings.Repeat("<div>", 1000), ""); err == nil {
		t.Error("no error for what is nested too deeply")
	}
}

// Equal pages give equal texts.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	page := knowledge.Page{ContentType: "text/html", Body: []byte(help(20_000, "div"))}
	first, err := Reader{}.Read(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Reader{}.Read(t.Context(), page)
		if err != nil || again.Markdown != first.Markdown {
			t.Fatalf("%v: another text", err)
		}
	}
}

// What the search for an article finds is taken where it stands on the page, and
// only when it can stand for the page.
func TestChoose(t *testing.T) {
	t.Parallel()
	words := prosaic(6)
	lines := func(before, after string) string {
		var b strings.Builder
		for i := range 20 {
			fmt.Fprintf(&b, "%sShort line %d%s", before, i, after)
		}
		return b.String()
	}
	list := "<ul><li>One thing to know</li><li>Another thing</li></ul>"
	for _, tt := range []struct{ name, page, article, want string }{
		{"its place, with the list it lost", `<div id="menu">Menu of it</div><div id="text">` + words + list + `</div>`, words, "text"},
		{"its place, without what is beside it", `<div id="text">` + words + `</div><div>` + strings.Repeat("Another word. ", 30) + `</div>`, words, "text"},
		{"too little of the page", `<div id="text"><div>` + prosaic(20) + `</div></div>`, words, "page"},
		{"no place, all in one paragraph", `<h2>A</h2>` + list + lines("<p>", "</p>"), "<p>" + lines("", " ") + "</p>", "page"},
		{"no place, said twice", `<p>` + strings.Repeat("<b>Of it</b> <i>as so</i> ", 3) + `many other words that none of the others repeats in here</p>`, "<p>" + strings.Repeat("every word of this is said here twice or more, ", 5) + "</p>", "page"},
		{"more than the page has left", "<h2>A</h2><h2>B</h2><p>Only this is left of it.</p>", "<p>" + lines("", " ") + "</p>", "article"},
		{"no place, but whole", "<p><b>Only this</b> <i>is said</i> <u>in pieces</u></p>", "<p>Only this is said in pieces, and nothing else is.</p>", "article"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parsed := func(source, id string) *html.Node {
				root, _, err := parse(`<body id="`+id+`">`+source, "")
				if err != nil {
					t.Fatal(err)
				}
				return bodyOf(root)
			}
			if got := attr(choose(parsed(tt.article, "article"), parsed(tt.page, "page")), "id"); got != tt.want {
				t.Errorf("chose %q, want %q", got, tt.want)
			}
		})
	}
}
