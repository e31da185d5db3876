package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// The limits on length, in lines. Longer code is split by noun.
const (
	maxFile     = 450
	maxFunc     = 80
	maxTestFile = 700
	maxTestFunc = 120
)

func TestLength(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		for _, f := range tr.packages[dir].files {
			if f.generated {
				continue
			}
			fileLimit, funcLimit := maxFile, maxFunc
			if f.test {
				fileLimit, funcLimit = maxTestFile, maxTestFunc
			}
			if f.lines > fileLimit {
				t.Errorf("%s has %d lines, at most %d are allowed", f.name, f.lines, fileLimit)
			}
			for _, d := range f.syntax.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				n := tr.fset.Position(fn.End()).Line - tr.fset.Position(fn.Pos()).Line + 1
				if n > funcLimit {
					t.Errorf("%s: func %s has %d lines, at most %d are allowed", tr.lineOf(f, fn), fn.Name.Name, n, funcLimit)
				}
			}
		}
	}
}

// sentenceEnd is the end of a sentence: a full stop before a space and a
// capital letter or a digit, or at the end.
var sentenceEnd = regexp.MustCompile(`[.!?](?:\s+[A-Z0-9]|\s*$)`)

// TestPackageComments: every package says what it is for, what it owns and what
// it must not do, in at least two sentences.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		p := tr.packages[dir]
		if !p.product() || p.files[0].generated {
			continue
		}
		var comment, name string
		for _, f := range p.files {
			if !f.test && f.syntax.Doc != nil {
				comment, name = f.syntax.Doc.Text(), f.syntax.Name.Name
			}
		}
		switch {
		case comment == "":
			t.Errorf("package %s has no package comment", dir)
		case name != "main" && !strings.HasPrefix(comment, "Package "+name+" "):
			t.Errorf("package %s: its comment has to begin with %q", dir, "Package "+name)
		case len(sentenceEnd.FindAllString(comment, -1)) < 2:
			t.Errorf("package %s: its comment has one sentence; say what it owns and what it must not do", dir)
		}
	}
}

// TestPackageNames refuses names that say nothing.
func TestPackageNames(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		switch name := dir[strings.LastIndex(dir, "/")+1:]; name {
		case "util", "utils", "common", "helpers", "models", "types", "misc", "shared":
			t.Errorf("package %s: %s names no noun of the product", dir, name)
		}
	}
}

// table is the reason of a variable that nothing writes to.
const table = "a table that is only read"

// variables lists the package-level variables that are allowed although they
// are no compiled pattern, embedded file, error or interface assertion.
// Nothing assigns to a table (TestNothingAssignsToTables).
func variables() map[string]string {
	return map[string]string{
		"bench/smoke.wordParts":                table,
		"bench/smoke.slideParts":               table,
		"bench/smoke.sheetParts":               table,
		"internal/devstack.claims":             "ports are claimed until the process ends",
		"internal/netguard.closed":             table,
		"internal/language.abbreviations":      table,
		"internal/language.numbered":           table,
		"internal/language.politeWords":        table,
		"internal/language.negations":          table,
		"internal/language.personAlone":        table,
		"internal/language.personWishes":       table,
		"internal/language.functionWords":      table,
		"internal/language.talk":               table,
		"internal/language.trigramLanguages":   table,
		"internal/language.lexiconOrder":       table,
		"internal/language.lexicon":            table,
		"internal/language.alarms":             table,
		"internal/language.upset":              table,
		"internal/language.complaints":         table,
		"internal/knowledge.space":             "the fixed namespace of derived ids",
		"internal/knowledge/indextest.all":     table,
		"internal/knowledge/weaviate.searched": table,
		"internal/testkit.shared":              "servers that all tests of a binary share",
		"internal/testkit/stack.programs":      "programs that are built once for all tests of a binary",
		"internal/testkit/stack.rests":         table,
		"internal/testkit/script.verbs":        table,
		"schemas.inactivityChoices":            table,
		"starter.version":                      "set by the linker",
		"worker.version":                       "set by the linker",
	}
}

