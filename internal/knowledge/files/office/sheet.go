package office

// blockRows is how many rows of a sheet stand in one table. The next table
// begins with the header again, so that each can be read alone.
const blockRows = 30

// sheet collects the rows of a sheet as tables.
type sheet struct {
	room   *budget
	blocks []block
	// header is the first row with several cells. What stands above it is text.
	header []string
	rows   [][]string
	// written is true once a table shows the header.
	written bool
}

func newSheet(room *budget, name string) *sheet {
	return &sheet{room: room, blocks: []block{{kind: kindHeading, level: 2, text: name}}}
}

// add takes the next row; it reports whether there is room for more. Rows
// without text are left out.
func (s *sheet) add(cells []string) bool {
	if len(cells) > maxColumns {
		cells, s.room.cut = cells[:maxColumns], true
	}
	filled, only, size := 0, "", 0
	for _, text := range cells {
		if text = oneLine(text); text != "" {
			filled, only, size = filled+1, text, size+len(text)
		}
	}
	if filled == 0 {
		return true
	}
	if !s.room.take(size) {
		return false
	}
	switch {
	case s.header == nil && filled == 1:
		s.blocks = append(s.blocks, block{kind: kindParagraph, text: only})
	case s.header == nil:
		s.header = cells
	default:
		s.rows = append(s.rows, cells)
		if len(s.rows) == blockRows {
			s.flush()
		}
	}
	return s.room.left > 0
}

// flush writes the rows that wait as a table.
func (s *sheet) flush() {
	if s.header == nil || len(s.rows) == 0 && s.written {
		return
	}
	if s.written {
		size := 0
		for _, text := range s.header {
			size += len(text)
		}
		if !s.room.take(size) {
			return
		}
	}
	rows := compact(append([][]string{s.header}, s.rows...))
	if len(s.rows) == 0 {
		s.blocks = append(s.blocks, block{kind: kindParagraph, text: inline(rows)})
		return
	}
	s.blocks = append(s.blocks, block{kind: kindTable, text: markdownTable(s.room, rows[0], rows[1:])})
	s.rows, s.written = nil, true
}

// end returns the blocks of the sheet, or none when it is empty.
func (s *sheet) end() []block {
	s.flush()
	if len(s.blocks) < 2 {
		return nil
	}
	return s.blocks
}
