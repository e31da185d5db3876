package files

import (
	"bytes"
	"mime"
	"net/url"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"steward/internal/knowledge"
	"steward/schemas"
)

// format is a kind of content.
type format int

const (
	formatUnknown format = iota
	formatHTML
	formatMarkdown
	formatText
	formatConfig
	formatRST
	formatCSV
	formatJSON
	formatXML
	formatDocx
	formatPptx
	formatXlsx
	formatXls
	formatPDF
	formatMedia
)

// binary reports whether the content of a format is no text.
func (f format) binary() bool { return f >= formatDocx }

// formatOf returns what page is: its name or header decides among texts, and
// its content where that says for certain that it is something else.
func formatOf(page knowledge.Page) format {
	declared, vague := formatOfType(page)
	if page.Name != "" {
		declared = formatOfExtension(schemas.FileExtension(page.Name))
		if vague = false; declared == formatUnknown {
			return formatUnknown
		}
	}
	found, sure := sniff(page.Body)
	switch {
	case declared == formatMedia:
		return formatMedia
	case sure:
		return found
	case !declared.binary() && declared != formatUnknown:
		return declared
	case found != formatHTML && bytes.Contains(page.Body[:min(len(page.Body), pdfHead)], []byte(pdfMark)):
		return formatPDF
	case found == formatUnknown:
		// No signature: its own reader says what is wrong with it.
		return declared
	case declared == formatXls && found == formatText && page.Name == "":
		// Servers send tables as text with the type of a spreadsheet.
		return formatCSV
	case declared == formatUnknown && vague:
		return found
	case found == formatHTML, found == formatXML && declared == formatXls:
		// Exports and error pages under the name of a document.
		return found
	}
	return formatUnknown
}

// formatOfExtension knows the extensions of S15 and .xlsx. Spec: S15.
func formatOfExtension(extension string) format {
	switch extension {
	case ".html", ".htm", ".xhtml":
		return formatHTML
	case ".md":
		return formatMarkdown
	case ".txt", ".text":
		return formatText
	case ".conf", ".cfg":
		return formatConfig
	case ".rst":
		return formatRST
	case ".csv":
		return formatCSV
	case ".json":
		return formatJSON
	case ".xml":
		return formatXML
	case ".docx":
		return formatDocx
	case ".pptx":
		return formatPptx
	case ".xlsx":
		return formatXlsx
	case ".xls":
		return formatXls
	case ".pdf":
		return formatPDF
	case ".mp4", ".mpg", ".mpeg", ".avi", ".mov", ".webm":
		return formatMedia
	}
	return formatUnknown
}

// formatOfType knows the content types of documents on the web. Where the type
// says no more than text or bytes, the address does; vague is true when the type
// says nothing at all.
func formatOfType(page knowledge.Page) (kind format, vague bool) {
	media, _, err := mime.ParseMediaType(page.ContentType)
	if err != nil {
		media, _, _ = strings.Cut(page.ContentType, ";")
	}
	media = strings.ToLower(strings.TrimSpace(media))
	switch media {
	case "text/html", "application/xhtml+xml":
		return formatHTML, false
	case "text/markdown", "text/x-markdown":
		return formatMarkdown, false
	case "text/x-rst", "text/prs.fallenstein.rst", "text/restructured":
		return formatRST, false
	case "text/csv", "application/csv", "text/x-csv", "text/tab-separated-values", "text/comma-separated-values":
		return formatCSV, false
	case "application/json", "text/json", "application/x-ndjson":
		return formatJSON, false
	case "application/xml", "text/xml":
		return formatXML, false
	case "application/pdf", "application/x-pdf":
		return formatPDF, false
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return formatDocx, false
	case "application/vnd.openxmlformats-officedocument.presentationml.presentation":
		return formatPptx, false
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return formatXlsx, false
	case "application/vnd.ms-excel", "application/msexcel", "application/x-msexcel":
		return formatXls, false
	case "text/plain":
		if f := formatOfAddress(page.URL); f != formatUnknown && f != formatHTML && !f.binary() {
			return f, false
		}
		return formatText, false
	case "", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download":
		return formatOfAddress(page.URL), true
	}
	switch {
	case strings.HasSuffix(media, "+xml") && !strings.HasPrefix(media, "image/"):
		return formatXML, false
	case strings.HasSuffix(media, "+json"):
		return formatJSON, false
	}
	return formatUnknown, false
}

// typeOfHTML is the content type of a page that turned out to be HTML.
func typeOfHTML(page knowledge.Page) string {
	if kind, _ := formatOfType(page); kind == formatHTML {
		return page.ContentType
	}
	return "text/html"
}

func formatOfAddress(address string) format {
	u, err := url.Parse(address)
	if err != nil {
		return formatUnknown
	}
	f := formatOfExtension(strings.ToLower(path.Ext(u.Path)))
	if f == formatMedia || f == formatConfig {
		return formatUnknown
	}
	return f
}

// pdfHead is how far into a file its mark may stand. See ISO 32000-1, annex H,
// note 13.
const (
	pdfHead = 1024
	pdfMark = "%PDF-"
)

// sniff returns what the first bytes of a body say it is. It is sure of
// documents by their signatures; any text may be of another kind than it looks.
func sniff(body []byte) (found format, sure bool) {
	head := body[:min(len(body), pdfHead)]
	if bytes.HasPrefix(bytes.TrimSpace(head), []byte(pdfMark)) {
		return formatPDF, true
	}
	for m := mimetype.Detect(body); m != nil; m = m.Parent() {
		switch m.String() {
		case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
			return formatDocx, true
		case "application/vnd.openxmlformats-officedocument.presentationml.presentation":
			return formatPptx, true
		case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
			return formatXlsx, true
		case "application/vnd.ms-excel":
			return formatXls, true
		case "application/zip", "application/x-ole-storage":
			// Which document it holds, if any, is for its reader to say.
			return formatUnknown, false
		case "text/html; charset=utf-8", "text/html":
			return formatHTML, false
		case "text/xml; charset=utf-8", "text/xml":
			return formatXML, false
		case "text/plain; charset=utf-8", "text/plain", "text/plain; charset=utf-16le", "text/plain; charset=utf-16be":
			return formatText, false
		}
	}
	return formatUnknown, false
}
