package files

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"steward/internal/knowledge"
	"steward/schemas"
)

// pdfFile collects the objects of a PDF file.
type pdfFile struct {
	objects [][]byte
	pages   []int
}

func (f *pdfFile) add(format string, arguments ...any) int {
	f.objects = append(f.objects, fmt.Appendf(nil, format, arguments...))
	return len(f.objects) + 2 // behind the catalogue and the pages
}

func (f *pdfFile) page(content, resources string) {
	stream := f.add("<</Length %d>>stream\n%s\nendstream", len(content), content)
	f.pages = append(f.pages, f.add("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<<%s>>>>", stream, resources))
}

// text adds a page with lines of text.
func (f *pdfFile) text(lines ...string) {
	font := f.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	var content strings.Builder
	content.WriteString("BT /F1 18 Tf 72 760 Td 28 TL ")
	for _, line := range lines {
		encoded, _ := charmap.Windows1252.NewEncoder().String(line)
		content.WriteString("(" + encoded + ") Tj T* ")
	}
	f.page(content.String()+"ET", fmt.Sprintf("/Font<</F1 %d 0 R>>", font))
}

// scan adds a page that is a picture of the first page of another file.
func (f *pdfFile) scan(t *testing.T, source *pdfFile) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, source.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", in, out).Run(); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(out + ".png")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds()
	gray := image.NewGray(size)
	draw.Draw(gray, size, picture, size.Min, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, gray, nil); err != nil {
		t.Fatal(err)
	}
	object := f.add("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n%s\nendstream",
		size.Dx(), size.Dy(), b.Len(), b.Bytes())
	f.page("q 595 0 0 842 0 0 cm /I1 Do Q", fmt.Sprintf("/XObject<</I1 %d 0 R>>", object))
}

