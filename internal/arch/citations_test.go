package arch

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// update writes generated documents anew instead of comparing them:
// go test ./internal/arch -run TestSpecCoverage -update
var update = flag.Bool("update", false, "write generated documents anew")

// The documents that citations point to.
const (
	specPage     = "docs/explanation/specification.md"
	rulesPage    = "docs/explanation/rules.md"
	coveragePage = "docs/reference/spec-coverage.md"
)

var (
	specSentence = regexp.MustCompile(`(?m)^- \*\*([SD]\d+)\*\* \S`)
	ruleSentence = regexp.MustCompile(`(?m)^(\d+)\. \S`)
	specMark     = regexp.MustCompile(`\bSpec:\s`)
	specNumbers  = regexp.MustCompile(`\bSpec:\s+([SD]\d+(?:,\s*[SD]\d+)*)`)
	ruleMark     = regexp.MustCompile(`\bSettled:\s`)
	ruleNumbers  = regexp.MustCompile(`\bSettled:\s+rules?\s+(\d+(?:(?:,\s*|\s+and\s+)\d+)*)`)
	anySpec      = regexp.MustCompile(`[SD]\d+`)
	anyNumber    = regexp.MustCompile(`\d+`)
)

// cited is one comment that may hold citations.
type cited struct {
	file string
	text string
}

// comments collects the comments of all Go, SQL and conversation-script files.
func comments(t *testing.T) []cited {
	t.Helper()
	tr := load(t)
	var out []cited
	for _, dir := range tr.dirs() {
		for _, f := range tr.packages[dir].files {
			// This package writes about citations.
			if f.generated || dir == "internal/arch" {
				continue
			}
			for _, group := range f.syntax.Comments {
				out = append(out, cited{f.name, strings.Join(strings.Fields(group.Text()), " ")})
			}
		}
	}
	for ext, mark := range map[string]string{".sql": "--", ".conv": "#"} {
		out = append(out, lineComments(t, ext, mark)...)
	}
	slices.SortStableFunc(out, func(a, b cited) int { return cmp.Compare(a.file, b.file) })
	return out
}

func lineComments(t *testing.T, ext, mark string) []cited {
	t.Helper()
	var out []cited
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ext {
			if err == nil && d.IsDir() && name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "bin") {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		short, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if _, comment, ok := strings.Cut(line, mark); ok {
				out = append(out, cited{filepath.ToSlash(short), strings.TrimSpace(comment)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read %s files: %v", ext, err)
	}
	return out
}

// numbered lists the numbers that a page gives to its sentences, in order.
func numbered(t *testing.T, page string, sentence *regexp.Regexp) []string {
	t.Helper()
	var out []string
	for _, m := range sentence.FindAllStringSubmatch(read(t, page), -1) {
		if slices.Contains(out, m[1]) {
			t.Errorf("%s gives the number %s twice", page, m[1])
		}
		out = append(out, m[1])
	}
	return out
}

// TestSpecificationIsWhole: no number is missing from the middle.
func TestSpecificationIsWhole(t *testing.T) {
	t.Parallel()
	have := numbered(t, specPage, specSentence)
	for prefix, count := range map[string]int{"S": 57, "D": 28} {
		for n := 1; n <= count; n++ {
			if want := prefix + strconv.Itoa(n); !slices.Contains(have, want) {
				t.Errorf("%s has no sentence %s", specPage, want)
			}
		}
	}
	rules := numbered(t, rulesPage, ruleSentence)
	for n := range 35 {
		if !slices.Contains(rules, strconv.Itoa(n+1)) {
			t.Errorf("%s has no rule %d", rulesPage, n+1)
		}
	}
}

func TestCitationsExist(t *testing.T) {
	t.Parallel()
	spec, rules := numbered(t, specPage, specSentence), numbered(t, rulesPage, ruleSentence)
	found := 0
	for _, c := range comments(t) {
		if a, b := len(specMark.FindAllString(c.text, -1)), len(specNumbers.FindAllString(c.text, -1)); a != b {
			t.Errorf("%s: %q: after Spec: come numbers such as S47 or S47, D5", c.file, c.text)
		}
		if a, b := len(ruleMark.FindAllString(c.text, -1)), len(ruleNumbers.FindAllString(c.text, -1)); a != b {
			t.Errorf("%s: %q: after Settled: comes a rule such as rule 12 or rules 11, 12", c.file, c.text)
		}
		for _, m := range specNumbers.FindAllStringSubmatch(c.text, -1) {
			for _, n := range anySpec.FindAllString(m[1], -1) {
				found++
				if !slices.Contains(spec, n) {
					t.Errorf("%s cites %s, which is not in %s", c.file, n, specPage)
				}
			}
		}
		for _, m := range ruleNumbers.FindAllStringSubmatch(c.text, -1) {
			for _, n := range anyNumber.FindAllString(m[1], -1) {
				found++
				if !slices.Contains(rules, n) {
					t.Errorf("%s cites rule %s, which is not in %s", c.file, n, rulesPage)
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("found only %d citations", found)
	}
}

// TestSpecCoverage keeps the page of cited numbers equal to the code.
func TestSpecCoverage(t *testing.T) {
	t.Parallel()
	want := coverage(t)
	if *update {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(coveragePage)), []byte(want), 0o644); err != nil {
			t.Fatalf("write %s: %v", coveragePage, err)
		}
		return
	}
	if read(t, coveragePage) != want {
		t.Errorf("%s is not up to date: run go test ./internal/arch -run TestSpecCoverage -update", coveragePage)
	}
}

func coverage(t *testing.T) string {
	t.Helper()
	code, tests := map[string][]string{}, map[string][]string{}
	add := func(key, file string) {
		into := code
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".conv") {
			into = tests
		}
		if !slices.Contains(into[key], file) {
			into[key] = append(into[key], file)
		}
	}
	for _, c := range comments(t) {
		for _, m := range specNumbers.FindAllStringSubmatch(c.text, -1) {
			for _, n := range anySpec.FindAllString(m[1], -1) {
				add(n, c.file)
			}
		}
		for _, m := range ruleNumbers.FindAllStringSubmatch(c.text, -1) {
			for _, n := range anyNumber.FindAllString(m[1], -1) {
				add("rule "+n, c.file)
			}
		}
	}
	var b strings.Builder
	b.WriteString("# Where the specification is in the code\n\nGenerated by `go test ./internal/arch -run TestSpecCoverage -update`. Each number of\n" +
		"[the specification](../explanation/specification.md) and of [the rules](../explanation/rules.md), with the files that\ncite it. " +
		"\"Not yet\" means that no code cites it.\n\n| number | code | tests |\n|---|---|---|\n")
	row := func(key string) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", key, list(code[key], "not yet"), list(tests[key], ""))
	}
	for _, n := range numbered(t, specPage, specSentence) {
		row(n)
	}
	for _, n := range numbered(t, rulesPage, ruleSentence) {
		row("rule " + n)
	}
	return b.String()
}

func list(files []string, none string) string {
	if len(files) == 0 {
		return none
	}
	return "`" + strings.Join(files, "` `") + "`"
}
