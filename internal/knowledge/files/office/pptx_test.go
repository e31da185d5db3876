package office

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const slideSpaces = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"` +
	` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
	` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
	` xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"` +
	` xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"`

func slide(shapes string) string {
	return `<p:sld ` + slideSpaces + `><p:cSld><p:spTree>` + shapes + `</p:spTree></p:cSld></p:sld>`
}

// shapeOf is a shape of a role, with a paragraph for each text.
func shapeOf(role string, paragraphs ...string) string {
	props := ""
	if role != "" {
		props = `<p:ph type="` + role + `"/>`
	}
	out := `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:nvPr>` + props + `</p:nvPr></p:nvSpPr><p:txBody>`
	for _, p := range paragraphs {
		out += p
	}
	return out + `</p:txBody></p:sp>`
}

func textLine(text string) string {
	return `<a:p><a:r><a:rPr lang="it-IT"/><a:t>` + text + `</a:t></a:r></a:p>`
}

func levelled(level int, mark, text string) string {
	return fmt.Sprintf(`<a:p><a:pPr lvl="%d">%s</a:pPr><a:r><a:t>%s</a:t></a:r></a:p>`, level, mark, text)
}

// pptx makes a presentation of slides, and further parts.
func pptx(tb testing.TB, slides []string, more ...entry) []byte {
	tb.Helper()
	var ids, list string
	var files parts
	for i := len(slides) - 1; i >= 0; i-- {
		// The numbers of the parts say nothing about the order.
		name := fmt.Sprintf("slides/slide%d.xml", len(slides)-i)
		list += rel(fmt.Sprintf("rId%d", i+1), "slide", name)
		files = append(files, entry{"ppt/" + name, slides[i]})
	}
	for i := range slides {
		ids += fmt.Sprintf(`<p:sldId id="%d" r:id="rId%d"/>`, 256+i, i+1)
	}
	files = append(files,
		entry{"_rels/.rels", rels(rel("rId1", "officeDocument", "ppt/presentation.xml"))},
		entry{"ppt/_rels/presentation.xml.rels", rels(list)},
		entry{"ppt/presentation.xml", `<p:presentation ` + slideSpaces + `><p:sldIdLst>` + ids + `</p:sldIdLst></p:presentation>`})
	return pack(tb, append(files, more...))
}

