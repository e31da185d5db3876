package crawl

import (
	"fmt"
	"math/bits"
	"regexp"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestScope(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scope, address string
		want           bool
	}{
		{"example.com", "https://example.com/a", true},
		{"example.com", "https://www.example.com/a", true},
		{"example.com", "http://docs.help.example.com/", true},
		{"example.com", "https://notexample.com/", false},
		{"example.com", "https://example.com.evil.example/", false},
		{"example.com", "https://example.com:8443/", false},
		{"help.example.com", "https://example.com/", false},
		{"help.example.com", "https://myhelp.example.com/", false},
		{"help.example.com", "https://www.help.example.com/", true},
		{"github.io", "https://someone.github.io/", false},
		{"someone.github.io", "https://other.github.io/", false},
		{"192.0.2.1", "http://192.0.2.1/", true},
		{"2.1", "http://192.0.2.1/", false},
	} {
		s := newScope(schemas.CrawlJob{Scope: tt.scope, Source: schemas.Source{Type: schemas.SourceCrawl}})
		if got := s.covers(tt.address); got != tt.want {
			t.Errorf("%s covers %s: %v", tt.scope, tt.address, got)
		}
	}
	if (scope{links: true}).covers("https://example.com/") {
		t.Error("a crawl that has lost its scope covers everything")
	}
	if got := scopeOf("https://www.example.com/a"); got != "example.com" {
		t.Errorf("scope of www: %s", got)
	}
}

func TestPicks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		include, exclude, path string
		want                   bool
	}{
		{"", "", "/anything", true},
		{"/help/*", "", "/help/a/b", true},
		{"/help/*", "", "/help", false},
		{"/help*", "", "/help", true},
		{"/help/*", "/help/old/*", "/help/old/a", false},
		{"", "*.pdf", "/a.pdf", false},
		{"/*/faq", "", "/it/faq", true},
		{"/*/faq", "", "/it/faq/more", false},
		{"/a?page=*", "", "/a?page=2", true},
		{"/a", "", "/a?page=2", true},
		{"", "/*?print=*", "/a?print=1", false},
		{"/h%C3%A4r/*", "", "/här/a", true},
		{"/här/*", "", "/h%C3%A4r/a", true},
	} {
		s := scope{include: strings.Fields(tt.include), exclude: strings.Fields(tt.exclude)}
		if got := s.picks("https://example.com" + tt.path); got != tt.want {
			t.Errorf("include %q exclude %q: %s is %v", tt.include, tt.exclude, tt.path, got)
		}
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("/a*b*c", "/axbxc")
	f.Add("*a*a", "aa")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `(?s:.*)`)
		expression, err := regexp.Compile("^" + quoted + "$")
		if err != nil || strings.ContainsAny(pattern+text, "\n\ufffd") {
			t.Skip()
		}
		if got, want := glob(pattern, text), expression.MatchString(text); got != want {
			t.Errorf("glob(%q, %q) = %v", pattern, text, got)
		}
	})
}

