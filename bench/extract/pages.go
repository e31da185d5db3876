package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// wordPages reads a folder in the format of the test suite of
// mozilla/readability: a folder for each page with source.html and expected.html.
func wordPages(folder string) ([]page, error) {
	sources, err := filepath.Glob(filepath.Join(folder, "*", "source.html"))
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	var pages []page
	for _, name := range sources {
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		expected, err := os.ReadFile(filepath.Join(filepath.Dir(name), "expected.html"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read annotation: %w", err)
		}
		root, err := html.Parse(bytes.NewReader(expected))
		if err != nil {
			return nil, fmt.Errorf("parse annotation: %w", err)
		}
		wanted := bag(textBelow(root))
		pages = append(pages, page{
			name: filepath.Base(filepath.Dir(name)), source: source,
			judge: func(text string) counts { return overlap(bag(text), wanted) },
		})
	}
	return pages, nil
}

func bag(text string) map[string]int {
	out := map[string]int{}
	for _, word := range words(text) {
		out[word]++
	}
	return out
}

func overlap(found, wanted map[string]int) counts {
	var c counts
	for word, n := range found {
		same := min(n, wanted[word])
		c.right, c.wrong = c.right+same, c.wrong+n-same
	}
	for word, n := range wanted {
		c.missing += n - min(n, found[word])
	}
	return c
}

// phrasePages reads the pages that go-trafilatura measures itself by. Their
// annotations are a Go file.
func phrasePages(ctx context.Context) ([]page, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/markusmobius/go-trafilatura").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module go-trafilatura: %w", err)
	}
	module := strings.TrimSpace(string(out))
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module, "scripts", "comparison", "data.go"), nil, 0)
	if err != nil {
		return nil, fmt.Errorf("read annotations: %w", err)
	}
	var pages []page
	ast.Inspect(file, func(n ast.Node) bool {
		entry, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		body, ok := entry.Value.(*ast.CompositeLit)
		if !ok || body.Type != nil {
			return true
		}
		fields := fieldsOf(body)
		if len(fields["File"]) == 0 {
			return true
		}
		p, found := phrasePage(module, literal(entry.Key), fields)
		if found {
			pages = append(pages, p)
		}
		return false
	})
	return pages, nil
}

func phrasePage(module, address string, fields map[string][]string) (page, bool) {
	for _, folder := range []string{"comparison", "mock"} {
		source, err := os.ReadFile(filepath.Join(module, "test-files", folder, fields["File"][0]))
		if err != nil {
			continue
		}
		return page{name: fields["File"][0], url: address, source: source, judge: func(text string) counts {
			c := counts{total: true}
			have := " " + strings.Join(words(text), " ") + " "
			has := func(phrase string) bool { return strings.Contains(have, " "+strings.Join(words(phrase), " ")+" ") }
			for _, phrase := range fields["With"] {
				if has(phrase) {
					c.right++
				} else {
					c.missing++
				}
			}
			for _, phrase := range fields["Without"] {
				if has(phrase) {
					c.wrong++
				}
			}
			return c
		}}, true
	}
	return page{}, false
}

// fieldsOf are the strings of a struct literal by field.
func fieldsOf(body *ast.CompositeLit) map[string][]string {
	out := map[string][]string{}
	for _, element := range body.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		name, ok := field.Key.(*ast.Ident)
		if !ok {
			continue
		}
		values := []ast.Expr{field.Value}
		if list, ok := field.Value.(*ast.CompositeLit); ok {
			values = list.Elts
		}
		for _, value := range values {
			if s := literal(value); s != "" {
				out[name.Name] = append(out[name.Name], s)
			}
		}
	}
	return out
}

func literal(e ast.Expr) string {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(basic.Value)
	if err != nil {
		return ""
	}
	return s
}
