package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files/pdf"
	words "steward/internal/language"
)

const (
	// maxOCRPages is how many pages of one file are recognised; each takes about
	// a second.
	maxOCRPages = 50
	// ocrResolution is in dots per inch: below it small print is lost, above it
	// only time is.
	ocrResolution = 200
	// maxPageText is the longest text of one page, in bytes.
	maxPageText = 1 << 20
	// maxPacks is how many language packs are tried at once when the language
	// of a file is not known; each makes it slower.
	maxPacks = 4
	// toolWait is how long the output of a tool may stay open after its end.
	toolWait = 2 * time.Second
)

// OCR reads pages that are pictures. Without both programs it reads none.
type OCR struct {
	// Tesseract and Pdftoppm are the paths of the programs.
	Tesseract, Pdftoppm string
	// Languages returns the language packs for an ISO 639-1 code, joined by
	// plus signs, and those to try for an unknown one; empty: there are none.
	Languages func(lang string) string
	// TempDir is a private folder for pictures of pages. Empty means
	// os.TempDir.
	TempDir string
}

func (o OCR) ready() bool { return o.Tesseract != "" && o.Pdftoppm != "" && o.Languages != nil }

// pdf reads a PDF file, and those of its pages without text by OCR.
func (r Reader) pdf(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	document, err := pdf.Read(ctx, page.Body, r.PDF)
	if err != nil {
		return knowledge.Text{}, err
	}
	pages := document.NeedsOCR()
	more := len(pages) > maxOCRPages
	if len(pages) > 0 && r.OCR.ready() {
		if err := r.OCR.read(ctx, page, document, pages[:min(len(pages), maxOCRPages)]); err != nil {
			return knowledge.Text{}, err
		}
	}
	text, err := document.Text()
	if err == nil && more && r.OCR.ready() && !slices.Contains(text.Notes, knowledge.NotePartial) {
		text.Notes = append(text.Notes, knowledge.NotePartial)
	}
	return text, err
}

// read recognises pages one by one. A page that cannot be drawn or recognised
// stays as it is.
func (o OCR) read(ctx context.Context, page knowledge.Page, document *pdf.Document, pages []int) error {
	packs := o.Languages(page.Language)
	if packs == "" {
		return nil
	}
	dir, err := os.MkdirTemp(o.TempDir, "ocr-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(file, page.Body, 0o600); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	settled := page.Language != ""
	for _, number := range pages {
		text, err := o.page(ctx, dir, file, number, packs)
		if err == nil && !settled {
			if own := o.packOf(text); own != "" {
				settled = true
				if own != packs {
					packs = own
					text, err = o.page(ctx, dir, file, number, packs)
				}
			}
		}
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		if err == nil {
			document.Replace(number, recognised(text))
		}
	}
	return nil
}

// packOf is the language pack for a text that was recognised without knowing its
// language: letters may be wrong in it, words enough are not. Empty when it
// tells no language, or there is no pack for it.
func (o OCR) packOf(text string) string {
	code, reliable := words.Detect(text, nil)
	if !reliable {
		return ""
	}
	if pack := o.Languages(code); !strings.Contains(pack, "+") {
		return pack
	}
	return ""
}

// page draws a page and reads the picture.
func (o OCR) page(ctx context.Context, dir, file string, number int, packs string) (string, error) {
	n := strconv.Itoa(number)
	picture := filepath.Join(dir, "page")
	if _, err := tool(ctx, dir, nil, o.Pdftoppm, "-r", strconv.Itoa(ocrResolution), "-gray", "-png", "-f", n, "-l", n, "-singlefile", file, picture); err != nil {
		return "", err
	}
	f, err := os.Open(picture + ".png")
	if err != nil {
		return "", fmt.Errorf("open picture: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	defer f.Close()
	return tool(ctx, dir, f, o.Tesseract, "-", "-", "-l", packs)
}

// tool runs a program on one page. Its error output is not kept: it may hold
// content.
func tool(ctx context.Context, dir string, in io.Reader, name string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = dir, in, toolWait
	// Pages are read one by one, so threads would only disturb each other.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + dir, "OMP_THREAD_LIMIT=1"}
	if prefix := os.Getenv("TESSDATA_PREFIX"); prefix != "" {
		cmd.Env = append(cmd.Env, "TESSDATA_PREFIX="+prefix)
	}
	out := &limited{limit: maxPageText}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("run %s: %w", filepath.Base(name), err)
	}
	return out.String(), nil
}

// limited keeps what is written up to a limit.
type limited struct {
	bytes.Buffer
	limit int
}

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > l.limit {
		return 0, errors.New("too much output")
	}
	return l.Buffer.Write(b)
}

var (
	recognisedItem = regexp.MustCompile(`^(?:[-*•–»◦▪] ?|\d{1,3}[.)] )\S`)
	brokenWord     = regexp.MustCompile(`\p{L}-$`)
	wordGoesOn     = regexp.MustCompile(`^\p{Ll}`)
)

// recognised joins the lines of each paragraph, and words that were broken at
// the end of one.
func recognised(text string) string {
	w := &writer{}
	var open []string
	flush := func() {
		w.block(strings.Join(open, "\n"))
		open = nil
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\f", "\n")) {
		line = oneLine(line)
		last := len(open) - 1
		switch {
		case line == "":
			flush()
		case last < 0, recognisedItem.MatchString(line):
			open = append(open, line)
		case brokenWord.MatchString(open[last]) && wordGoesOn.MatchString(line):
			open[last] = strings.TrimSuffix(open[last], "-") + line
		default:
			open[last] += " " + line
		}
	}
	flush()
	return w.String()
}

// packsFor returns the choice of language packs among those that are
// installed.
func packsFor(installed []string) func(lang string) string {
	known := make(map[string]bool, len(installed))
	for _, pack := range installed {
		known[pack] = true
	}
	return func(lang string) string {
		if base, err := language.ParseBase(lang); err == nil && known[base.ISO3()] {
			return base.ISO3()
		}
		if lang == "zh" {
			for _, pack := range []string{"chi_sim", "chi_tra"} {
				if known[pack] {
					return pack
				}
			}
		}
		all := slices.DeleteFunc(slices.Clone(installed), func(pack string) bool { return pack == "osd" || pack == "equ" })
		return strings.Join(all[:min(len(all), maxPacks)], "+")
	}
}
