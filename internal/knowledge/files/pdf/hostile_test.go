package pdf

import (
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"
	"unicode/utf8"
)

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

func TestFilesThatGoRoundInCircles(t *testing.T) {
	t.Parallel()
	tree := pages(at(60, 700, 10, first))
	tree.objects[1] = "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"
	counted := pages(at(60, 700, 10, first))
	counted.objects[1] = "<< /Type /Pages /Kids [2 0 R] /Count 1000000 >>"
	parents := pages(at(60, 700, 10, first))
	parents.objects[1] = strings.Replace(parents.objects[1], ">>", "/Parent 2 0 R >>", 1)
	for name, f := range map[string]*file{"a tree of pages that grows": tree, "a tree of pages that stays": counted, "parents": parents} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(t.Context(), f.bytes(), Options{})
			if code := codeOf(t, err); code != "bomb" {
				t.Errorf("%s, want bomb (%v)", code, err)
			}
		})
	}
}

func TestFormsInsideThemselves(t *testing.T) {
	t.Parallel()
	f := pages("/X Do " + at(60, 700, 10, "The text of the page itself"))
	f.objects = append(f.objects, stream("BT /F1 10 Tf 60 500 Td (The text of a form) Tj ET /X Do /X Do", "/Subtype /Form"))
	f.objects[3] = strings.Replace(f.objects[3], "/Resources <<", fmt.Sprintf("/Resources << /XObject << /X %d 0 R >>", len(f.objects)), 1)
	text := mustText(t, mustRead(t, f.bytes(), Options{})).Markdown
	if !strings.Contains(text, "The text of the page itself") || !strings.Contains(text, "The text of a form") {
		t.Errorf("read %.200q", text)
	}
}

func TestPackedBombsEndWithAReason(t *testing.T) {
	f := pages("x")
	f.objects[4] = deflated(strings.Repeat("(a) Tj ", 50<<20/7))
	body := f.bytes()
	var err error
	used := allocated(func() { _, err = Read(t.Context(), body, Options{}) })
	if code := codeOf(t, err); code != "bomb" {
		t.Errorf("%s, want bomb (%v)", code, err)
	}
	if used > 16<<20 {
		t.Errorf("allocated %d MB", used>>20)
	}
}

func TestAListingWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	entry := `<page width="1" height="1">` + "\n<block>\n" + `<line xMin="1" yMin="1" xMax="2" yMax="2">` + "\n" +
		strings.Repeat(`<word xMin="1">`+strings.Repeat("word ", 100)+"</word>\n", 1000) + "</line>\n</block>\n"
	l, full := readListing(strings.NewReader(strings.Repeat(entry, 60)))
	if !full || !l.partial || len(l.sheets) == 0 || len(l.sheets) > 45 {
		t.Errorf("full %t, partial %t, %d pages", full, l.partial, len(l.sheets))
	}
}

// FuzzLayout reads listings of words: whatever their places are, there is a
// text, and it is valid.
func FuzzLayout(f *testing.F) {
	word := func(x, y, h float64, text string) string {
		return fmt.Sprintf("<block>\n<line xMin=\"%g\" yMin=\"%g\" xMax=\"%g\" yMax=\"%g\">\n<word xMin=\"1\">%s</word>\n</line>\n</block>\n", x, y, x+50, y+h, text)
	}
	f.Add("<title>a</title>\n<page width=\"595\" height=\"842\">\n" + word(60, 60, 20, "Title") + word(60, 100, 10, "a") + word(200, 100, 10, "b") + word(60, 120, 10, "c") + word(200, 120, 10, "d"))
	f.Add("<page width=\"100\" height=\"100\">\n" + word(1, 1, 10, "•") + word(60, 1, 10, "item") + word(60, 20, 10, "hy-") + word(60, 31, 10, "phen") + word(60, 95, 3, "1"))
	f.Add("<page>\n<block>\n<line xMin=\"NaN\" yMin=\"1e999\" xMax=\"-1\" yMax=\"3\">\n<word xMin=\"1\">&lt;x\n</line></block>")
	f.Fuzz(func(t *testing.T, listing string) {
		l, _ := readListing(strings.NewReader(listing))
		text, err := l.document().Text()
		if err == nil && (text.Markdown == "" || !utf8.ValidString(text.Markdown)) {
			t.Errorf("read %q", text.Markdown)
		}
	})
}
