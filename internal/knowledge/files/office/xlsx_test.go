package office

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// book makes a workbook.
func book(tb testing.TB, fill func(f *excelize.File) error, opts ...excelize.Options) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if err := fill(f); err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, opts...); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func rowsOf(f *excelize.File, sheet string, rows ...[]any) error {
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return err
		}
	}
	return nil
}

func TestReadXlsx(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		fill func(f *excelize.File) error
		want string
	}{
		{
			"what stands above the header is text",
			func(f *excelize.File) error {
				return rowsOf(f, "Sheet1", []any{"Price list"}, []any{}, []any{"Zone", "Price"}, []any{"EU", 9.9}, []any{"a|b", "x\ny"})
			},
			"## Sheet1\n\nPrice list\n\n| Zone | Price |\n|---|---|\n| EU | 9.9 |\n| a\\|b | x y |",
		},
		{
			"values as they are displayed, dates by year, month and day",
			func(f *excelize.File) error {
				day := time.Date(2024, 3, 9, 0, 0, 0, 0, time.UTC)
				if err := rowsOf(f, "Sheet1", []any{"Day", "Share", "Sum"}, []any{day, 0.125, 1234.5}); err != nil {
					return err
				}
				sum := `#,##0.00 "EUR"`
				for cell, style := range map[string]*excelize.Style{"A2": {NumFmt: 14}, "B2": {NumFmt: 10}, "C2": {CustomNumFmt: &sum}} {
					id, err := f.NewStyle(style)
					if err != nil {
						return err
					}
					if err := f.SetCellStyle("Sheet1", cell, cell, id); err != nil {
						return err
					}
				}
				return nil
			},
			"## Sheet1\n\n| Day | Share | Sum |\n|---|---|---|\n| 2024-03-09 | 12.50% | 1,234.50 EUR |",
		},
		{
			"hidden sheets and columns are left out, empty columns too",
			func(f *excelize.File) error {
				if err := rowsOf(f, "Sheet1", []any{"Item", "Cost", nil, "Price"}, []any{"Cup", 1, nil, 5}); err != nil {
					return err
				}
				if _, err := f.NewSheet("Secret"); err != nil {
					return err
				}
				if err := rowsOf(f, "Secret", []any{"a", "b"}); err != nil {
					return err
				}
				if err := f.SetSheetVisible("Secret", false); err != nil {
					return err
				}
				return f.SetColVisible("Sheet1", "B", false)
			},
			"## Sheet1\n\n| Item | Price |\n|---|---|\n| Cup | 5 |",
		},
		{
			"a folded column is read",
			func(f *excelize.File) error {
				if err := rowsOf(f, "Sheet1", []any{"Item", "Detail"}, []any{"Cup", "blue"}); err != nil {
					return err
				}
				if err := f.SetColOutlineLevel("Sheet1", "B", 1); err != nil {
					return err
				}
				return f.SetColVisible("Sheet1", "B", false)
			},
			"## Sheet1\n\n| Item | Detail |\n|---|---|\n| Cup | blue |",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, mustRead(t, ReadXlsx, book(t, test.fill)).Markdown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestXlsxRepeatsTheHeaderEveryThirtyRows(t *testing.T) {
	t.Parallel()
	body := book(t, func(f *excelize.File) error {
		rows := [][]any{{"Number", "Square"}}
		for i := 1; i <= 65; i++ {
			rows = append(rows, []any{i, i * i})
		}
		return rowsOf(f, "Sheet1", rows...)
	})
	blocks := strings.Split(mustRead(t, ReadXlsx, body).Markdown, "\n\n")
	if len(blocks) != 4 {
		t.Fatalf("%d blocks, want a heading and three tables", len(blocks))
	}
	for i, want := range []int{32, 32, 7} {
		lines := strings.Split(blocks[i+1], "\n")
		if len(lines) != want || lines[0] != "| Number | Square |" {
			t.Errorf("table %d has %d lines and begins with %q", i, len(lines), lines[0])
		}
	}
}

func TestXlsxWithPassword(t *testing.T) {
	t.Parallel()
	body := book(t, func(f *excelize.File) error { return rowsOf(f, "Sheet1", []any{"a"}) }, excelize.Options{Password: "secret"})
	for name, read := range readers() {
		_, err := read(t.Context(), body)
		if code := codeOf(t, err); code != "encrypted" {
			t.Errorf("%s: %s, want encrypted", name, code)
		}
	}
}
