package crawl

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

// example is that of RFC 9309, section 5.1.
const example = "\ufeffUser-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n" +
	"User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n" +
	"User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n"

func TestRobots(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, agent, path string
		want                    bool
	}{
		{"RFC 5.1 gif", example, "steward", "/a/b.gif", false},
		{"RFC 5.1 gif with a query", example, "steward", "/a/b.gif?x", true},
		{"RFC 5.1 folder", example, "steward", "/example/x", false},
		{"RFC 5.1 publications", example, "steward", "/publications/", true},
		{"RFC 5.1 foobot page", example, "foobot", "/example/page.html", true},
		{"RFC 5.1 foobot picture", example, "foobot", "/example/allowed.gif", true},
		{"RFC 5.1 foobot other", example, "foobot", "/x", false},
		{"RFC 5.1 barbot", example, "barbot", "/example/page.html", false},
		{"RFC 5.1 bazbot shares the group", example, "bazbot", "/example/page.html", false},
		{"RFC 5.1 bazbot other", example, "bazbot", "/example/", true},
		{"RFC 5.1 quxbot has an empty group", example, "quxbot", "/example/", true},
		{"RFC 5.2 longest match", "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif", "foobot", "/example/page/disallowed.gif", false},
		{"RFC 5.2 the rest", "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif", "foobot", "/example/page/a.gif", true},
		{"RFC 2.2.1 groups are merged", "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz", "examplebot", "/bar", false},
		{"RFC 2.2.1 second group", "user-agent: ExampleBot\ndisallow: /foo\n\nuser-agent: ExampleBot\ndisallow: /baz", "examplebot", "/baz", false},
		{"RFC 2.2.1 two names and a merge", "user-agent: *\ndisallow: /foo\n\nuser-agent: ExampleBot\nuser-agent: OtherBot\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz", "ExampleBot", "/foo", true},
		{"RFC 2.2.2 query bare", "User-agent: *\nDisallow: /foo/bar?baz=quz", "steward", "/foo/bar?baz=quz&x=1", false},
		{"RFC 2.2.2 address in a query, encoded in the rule", "User-agent: *\nDisallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar", "steward", "/foo/bar?baz=https://foo.bar", false},
		{"RFC 2.2.2 address in a query, bare in the rule", "User-agent: *\nDisallow: /foo/bar?baz=https://foo.bar", "steward", "/foo/bar?baz=https%3a%2f%2ffoo.bar", false},
		{"RFC 2.2.2 letter encoded in the rule", "User-agent: *\nDisallow: /foo/bar/%E3%83%84", "steward", "/foo/bar/ツ", false},
		{"RFC 2.2.2 letter bare in the rule", "User-agent: *\nDisallow: /foo/bar/ツ", "steward", "/foo/bar/%e3%83%84", false},
		{"RFC 2.2.2 unreserved is decoded", "User-agent: *\nDisallow: /foo/bar/%62%61%7A", "steward", "/foo/bar/baz", false},
		{"RFC 2.2.3 end", "User-agent: *\nDisallow: /this/path/exactly$", "steward", "/this/path/exactly", false},
		{"RFC 2.2.3 after the end", "User-agent: *\nDisallow: /this/path/exactly$", "steward", "/this/path/exactly/x", true},
		{"RFC 2.2.3 star", "User-agent: *\nDisallow: /this/*/exactly", "steward", "/this/a/b/exactly/c", false},
		{"RFC 2.2.3 literal star in the rule", "User-agent: *\nDisallow: /path/file-with-a-%2A.html", "steward", "/path/file-with-a-*.html", false},
		{"RFC 2.2.3 literal star is no wildcard", "User-agent: *\nDisallow: /path/file-with-a-%2A.html", "steward", "/path/file-with-a-b.html", true},
		{"RFC 2.2.3 literal dollar in the rule", "User-agent: *\nDisallow: /path/foo-%24", "steward", "/path/foo-$", false},
		{"dollar in the middle is literal", "User-agent: *\nDisallow: /a$b", "steward", "/a", true},
		{"RFC 2.2.4 a sitemap ends no group", "User-agent: foobot\nSitemap: https://a.example/s.xml\nUser-agent: steward\nDisallow: /a", "foobot", "/a", false},
		{"a crawl-delay ends no group", "User-agent: foobot\nCrawl-delay: 5\nUser-agent: steward\nDisallow: /a", "foobot", "/a", false},

		{"empty file", "", "steward", "/", true},
		{"garbage", "<html>\x00:::\n\n: x\nDisallow /", "steward", "/", true},
		{"not UTF-8", "\xff\xfeUser-agent: *\n\xc3(\nUser-agent: *\nDisallow: /\xe9", "steward", "/%E9t%E9", false},
		{"NUL in a line", "User-agent: *\x00\nDisallow: /", "steward", "/a", true},
		{"rule before a group", "Disallow: /\nUser-agent: *\nAllow: /", "steward", "/x", true},
		{"case of all names", "USER-AGENT: STEWARD\nDISALLOW: /x", "Steward", "/x", false},
		{"case of paths counts", "User-agent: *\nDisallow: /X", "steward", "/x", true},
		{"version in the group", "User-agent: Steward/1.0 (+https://a.example)\nDisallow: /x", "steward", "/x", false},
		{"longer name is another crawler", "User-agent: stewardess\nDisallow: /x", "steward", "/x", true},
		{"shorter name is another crawler", "User-agent: stew\nDisallow: /x", "steward", "/x", true},
		{"star with a word after it", "User-agent: * all\nDisallow: /x", "steward", "/x", false},
		{"star as part of a name", "User-agent: *bot\nDisallow: /x", "steward", "/x", true},
		{"own group wins over the star, whatever the order", "User-agent: *\nDisallow: /\n\nUser-agent: steward\nDisallow: /a", "steward", "/b", true},
		{"groups for the star are merged too", "User-agent: *\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: *\nDisallow: /b", "steward", "/b", false},
		{"longest wins", "User-agent: *\nDisallow: /a\nAllow: /a/b", "steward", "/a/b/c", true},
		{"longest wins, the other way", "User-agent: *\nAllow: /a\nDisallow: /a/b", "steward", "/a/b/c", false},
		{"permission wins a tie", "User-agent: *\nDisallow: /a\nAllow: /a", "steward", "/a", true},
		{"permission wins a tie in any order", "User-agent: *\nAllow: /a\nDisallow: /a", "steward", "/a", true},
		{"a longer spelling of the same rule wins nothing", "User-agent: *\nDisallow: /%61%62\nAllow: /ab", "steward", "/ab", true},
		{"empty disallow", "User-agent: *\nDisallow:", "steward", "/a", true},
		{"empty disallow beside another", "User-agent: *\nDisallow:\nDisallow: /a", "steward", "/a", false},
		{"everything", "User-agent: *\nDisallow: /", "steward", "", false},
		{"everything by a star", "User-agent: *\nDisallow: *", "steward", "/a", false},
		{"start page alone", "User-agent: *\nDisallow: /$", "steward", "/a", true},
		{"rule without a slash matches nothing", "User-agent: *\nDisallow: a", "steward", "/a", true},
		{"star inside", "User-agent: *\nDisallow: /*/private", "steward", "/x/y/private/z", false},
		{"star and end", "User-agent: *\nDisallow: /*.pdf$", "steward", "/x.pdf.pdf", false},
		{"star and end, overlapping", "User-agent: *\nDisallow: /ab*ba$", "steward", "/aba", true},
		{"many stars", "User-agent: *\nDisallow: /*a*b**c", "steward", "/xxaxxbxxcxx", false},
		{"query in the rule, not sorted", "User-agent: *\nDisallow: /?b=&a=", "steward", "/?b=&a=1", false},
		{"query in the rule, other order", "User-agent: *\nDisallow: /?b=&a=", "steward", "/?a=1&b=", true},
		{"parameter anywhere", "User-agent: *\nDisallow: /*?*sort=", "steward", "/x?a=1&sort=b", false},
		{"reserved in the path stays encoded", "User-agent: *\nDisallow: /a%2Fb", "steward", "/a/b", true},
		{"blank in the rule", "User-agent: *\nDisallow: /a b", "steward", "/a%20b", false},
		{"percent that encodes nothing", "User-agent: *\nDisallow: /100%", "steward", "/100%25/x", false},
		{"comments", "# x\nUser-agent: * # all\n# y\nDisallow: /a # b\n#Disallow: /c", "steward", "/a", false},
		{"comment is no rule", "User-agent: * # all\n#Disallow: /c", "steward", "/c", true},
		{"blanks and tabs", " \tUser-agent\t:\t*\t\n  Disallow :\t/a  ", "steward", "/a", false},
		{"carriage returns", "User-agent: *\rDisallow: /a\r", "steward", "/a", false},
		{"both line ends", "User-agent: *\r\nDisallow: /a\r\n", "steward", "/a", false},
		{"blank lines do not end a group", "User-agent: *\n\n\nDisallow: /a\n\nDisallow: /b", "steward", "/b", false},
		{"robots.txt itself", "User-agent: *\nDisallow: /", "steward", "/robots.txt", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := ParseRobots(tt.file).For(tt.agent).Allows(tt.path); got != tt.want {
				t.Errorf("Allows(%q) = %v", tt.path, got)
			}
		})
	}
}

