package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The pages that say which tests show each case of the engine and each of the
// settled rules.
const (
	enginePage  = "docs/reference/engine-coverage.md"
	engineCases = 124
	shownPage   = "docs/reference/rules-coverage.md"
	rules       = 35
)

var (
	namedTest    = regexp.MustCompile("`(Test[A-Za-z0-9_]+|[a-z0-9_]+\\.conv)`")
	namedTarget  = regexp.MustCompile("`make ([a-z-]+)`")
	declaredTest = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
)

// TestCoverage: each page has one row for each number, in order, and each row
// names a test that is there, or says what is not built.
func TestCoverage(t *testing.T) {
	t.Parallel()
	there := namesOfTests(t)
	for page, rows := range map[string]int{enginePage: engineCases, shownPage: rules} {
		next := 1
		for line := range strings.Lines(read(t, page)) {
			for _, m := range namedTest.FindAllStringSubmatch(line, -1) {
				if !there[m[1]] {
					t.Errorf("%s names %s, which does not exist", page, m[1])
				}
			}
			cells := strings.Split(line, "|")
			if len(cells) < 4 {
				continue
			}
			number, err := strconv.Atoi(strings.TrimSpace(cells[1]))
			if err != nil {
				continue
			}
			if number != next {
				t.Errorf("%s: %d follows %d", page, number, next-1)
			}
			next = number + 1
			if strings.TrimSpace(cells[2]) == "" {
				t.Errorf("%s does not say what %d is", page, number)
			}
			if by := cells[3]; !namedTest.MatchString(by) && !namedTarget.MatchString(by) && !strings.Contains(by, "not built yet") {
				t.Errorf("%s names no test for %d", page, number)
			}
		}
		if next != rows+1 {
			t.Errorf("%s ends with %d, want %d", page, next-1, rows)
		}
	}
}

// TestTestsOfRulesAreNamed: what says in its name that it shows a rule is on the
// page of the rules.
func TestTestsOfRulesAreNamed(t *testing.T) {
	t.Parallel()
	page := read(t, shownPage)
	for name := range namesOfTests(t) {
		if ofRule.MatchString(name) && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("%s does not name %s", shownPage, name)
		}
	}
}

var ofRule = regexp.MustCompile(`^TestRule[0-9]{2}`)

// namesOfTests are the names of all Go tests and conversation scripts.
func namesOfTests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".conv"):
			out[d.Name()] = true
		case strings.HasSuffix(path, "_test.go"):
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range declaredTest.FindAllSubmatch(raw, -1) {
				out[string(m[1])] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
