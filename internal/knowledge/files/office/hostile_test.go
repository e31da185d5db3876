package office

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"steward/internal/knowledge"
)

// repeated packs a part of head, count times unit, and tail. The part is never
// held in memory: what unit packs to is repeated too.
func repeated(tb testing.TB, list parts, name, head, unit string, count int, tail string) []byte {
	tb.Helper()
	block := func(s string) []byte {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err == nil {
			_, err = w.Write([]byte(s))
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			tb.Fatal(err)
		}
		return b.Bytes()
	}
	sum := crc32.NewIEEE()
	_, _ = sum.Write([]byte(head))
	data, inner, raw := block(head), block(unit), []byte(unit)
	for range count {
		_, _ = sum.Write(raw)
		data = append(data, inner...)
	}
	_, _ = sum.Write([]byte(tail))
	data = append(data, block(tail)...)
	data = append(data, 0x03, 0x00) // the last block, which is empty
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range list {
		f, err := w.Create(p.name)
		if err == nil {
			_, err = f.Write([]byte(p.content))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	f, err := w.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Deflate, CRC32: sum.Sum32(), CompressedSize64: uint64(len(data)),
		UncompressedSize64: uint64(len(head) + count*len(unit) + len(tail)),
	})
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// allocated is how much memory f asks for, in bytes. It counts what other tests
// ask for meanwhile, so tests that use it do not run in parallel.
func allocated(f func()) uint64 {
	read := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	before := read()
	f()
	return read() - before
}

const mega = 1 << 20

func TestBombsEndWithAReason(t *testing.T) {
	start := parts{{"_rels/.rels", rels(rel("rId1", "officeDocument", "word/document.xml"))}}
	sheets := parts{
		{"_rels/.rels", rels(rel("rId1", "officeDocument", "xl/workbook.xml"))},
		{"xl/_rels/workbook.xml.rels", rels(rel("rId1", "worksheet", "worksheets/sheet1.xml"))},
		{"xl/workbook.xml", `<workbook ` + slideSpaces + `><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	}
	const open, shut = `<w:document ` + wordSpaces + `><w:body>`, `</w:body></w:document>`
	letters := strings.Repeat("a", mega)
	entries := make(parts, maxEntries+1)
	for i := range entries {
		entries[i] = entry{fmt.Sprint(i), ""}
	}
	attributes := strings.Repeat(` a=""`, mega/5)
	deep := strings.Repeat("<w:p>", mega/5)
	for _, test := range []struct {
		name string
		read reader
		body []byte
		// most is what may be allocated, in megabytes.
		most uint64
	}{
		{"an attribute of 600 MB", ReadDocx, repeated(t, start, "word/document.xml", open+`<w:p w:x="`, letters, 600, `"/>`+shut), 8},
		{"600 MB of text", ReadDocx, repeated(t, start, "word/document.xml", open+`<w:p><w:r><w:t>`, letters, 600, `</w:t></w:r></w:p>`+shut), 8},
		{"an attribute of 20 MB", ReadDocx, repeated(t, start, "word/document.xml", open+`<w:p w:x="`, letters, 20, `"/>`+shut), 64},
		{"6 MB of attributes", ReadDocx, repeated(t, start, "word/document.xml", open+`<w:p`, attributes, 6, `/>`+shut), 256},
		{"20 MB of tags that are never closed", ReadDocx, repeated(t, start, "word/document.xml", open, deep, 20, ""), 16},
		{"the same, behind a comment that looks like an attribute", ReadDocx, repeated(t, start, "word/document.xml", open+`<!-- <w:p w:x=" -->`, deep, 1, ""), 16},
		{"more entries than an archive may have", ReadPptx, pack(t, entries), 64},
		{"a sheet of tags that are never closed", ReadXlsx, repeated(t, sheets, "xl/worksheets/sheet1.xml", `<worksheet>`, deep, 20, ""), 32},
		{"sheets of 600 MB", ReadXlsx, repeated(t, sheets, "xl/worksheets/sheet1.xml", `<worksheet>`, letters, 600, `</worksheet>`), 32},
	} {
		t.Run(test.name, func(t *testing.T) {
			var err error
			used := allocated(func() { _, err = test.read(t.Context(), test.body) })
			if code := codeOf(t, err); code != "bomb" {
				t.Errorf("%s, want bomb", code)
			}
			if used > test.most*mega {
				t.Errorf("allocated %d MB, want at most %d", used/mega, test.most)
			}
		})
	}
}

// readWithin reads a Word document with room for so many bytes of text.
func readWithin(t *testing.T, body []byte, room int) (markdown string, cut bool) {
	t.Helper()
	a, err := openArchive(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	d := &word{drawings: newDrawings(a), notes: map[string]string{}, langs: votes{}}
	d.room.left = room
	blocks, err := d.read("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	return render(blocks), d.room.cut
}

func TestLongDocumentsAreCutAndSaySo(t *testing.T) {
	t.Parallel()
	const room = 20_000
	var wide strings.Builder
	for i := range 200 {
		fmt.Fprintf(&wide, "<w:tc>%s</w:tc>", para("", fmt.Sprint(i)))
	}
	merged := `<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc>` + para("", "x") + `</w:tc></w:tr>`
	links := entry{"word/_rels/document.xml.rels", rels(external("l", "https://x.example/"+strings.Repeat("a", 1900)))}
	notes := []entry{
		{"word/_rels/document.xml.rels", rels(rel("rId1", "footnotes", "footnotes.xml"))},
		{"word/footnotes.xml", `<w:footnotes ` + wordSpaces + `><w:footnote w:id="2">` + para("", strings.Repeat("note ", 300)) + `</w:footnote></w:footnotes>`},
	}
	for _, test := range []struct {
		name string
		body []byte
	}{
		{"text", docx(t, strings.Repeat(para("", strings.Repeat("word ", 100)), 1000))},
		{"a table that is mostly bars", docx(t, "<w:tbl><w:tr>"+wide.String()+"</w:tr>"+strings.Repeat("<w:tr><w:tc>"+para("", "x")+"</w:tc></w:tr>", 1000)+"</w:tbl>")},
		{"a cell that is repeated", docx(t, "<w:tbl><w:tr><w:tc>"+para("", strings.Repeat("y", maxRepeat))+"</w:tc><w:tc>"+para("", "x")+"</w:tc></w:tr>"+strings.Repeat(merged, 1000)+"</w:tbl>")},
		{"a link that is repeated", docx(t, strings.Repeat(`<w:p><w:hyperlink r:id="l">`+run("x")+`</w:hyperlink></w:p>`, 1000), links)},
		{"a note that is repeated", docx(t, strings.Repeat(`<w:p>`+run("x")+`<w:r><w:footnoteReference w:id="2"/></w:r></w:p>`, 1000), notes...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			markdown, cut := readWithin(t, test.body, room)
			if !cut || len(markdown) > 2*room || len(markdown) < room/2 {
				t.Errorf("kept %d bytes, cut %t", len(markdown), cut)
			}
		})
	}
}

func TestACutDocumentSaysSo(t *testing.T) {
	t.Parallel()
	text, err := result(knowledge.Text{Markdown: "some text"}, true)
	if err != nil || !slices.Equal(text.Notes, []knowledge.Note{knowledge.NotePartial}) {
		t.Errorf("the notes are %v (%v)", text.Notes, err)
	}
}

func TestAnEndedContextEndsTheReading(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, body := range map[string][]byte{"docx": sample(t, "ok/testWORD.docx"), "pptx": sample(t, "ok/testPPT.pptx"), "xls": sample(t, "ok/testEXCEL.xls")} {
		_, err := readers()[name](ctx, body)
		if code, again := knowledge.CodeOf(err); code != "timeout" || !again {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMarksThatAreNeverClosed(t *testing.T) {
	t.Parallel()
	begin := strings.Repeat(`<w:r><w:fldChar w:fldCharType="begin"/></w:r>`, 5_000)
	split := strings.Repeat(`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "https://a.example"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`+run("x"), 2_000)
	body := docx(t, `<w:p>`+begin+run("hidden")+`</w:p><w:p>`+strings.Repeat(`<w:r><w:fldChar w:fldCharType="end"/></w:r>`, 5_000)+split+`</w:p>`)
	if text := mustRead(t, ReadDocx, body); !strings.HasPrefix(text.Markdown, "[xxx") {
		t.Errorf("read %.40q", text.Markdown)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<a>", maxDepth+1)
	for _, test := range []struct {
		name, part string
		want       error
	}{
		{"nested and closed", strings.Repeat("<a><b/></a>", 1000), nil},
		{"too deep", deep, errNesting},
		{"tags in comments, quotes, CDATA and instructions are none", "<!--" + deep + "--><x y='" + deep + `' z="` + deep + `"/><![CDATA[` + deep + "]]><?x " + deep + "?>", nil},
		{"a comment does not end in its opening", "<!-->" + deep + "-->", nil},
		{"a quote in a comment opens nothing", `<!-- " -->` + deep, errNesting},
		{"a bracket in a quote ends nothing", `<a b=">" ` + strings.Repeat("c='>' ", maxTag/6) + `/>`, errLongTag},
		{"document types", "<!DOCTYPE a [<!ENTITY b 'c'>]>", errDoctype},
	} {
		// Byte by byte and at once: where a read ends says nothing.
		whole, single := new(guard), new(guard)
		if err := whole.see([]byte(test.part)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		var err error
		for i := 0; i < len(test.part) && err == nil; i++ {
			err = single.see([]byte{test.part[i]})
		}
		if !errors.Is(err, test.want) {
			t.Errorf("%s, byte by byte: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestADirectoryThatIsTooLong(t *testing.T) {
	t.Parallel()
	const sector, entries, length = 512, 128, 600
	// The allocation table comes first, then a directory of 600 sectors.
	tables := (length + entries) / entries
	head := make([]byte, sector)
	copy(head, compoundMark)
	binary.LittleEndian.PutUint16(head[26:], 3)
	binary.LittleEndian.PutUint16(head[30:], 9)
	binary.LittleEndian.PutUint32(head[44:], uint32(tables))
	binary.LittleEndian.PutUint32(head[48:], uint32(tables))
	for i := range tables {
		binary.LittleEndian.PutUint32(head[76+4*i:], uint32(i))
	}
	body := append(head, make([]byte, (tables+length)*sector)...)
	for i := tables; i < tables+length; i++ {
		binary.LittleEndian.PutUint32(body[sector+4*i:], uint32(i+1))
	}
	_, err := ReadXls(t.Context(), body)
	if code := codeOf(t, err); code != "bomb" {
		t.Errorf("%s, want bomb (%v)", code, err)
	}
}
