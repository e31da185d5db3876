package files

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"steward/internal/knowledge/files/pdf"
)

// listTimeout is the time for tesseract to name its language packs.
const listTimeout = 10 * time.Second

// Tools are the optional programs with which more files can be read. An empty
// path is a program that is not there.
type Tools struct {
	Pdftotext, Pdftoppm, Tesseract, FFmpeg string
	packs                                  func() []string
}

// FindTools looks for the programs on the path. It starts none of them.
func FindTools() Tools {
	find := func(name string) string {
		path, err := exec.LookPath(name)
		if err != nil {
			return ""
		}
		return path
	}
	t := Tools{Pdftotext: find("pdftotext"), Pdftoppm: find("pdftoppm"), Tesseract: find("tesseract"), FFmpeg: find("ffmpeg")}
	t.packs = sync.OnceValue(func() []string { return listPacks(t.Tesseract) })
	return t
}

// Packs are the language packs of tesseract in their order. It is asked once.
func (t Tools) Packs() []string {
	if t.packs == nil {
		return nil
	}
	return slices.Clone(t.packs())
}

// PDF are the options for PDF files.
func (t Tools) PDF() pdf.Options { return pdf.Options{Pdftotext: t.Pdftotext} }

// OCR reads scanned pages with what there is.
func (t Tools) OCR() OCR {
	return OCR{
		Tesseract: t.Tesseract, Pdftoppm: t.Pdftoppm,
		Languages: func(lang string) string { return packsFor(t.Packs())(lang) },
	}
}

// listPacks asks tesseract for its language packs.
func listPacks(tesseract string) []string {
	if tesseract == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), listTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, tesseract, "--list-langs").Output()
	if err != nil {
		return nil
	}
	var packs []string
	for line := range strings.Lines(string(out)) {
		// The first line says where they are.
		if line = strings.TrimSpace(line); line != "" && !strings.ContainsAny(line, " :") {
			packs = append(packs, line)
		}
	}
	slices.Sort(packs)
	return packs
}

// ToolReport says for an admin what a program is there for.
type ToolReport struct {
	// Name of the program, and the Debian package it comes in.
	Name, Package string
	Found         bool
	// Meaning is one sentence about what can be read with it, or not without it.
	Meaning string
}

// Report says of each program whether it is there and what that means.
func (t Tools) Report() []ToolReport {
	report := func(name, pack, path, with, without string) ToolReport {
		r := ToolReport{Name: name, Package: pack, Found: path != "", Meaning: without}
		if r.Found {
			r.Meaning = with
		}
		return r
	}
	packs := strings.Join(slices.DeleteFunc(t.Packs(), func(pack string) bool { return pack == "osd" }), ", ")
	if packs == "" {
		packs = "none"
	}
	return []ToolReport{
		report("pdftotext", "poppler-utils", t.Pdftotext,
			"PDF files are read with it.",
			"PDF files are read by a simpler reader, which finds no text in some of them and no tables."),
		report("pdftoppm", "poppler-utils", t.Pdftoppm,
			"Scanned PDF files can be prepared for text recognition.",
			"Scanned PDF files cannot be read: their sources fail with needs_ocr."),
		report("tesseract", "tesseract-ocr", t.Tesseract,
			"Scanned PDF files are read by text recognition. Its languages: "+packs+
				". A file in a language without its pack loses accents; the packs are called tesseract-ocr-ita, tesseract-ocr-swe and so on.",
			"Scanned PDF files cannot be read: their sources fail with needs_ocr."),
		report("ffmpeg", "ffmpeg", t.FFmpeg,
			"Subtitles of videos are read, and their sound can be sent to a transcription service.",
			"Videos cannot be read: their sources fail with needs_transcription."),
	}
}
