package office

import (
	"testing"
	"unicode/utf8"

	"steward/internal/knowledge"
)

// check holds for whatever is read: a reason, or a text that is valid.
func check(t *testing.T, text knowledge.Text, err error) {
	t.Helper()
	if err != nil {
		if code := codeOf(t, err); code == "internal" {
			t.Errorf("internal error: %v", err)
		}
		return
	}
	if text.Markdown == "" || !utf8.ValidString(text.Markdown) || len(text.Markdown) > 2*maxText {
		t.Errorf("%d bytes of text", len(text.Markdown))
	}
}

func fuzzed(t *testing.T, read reader, body []byte) {
	t.Helper()
	text, err := read(t.Context(), body)
	check(t, text, err)
}

func FuzzDocx(f *testing.F) {
	f.Add([]byte(`<w:document xmlns:w="w"><w:body>` + para("Rubrik1", "a") + `<w:tbl><w:tr><w:tc>` + para("", "b") + `</w:tc></w:tr></w:tbl></w:body></w:document>`))
	f.Add([]byte(`<w:document><w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>` + run("x") + `<w:r><w:txbxContent><w:p/></w:txbxContent></w:r></w:p></w:document>`))
	f.Add([]byte(`<w:document><mc:AlternateContent><mc:Choice><w:p>` + run("x") + listed("2", "0", "y")))
	f.Add([]byte("<document><tc></p></tr></tbl><tbl><tr><tc><p><r><t>x"))
	f.Fuzz(func(t *testing.T, part []byte) {
		fuzzed(t, ReadDocx, pack(t, append(parts{
			{"_rels/.rels", rels(rel("rId1", "officeDocument", "word/document.xml"))},
			{"word/document.xml", string(part)},
		}, withStyles(rel("rId3", "footnotes", "document.xml"))...)))
	})
}

func FuzzPptx(f *testing.F) {
	f.Add([]byte(slide(shapeOf("title", textLine("a")) + shapeOf("body", levelled(1, "<a:buAutoNum/>", "b"), textLine("c")))))
	f.Add([]byte(`<p:sld><a:tbl><a:tr><a:tc><a:p><a:r><a:t>x</a:t></a:r></a:p></a:tc></a:tr></a:tbl><c:chart r:id="rId1"/>`))
	f.Add([]byte("<sld><tc></tc></tr></tbl></sp><p><t>x</t></p>"))
	f.Fuzz(func(t *testing.T, part []byte) {
		fuzzed(t, ReadPptx, pptx(t, []string{string(part)}, entry{
			"ppt/slides/_rels/slide1.xml.rels",
			rels(rel("rId1", "chart", "slide1.xml"), rel("rId2", "slideLayout", "slide1.xml"), rel("rId3", "diagramData", "slide1.xml")),
		}))
	})
}

func FuzzXls(f *testing.F) {
	f.Add(sample(f, "ok/testEXCEL.xls"))
	f.Add(sample(f, "ok/testEXCEL_dateFormats.xls"))
	f.Add(one(func(b *biff) { b.rec(recLabel, u16(0), u16(0), u16(0), narrow("x")) }))
	f.Add(xls8(func(b *biff) {
		b.rec(recSST, uint32(2), uint32(2), u16(6), byte(stringRuns|stringExtras), u16(1), uint32(4), "abc")
		b.rec(recContinue, byte(1), u16('x'))
		b.rec(recFormat, u16(164), narrow(`[$-410]0.0,,"x";;`))
		b.rec(recXF, u16(0), u16(164))
	}, []string{"S"}, []byte{0}, func(b *biff) {
		b.rec(recLabelSST, u16(0), u16(0), u16(0), uint32(0))
		b.rec(recMulRK, u16(0), u16(1), u16(0), uint32(7), u16(1))
		b.rec(recFormula, u16(0), u16(3), u16(0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, uint64(0))
		b.rec(recString, wide("y"))
	}))
	f.Fuzz(func(t *testing.T, body []byte) { fuzzed(t, ReadXls, body) })
}

func FuzzFormatNumber(f *testing.F) {
	for _, code := range []string{"0.00", `#,##0.0,"x"%;[Red]-0`, "[h]:mm", "d/m/yy", `\`, `"`, "[", "_", "0.-0#"} {
		f.Add(1234.5, code)
	}
	f.Fuzz(func(t *testing.T, v float64, code string) {
		if got := formatNumber(v, code, false); len(got) > 2000+8*len(code) {
			t.Errorf("%d characters", len(got))
		}
	})
}
