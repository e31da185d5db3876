package office

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testStyles = `<w:styles ` + wordSpaces + `>` +
	`<w:style w:type="paragraph" w:styleId="Rubrik1"><w:name w:val="heading 1"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="Rubrik1"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Avsnitt"><w:name w:val="Avsnitt"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Rubrik"><w:name w:val="Title"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Innehll1"><w:name w:val="toc 1"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Dold"><w:name w:val="Dold"/><w:rPr><w:vanish/></w:rPr></w:style>` +
	`<w:style w:type="character" w:styleId="DoldTeckenstil"><w:name w:val="x"/><w:rPr><w:vanish/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Kringel"><w:name w:val="a"/><w:basedOn w:val="Kringel"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Punkt"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>` +
	`</w:styles>`

const testLists = `<w:numbering ` + wordSpaces + `>` +
	`<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>` +
	`<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="-"/></w:lvl></w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="8">` +
	`<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>` +
	`<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl>` +
	`<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%3"/></w:lvl></w:abstractNum>` +
	`<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>` +
	`<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>` +
	`<w:num w:numId="3"><w:abstractNumId w:val="8"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>` +
	`</w:numbering>`

// withStyles are the parts that testStyles and testLists live in.
func withStyles(extra ...string) []entry {
	list := append([]string{rel("rId1", "styles", "styles.xml"), rel("rId2", "numbering", "numbering.xml")}, extra...)
	return []entry{
		{"word/_rels/document.xml.rels", rels(list...)},
		{"word/styles.xml", testStyles},
		{"word/numbering.xml", testLists},
	}
}

func listed(id, level, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + id + `"/></w:numPr></w:pPr>` + run(text) + `</w:p>`
}