func TestAssets(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/a.PNG": true, "/a.png?v=2": true, "/feed.xml": true, "/a.tar.gz": true,
		"/": false, "/a": false, "/a.pdf": false, "/a.docx": false, "/a.html": false, "/a.php?file=x.png": false, "/v1.2/notes": false,
	} {
		if got := isAsset("http://example.com" + path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestTraps(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("a", maxURLBytes)
	for _, tt := range []struct {
		path, include string
		depth         int
		want          bool
	}{
		{"/a/b", "", 1, false},
		{"/a", "", 10, false},
		{"/a", "", 11, true},
		{long, "", 1, true},
		{"/a/b/a/b", "", 1, false},
		{"/a/b/a/b/a", "", 1, true},
		{"/l?a=1&b=2&c=3&d=4&e=5", "", 1, false},
		{"/l?a=1&b=2&c=3&d=4&e=5&f=6", "", 1, true},
		{"/l?a=1&a=2&a=3&a=4&a=5&a=6", "", 1, false},
		{"/search", "", 1, true},
		{"/it/Search/x", "", 1, true},
		{"/search-tips", "", 1, false},
		{"/?s=help", "", 1, true},
		{"/?sid=1", "", 1, false},
		{"/l?sort=asc", "", 1, true},
		{"/l?filter%5Bcolor%5D=red", "", 1, true},
		{"/l?filter_size=9", "", 1, true},
		{"/calendar/2026", "", 1, true},
		{"/calendar/2026", "/calendar/*", 1, false},
		{"/calendar/2026", "/calendar/*", 11, true},
	} {
		s := scope{include: strings.Fields(tt.include)}
		if got := s.isTrap("http://example.com"+tt.path, tt.depth); got != tt.want {
			t.Errorf("%.60s at %d: %v", tt.path, tt.depth, got)
		}
	}
}

func TestShapeOf(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"example.com/item/1234":                       "example.com/item/#",
		"example.com/2026/11/21/a-title":              "example.com/#/#/#/a-title",
		"example.com/c/9f86d081884c7d65?p=2":          "example.com/c/#?p=#",
		"example.com/c/9F86D081884C7D65":              "example.com/c/#",
		"example.com/add/beef":                        "example.com/add/beef",
		"example.com/hc/360012345-return-of-a-parcel": "example.com/hc/#-return-of-a-parcel",
	} {
		if got := shapeOf(key); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
}

func TestTallies(t *testing.T) {
	t.Parallel()
	var all tallies
	for i := range maxPerShape {
		if all.trapped("sync_1", "example.com/item/7") {
			t.Fatalf("trapped after %d pages", i)
		}
		all.page("sync_1", fmt.Sprintf("example.com/item/%d", i), i%4 == 0)
	}
	if !all.trapped("sync_1", "example.com/item/999") || all.trapped("sync_1", "example.com/other/999") || all.trapped("sync_2", "example.com/item/999") {
		t.Error("a shape is told apart by its own run and address")
	}
	all.answer("sync_1", "example.com", true)
	for range 9 {
		all.answer("sync_1", "example.com", false)
	}
	if all.flaky("sync_1", "example.com") {
		t.Error("one error in ten is no more than a tenth")
	}
	all.answer("sync_1", "example.com", true)
	if !all.flaky("sync_1", "example.com") || all.flaky("sync_1", "unknown.example") {
		t.Error("two errors in eleven are more than a tenth")
	}
	for i := range maxRuns {
		all.answer(schemas.SyncID(fmt.Sprint("later", i)), "example.com", false)
	}
	if len(all.runs) != maxRuns || all.flaky("sync_1", "example.com") {
		t.Error("the first run is not forgotten")
	}
	for i := range maxCounts + 10 {
		letters := []byte{'g' + byte(i%20), 'g' + byte(i/20%20), 'g' + byte(i/400%20), 'g' + byte(i/8000)}
		all.page("sync_2", "example.com/"+string(letters), true)
	}
	if n := len(all.of("sync_2").shapes); n != maxCounts {
		t.Errorf("%d shapes are kept", n)
	}
}

func TestRobotsTag(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]robotsTag{
		"":                                 {},
		"noindex":                          {noIndex: true},
		"NoIndex, NoFollow":                {noIndex: true, noFollow: true},
		"none":                             {noIndex: true, noFollow: true},
		"noarchive, nosnippet":             {},
		"otherbot: noindex, nofollow":      {},
		"steward: noindex":                 {noIndex: true},
		"Steward : nofollow":               {noFollow: true},
		"otherbot: none, steward: noindex": {noIndex: true},
		"max-snippet: 20, noindex":         {noIndex: true},
		"max-image-preview: large":         {},
		"unavailable_after: 25 Jun 2040 15:00:00 PST, nofollow":      {noFollow: true},
		"unavailable_after: Sunday, 25-Jun-40 15:00:00 UTC, noindex": {noIndex: true},
		"noindexing": {},
	} {
		if got := parseRobotsTag(header, "steward"); got != want {
			t.Errorf("%q: %+v", header, got)
		}
	}
}

func TestMisled(t *testing.T) {
	t.Parallel()
	probe := schemas.NotFoundProbe{Status: 200, URL: "http://example.com/oops?from=x"}
	for _, tt := range []struct {
		asked, final string
		want         schemas.FailCode
	}{
		{"/a", "/a", ""},
		{"/a", "/b", ""},
		{"/a", "/", schemas.FailSoft404},
		{"/a", "/?lang=it", ""},
		{"/", "/it/", ""},
		{"/", "/login", schemas.FailLoginRequired},
		{"/a", "/users/sign_in?back=a", schemas.FailLoginRequired},
		{"/a", "/blog/login-problems", ""},
		{"/login", "/account/login", ""},
		{"/a", "/oops?from=x", schemas.FailSoft404},
		{"/oops?from=x", "/oops?from=x", ""},
	} {
		if got := misled("http://example.com"+tt.asked, "http://example.com"+tt.final, probe); got != tt.want {
			t.Errorf("%s to %s: %q", tt.asked, tt.final, got)
		}
	}
	if got := misled("http://example.com/shop", "https://shop.example.com/", schemas.NotFoundProbe{}); got != "" {
		t.Errorf("the home page of another host: %q", got)
	}
	if got := misled("http://example.com/a", "https://www.example.com/", schemas.NotFoundProbe{}); got != schemas.FailSoft404 {
		t.Errorf("the home page with www: %q", got)
	}
	if got := misled("http://example.com/a", "https://login.example.com/a", schemas.NotFoundProbe{}); got != schemas.FailLoginRequired {
		t.Errorf("a host for logins: %q", got)
	}
}

func TestSaysMissing(t *testing.T) {
	t.Parallel()
	const sorry = "We looked everywhere and could not find what you asked for, sorry for that."
	probe := schemas.NotFoundProbe{Status: 200, Print: Print("Oops", sorry)}
	many := strings.Repeat("word ", fewWords)
	for _, tt := range []struct {
		title, text string
		probe       schemas.NotFoundProbe
		want        bool
	}{
		{"Oops", sorry, probe, true},
		{"Oops", sorry, schemas.NotFoundProbe{Status: 404, Print: probe.Print}, false},
		{"Oops", sorry, schemas.NotFoundProbe{}, false},
		{"Shop", "Something else that is long enough to be told apart.", probe, false},
		{"404", "", schemas.NotFoundProbe{}, true},
		{"Fehler: Seite nicht gefunden!", "Schade.", schemas.NotFoundProbe{}, true},
		{"Sidan hittades inte", "Tyvärr.", schemas.NotFoundProbe{}, true},
		{"Página NO ENCONTRADA", "", schemas.NotFoundProbe{}, true},
		{"Model 4040", "Out of stock.", schemas.NotFoundProbe{}, false},
		{"Page not found", many, schemas.NotFoundProbe{}, false},
		{"Contact", "Call us.", schemas.NotFoundProbe{}, false},
	} {
		text := knowledge.Text{Title: tt.title, Markdown: tt.text}
		if got := saysMissing(text, Print(tt.title, tt.text), tt.probe); got != tt.want {
			t.Errorf("%q: %v", tt.title, got)
		}
	}
}

// prose is a text of distinct sentences.
func prose(from, to int) string {
	var out strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&out, "Rule number %d says that goods of class %d are sent by way of depot %d on request. ", i, i*7, i*13)
	}
	return out.String()
}

