package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
)

// table is rows of cells; the first row is the header.
type table [][]string

func validOutput(o string) bool { return o == "table" || o == "json" || o == "jsonl" }

// print writes data: value as JSON, a list of values one per line as jsonl, or
// the table.
func (a *app) print(value any, t table) error {
	switch a.output {
	case "json":
		enc := json.NewEncoder(a.o.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(value)
	case "jsonl":
		return a.lines(value)
	}
	w := tabwriter.NewWriter(a.o.Out, 0, 0, 2, ' ', 0)
	for _, row := range t {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (a *app) lines(value any) error {
	enc := json.NewEncoder(a.o.Out)
	enc.SetEscapeHTML(false)
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Slice {
		return enc.Encode(value)
	}
	for i := range v.Len() {
		if err := enc.Encode(v.Index(i).Interface()); err != nil {
			return err
		}
	}
	return nil
}

// cellLimit is the longest text in a table, in characters.
const cellLimit = 60

// oneLine makes a text fit for a cell and harmless for a terminal: what
// customers write may hold control characters.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(harmless(text)), " ")
	if r := []rune(text); len(r) > cellLimit {
		return string(r[:cellLimit-1]) + "…"
	}
	return text
}

// harmless takes control characters out of a text, but for line breaks.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || (r >= 0x20 && r != 0x7f && (r < 0x80 || r > 0x9f)) {
			return r
		}
		return -1
	}, text)
}

// when shows a time, or a dash.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// dash stands for an empty text.
func dash[T ~string](v T) string {
	if v == "" {
		return "-"
	}
	return string(v)
}

// some is an empty list in place of none, so that JSON says [].
func some[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
