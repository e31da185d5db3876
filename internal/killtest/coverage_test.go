package killtest

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
	root     = "../.."
	coverage = root + "/docs/reference/rules-coverage.md"
	rules    = 35
)

var (
	named    = regexp.MustCompile("`(Test[A-Za-z0-9_]+|[a-z0-9_]+\\.conv)`")
	declared = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
)

// TestRulesAreCovered checks that the table names a test for each rule that is
// built, and that the tests it names exist.
func TestRulesAreCovered(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(coverage)
	if err != nil {
		t.Fatal(err)
	}
	there := tests(t)
	next := 1
	for line := range strings.Lines(string(raw)) {
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			if !there[m[1]] {
				t.Errorf("the table names %s, which does not exist", m[1])
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
			t.Errorf("rule %d follows rule %d", number, next-1)
		}
		next = number + 1
		by := cells[3]
		if !named.MatchString(by) && !strings.Contains(by, "not built yet") && !strings.Contains(by, "make bench-") {
			t.Errorf("no test is named for rule %d", number)
		}
	}
	if next != rules+1 {
		t.Errorf("the table ends with rule %d, want %d", next-1, rules)
	}
	for name := range there {
		if strings.HasPrefix(name, "TestRule0") || strings.HasPrefix(name, "TestRule1") || strings.HasPrefix(name, "TestRule2") {
			if !strings.Contains(string(raw), "`"+name+"`") {
				t.Errorf("the table does not name %s", name)
			}
		}
	}
}

// tests are the names of all Go tests and conversation scripts.
func tests(t *testing.T) map[string]bool {
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
			for _, m := range declared.FindAllSubmatch(raw, -1) {
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