func TestPrint(t *testing.T) {
	t.Parallel()
	base := prose(0, 80)
	mark := Print("Terms", base)
	near := map[string]uint64{
		"the same text":              Print("Terms", base),
		"other case and accents":     Print("TÉRMS", strings.ToUpper(base)),
		"one word more":              Print("Terms", base+"Printed."),
		"one word changed":           Print("Terms", strings.Replace(base, "depot 39", "depot forty", 1)),
		"a part that is there twice": Print("Terms", base+prose(3, 9)),
	}
	for name, other := range near {
		if !Near(mark, other) {
			t.Errorf("%s: %d bits", name, bits.OnesCount64(mark^other))
		}
	}
	far := map[string]uint64{
		"another title":      Print("Terms for Sweden", base),
		"a fifth is another": Print("Terms", prose(16, 96)),
		"half of it":         Print("Terms", prose(0, 40)),
		"another text":       Print("Terms", prose(1000, 1080)),
		"no text":            Print("", ""),
	}
	for name, other := range far {
		if Near(mark, other) {
			t.Errorf("%s counts as the same", name)
		}
	}
	if !Near(mark, mark^0b10101) || Near(mark, mark^0b1010101) {
		t.Error("three bits are near, four are not")
	}
	if Near(0, 0) || Print("", "...") != 0 {
		t.Error("texts without words are alike")
	}
	if Near(Print("A", "Call us."), Print("B", "Write to us.")) {
		t.Error("short texts are taken for each other")
	}
}

// Prints are stored: another value for the same text would hide duplicates
// until every page has changed.
func TestPrintStaysTheSame(t *testing.T) {
	t.Parallel()
	const want = 0x1b9cd95ae76d630
	if got := Print("Returns", "Send it back within thirty days, for free."); got != want {
		t.Errorf("the print of a text has become %#x", got)
	}
}

func TestTextHashLeavesOutTheAddress(t *testing.T) {
	t.Parallel()
	doc := schemas.Document{Title: "A", Text: "b", URL: "http://example.com/1"}
	other, private, changed := doc, doc, doc
	other.URL, private.URL, changed.Text = "http://example.com/2", "", "c"
	if textHash(doc) != textHash(other) {
		t.Error("one text has two hashes")
	}
	if textHash(doc) == textHash(private) || textHash(doc) == textHash(changed) {
		t.Error("two texts have one hash")
	}
}