func (f *pdfFile) bytes() []byte {
	var kids strings.Builder
	for _, page := range f.pages {
		fmt.Fprintf(&kids, "%d 0 R ", page)
	}
	objects := append([][]byte{
		[]byte("<</Type/Catalog/Pages 2 0 R>>"),
		fmt.Appendf(nil, "<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(f.pages)),
	}, f.objects...)
	b := bytes.NewBufferString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

func ocrTools(t *testing.T, packs ...string) Tools {
	t.Helper()
	tools := FindTools()
	if tools.Tesseract == "" || tools.Pdftoppm == "" {
		t.Skip("text recognition is not installed: apt-get install tesseract-ocr poppler-utils")
	}
	for _, pack := range packs {
		if !slices.Contains(tools.Packs(), pack) {
			t.Skipf("tesseract lacks a language: apt-get install tesseract-ocr-%s", pack)
		}
	}
	return tools
}

func TestScannedPagesAreRecognised(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, pack, first, second string }{
		{"it", "ita", "La città è più felice", "perché così può tornare"},
		{"sv", "swe", "Återköp är möjligt i två år", "för alla våra kära gäster"},
		{"en", "eng", "Returns are free of charge", "within thirty days of purchase"},
	} {
		t.Run(tt.lang, func(t *testing.T) {
			t.Parallel()
			ocrTools(t, tt.pack)
			paper, file := &pdfFile{}, &pdfFile{}
			paper.text(tt.first, tt.second)
			file.scan(t, paper)
			got := read(t, knowledge.Page{Name: "scan.pdf", Language: tt.lang, Body: file.bytes()})
			if want := tt.first + " " + tt.second; got.Markdown != want {
				t.Errorf("text %q, want %q", got.Markdown, want)
			}
			if !slices.Equal(got.Notes, []knowledge.Note{knowledge.NoteOCR}) {
				t.Errorf("notes %v", got.Notes)
			}
		})
	}
}

// TestScansTellTheirLanguage: of a file whose language nobody has said, the first
// page is read again with the pack of the language that it turns out to have.
func TestScansTellTheirLanguage(t *testing.T) {
	t.Parallel()
	installed := ocrTools(t)
	const rough, fine = "Aterkop ar mojligt inom tva ar for alla vara gaster och det ar gratis", "Återköp är möjligt inom två år för alla våra gäster och det är gratis"
	tesseract := filepath.Join(t.TempDir(), "tesseract")
	script := "#!/bin/sh\ncat >/dev/null\nif [ \"$4\" = swe ]; then echo '" + fine + "'; else echo '" + rough + "'; fi\n"
	if err := os.WriteFile(tesseract, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	paper, file := &pdfFile{}, &pdfFile{}
	paper.text("A picture of paper.")
	file.scan(t, paper)
	file.scan(t, paper)
	for packs, want := range map[string]string{"deu+eng+fra+ita+swe": fine + "\n\n" + fine, "deu+eng": rough + "\n\n" + rough} {
		reader := Reader{OCR: OCR{Tesseract: tesseract, Pdftoppm: installed.Pdftoppm, Languages: packsFor(strings.Split(packs, "+"))}}
		got, err := reader.pdf(t.Context(), knowledge.Page{Name: "scan.pdf", Body: file.bytes()})
		if err != nil || got.Markdown != want {
			t.Errorf("%s: %q, %v", packs, got.Markdown, err)
		}
	}
}

func TestOnlyPagesWithoutTextAreRecognised(t *testing.T) {
	t.Parallel()
	ocrTools(t, "eng")
	paper, file := &pdfFile{}, &pdfFile{}
	paper.text("This page is a picture of paper.")
	file.text("The first page has a text of its own.")
	file.scan(t, paper)
	file.text("The third page has a text of its own, too.")
	got := read(t, knowledge.Page{Name: "mixed.pdf", Language: "en", Body: file.bytes()})
	want := "The first page has a text of its own.\n\nThis page is a picture of paper.\n\nThe third page has a text of its own, too."
	if got.Markdown != want || !slices.Equal(got.Notes, []knowledge.Note{knowledge.NoteOCR}) {
		t.Errorf("notes %v, text %q", got.Notes, got.Markdown)
	}
}

func TestScansWithoutTheirTools(t *testing.T) {
	t.Parallel()
	tools := ocrTools(t)
	paper, scan, mixed := &pdfFile{}, &pdfFile{}, &pdfFile{}
	paper.text("This page is a picture of paper.")
	scan.scan(t, paper)
	mixed.text("The first page has a text of its own.")
	mixed.scan(t, paper)
	none := func(string) string { return "" }
	for name, ocr := range map[string]OCR{
		"no tesseract": {Pdftoppm: tools.Pdftoppm, Languages: none},
		"no pdftoppm":  {Tesseract: tools.Tesseract, Languages: none},
		"no language":  {Tesseract: tools.Tesseract, Pdftoppm: tools.Pdftoppm, Languages: none},
		"broken tool":  {Tesseract: "/does/not/exist", Pdftoppm: tools.Pdftoppm, Languages: func(string) string { return "eng" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Reader{PDF: tools.PDF(), OCR: ocr}
			_, err := r.Read(t.Context(), knowledge.Page{Name: "scan.pdf", Body: scan.bytes()})
			if code, again := knowledge.CodeOf(err); code != schemas.FailNeedsOCR || again {
				t.Errorf("code %q: %v", code, err)
			}
			got, err := r.Read(t.Context(), knowledge.Page{Name: "mixed.pdf", Body: mixed.bytes()})
			if err != nil || got.Markdown != "The first page has a text of its own." || slices.Contains(got.Notes, knowledge.NoteOCR) {
				t.Errorf("notes %v, text %q: %v", got.Notes, got.Markdown, err)
			}
		})
	}
}

func TestRecognisedLinesBecomeParagraphs(t *testing.T) {
	t.Parallel()
	in := "Returns are pos-\nsible within\n30 days.\n\n- keep the\nbox\n- keep the Swedish-\nEnglish note\n\f\n2. next page\n"
	want := "Returns are possible within 30 days.\n\n- keep the box\n- keep the Swedish- English note\n\n2. next page"
	if got := recognised(in); got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestLanguagePacks(t *testing.T) {
	t.Parallel()
	choose := packsFor([]string{"chi_sim", "deu", "eng", "ita", "nor", "osd", "swe"})
	for lang, want := range map[string]string{
		"it": "ita", "sv": "swe", "en": "eng", "de": "deu", "no": "nor", "zh": "chi_sim",
		"": "chi_sim+deu+eng+ita", "pl": "chi_sim+deu+eng+ita", "not a code": "chi_sim+deu+eng+ita",
	} {
		if got := choose(lang); got != want {
			t.Errorf("%q is read with %q, want %q", lang, got, want)
		}
	}
	if got := packsFor(nil)("it"); got != "" {
		t.Errorf("read with %q, and nothing is installed", got)
	}
}

func TestToolReports(t *testing.T) {
	t.Parallel()
	for _, r := range (Tools{}).Report() {
		if r.Found || !strings.Contains(r.Meaning, "cannot be read") && !strings.Contains(r.Meaning, "simpler reader") {
			t.Errorf("%s: found %v: %s", r.Name, r.Found, r.Meaning)
		}
	}
	tools := Tools{Pdftotext: "a", Pdftoppm: "b", Tesseract: "c", FFmpeg: "d", packs: func() []string { return []string{"ita", "osd"} }}
	for _, r := range tools.Report() {
		if !r.Found || r.Package == "" || strings.Contains(r.Meaning, "cannot") {
			t.Errorf("%s: found %v: %s", r.Name, r.Found, r.Meaning)
		}
		if r.Name == "tesseract" && !strings.Contains(r.Meaning, "languages: ita.") {
			t.Errorf("%s", r.Meaning)
		}
	}
}
