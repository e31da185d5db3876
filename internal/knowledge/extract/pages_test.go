package extract

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"steward/internal/knowledge"
)

// shape counts what a Markdown text is made of.
type shape struct{ headings, rows, items, code int }

var (
	aHeading = regexp.MustCompile(`^#{1,6} \S`)
	aRule    = regexp.MustCompile(`^\|(?::?-+:?\|)+$`)
	anItem   = regexp.MustCompile(`^\s*(?:- |\d+\. )`)
)

func shapeOf(markdown string) shape {
	var s shape
	code := false
	for line := range strings.SplitSeq(markdown, "\n") {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			if code = !code; code {
				s.code++
			}
		case code:
		case aHeading.MatchString(line):
			s.headings++
		case strings.HasPrefix(line, "|") && !aRule.MatchString(line):
			s.rows++
		case anItem.MatchString(line):
			s.items++
		}
	}
	return s
}

// wanted is the second part of a page's archive.
type wanted struct {
	title, language, url string
	shape                shape
	browser              bool
	has, not             []string
	answers              []knowledge.Answer
}

func want(t *testing.T, source string) wanted {
	t.Helper()
	var w wanted
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for line := range strings.Lines(source) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			t.Fatalf("%q is no wish", line)
		}
		switch key {
		case "title":
			w.title = value
		case "language":
			w.language = value
		case "url":
			w.url = value
		case "headings":
			w.shape.headings = number(value)
		case "rows":
			w.shape.rows = number(value)
		case "items":
			w.shape.items = number(value)
		case "code":
			w.shape.code = number(value)
		case "browser":
			w.browser = value == "true"
		case "has":
			w.has = append(w.has, value)
		case "not":
			w.not = append(w.not, value)
		case "answer":
			question, answer, _ := strings.Cut(value, " => ")
			w.answers = append(w.answers, knowledge.Answer{Question: question, Answer: answer})
		default:
			t.Fatalf("%q is no wish", key)
		}
	}
	return w
}

// Short help pages in the layouts of usual sites keep every heading, row, item
// and code block of their content, and lose what is around it.
func TestPages(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/pages/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := Reader{}.Read(t.Context(), knowledge.Page{
				URL: "https://pages.example/a/b", ContentType: "text/html", Body: archive.Files[0].Data,
			})
			if err != nil {
				t.Fatal(err)
			}
			w := want(t, string(archive.Files[1].Data))
			if text.Title != w.title || text.Language != w.language || text.URL != w.url || text.NeedsBrowser != w.browser {
				t.Errorf("title %q, language %q, url %q, browser %v", text.Title, text.Language, text.URL, text.NeedsBrowser)
			}
			if got := shapeOf(text.Markdown); got != w.shape {
				t.Errorf("%+v, want %+v", got, w.shape)
			}
			if diff := cmp.Diff(w.answers, text.Answers); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			for _, s := range w.has {
				if n := strings.Count(text.Markdown, s); n != 1 {
					t.Errorf("%q is there %d times", s, n)
				}
			}
			for _, s := range w.not {
				if strings.Contains(text.Markdown, s) {
					t.Errorf("%q is there", s)
				}
			}
			if t.Failed() {
				t.Log(text.Markdown)
			}
		})
	}
}
