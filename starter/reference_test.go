package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
	"steward/starter/cli"
)

var update = flag.Bool("update", false, "write the reference pages anew")

// TestCommandReference keeps docs/reference/cli.md equal to the program.
func TestCommandReference(t *testing.T) {
	t.Parallel()
	const page = "../docs/reference/cli.md"
	got := cli.Reference(commands(cli.Options{
		Version: "test", In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" },
	}))
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not up to date, run make generate:\n%s", page, diff)
	}
}

// TestContentPageExplainsEveryState keeps the page for admins whole: every
// status, outcome and reason that they can meet, and every extension.
func TestContentPageExplainsEveryState(t *testing.T) {
	t.Parallel()
	const page = "../docs/how-to/add-content.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	words := schemas.FileExtensions()
	for file, vocabulary := range map[string]string{"source.go": "SourceStatus", "knowledge.go": "FailCode", "crawl.go": "PageOutcome"} {
		syntax, err := parser.ParseFile(token.NewFileSet(), "../schemas/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(words)
		ast.Inspect(syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name, isName := spec.Type.(*ast.Ident)
			value, isText := spec.Values[0].(*ast.BasicLit)
			if isName && isText && name.Name == vocabulary {
				if word, err := strconv.Unquote(value.Value); err == nil && word != "" {
					words = append(words, word)
				}
			}
			return true
		})
		if len(words) < before+7 {
			t.Errorf("found only %d values of %s", len(words)-before, vocabulary)
		}
	}
	for _, word := range words {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("%s does not explain %s", page, word)
		}
	}
}
