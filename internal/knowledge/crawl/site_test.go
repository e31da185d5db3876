package crawl

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"steward/schemas"
)

// site is a file of testdata/sites, see the README there.
type site struct {
	settings map[string]string
	// runs hold the pages that change with a run, what is expected of it, and
	// what is expected of its requests.
	runs map[int]*siteRun
	// shown is what a browser shows.
	shown map[string]string
}

type siteRun struct {
	pages    map[string]*served
	want     []string
	requests []string
}

func readSite(t *testing.T, name string) *site {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	s := &site{settings: make(map[string]string), runs: make(map[int]*siteRun), shown: make(map[string]string)}
	for line := range strings.Lines(string(archive.Comment)) {
		if key, value, ok := strings.Cut(line, ": "); ok && key == strings.ToLower(key) && !strings.Contains(key, " ") {
			s.settings[key] = strings.TrimSpace(value)
		}
	}
	for _, file := range archive.Files {
		words := strings.Fields(file.Name)
		n := 1
		if len(words) == 2 && words[0] != "browser" {
			if n, err = strconv.Atoi(words[1]); err != nil {
				n, err = strconv.Atoi(words[0])
				words = words[1:]
			}
		}
		if err != nil {
			t.Fatalf("%s: %q is no name of a part", name, file.Name)
		}
		run := s.run(n)
		switch content := string(file.Data); words[0] {
		case "want":
			run.want = lines(content)
		case "requests":
			run.requests = lines(content)
		case "browser":
			s.shown[words[1]] = content
		default:
			run.pages[words[0]] = readServed(t, content)
		}
	}
	return s
}

func (s *site) run(n int) *siteRun {
	if s.runs[n] == nil {
		s.runs[n] = &siteRun{pages: make(map[string]*served)}
	}
	return s.runs[n]
}

func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// readServed reads an answer: a status with an optional target and headers up
// to an empty line, if it begins with a status; else a page.
func readServed(t *testing.T, content string) *served {
	t.Helper()
	out := &served{status: http.StatusOK, header: make(http.Header), body: content}
	first, rest, _ := strings.Cut(content, "\n")
	code, target, _ := strings.Cut(strings.TrimSpace(first), " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 {
		return out
	}
	out.status = status
	if target != "" {
		out.header.Set("Location", target)
	}
	for {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			break
		}
		switch value = strings.TrimSpace(value); name {
		case "Delay":
			for _, word := range strings.Fields(value) {
				var delay time.Duration
				delay, err = time.ParseDuration(word)
				out.delays = append(out.delays, delay)
			}
		case "Gzip":
			out.gzip = true
		case "Repeat":
			out.repeat, err = strconv.Atoi(value)
		case "Statuses":
			for _, word := range strings.Fields(value) {
				status, err = strconv.Atoi(word)
				out.statuses = append(out.statuses, status)
			}
		default:
			out.header.Add(name, value)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	out.body = rest
	return out
}

// source is the source that a site file describes.
func (s *site) source(t *testing.T) schemas.Source {
	t.Helper()
	source := schemas.Source{ID: "src_1", Type: schemas.SourceCrawl, Name: "Shop", URL: s.settings["start"]}
	if kind := s.settings["type"]; kind != "" {
		source.Type = schemas.SourceType(kind)
	}
	var err error
	if most := s.settings["max_pages"]; most != "" {
		source.MaxPages, err = strconv.Atoi(most)
	}
	source.Include, source.Exclude = strings.Fields(s.settings["include"]), strings.Fields(s.settings["exclude"])
	source.Render = schemas.Rendering(s.settings["render"])
	source.IgnoreRobots = s.settings["ignore_robots"] == "true"
	source.SourceSettings = source.Defaults(source.Type)
	if err == nil {
		err = source.Validate(source.Type)
	}
	if err != nil || source.URL == "" {
		t.Fatalf("settings: %v", err)
	}
	return source
}

// check compares the log of a run's requests with what a site file asks of it.
func (r *siteRun) check(t *testing.T, log []asked) {
	t.Helper()
	count := func(pattern string, conditional bool) int {
		n := 0
		for _, a := range log {
			if glob(pattern, a.address) && (a.conditional || !conditional) {
				n++
			}
		}
		return n
	}
	for _, line := range r.requests {
		words := strings.Fields(line)
		ok := false
		switch words[0] {
		case "first":
			ok = len(log) > 0 && log[0].address == words[1]
		case "never":
			ok = count(words[1], false) == 0
		case "once":
			ok = count(words[1], false) == 1
		case "times":
			ok = strconv.Itoa(count(words[2], false)) == words[1]
		case "conditional":
			ok = strconv.Itoa(count(words[2], true)) == words[1]
		case "total":
			ok = strconv.Itoa(len(log)) == words[1]
		case "apart":
			gap, err := time.ParseDuration(words[1])
			ok = err == nil && apart(log, words[2], gap)
		}
		if !ok {
			t.Errorf("requests: not so: %s", line)
		}
	}
	if t.Failed() {
		for _, a := range log {
			t.Logf("%s conditional=%v %s", a.at.Format("15:04:05.000"), a.conditional, a.address)
		}
	}
}

// apart reports whether the requests that fit a pattern are a pause apart.
func apart(log []asked, pattern string, gap time.Duration) bool {
	var last time.Time
	for _, a := range log {
		if !glob(pattern, a.address) {
			continue
		}
		if !last.IsZero() && a.at.Sub(last) < gap {
			return false
		}
		last = a.at
	}
	return true
}

// obeys reports requests that the robots.txt of their host forbids.
func obeys(pages map[string]*served, log []asked) []string {
	var wrong []string
	for _, a := range log {
		origin, path, err := split(strings.TrimPrefix(a.address, "browser "))
		if err != nil {
			return []string{err.Error()}
		}
		robots := pages[origin+"/robots.txt"]
		if robots == nil || robots.status != http.StatusOK || len(robots.delays) > 0 || len(robots.statuses) > 0 {
			continue
		}
		if !ParseRobots(robots.body).For("steward").Allows(path) {
			wrong = append(wrong, a.address)
		}
	}
	return wrong
}

// outcomes lists the frontier of a run, and the addresses of the documents that
// answers may use after it.
func outcomes(m *memory) []string {
	var out []string
	for _, w := range m.urls {
		address, twin := w.URL, ""
		if p := m.pages[w.Key]; p != nil {
			address = p.url
			if p.duplicateOf != "" {
				twin = " = " + p.duplicateOf
			}
		}
		reason := ""
		if w.reason != "" {
			reason = string(w.reason) + " "
		}
		line := fmt.Sprintf("%s %s%s%s", w.outcome, reason, address, twin)
		out = append(out, line)
	}
	for _, id := range slices.Sorted(maps.Keys(m.docs)) {
		out = append(out, "document "+m.docs[id].URL)
	}
	slices.Sort(out)
	return out
}
