package crawl

import (
	"strings"
	"testing"
)

func TestRobots(t *testing.T) {
	t.Parallel()
	// The example of RFC 9309, section 5.1, with a group for us.
	const example = "\ufeffUser-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n" +
		"User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n" +
		"User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n"
	tests := []struct {
		name, file, agent, path string
		want                    bool
	}{
		{"gif", example, "steward", "/a/b.gif", false},
		{"gif with a query", example, "steward", "/a/b.gif?x", true},
		{"folder", example, "steward", "/example/x", false},
		{"publications", example, "steward", "/publications/", true},
		{"foobot page", example, "foobot", "/example/page.html", true},
		{"foobot other", example, "foobot", "/x", false},
		{"barbot", example, "barbot", "/example/page.html", false},
		{"bazbot shares the group", example, "bazbot", "/example/page.html", false},
		{"bazbot other", example, "bazbot", "/example/", true},
		{"quxbot has an empty group", example, "quxbot", "/example/", true},
		{"empty file", "", "steward", "/", true},
		{"garbage", "<html>\x00:::\n\n: x\nDisallow /", "steward", "/", true},
		{"rule before a group", "Disallow: /\nUser-agent: *\nAllow: /", "steward", "/x", true},
		{"case and version", "user-agent: STEWARD/1.0\ndisallow: /x", "steward", "/x", false},
		{"groups are merged", "User-agent: steward\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\nUser-agent: steward\nDisallow: /b", "steward", "/b", false},
		{"merged leaves the rest open", "User-agent: steward\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "steward", "/c", true},
		{"longest wins", "User-agent: *\nDisallow: /a\nAllow: /a/b", "steward", "/a/b/c", true},
		{"permission wins a tie", "User-agent: *\nDisallow: /a\nAllow: /a", "steward", "/a", true},
		{"empty disallow", "User-agent: *\nDisallow:", "steward", "/a", true},
		{"star inside", "User-agent: *\nDisallow: /*/private", "steward", "/x/y/private/z", false},
		{"end", "User-agent: *\nDisallow: /a$", "steward", "/a/b", true},
		{"star and end", "User-agent: *\nDisallow: /*.pdf$", "steward", "/x.pdf.pdf", false},
		{"query in the rule", "User-agent: *\nDisallow: /?b=&a=", "steward", "/?b=&a=1", false},
		{"encoded in the rule", "User-agent: *\nDisallow: /foo/bar/%E3%83%84", "steward", "/foo/bar/ツ", false},
		{"bare in the rule", "User-agent: *\nDisallow: /foo/bar/ツ", "steward", "/foo/bar/%e3%83%84", false},
		{"unreserved is decoded", "User-agent: *\nDisallow: /%61bc", "steward", "/abc", false},
		{"reserved stays encoded", "User-agent: *\nDisallow: /a%2Fb", "steward", "/a/b", true},
		{"comment", "User-agent: * # all\nDisallow: /a # b", "steward", "/a", false},
		{"carriage returns", "User-agent: *\rDisallow: /a\r", "steward", "/a", false},
		{"robots.txt itself", "User-agent: *\nDisallow: /", "steward", "/robots.txt", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := parseRobots(tt.file, tt.agent).allows(tt.path); got != tt.want {
				t.Errorf("allows(%s) = %v", tt.path, got)
			}
		})
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*$*%", "/%4")
	f.Add(strings.Repeat("*", 50), "/a")
	f.Fuzz(func(_ *testing.T, file, path string) {
		parseRobots("User-agent: *\nDisallow: "+file, product).allows(path)
		matches(file, path)
	})
}
