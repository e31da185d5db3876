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

const (
	// enginePage says which tests show each case of the engine.
	enginePage  = "docs/reference/engine-coverage.md"
	engineCases = 124
)

var (
	namedTest    = regexp.MustCompile("`(Test[A-Za-z0-9_]+|[a-z0-9_]+\\.conv)`")
	namedTarget  = regexp.MustCompile("`make ([a-z-]+)`")
	declaredTest = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
)

// TestEngineCoverage: the page has one row for each case, in order, and each row
// names a test that is there, or says what is not built.
func TestEngineCoverage(t *testing.T) {
	t.Parallel()
	there, next := namesOfTests(t), 1
	for line := range strings.Lines(read(t, enginePage)) {
		for _, m := range namedTest.FindAllStringSubmatch(line, -1) {
			if !there[m[1]] {
				t.Errorf("%s names %s, which does not exist", enginePage, m[1])
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
			t.Errorf("%s: case %d follows case %d", enginePage, number, next-1)
		}
		next = number + 1
		if strings.TrimSpace(cells[2]) == "" {
			t.Errorf("%s does not say what case %d is", enginePage, number)
		}
		if by := cells[3]; !namedTest.MatchString(by) && !namedTarget.MatchString(by) && !strings.Contains(by, "not built yet: ") {
			t.Errorf("%s names no test for case %d", enginePage, number)
		}
	}
	if next != engineCases+1 {
		t.Errorf("%s ends with case %d, want %d", enginePage, next-1, engineCases)
	}
}

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