func TestCrawlDelay(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"10": 10 * time.Second, "0.5": 500 * time.Millisecond, "0": 0, "-3": 0, "x": 0, "": 0, "NaN": 0,
		"60": time.Minute, "1e300": maxCrawlDelay, "Inf": maxCrawlDelay, "10s": 0,
	} {
		if got := ParseRobots("User-agent: steward\nCrawl-delay: " + value).For("steward").CrawlDelay; got != want {
			t.Errorf("Crawl-delay: %s = %v, want %v", value, got, want)
		}
	}
	const file = "Crawl-delay: 99\nUser-agent: *\nCrawl-delay: 1\nDisallow: /a\n\nUser-agent: steward\nDisallow: /b\nCrawl-delay: 2\n\n" +
		"User-agent: steward\nCrawl-delay: 3\nAllow: /"
	for agent, want := range map[string]time.Duration{"steward": 3 * time.Second, "other": time.Second} {
		if got := ParseRobots(file).For(agent).CrawlDelay; got != want {
			t.Errorf("%s: %v, want %v", agent, got, want)
		}
	}
}

func TestSitemapLines(t *testing.T) {
	t.Parallel()
	robots := ParseRobots("Sitemap: https://a.example/1.xml\nUser-agent: x\nDisallow: /\nSITEMAP : /2.xml # second\nSitemap:\n")
	if want := []string{"https://a.example/1.xml", "/2.xml"}; !slices.Equal(robots.Sitemaps, want) {
		t.Errorf("Sitemaps = %q", robots.Sitemaps)
	}
}