func TestReadPptx(t *testing.T) {
	t.Parallel()
	table := `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc><a:txBody>` + textLine("Zona") + `</a:txBody></a:tc><a:tc><a:txBody>` + textLine("Prezzo") +
		`</a:txBody></a:tc></a:tr><a:tr><a:tc><a:txBody>` + textLine("UE") + `</a:txBody></a:tc><a:tc><a:txBody>` + textLine("9,90") + `</a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
	for _, test := range []struct{ name, shapes, want string }{
		{"the title comes first", shapeOf("", textLine("Testo")) + shapeOf("title", textLine("Resi")), "## Resi\n\nTesto"},
		{"a slide without a title has its number", shapeOf("", textLine("Testo")), "## Slide 1\n\nTesto"},
		{
			"lines of a placeholder are a list, with their levels",
			shapeOf("title", textLine("T")) + shapeOf("body", textLine("uno"), levelled(1, "", "due"), levelled(0, "<a:buNone/>", "piano")),
			"## T\n\n- uno\n    - due\n\npiano",
		},
		{
			"marked lines are a list anywhere, numbers count by level",
			shapeOf("title", textLine("T")) + shapeOf("", levelled(0, `<a:buAutoNum type="arabicPeriod"/>`, "a"), levelled(1, `<a:buChar char="-"/>`, "b"), levelled(0, `<a:buAutoNum type="arabicPeriod"/>`, "c"), textLine("fine")),
			"## T\n\n1. a\n    - b\n2. c\n\nfine",
		},
		{"tables", shapeOf("title", textLine("T")) + table, "## T\n\n| Zona | Prezzo |\n|---|---|\n| UE | 9,90 |"},
		{
			"numbers, dates, and hidden shapes are left out",
			shapeOf("title", textLine("T")) + shapeOf("sldNum", textLine("3")) + shapeOf("dt", textLine("1.1.2024")) + shapeOf("ftr", textLine("Acme s.r.l.")) +
				shapeOf("", `<a:p><a:r><a:t>Oggi </a:t></a:r><a:fld type="datetime1"><a:t>1.1.</a:t></a:fld></a:p>`) +
				`<p:sp><p:nvSpPr><p:cNvPr id="1" name="x" hidden="1"/></p:nvSpPr><p:txBody>` + textLine("nascosto") + `</p:txBody></p:sp>`,
			"## T\n\nAcme s.r.l.\n\nOggi",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := mustRead(t, ReadPptx, pptx(t, []string{slide(test.shapes)}))
			if diff := cmp.Diff(test.want, text.Markdown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPptxOrderNotesAndMasters(t *testing.T) {
	t.Parallel()
	footer := shapeOf("ftr", textLine("Acme"))
	slides := []string{
		slide(shapeOf("ctrTitle", textLine("Guida ai resi")) + footer),
		slide(shapeOf("title", textLine("Secondo")) + footer + `<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds r:dm="rId5"/></a:graphicData></a:graphic></p:graphicFrame>`),
	}
	text := mustRead(t, ReadPptx, pptx(t, slides,
		entry{"ppt/slides/_rels/slide1.xml.rels", rels(
			rel("rId1", "notesSlide", "../notesSlides/n.xml"), rel("rId2", "slideLayout", "../slideLayouts/l.xml"), rel("rId5", "diagramData", "../diagrams/d.xml"))},
		entry{"ppt/slides/_rels/slide2.xml.rels", rels(rel("rId2", "slideLayout", "../slideLayouts/l.xml"))},
		entry{"ppt/slideLayouts/l.xml", `<p:sldLayout ` + slideSpaces + `>` + shapeOf("title", textLine("Click to edit")) + shapeOf("", textLine("Chiama 800 123")) + `</p:sldLayout>`},
		entry{"ppt/slideLayouts/_rels/l.xml.rels", rels(rel("rId1", "slideMaster", "../slideMasters/m.xml"))},
		entry{"ppt/slideMasters/m.xml", `<p:sldMaster ` + slideSpaces + `>` + shapeOf("body", textLine("Click to edit")) + `</p:sldMaster>`},
		entry{"ppt/notesSlides/n.xml", `<p:notes ` + slideSpaces + `>` + shapeOf("body", textLine("Parla piano.")) + shapeOf("sldNum", textLine("2")) + `</p:notes>`},
		entry{"ppt/diagrams/d.xml", `<dgm:dataModel ` + slideSpaces + `><dgm:pt><dgm:t>` + textLine("Passo uno") + `</dgm:t></dgm:pt><dgm:pt type="pres"><dgm:t>` + textLine("x") + `</dgm:t></dgm:pt></dgm:dataModel>`},
	))
	want := "## Guida ai resi\n\nAcme\n\nChiama 800 123\n\n## Secondo\n\n- Passo uno\n\nNotes: Parla piano."
	if diff := cmp.Diff(want, text.Markdown); diff != "" {
		t.Error(diff)
	}
	if text.Title != "Guida ai resi" || text.Language != "it" {
		t.Errorf("title %q, language %q", text.Title, text.Language)
	}
}

func TestChartsSayTheirFigures(t *testing.T) {
	t.Parallel()
	points := func(values ...string) string {
		out := "<c:strRef><c:strCache>"
		for i, v := range values {
			out += fmt.Sprintf(`<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i, v)
		}
		return out + "</c:strCache></c:strRef>"
	}
	chart := `<c:chartSpace ` + slideSpaces + `><c:chart><c:title><c:tx><c:rich>` + textLine("Vendite") + `</c:rich></c:tx></c:title><c:plotArea>` +
		`<c:ser><c:tx>` + points("2023") + `</c:tx><c:cat>` + points("Nord", "Sud") + `</c:cat><c:val>` + points("4.4000000000000004", "7") + `</c:val></c:ser>` +
		`<c:ser><c:tx>` + points("2024") + `</c:tx><c:val>` + points("5") + `</c:val></c:ser></c:plotArea></c:chart></c:chartSpace>`
	body := pptx(t, []string{slide(shapeOf("title", textLine("T")) + `<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id="rId1"/><c:chart r:id="rId1"/></a:graphicData></a:graphic></p:graphicFrame>`)},
		entry{"ppt/slides/_rels/slide1.xml.rels", rels(rel("rId1", "chart", "../charts/c.xml"))}, entry{"ppt/charts/c.xml", chart})
	want := "## T\n\nVendite\n\n|  | 2023 | 2024 |\n|---|---|---|\n| Nord | 4.4 | 5 |\n| Sud | 7 |  |"
	if diff := cmp.Diff(want, mustRead(t, ReadPptx, body).Markdown); diff != "" {
		t.Error(diff)
	}
}
