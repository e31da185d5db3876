package config

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"reflect"
	"strings"
)

// source is the file that declares Config, so that the comment of a field is its only documentation.
//
//go:embed config.go
var source string

// Entry documents one variable.
type Entry struct {
	// Field is the name in Config.
	Field string
	// Name is the name of the variable, with its prefix.
	Name string
	// Default is the value when the variable is not set; empty when there is none.
	Default string
	// Doc says what the variable is for.
	Doc string
	// Secret tells that the value is never printed and that Name_FILE may name a file instead.
	Secret bool
}

// Reference lists all variables in the order of Config.
func Reference() []Entry {
	docs := fieldDocs()
	t := reflect.TypeFor[Config]()
	entries := make([]Entry, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		entries = append(entries, Entry{
			Field:   f.Name,
			Name:    Prefix + f.Tag.Get("env"),
			Default: f.Tag.Get("envDefault"),
			Doc:     docs[f.Name],
			Secret:  f.Type == reflect.TypeFor[Secret](),
		})
	}
	return entries
}

// fieldDocs reads the comments of Config's fields. The embedded source has compiled, so it parses.
func fieldDocs() map[string]string {
	docs := make(map[string]string)
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		return docs
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok || spec.Name.Name != "Config" {
			return false
		}
		for _, f := range fields.Fields.List {
			for _, name := range f.Names {
				docs[name.Name] = strings.TrimSpace(f.Doc.Text())
			}
		}
		return false
	})
	return docs
}

// String prints one NAME=value line per variable, with secrets redacted.
func (c Config) String() string {
	var b strings.Builder
	values := reflect.ValueOf(c)
	for i, e := range Reference() {
		fmt.Fprintf(&b, "%s=%v\n", e.Name, values.Field(i).Interface())
	}
	return b.String()
}

// LogValue implements slog.LogValuer: one attribute per variable, with secrets redacted.
func (c Config) LogValue() slog.Value {
	values := reflect.ValueOf(c)
	attrs := make([]slog.Attr, 0, values.NumField())
	for i, e := range Reference() {
		attrs = append(attrs, slog.String(strings.ToLower(strings.TrimPrefix(e.Name, Prefix)), fmt.Sprint(values.Field(i).Interface())))
	}
	return slog.GroupValue(attrs...)
}