// What goes beyond the limit is cut at the end of a line: half of /about is /.
func TestLongRobots(t *testing.T) {
	t.Parallel()
	const head, last = "User-agent: *\nDisallow: /first\n", "Disallow: /about"
	filler := strings.Repeat("#", maxRobotsBytes-len(head)-len(last)+4) + "\n"
	rules := ParseRobots(head + filler + last).For("steward")
	if rules.Allows("/first") || !rules.Allows("/about") || !rules.Allows("/x") {
		t.Error("the file is not cut at the end of a line")
	}
	rules = ParseRobots(head + filler[5:] + last).For("steward")
	if rules.Allows("/about") {
		t.Error("a file of 500 KiB is cut")
	}
}

func TestRobotsOf(t *testing.T) {
	t.Parallel()
	const file = "User-agent: *\nDisallow: /a\nSitemap: /s.xml"
	for _, tt := range []struct {
		status       int
		open, closed bool
	}{
		{200, false, false},
		{206, false, false},
		{302, true, false},
		{304, true, false},
		{400, true, false},
		{401, true, false},
		{403, true, false},
		{404, true, false},
		{410, true, false},
		{429, false, true},
		{500, false, true},
		{503, false, true},
		{0, false, true},
	} {
		rules := RobotsOf(file, tt.status).For("steward")
		if rules.Allows("/a") != tt.open || rules.Allows("/b") == tt.closed || !rules.Allows("/robots.txt") {
			t.Errorf("status %d: /a %v, /b %v", tt.status, rules.Allows("/a"), rules.Allows("/b"))
		}
	}
	if len(RobotsOf(file, 200).Sitemaps) != 1 || len(RobotsOf(file, 404).Sitemaps) != 0 {
		t.Error("sitemaps of an error page are taken, or those of a file are not")
	}
	if !(Rules{}).Allows("/a") {
		t.Error("the zero rules forbid")
	}
}

