package crawl

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRobotsBytes is how much of a robots.txt counts: RFC 9309, section 2.5.
	maxRobotsBytes = 500 << 10
	// maxCrawlDelay bounds the pause a site may ask for.
	maxCrawlDelay = 24 * time.Hour
)

// Robots is a robots.txt. RFC 9309.
type Robots struct {
	// Sitemaps are the addresses of its Sitemap lines, as written, in their order.
	Sitemaps []string

	groups []group
	closed bool
}

// group is a run of rules with the crawlers it is for.
type group struct {
	agents []string // product tokens in lower case, or *
	lines  []rule
	delay  time.Duration
}

type rule struct {
	allow bool
	// patterns are the spellings of the path that it matches.
	patterns []string
}

// Rules are the lines of a robots.txt that one crawler obeys. The zero value
// allows everything.
type Rules struct {
	// CrawlDelay is the pause between requests that the site asks for; 0 when
	// it asks for none.
	CrawlDelay time.Duration

	closed bool
	lines  []rule
}

// RobotsOf reads the answer to a request for robots.txt: what was sent with a
// 2xx, no rules for a redirect that leads nowhere and a 4xx, and a closed site
// for 429, 5xx and 0, which stands for no answer. RFC 9309, section 2.3.1.
func RobotsOf(text string, status int) *Robots {
	switch {
	case status == 0, status == http.StatusTooManyRequests, status >= 500:
		return &Robots{closed: true}
	case status < 200, status >= 300:
		return &Robots{}
	}
	return ParseRobots(text)
}

// ParseRobots reads a robots.txt. Lines that cannot be understood are skipped,
// as is what goes beyond 500 KiB.
func ParseRobots(text string) *Robots {
	if len(text) > maxRobotsBytes {
		// Half a rule could forbid or allow more than the whole one.
		text = text[:max(0, strings.LastIndexAny(text[:maxRobotsBytes], "\r\n"))]
	}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r", "\n")
	robots := &Robots{}
	var g *group
	header := false // the last of the group's lines named a crawler
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case name == "sitemap" && value != "":
			robots.Sitemaps = append(robots.Sitemaps, value)
		case name == "user-agent":
			if !header {
				robots.groups = append(robots.groups, group{})
				g, header = &robots.groups[len(robots.groups)-1], true
			}
			g.agents = append(g.agents, productToken(value))
		case g == nil:
			// A rule before any crawler is for nobody.
		case name == "allow" || name == "disallow":
			header = false
			if value != "" {
				g.lines = append(g.lines, rule{allow: name == "allow", patterns: spellings(value, false)})
			}
		case name == "crawl-delay":
			// It ends no header: lines that the RFC does not know must not
			// change how those are read that it knows. Section 2.2.4.
			g.delay = max(g.delay, parseDelay(value))
		}
	}
	return robots
}

// productToken is the part of a user agent that groups are named after.
func productToken(value string) string {
	value = strings.ToLower(value)
	if value == "*" || strings.HasPrefix(value, "* ") || strings.HasPrefix(value, "*\t") {
		return "*"
	}
	end := strings.IndexFunc(value, func(r rune) bool {
		return (r < 'a' || r > 'z') && r != '-' && r != '_'
	})
	if end >= 0 {
		value = value[:end]
	}
	return value
}

func parseDelay(value string) time.Duration {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, maxCrawlDelay.Seconds()) * float64(time.Second))
}

// For returns the rules for a crawler by its product token: those of all groups
// that name it, else those of all groups for "*".
func (r *Robots) For(product string) Rules {
	if r.closed {
		return Rules{closed: true}
	}
	rules, found := r.named(strings.ToLower(product))
	if !found {
		rules, _ = r.named("*")
	}
	return rules
}

func (r *Robots) named(agent string) (Rules, bool) {
	var rules Rules
	found := false
	for _, g := range r.groups {
		if !slices.Contains(g.agents, agent) {
			continue
		}
		found = true
		rules.lines = append(rules.lines, g.lines...)
		rules.CrawlDelay = max(rules.CrawlDelay, g.delay)
	}
	return rules, found
}

// Allows reports whether a path with its query may be read. The longest match
// decides, and on equal length the permission. robots.txt itself may always be
// read. RFC 9309, section 2.2.2.
func (r Rules) Allows(pathAndQuery string) bool {
	if pathAndQuery == "" {
		pathAndQuery = "/"
	}
	if pathAndQuery == "/robots.txt" {
		return true
	}
	if r.closed {
		return false
	}
	paths := spellings(pathAndQuery, true)
	best, allowed := -1, true
	for _, line := range r.lines {
		n := len(line.patterns[0])
		if n < best || n == best && !line.allow || !line.matches(paths) {
			continue
		}
		best, allowed = n, line.allow
	}
	return allowed
}

// spellings returns a path or pattern as it is compared. In a query, addresses
// are written with and without encoding of : / ? # [ ] @, and each must match
// the other: so there are two spellings, the second with them encoded. In a
// path, * and $ are encoded, as only patterns give them a meaning.
func spellings(text string, path bool) []string {
	plain := recode(text, func(c byte) bool { return !reserved(c) || path && (c == '*' || c == '$') })
	before, query, ok := strings.Cut(plain, "?")
	if !ok {
		return []string{plain, plain}
	}
	query = recode(query, func(c byte) bool { return strings.IndexByte(":/?#[]@", c) >= 0 })
	return []string{plain, before + "?" + query}
}

func (l rule) matches(paths []string) bool {
	return matches(l.patterns[0], paths[0]) || matches(l.patterns[1], paths[1])
}

// matches compares with * for any run and $ for the end.
func matches(pattern, path string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	rest := path[len(parts[0]):]
	for i, part := range parts[1:] {
		if anchored && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !anchored || rest == ""
}
