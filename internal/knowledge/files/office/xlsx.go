package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"steward/internal/knowledge"
)

const (
	// maxInMemory is the largest part that is unpacked in memory, in bytes. A
	// larger sheet goes through a file in the temporary folder of the process.
	maxInMemory = 16 << 20
	// maxCells is how many cells of a workbook are looked at. A row may name its
	// last column only, and all before it are made for it.
	maxCells = 20 << 20
	// isoDate is how dates are written that have no form of their own but
	// follow the settings of the computer.
	isoDate = "yyyy-mm-dd"
)

// ReadXlsx returns the text of a workbook: every sheet that is shown under its
// name, as tables of 30 rows that repeat the header, with values as they are
// displayed. Hidden sheets and columns are left out; rows and columns that a
// filter or an outline hides are read, since a reader opens those. It writes
// parts above 16 MB to os.TempDir and removes them. The error is a knowledge.Failure: encrypted, truncated, bomb, no_text,
// unsupported_type, timeout or internal.
func ReadXlsx(ctx context.Context, body []byte) (text knowledge.Text, err error) {
	defer guarded(&err)
	text, cut, err := readXlsx(ctx, body)
	if err != nil {
		return knowledge.Text{}, failure(err)
	}
	return result(text, cut)
}

func readXlsx(ctx context.Context, body []byte) (knowledge.Text, bool, error) {
	a, err := openArchive(ctx, body)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	name, err := a.mainPart("xl/workbook.xml")
	if err != nil {
		return knowledge.Text{}, false, err
	}
	if err := a.expect(name, "workbook"); err != nil {
		return knowledge.Text{}, false, err
	}
	if err := a.sweep(); err != nil {
		return knowledge.Text{}, false, err
	}
	book := &workbook{archive: a, room: budget{left: maxText}, cells: maxCells}
	if err := book.list(name); err != nil {
		return knowledge.Text{}, false, err
	}
	blocks, err := book.read(body)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	return knowledge.Text{Title: a.coreTitle(), Markdown: render(blocks)}, a.cut || book.room.cut, nil
}

// sweep reads every part of XML once without parsing it. The library that reads
// workbooks has bounds on size only, not on nesting and tags.
func (a *archive) sweep() error {
	names := make([]string, 0, len(a.files))
	for name := range a.files {
		if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		p, err := a.unpack(name)
		if err != nil {
			return err
		}
		// A sheet may be larger than what is read of other parts.
		p.left = maxUnpacked
		_, err = io.Copy(io.Discard, p)
		_ = p.Close()
		if err != nil {
			return fmt.Errorf("read part: %w", err)
		}
		if p.cut {
			return errExpansion
		}
	}
	a.left = maxUnpacked
	return nil
}

// workbook is a workbook that is being read.
type workbook struct {
	*archive
	room budget
	// cells is how many cells may still be looked at.
	cells  int
	sheets []sheetEntry
}

// sheetEntry is a sheet that is shown.
type sheetEntry struct {
	name, part string
}

// list finds the sheets that are shown.
func (w *workbook) list(name string) error {
	relations, err := w.relations(name)
	if err != nil {
		return err
	}
	return w.walk(name, visit(func(el element) verdict {
		if el.name == "sheet" && el.parent == "sheets" {
			state, r := el.attr("state"), relations[el.reference("id")]
			if (state == "" || state == "visible") && r.kind == "worksheet" {
				w.sheets = append(w.sheets, sheetEntry{el.attr("name"), r.target})
			}
		}
		return enter
	}))
}

func (w *workbook) read(body []byte) ([]block, error) {
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory,
		ShortDatePattern: isoDate, LongDatePattern: isoDate,
	})
	if err != nil {
		return nil, w.refusal(err)
	}
	defer func() { _ = f.Close() }()
	var blocks []block
	var broken error
	for _, entry := range w.sheets {
		found, err := w.sheet(f, entry)
		if w.ctx.Err() != nil {
			return nil, w.ctx.Err()
		}
		if err != nil {
			// One sheet that cannot be read does not take the others with it.
			broken, w.room.cut = err, true
		}
		blocks = append(blocks, found...)
		if w.room.left == 0 || w.cells <= 0 {
			w.room.cut = true
			break
		}
	}
	if len(blocks) == 0 && broken != nil {
		return nil, broken
	}
	return blocks, nil
}

func (*workbook) refusal(err error) error {
	switch {
	case errors.Is(err, excelize.ErrWorkbookFileFormat):
		return errForeign
	case strings.Contains(err.Error(), "unzip size exceeds"):
		return errExpansion
	}
	return fmt.Errorf("open workbook: %w", err)
}

// sheet returns the blocks of one sheet. With an error come those before it.
func (w *workbook) sheet(f *excelize.File, entry sheetEntry) ([]block, error) {
	hidden, err := w.hiddenColumns(entry.part)
	if err != nil {
		return nil, err
	}
	rows, err := f.Rows(entry.name)
	if err != nil {
		return nil, fmt.Errorf("open sheet: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := newSheet(&w.room, entry.name)
	const look = 256
	for n := 0; rows.Next(); n++ {
		if n%look == 0 && w.ctx.Err() != nil {
			return nil, w.ctx.Err()
		}
		cells, err := rows.Columns()
		if err != nil {
			return out.end(), fmt.Errorf("read row: %w", err)
		}
		for i := range min(len(cells), len(hidden)) {
			if hidden[i] {
				cells[i] = ""
			}
		}
		if w.cells -= len(cells); w.cells <= 0 || !out.add(cells) {
			break
		}
	}
	return out.end(), nil
}

// hiddenColumns says of each column whether it is hidden, and not only folded.
func (w *workbook) hiddenColumns(part string) ([]bool, error) {
	hidden := make([]bool, maxColumns)
	err := w.walk(part, visit(func(el element) verdict {
		switch {
		case el.name == "sheetData":
			return stop
		case el.name == "col" && (el.attr("hidden") == "1" || el.attr("hidden") == "true") && number(el.attr("outlineLevel"), 0) == 0:
			first, last := number(el.attr("min"), 1), number(el.attr("max"), 0)
			for i := max(first, 1); i <= min(last, maxColumns); i++ {
				hidden[i-1] = true
			}
		}
		return enter
	}))
	return hidden, err
}