func TestReadDocx(t *testing.T) {
	t.Parallel()
	row := func(cells ...string) string {
		out := "<w:tr>"
		for _, c := range cells {
			if !strings.HasPrefix(c, "<w:tc>") {
				c = "<w:tc>" + para("", c) + "</w:tc>"
			}
			out += c
		}
		return out + "</w:tr>"
	}
	for _, test := range []struct{ name, body, want string }{
		{
			"headings by style name, inheritance and outline level",
			para("Rubrik1", "Frakt") + para("Kapitel", "Retur") + para("Avsnitt", "Byte") + para("Titolo2", "Resi") + para("Kringel", "Text"),
			"# Frakt\n\n# Retur\n\n### Byte\n\n## Resi\n\nText",
		},
		{
			"a paragraph's own outline level wins over its style",
			`<w:p><w:pPr><w:pStyle w:val="Rubrik1"/><w:outlineLvl w:val="9"/></w:pPr>` + run("Text") + `</w:p>` +
				`<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr>` + run("Heading") + `</w:p>`,
			"Text\n\n## Heading",
		},
		{"a table of contents is left out", para("Innehll1", "Frakt 3") + para("Rubrik1", "Frakt"), "# Frakt"},
		{
			"nested lists keep their labels",
			listed("2", "0", "one") + listed("2", "1", "a") + listed("2", "1", "b") + listed("2", "0", "two") + listed("2", "2", "deep") +
				para("", "text") + listed("3", "0", "five") + listed("1", "0", "dot") + para("Punkt", "styled"),
			"1. one\n    - a) a\n    - b) b\n2. two\n    - 2.1 deep\n\ntext\n\n5. five\n- dot\n- styled",
		},
		{
			"merged cells are repeated downwards and left empty sideways",
			`<w:tbl>` + row("Zone", "Time", "Price") +
				row(`<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>`+para("", "EU")+`</w:tc>`, "1 day", "9 | 90") +
				row(`<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>`, "3 days", "4.90") +
				row(`<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>`+para("", "Pickup")+`</w:tc>`, "free") +
				`<w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc>` + para("", "deleted") + `</w:tc></w:tr></w:tbl>`,
			"| Zone | Time | Price |\n|---|---|---|\n| EU | 1 day | 9 \\| 90 |\n| EU | 3 days | 4.90 |\n| Pickup |  | free |",
		},
		{
			"a table inside a cell is written on its line",
			`<w:tbl>` + row("Item", "Sizes") + row("Shirt", `<w:tc><w:tbl>`+row("S", "10")+row("M", "12")+`</w:tbl>`+para("", "in cm")+`</w:tc>`) + `</w:tbl>`,
			"| Item | Sizes |\n|---|---|\n| Shirt | S, 10; M, 12; in cm |",
		},
		{
			"a table with one column only frames its text",
			`<w:tbl>` + row(`<w:tc>`+para("Rubrik1", "Note")+para("", "Read this.")+`</w:tc>`) + row("And this.") + `</w:tbl>`,
			"# Note\n\nRead this.\n\nAnd this.",
		},
		{
			"deleted, moved, hidden and tiny text is left out, inserted text stays",
			`<w:p>` + run("Keep ") + `<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins>` + run("new") + `</w:ins><w:moveFrom>` + run("moved") + `</w:moveFrom>` +
				`<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> shown</w:t></w:r>` +
				`<w:r><w:rPr><w:rStyle w:val="DoldTeckenstil"/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr><w:sz w:val="2"/></w:rPr><w:t>tiny</w:t></w:r></w:p>` +
				para("Dold", "hidden"),
			"Keep new shown",
		},
		{
			"fields show their result",
			`<w:p>` + run("Page ") + `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF x </w:instrText></w:r><w:r><w:t>code</w:t></w:r>` +
				`<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + run("seven") + `<w:r><w:fldChar w:fldCharType="end"/></w:r>` + run(".") + `</w:p>`,
			"Page seven.",
		},
		{
			"tabs, breaks and symbols",
			`<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>`,
			"a b\nc-✓",
		},
		{
			"a text box is kept once, after its paragraph",
			`<w:p>` + run("Before") + `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:txbx><w:txbxContent>` + para("", "Boxed") + `</w:txbxContent></wps:txbx></mc:Choice>` +
				`<mc:Fallback><w:pict><v:textbox><w:txbxContent>` + para("", "Boxed") + `</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>` + run(" and after") + `</w:p>`,
			"Before and after\n\nBoxed",
		},
		{"text that looks like Markdown stays text", para("", "# no heading") + para("", "| no table"), "\\# no heading\n\n\\| no table"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := mustRead(t, ReadDocx, docx(t, test.body, withStyles()...))
			if diff := cmp.Diff(test.want, text.Markdown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocxLinks(t *testing.T) {
	t.Parallel()
	body := `<w:p><w:hyperlink r:id="rId8">` + run("our shop") + `</w:hyperlink>` + run(", ") +
		`<w:hyperlink r:id="rId9">` + run("bad") + `</w:hyperlink>` + run(", ") +
		`<w:hyperlink r:id="rId7">` + run("a@b.example") + `</w:hyperlink>` + run(", ") +
		`<w:hyperlink w:anchor="x">` + run("inside") + `</w:hyperlink>` + run(", ") +
		`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "https://f.example/(1)"</w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + run("field") + `<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`
	more := entry{"word/_rels/document.xml.rels", rels(
		external("rId7", "mailto:a@b.example"), external("rId8", "https://shop.example/a b"), external("rId9", "javascript:alert(1)"))}
	text := mustRead(t, ReadDocx, docx(t, body, more))
	want := "[our shop](https://shop.example/a%20b), bad, a@b.example, inside, [field](https://f.example/%281%29)"
	if diff := cmp.Diff(want, text.Markdown); diff != "" {
		t.Error(diff)
	}
}

func TestDocxNotesFollowTheirParagraph(t *testing.T) {
	t.Parallel()
	body := `<w:p>` + run("Returns take 30 days") + `<w:r><w:footnoteReference w:id="2"/></w:r>` + run(".") + `</w:p>` +
		`<w:p>` + run("Refunds") + `<w:r><w:endnoteReference w:id="2"/></w:r></w:p>`
	notes := func(kind, text string) string {
		return `<w:` + kind + `s ` + wordSpaces + `><w:` + kind + ` w:type="separator" w:id="0"><w:p>` + run("---") + `</w:p></w:` + kind + `>` +
			`<w:` + kind + ` w:id="2"><w:p><w:r><w:footnoteRef/></w:r>` + run(text) + `</w:p></w:` + kind + `></w:` + kind + `s>`
	}
	text := mustRead(t, ReadDocx, docx(t, body,
		entry{"word/_rels/document.xml.rels", rels(rel("rId1", "footnotes", "footnotes.xml"), rel("rId2", "endnotes", "/word/endnotes.xml"))},
		entry{"word/footnotes.xml", notes("footnote", "After delivery.")},
		entry{"word/endnotes.xml", notes("endnote", "By the same way.")}))
	want := "Returns take 30 days[1].\n\n[1] After delivery.\n\nRefunds[2]\n\n[2] By the same way."
	if diff := cmp.Diff(want, text.Markdown); diff != "" {
		t.Error(diff)
	}
}

func TestDocxTitleAndLanguage(t *testing.T) {
	t.Parallel()
	core := func(title string) []entry {
		return []entry{
			{"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + title + `</dc:title></cp:coreProperties>`},
		}
	}
	spoken := func(lang, text string) string {
		return `<w:r><w:rPr><w:lang w:val="` + lang + `" w:eastAsia="ja-JP"/></w:rPr><w:t>` + text + `</w:t></w:r>`
	}
	for _, test := range []struct {
		name, body, core, title, lang string
	}{
		{"the title a reader sees comes first", para("Rubrik", "Fraktvillkor") + para("", "x"), "Template 3 final", "Fraktvillkor", ""},
		{"else that of the properties", para("", "x"), "Terms of delivery", "Terms of delivery", ""},
		{"names of files and programs are no titles", para("", "x"), "Microsoft Word - agb.doc", "", ""},
		{"nor is what programs fill in", para("", "x"), "Document1", "", ""},
		{"the language of most of the text", `<w:p>` + spoken("sv-SE", "Vi skickar varorna inom två dagar.") + spoken("en-US", "Shipping") + `</w:p>`, "", "", "sv"},
		{"text without a mark counts against", `<w:p>` + spoken("sv-SE", "Hej") + run("a longer text that nobody has marked") + `</w:p>`, "", "", ""},
		{"both forms of Norwegian are one", `<w:p>` + spoken("nb-NO", "Vi sender varene.") + `</w:p>`, "", "", "no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list := parts{
				{"_rels/.rels", rels(rel("rId1", "officeDocument", "word/document.xml"),
					`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>`)},
				{"word/document.xml", `<w:document ` + wordSpaces + `><w:body>` + test.body + `</w:body></w:document>`},
			}
			text := mustRead(t, ReadDocx, pack(t, append(append(list, withStyles()...), core(test.core)...)))
			if text.Title != test.title || text.Language != test.lang {
				t.Errorf("title %q, language %q; want %q and %q", text.Title, text.Language, test.title, test.lang)
			}
		})
	}
}

func TestDocxFindsItsMainPartByRelation(t *testing.T) {
	t.Parallel()
	body := pack(t, parts{
		{"/_rels/.rels", `<rel:Relationships xmlns:rel="x">` + strings.ReplaceAll(rel("a", "officeDocument", "/deep/Main%20.xml"), "<Relationship", "<rel:Relationship") + `</rel:Relationships>`},
		{`deep\Main%20.xml`, `<ns0:document xmlns:ns0="x"><ns0:body><ns0:p><ns0:r><ns0:t>found</ns0:t></ns0:r></ns0:p></ns0:body></ns0:document>`},
	})
	if text := mustRead(t, ReadDocx, body); text.Markdown != "found" {
		t.Errorf("read %q", text.Markdown)
	}
}
