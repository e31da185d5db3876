package office

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func TestFilesOfRealPrograms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"ok/testWORD.docx": {
			"# Sample Word Document Title", "## Heading Level 2", "This document includes text that is BOLD and ITALIC.",
			"| The table has things in it |", "[Tika](http://tika.apache.org/)", "links to The Main Heading",
		},
		"ok/testWORD_charts.docx":                  {"wants a peach", "| July | 5 |"},
		"ok/documentProtection_no_protection.docx": {"Non protetto"},
		"ok/testPPT.pptx":                          {"## Attachment Test", "developed by Rajiv Kumar Nistala", "Black Panther"},
		"ok/testPPT_masterText.pptx":               {"Text that I added to the master slide"},
		"ok/testEXCEL.xls":                         {"## Feuil1", "Numbers and their Squares", "|  | 15 | 225 |", "Service Release"},
		"ok/testEXCEL_dateFormats.xls":             {"date", "2018-09-20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := mustRead(t, readers()[strings.TrimPrefix(filepath.Ext(name), ".")], sample(t, name))
			for _, part := range want {
				if !strings.Contains(text.Markdown, part) {
					t.Errorf("%q is missing in:\n%s", part, text.Markdown)
				}
			}
		})
	}
}

func TestBrokenFilesOfRealPrograms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"hostile/clusterfuzz-testcase-minimized-POIXSSFFuzzer-5089447305609216.xlsx": "truncated",
		"hostile/poc-xmlbomb-empty.xlsx":                                             "unsupported_type",
	} {
		_, err := ReadXlsx(t.Context(), sample(t, name))
		if code := codeOf(t, err); string(code) != want {
			t.Errorf("%s: %s, want %s", name, code, want)
		}
	}
	body := sample(t, "ok/testEXCEL.xls")
	for _, size := range []int{600, 2000, len(body) / 2} {
		if _, err := ReadXls(t.Context(), body[:size]); err == nil || codeOf(t, err) != "truncated" {
			t.Errorf("the first %d bytes: %v, want truncated", size, err)
		}
	}
	body = sample(t, "ok/testWORD.docx")
	if _, err := ReadDocx(t.Context(), body[:len(body)-200]); codeOf(t, err) != "truncated" {
		t.Errorf("a cut archive: %v", err)
	}
}

func TestWrongKindsAreRefused(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{
		"docx": sample(t, "ok/testWORD.docx"), "pptx": sample(t, "ok/testPPT.pptx"), "xls": sample(t, "ok/testEXCEL.xls"),
		"text": []byte("just a text"), "zip": pack(t, parts{{"readme.txt", "x"}}),
	}
	for kind, read := range readers() {
		for name, body := range files {
			if name == kind {
				continue
			}
			if _, err := read(t.Context(), body); codeOf(t, err) != "unsupported_type" {
				t.Errorf("%s read as %s: %v", name, kind, err)
			}
		}
	}
}