func TestPackageVariables(t *testing.T) {
	t.Parallel()
	tr := load(t)
	used := map[string]bool{}
	for _, dir := range tr.dirs() {
		for _, f := range tr.packages[dir].files {
			if f.test || f.generated {
				continue
			}
			eachVariable(f, func(doc *ast.CommentGroup, name *ast.Ident, typ, value ast.Expr) {
				key := dir + "." + name.Name
				if harmless(doc, name, typ, value) {
					return
				}
				if _, ok := variables()[key]; !ok {
					t.Errorf("%s: package-level variable %s: pass a value instead, or list it with its reason", tr.lineOf(f, name), key)
				}
				used[key] = true
			})
		}
	}
	for key := range variables() {
		if !used[key] {
			t.Errorf("the list of package-level variables names %s, and there is no such variable", key)
		}
	}
}

// eachVariable calls fn for every package-level variable of a file.
func eachVariable(f *goFile, fn func(doc *ast.CommentGroup, name *ast.Ident, typ, value ast.Expr)) {
	for _, d := range f.syntax.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.VAR {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.ValueSpec)
			doc := spec.Doc
			if doc == nil {
				doc = decl.Doc
			}
			for i, name := range spec.Names {
				var value ast.Expr
				if i < len(spec.Values) {
					value = spec.Values[i]
				}
				fn(doc, name, spec.Type, value)
			}
		}
	}
}

// harmless are the kinds of variable that need no entry: interface assertions,
// embedded files, compiled patterns, values made once, and errors.
func harmless(doc *ast.CommentGroup, name *ast.Ident, typ, value ast.Expr) bool {
	if name.Name == "_" {
		return true
	}
	if doc != nil {
		for _, c := range doc.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				return true
			}
		}
	}
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch callee(call) {
	case "regexp.MustCompile", "sync.OnceValue":
		return true
	case "errors.New", "fmt.Errorf", "schemas.NewError":
		return strings.HasPrefix(name.Name, "err") || strings.HasPrefix(name.Name, "Err")
	}
	return false
}

func callee(call *ast.CallExpr) string {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return pkg.Name + "." + s.Sel.Name
}

// TestNothingAssignsToTables keeps the tables tables. It looks at
// assignments, also to elements and fields, in the package itself.
func TestNothingAssignsToTables(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		p := tr.packages[dir]
		names := map[string]bool{}
		specs := map[any]bool{}
		for _, f := range p.files {
			if f.test {
				continue
			}
			eachVariable(f, func(_ *ast.CommentGroup, name *ast.Ident, _, _ ast.Expr) {
				why, listed := variables()[dir+"."+name.Name]
				if name.Name != "_" && (!listed || why == table) {
					names[name.Name], specs[name.Obj] = true, true
				}
			})
		}
		for _, f := range p.files {
			if !f.test {
				checkAssignments(t, tr, f, names, specs)
			}
		}
	}
}

func checkAssignments(t *testing.T, tr *tree, f *goFile, names map[string]bool, specs map[any]bool) {
	t.Helper()
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		var targets []ast.Expr
		switch s := n.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				targets = s.Lhs
			}
		case *ast.IncDecStmt:
			targets = []ast.Expr{s.X}
		}
		for _, target := range targets {
			id := rootName(target)
			// A name that the parser could not resolve in its file belongs to
			// the package; one that it could is compared by its declaration.
			if id != nil && names[id.Name] && (id.Obj == nil || specs[id.Obj]) {
				t.Errorf("%s assigns to the package-level variable %s", tr.lineOf(f, n), id.Name)
			}
		}
		return true
	})
}

func rootName(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

func TestNoInit(t *testing.T) {
	t.Parallel()
	tr := load(t)
	for _, dir := range tr.dirs() {
		for _, f := range tr.packages[dir].files {
			for _, d := range f.syntax.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: func init: pass values instead", tr.lineOf(f, fn))
				}
			}
		}
	}
}
