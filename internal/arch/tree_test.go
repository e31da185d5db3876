package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the path of the project's module.
const module = "steward"

// root is the project's folder as seen from this package.
const root = "../.."

// goFile is one parsed file.
type goFile struct {
	// name is the path from the root, with slashes.
	name      string
	test      bool
	generated bool
	lines     int
	syntax    *ast.File
	imports   []string
}

// goPackage is one folder with Go files.
type goPackage struct {
	dir   string
	files []*goFile
}

// tree is every package of the module.
type tree struct {
	fset     *token.FileSet
	packages map[string]*goPackage
}

// load returns the tree, parsed once for all tests of this package.
func load(t *testing.T) *tree {
	t.Helper()
	tr, err := parsed()
	if err != nil {
		t.Fatalf("parse the tree: %v", err)
	}
	if len(tr.packages) < 20 {
		t.Fatalf("found only %d packages below %s", len(tr.packages), root)
	}
	return tr
}

// parsed parses every Go file of the module. Folders with a go.mod of their
// own, such as the build tools, are other modules.
var parsed = sync.OnceValues(func() (*tree, error) {
	tr := &tree{fset: token.NewFileSet(), packages: map[string]*goPackage{}}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(name, d)
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := tr.parse(name)
		if err != nil {
			return err
		}
		dir := path.Dir(f.name)
		p := tr.packages[dir]
		if p == nil {
			p = &goPackage{dir: dir}
			tr.packages[dir] = p
		}
		p.files = append(p.files, f)
		return nil
	})
	return tr, err
})

// enter skips folders that are no part of the module.
func enter(name string, d fs.DirEntry) error {
	base := d.Name()
	if name != root && (strings.HasPrefix(base, ".") || base == "bin" || base == "testdata" || base == "node_modules") {
		return filepath.SkipDir
	}
	if name != root {
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
			return filepath.SkipDir
		}
	}
	return nil
}

func (tr *tree) parse(name string) (*goFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(tr.fset, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	short, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	f := &goFile{
		name: filepath.ToSlash(short), test: strings.HasSuffix(name, "_test.go"), generated: ast.IsGenerated(syntax),
		lines: strings.Count(string(text), "\n"), syntax: syntax,
	}
	for _, spec := range syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		f.imports = append(f.imports, p)
	}
	return f, nil
}

// dirs lists the folders of the packages, sorted.
func (tr *tree) dirs() []string {
	var out []string
	for dir := range tr.packages {
		out = append(out, dir)
	}
	slices.Sort(out)
	return out
}

// product reports whether a package has a file that is no test.
func (p *goPackage) product() bool {
	return slices.ContainsFunc(p.files, func(f *goFile) bool { return !f.test })
}

// lineOf is where a node begins, as file:line from the root.
func (tr *tree) lineOf(f *goFile, n ast.Node) string {
	return f.name + ":" + strconv.Itoa(tr.fset.Position(n.Pos()).Line)
}

// ours returns the folder of an import of this module.
func ours(importPath string) (dir string, ok bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// standard reports whether an import is of the standard library: its first
// element has no dot.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// read returns a file of the project as text.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return string(text)
}

// exists reports whether a path from the root is there.
func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil
}
