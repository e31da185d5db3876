package arch

import (
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents lists the Markdown pages for readers, as paths from the root.
func documents(t *testing.T) []string {
	t.Helper()
	out := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"}
	for _, folder := range []string{"docs", "bench", "tools"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".md" {
				short, relErr := filepath.Rel(root, name)
				out = append(out, filepath.ToSlash(short))
				return relErr
			}
			return err
		})
		if err != nil {
			t.Fatalf("list documents: %v", err)
		}
	}
	return out
}

var (
	codeFence    = regexp.MustCompile("(?s)```.*?```")
	codeSpan     = regexp.MustCompile("`[^`\n]*`")
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingLine  = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks: every relative link of a page leads to a file, and its anchor to a
// heading of that file.
func TestLinks(t *testing.T) {
	t.Parallel()
	links := 0
	for _, page := range documents(t) {
		text := codeSpan.ReplaceAllString(codeFence.ReplaceAllString(read(t, page), ""), "")
		for _, m := range markdownLink.FindAllStringSubmatch(text, -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: link %s: %v", page, m[1], err)
				continue
			}
			if u.Scheme != "" {
				continue
			}
			links++
			target := page
			if u.Path != "" {
				target = path.Join(path.Dir(page), u.Path)
			}
			if !exists(target) {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if u.Fragment != "" && !slices.Contains(anchors(t, target), u.Fragment) {
				t.Errorf("%s links to %s, and %s has no such heading", page, m[1], target)
			}
		}
	}
	if links < 30 {
		t.Errorf("found only %d links", links)
	}
}

// anchors lists the anchors of a page's headings as they are made for the web.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, m := range headingLine.FindAllStringSubmatch(codeFence.ReplaceAllString(read(t, page), ""), -1) {
		text := notInAnchor.ReplaceAllString(strings.ToLower(m[1]), "")
		out = append(out, strings.ReplaceAll(strings.TrimSpace(text), " ", "-"))
	}
	return out
}

// named is a path of the project in a comment or a page.
var named = regexp.MustCompile(`\bdocs/[a-z0-9/_-]+\.md\b`)

// TestCommentsNameDocumentsThatExist looks for pages that comments point to.
func TestCommentsNameDocumentsThatExist(t *testing.T) {
	t.Parallel()
	for _, c := range comments(t) {
		for _, name := range named.FindAllString(c.text, -1) {
			if !exists(name) {
				t.Errorf("%s points to %s, which is not there", c.file, name)
			}
		}
	}
}

// maxReadme keeps the first page a first page, in lines.
const maxReadme = 150

func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(read(t, "README.md"), "\n"); n > maxReadme {
		t.Errorf("README.md has %d lines, at most %d are allowed", n, maxReadme)
	}
}

var (
	shellFence = regexp.MustCompile("(?s)```(?:sh|console)\n(.*?)```")
	makeTarget = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	rule       = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
)

// TestMakeTargetsInDocuments: every `make` command of a page is a target.
func TestMakeTargetsInDocuments(t *testing.T) {
	t.Parallel()
	var targets []string
	for _, m := range rule.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets = append(targets, m[1])
	}
	for _, page := range documents(t) {
		text := read(t, page)
		for _, code := range append(shellFence.FindAllString(text, -1), codeSpan.FindAllString(text, -1)...) {
			for _, m := range makeTarget.FindAllStringSubmatch(code, -1) {
				if !slices.Contains(targets, m[1]) {
					t.Errorf("%s names make %s, which is no target", page, m[1])
				}
			}
		}
	}
}

// featuresPage is the table of feature words and layers.
const featuresPage = "docs/features.md"

var inCode = regexp.MustCompile("`([^`]+)`")

// TestFeatureWords: the word of a feature names its file in every layer, or the
// table says why not.
func TestFeatureWords(t *testing.T) {
	t.Parallel()
	words := []string{
		"profile", "knowledge", "channels", "hours", "conversation", "turn", "handoff", "agent", "crm", "actions",
		"goals", "credits", "performance", "audit",
	}
	rows := tableRows(t, featuresPage, 1)
	for _, w := range words {
		row, ok := rows[w]
		if !ok {
			t.Errorf("%s has no row for %s", featuresPage, w)
			continue
		}
		for i, cell := range row {
			checkFeature(t, w, i+1, cell)
		}
	}
	for w := range rows {
		if !slices.Contains(words, w) {
			t.Errorf("%s has a row for %s, which is no feature word", featuresPage, w)
		}
	}
}

func checkFeature(t *testing.T, word string, column int, cell string) {
	t.Helper()
	files := inCode.FindAllStringSubmatch(cell, -1)
	if len(files) == 0 && !strings.HasPrefix(cell, "– ") && cell != "later" {
		t.Errorf("%s, %s, column %d: %q is no file in code marks, no \"later\" and no reason after a dash", featuresPage, word, column, cell)
	}
	for _, m := range files {
		switch {
		case !exists(m[1]):
			t.Errorf("%s, %s, column %d: there is no %s", featuresPage, word, column, m[1])
		case !strings.Contains(m[1], strings.TrimSuffix(word, "s")) && !strings.Contains(cell, "–"):
			t.Errorf("%s, %s, column %d: %s does not have the word in its name; say why after a dash", featuresPage, word, column, m[1])
		}
	}
}

// tableRows reads the first table of a page: the first cell to the others.
func tableRows(t *testing.T, page string, atLeast int) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for line := range strings.Lines(read(t, page)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] != "word" && len(cells) > atLeast {
			out[cells[0]] = cells[1:]
		}
	}
	return out
}
