package pdf

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"steward/internal/knowledge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	first  = "We ship to all countries of the European Union. Orders that are"
	second = "placed before two leave our house on the same day."
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, page, want string }{
		{
			"lines become paragraphs, larger lines headings",
			at(60, 760, 24, "Shipping") + at(60, 720, 16, "Prices") + at(60, 700, 10, first, second) + at(60, 650, 10, "Another paragraph stands here."),
			"# Shipping\n\n## Prices\n\n" + first + " " + second + "\n\nAnother paragraph stands here.",
		},
		{
			"cells at one height are a table",
			at(60, 760, 10, first, second) +
				at(60, 700, 10, "Service") + at(260, 700, 10, "Time") + at(400, 700, 10, "Price") +
				at(60, 680, 10, "Standard") + at(260, 680, 10, "3 days") + at(400, 680, 10, "4.90 EUR") +
				at(60, 660, 10, "Bulky goods for", "two people") + at(260, 654, 10, "10 days") + at(400, 654, 10, "49 | 59") +
				at(60, 620, 10, "Pickup") + at(400, 620, 10, "free"),
			first + " " + second + "\n\n| Service | Time | Price |\n|---|---|---|\n| Standard | 3 days | 4.90 EUR |\n" +
				"| Bulky goods for two people | 10 days | 49 \\| 59 |\n| Pickup |  | free |",
		},
		{
			"columns of text are read one after the other",
			at(60, 700, 10, "The warranty covers defects of material", "for two years after you have bought the", "device. It does not cover wear.") +
				at(330, 700, 10, "To use the warranty write to us with the", "number of the order and a photo of the", "defect. We answer within two days."),
			"The warranty covers defects of material for two years after you have bought the device. It does not cover wear.\n\n" +
				"To use the warranty write to us with the number of the order and a photo of the defect. We answer within two days.",
		},
		{
			"items with their marks",
			at(60, 700, 10, "\x95 Use the box that came with it and that", "  you have kept in the cellar", "\x95 Keep the receipt") + at(60, 600, 10, "1. Print", "2. Pack", "a) or not"),
			"- Use the box that came with it and that you have kept in the cellar\n- Keep the receipt\n1. Print\n2. Pack\n- a) or not",
		},
		{
			"words that were cut at the end of a line",
			at(60, 700, 10, "The self-service desk takes parcels. At the ware-", "house you find a desk for self-", "service, the others are in the North-", "East of the town."),
			"The self-service desk takes parcels. At the warehouse you find a desk for self-service, the others are in the North- East of the town.",
		},
		{
			"numbers and questions make headings of lines that stand alone",
			at(60, 740, 10, "2.1 Returns") + at(60, 710, 10, first, second) + at(60, 660, 10, "How long does a refund take?") + at(60, 630, 10, first, second),
			"# 2.1 Returns\n\n" + first + " " + second + "\n\n# How long does a refund take?\n\n" + first + " " + second,
		},
		{"lists of contents are left out", at(60, 740, 10, "Returns . . . . . . . . . . . . 12", "Refunds ........................ 14") + at(60, 600, 10, first, second), first + " " + second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, o Options) {
				text := mustText(t, mustRead(t, pages(test.page).bytes(), o))
				if diff := cmp.Diff(test.want, text.Markdown); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestHeadersAndFootersStandOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		var list []string
		for i, text := range []string{"First page.", "Second page.", "Third page."} {
			number := string(rune('1' + i))
			list = append(list, at(60, 815, 8, "Acme Ltd")+at(60, 740, 10, text+" "+first, second)+at(290, 110, 8, number)+at(60, 20, 8, "Page "+number+" of 3"))
		}
		text := mustText(t, mustRead(t, pages(list...).bytes(), o)).Markdown
		for part, want := range map[string]int{"Acme Ltd": 1, "Page 1 of 3": 1, "Page 2": 0, "Page 3": 0, second: 3} {
			if n := strings.Count(text, part); n != want {
				t.Errorf("%q stands %d times, want %d, in:\n%s", part, n, want, text)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			if len(line) == 1 {
				t.Errorf("the number of page %s is left", line)
			}
		}
	})
}

func TestTheHeaderOfATableIsNoHeaderOfThePage(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		page := func(a, b string) string {
			return at(60, 815, 10, "Service") + at(300, 815, 10, "Price") + at(60, 800, 10, a) + at(300, 800, 10, b) + at(60, 785, 10, "more") + at(300, 785, 10, "x") +
				at(60, 770, 10, "and") + at(300, 770, 10, "y") + at(60, 755, 10, "last") + at(300, 755, 10, "z")
		}
		text := mustText(t, mustRead(t, pages(page("Standard", "4.90"), page("Express", "9.90")).bytes(), o)).Markdown
		if strings.Count(text, "| Service | Price |") != 2 {
			t.Errorf("read:\n%s", text)
		}
	})
}