// answers is a Fetcher with one answer.
type answers struct {
	got knowledge.Response
	err error
}

func (a answers) Fetch(_ context.Context, r knowledge.Request) (knowledge.Response, error) {
	if r.URL != "https://a.example:8443/robots.txt" {
		return knowledge.Response{}, errors.New("wrong address")
	}
	return a.got, a.err
}

func TestFetchRobots(t *testing.T) {
	t.Parallel()
	down := knowledge.FailForNow(schemas.FailUnreachable, nil)
	for name, tt := range map[string]struct {
		answers
		text   string
		status int
		code   schemas.FailCode
	}{
		"a file":            {answers{got: knowledge.Response{Status: 200, Body: []byte("x")}}, "x", 200, ""},
		"not found":         {answers{got: knowledge.Response{Status: 404, Body: []byte("x")}}, "", 404, ""},
		"too many requests": {answers{got: knowledge.Response{Status: 429, Body: []byte("x")}}, "", 429, ""},
		"broken":            {answers{got: knowledge.Response{Status: 500}}, "", 500, ""},
		"endless redirects": {answers{err: knowledge.Fail(schemas.FailRedirects, nil)}, "", 302, ""},
		"no connection":     {answers{err: down}, "", 0, schemas.FailUnreachable},
		"forbidden host":    {answers{err: knowledge.Fail(schemas.FailForbiddenHost, nil)}, "", 0, schemas.FailForbiddenHost},
		"without an end":    {answers{got: knowledge.Response{Status: 200, TooLarge: true}}, "", 0, schemas.FailTooLarge},
	} {
		text, status, err := FetchRobots(context.Background(), tt.answers, "https://a.example:8443")
		if code, _ := knowledge.CodeOf(err); text != tt.text || status != tt.status || code != tt.code {
			t.Errorf("%s: %q, %d, %v", name, text, status, err)
		}
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*$*%\nCrawl-delay: 1e9", "/%4", "steward")
	f.Add("\ufeff\rUser-agent:steward\nAllow:"+strings.Repeat("*", 50), "/a?b=c:/d", "*")
	f.Add(example, "/example/page.html", "foobot")
	f.Fuzz(func(t *testing.T, file, path, product string) {
		robots := ParseRobots(file)
		rules := robots.For(product)
		if rules.CrawlDelay < 0 || rules.CrawlDelay > maxCrawlDelay {
			t.Fatalf("crawl-delay %v", rules.CrawlDelay)
		}
		allowed := rules.Allows(path)
		// A path means the same however its octets are written.
		if again := rules.Allows(octets(path)); path != "" && again != allowed {
			t.Fatalf("Allows(%q) = %v, Allows(%q) = %v", path, allowed, octets(path), again)
		}
		if !rules.Allows("/robots.txt") {
			t.Fatal("robots.txt itself is forbidden")
		}
		// What is appended to a file of comments changes nothing before it.
		if ParseRobots(file+"\n# comment\n").For(product).Allows(path) != allowed && len(file) < maxRobotsBytes-20 {
			t.Fatal("a comment changes the rules")
		}
	})
}
