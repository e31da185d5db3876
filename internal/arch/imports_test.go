package arch

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// matches reports whether a folder is meant by a pattern of the tables.
func matches(pattern, dir string) bool {
	if pattern == anything || pattern == dir {
		return true
	}
	base, tree := strings.CutSuffix(pattern, "/...")
	return tree && (dir == base || strings.HasPrefix(dir, base+"/"))
}

func matchesAny(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, dir) })
}

// exists reports whether a pattern means at least one package.
func (tr *tree) has(pattern string) bool {
	return slices.ContainsFunc(tr.dirs(), func(dir string) bool { return matches(pattern, dir) })
}

// ruleFor is the row of a package: its own, else the nearest /... above it.
func ruleFor(dir string) (imports, bool) {
	var found imports
	ok := false
	for _, r := range importRules() {
		if r.pkg == dir {
			return r, true
		}
		if matches(r.pkg, dir) {
			found, ok = r, true
		}
	}
	return found, ok
}

func TestEveryPackageHasAnImportRule(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		if _, ok := ruleFor(dir); !ok {
			t.Errorf("package %s has no row in importRules: say what it may import", dir)
		}
	}
}

func TestRulesNamePackagesThatExist(t *testing.T) {
	t.Parallel()
	tr := load(t)
	check := func(table, pattern string) {
		if pattern != anything && !tr.has(pattern) {
			t.Errorf("%s names %s, and there is no such package", table, pattern)
		}
	}
	seen := map[string]bool{}
	for _, r := range importRules() {
		check("importRules", r.pkg)
		if seen[r.pkg] {
			t.Errorf("importRules has two rows for %s", r.pkg)
		}
		seen[r.pkg] = true
		for _, m := range r.may {
			check("importRules, row "+r.pkg+",", m)
		}
		if r.why == "" {
			t.Errorf("importRules, row %s: no reason", r.pkg)
		}
	}
	for pkg, by := range forTests() {
		check("forTests", pkg)
		for _, p := range by {
			check("forTests, row "+pkg+",", p)
		}
	}
	for _, v := range vendorRules() {
		for _, p := range v.by {
			check("vendorRules, row "+v.module+",", p)
		}
	}
}

// TestImportsOfOurs checks product code against the table.
func TestImportsOfOurs(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		rule, ok := ruleFor(dir)
		if !ok {
			continue
		}
		for _, f := range tr.packages[dir].files {
			if f.test {
				continue
			}
			for _, imp := range f.imports {
				target, ok := ours(imp)
				if !ok {
					continue
				}
				if !matchesAny(rule.may, target) {
					t.Errorf("%s imports %s; %s may import %v of ours (%s)", f.name, target, dir, rule.may, rule.why)
				}
				if by, only := forTests()[target]; only && !matchesAny(by, dir) && dir != "starter" {
					t.Errorf("%s imports %s, which is for tests", f.name, target)
				}
			}
		}
	}
}

// TestImportsOfOthers checks every third-party import: each module has one row
// that says who may use it and why.
func TestImportsOfOthers(t *testing.T) {
	t.Parallel()
	tr := load(t)
	used := map[string]bool{}
	for _, dir := range tr.dirs() {
		for _, f := range tr.packages[dir].files {
			for _, imp := range f.imports {
				if _, own := ours(imp); own || standard(imp) {
					continue
				}
				checkVendor(t, dir, f, imp, used)
			}
		}
	}
	for _, v := range vendorRules() {
		if !used[v.module] {
			t.Errorf("vendorRules has a row for %s, which nothing imports", v.module)
		}
	}
}

func checkVendor(t *testing.T, dir string, f *goFile, imp string, used map[string]bool) {
	t.Helper()
	if f.test {
		for m := range testVendors() {
			if below(m, imp) {
				return
			}
		}
	}
	v, ok := vendorOf(imp)
	if !ok {
		t.Errorf("%s imports %s, which has no row in vendorRules", f.name, imp)
		return
	}
	if f.test {
		return
	}
	used[v.module] = true
	if !matchesAny(v.by, dir) {
		t.Errorf("%s imports %s, which is for %v only (%s)", f.name, imp, v.by, v.why)
	}
}

// vendorOf is the row with the longest prefix of an import path.
func vendorOf(imp string) (vendor, bool) {
	var found vendor
	for _, v := range vendorRules() {
		if below(v.module, imp) && len(v.module) > len(found.module) {
			found = v
		}
	}
	return found, found.module != ""
}

func below(prefix, imp string) bool { return imp == prefix || strings.HasPrefix(imp, prefix+"/") }

// maxSchemasLines keeps the contracts from turning into a sink.
const maxSchemasLines = 7800

// TestSchemasStayContracts: no input or output, no clock, no growth without end.
func TestSchemasStayContracts(t *testing.T) {
	t.Parallel()
	tr := load(t)
	lines := 0
	for _, dir := range []string{"schemas", "internal/policy"} {
		for _, f := range tr.packages[dir].files {
			if f.test {
				continue
			}
			if dir == "schemas" {
				lines += f.lines
			}
			for _, imp := range f.imports {
				switch imp {
				case "context", "os", "io/fs", "net", "net/http", "database/sql", "math/rand", "math/rand/v2", "log", "log/slog":
					t.Errorf("%s imports %s: contracts and decisions do no input or output and take time as an argument", f.name, imp)
				}
			}
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && isName(s.X, "time") && (s.Sel.Name == "Now" || s.Sel.Name == "Since" || s.Sel.Name == "Until") {
					t.Errorf("%s reads the clock: time comes in as an argument", tr.lineOf(f, n))
				}
				return true
			})
		}
	}
	if lines > maxSchemasLines {
		t.Errorf("schemas has %d lines without tests, at most %d are allowed", lines, maxSchemasLines)
	}
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