func TestAParagraphGoesOnOnTheNextPage(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		d := mustRead(t, pages(at(60, 120, 10, "A short line", first), at(60, 760, 10, second)).bytes(), o)
		if text := mustText(t, d).Markdown; text != "A short line\n"+first+" "+second {
			t.Errorf("read %q", text)
		}
	})
}

func TestPagesWithoutTextWaitForOCR(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		d := mustRead(t, pages(at(60, 700, 10, first), "", at(60, 700, 10, "Page 3")).bytes(), o)
		if got := d.NeedsOCR(); !slices.Equal(got, []int{2, 3}) {
			t.Fatalf("%v, want 2 and 3", got)
		}
		d.Replace(2, "## Seen\n\nby a machine")
		d.Replace(3, "P")
		d.Replace(99, "nowhere")
		if got := d.NeedsOCR(); len(got) != 0 {
			t.Errorf("%v wait still", got)
		}
		text := mustText(t, d)
		if text.Markdown != first+"\n\n## Seen\n\nby a machine\n\nPage 3" || !slices.Contains(text.Notes, knowledge.NoteOCR) {
			t.Errorf("read %q with the notes %v", text.Markdown, text.Notes)
		}
	})
}

func TestAFileWithoutText(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		d := mustRead(t, pages("", "").bytes(), o)
		if _, err := d.Text(); codeOf(t, err) != "needs_ocr" {
			t.Errorf("before OCR: %v", err)
		}
		d.Replace(1, "")
		d.Replace(2, " ")
		if _, err := d.Text(); codeOf(t, err) != "no_text" {
			t.Errorf("after OCR: %v", err)
		}
	})
}

func TestFilesOfRealPrograms(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		for name, want := range map[string][]string{
			"testPDF.pdf": {
				"# Tika - Content Analysis Toolkit", "# Latest News",
				"extracting metadata and structured text content from various documents using existing parser libraries.",
			},
			"testPDF-custommetadata.pdf":          {"Hello World!"},
			"002-trivial-libre-office-writer.pdf": {"sed diam nonumy eirmod tempor invidunt ut labore et dolore magna aliquyam erat"},
		} {
			body, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			text := mustText(t, mustRead(t, body, o))
			for _, part := range want {
				if !strings.Contains(text.Markdown, part) {
					t.Errorf("%s: %q is missing in:\n%s", name, part, text.Markdown)
				}
			}
		}
	})
}

func TestTitle(t *testing.T) {
	t.Parallel()
	heading := at(60, 760, 24, "Shipping guide") + at(60, 700, 10, first, second)
	for _, test := range []struct{ given, want string }{
		{"Terms of delivery", "Terms of delivery"},
		{"Microsoft Word - agb_2024.doc", "Shipping guide"},
		{"flyer.indd", "Shipping guide"},
		{"untitled", "Shipping guide"},
		{`C:\\temp\\x`, "Shipping guide"},
		{"", "Shipping guide"},
	} {
		both(t, func(t *testing.T, o Options) {
			if got := mustText(t, mustRead(t, pages(heading).titled(test.given).bytes(), o)).Title; got != test.want {
				t.Errorf("%q: %q, want %q", test.given, got, test.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	good := pages(at(60, 700, 10, first)).bytes()
	locked := pages(at(60, 700, 10, first))
	locked.trailer = "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <" + strings.Repeat("ab", 32) + "> /U <" + strings.Repeat("cd", 32) + "> >> /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
	for _, test := range []struct {
		name string
		body []byte
		want string
	}{
		{"another kind", []byte("PK\x03\x04"), "unsupported_type"},
		{"nothing", nil, "unsupported_type"},
		{"a password", locked.bytes(), "encrypted"},
		{"only a beginning", good[:60], "truncated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, o Options) {
				_, err := Read(t.Context(), test.body, o)
				if code := codeOf(t, err); string(code) != test.want {
					t.Errorf("%s, want %s (%v)", code, test.want, err)
				}
			})
		})
	}
}

func TestAMissingProgramIsNoFaultOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Read(t.Context(), pages("").bytes(), Options{Pdftotext: filepath.Join(dir, "none"), TempDir: dir})
	if codeOf(t, err) != "internal" {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnEndedContextEndsTheReading(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Read(ctx, pages(at(60, 700, 10, first)).bytes(), o)
		if code, again := knowledge.CodeOf(err); code != "timeout" || !again {
			t.Error(err)
		}
	})
}
