package files

import (
	"fmt"
	"strings"
	"testing"

	"steward/internal/knowledge"
)

func TestCSV(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"comma", "zone,cost\nEU,5\n", "zone,cost\n\n- zone: EU\n  cost: 5"},
		{"semicolon with decimal commas", "zone;cost\nEU;5,50\nUS;7,20\n", "zone;cost\n\n- zone: EU\n  cost: 5,50\n- zone: US\n  cost: 7,20"},
		{"tab", "zone\tcost\nEU\t5\n", "zone\tcost\n\n- zone: EU\n  cost: 5"},
		{"bar", "zone|cost\nEU|5\n", "zone|cost\n\n- zone: EU\n  cost: 5"},
		{"commas in a text between tabs", "a\tb\nx, y, z\t1\nu, v, w\t2\n", "a\tb\n\n- a: x, y, z\n  b: 1\n- a: u, v, w\n  b: 2"},
		{"delimiter named by a spreadsheet", "sep=|\na|b\nx,y|1\n", "a|b\n\n- a: x,y\n  b: 1"},
		{"one column", "word\nalpha\nbeta\n", "word\n\n- word: alpha\n- word: beta"},
		{"one row", "alpha,beta\n", "- alpha | beta"},
		{"no header: numbers", "1,2\n3,4\n", "- 1 | 2\n- 3 | 4"},
		{"no header: repeats", "a,a\nb,c\n", "- a | a\n- b | c"},
		{"no header: gap", "a,,c\nb,c,d\n", "- a | c\n- b | c | d"},
		{"header without the last column", "a,b\n1,2,3\n", "a,b\n\n- a: 1\n  b: 2\n  3"},
		{"lines above the header", "Prices\nfrom May\n\na,b\n1,2\n", "Prices\n\nfrom May\n\na,b\n\n- a: 1\n  b: 2"},
		{"quotes", "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n", "a,b\n\n- a: x, \"y\"\n  b: two lines"},
		{"lazy quotes", "a,b\nx \"y\" z,1\n", "a,b\n\n- a: x \"y\" z\n  b: 1"},
		{"empty cells and rows", "a,b\n,1\n,\n\n2,\n", "a,b\n\n- b: 1\n- a: 2"},
		{"formula is text", "a,b\n=HYPERLINK(1),+2\n", "a,b\n\n- a: =HYPERLINK(1)\n  b: +2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, knowledge.Page{Name: "a.csv", Body: []byte(tt.in)}).Markdown; got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestLongTablesAreInBlocksOfRows(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("name,number\n")
	for i := range 60 {
		fmt.Fprintf(&b, "n%d,%d\n", i+1, i+1)
	}
	got := read(t, knowledge.Page{Name: "a.csv", Body: []byte(b.String())}).Markdown
	blocks := strings.Split(got, "## Rows ")
	if len(blocks) != 4 {
		t.Fatalf("%d blocks in:\n%s", len(blocks), got)
	}
	for i, want := range []string{"1–25\n\n- name: n1\n", "26–50\n\n- name: n26\n", "51–60\n\n- name: n51\n"} {
		if !strings.HasPrefix(blocks[i+1], want) {
			t.Errorf("block %d begins with %q", i+1, blocks[i+1][:40])
		}
	}
	if n := strings.Count(got, "number: "); n != 60 {
		t.Errorf("%d rows", n)
	}
}

func TestQuoteThatNobodyCloses(t *testing.T) {
	t.Parallel()
	body := "name,number\n\"n1,1\n" + strings.Repeat("n2,2\n", maxCellLines+10)
	got := read(t, knowledge.Page{Name: "a.csv", Body: []byte(body)}).Markdown
	if n := strings.Count(got, "number: 2"); n != maxCellLines+10 {
		t.Errorf("%d of the rows behind it are left", n)
	}
}
