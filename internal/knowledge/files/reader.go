package files

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"path"
	"strings"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

// format is a kind of content this package reads.
type format int

const (
	formatUnknown format = iota
	formatMarkdown
	formatText
	formatHTML
)

// Reader reads the formats of this package. The zero value is ready.
type Reader struct{}

var _ knowledge.Reader = Reader{}

// Read returns the visible text of page. Its errors are knowledge.Failure:
// unsupported_type, too_large, empty, or internal for input that breaks a
// parser.
func (Reader) Read(page knowledge.Page) (text knowledge.Text, err error) {
	defer func() {
		if r := recover(); r != nil {
			text, err = knowledge.Text{}, knowledge.Fail(schemas.FailInternal, errors.New("a parser gave up"))
		}
	}()
	kind := formatOf(page)
	switch {
	case kind == formatUnknown:
		return text, knowledge.Fail(schemas.FailUnsupportedType, nil)
	case len(page.Body) > schemas.MaxSourceBytes:
		return text, knowledge.Fail(schemas.FailTooLarge, nil)
	case len(bytes.TrimSpace(page.Body)) == 0:
		return text, knowledge.Fail(schemas.FailEmpty, nil)
	}
	source, err := decode(page.Body, page.ContentType, kind == formatHTML)
	if err != nil {
		return text, knowledge.Fail(schemas.FailUnsupportedType, fmt.Errorf("decode text: %w", err))
	}
	switch kind {
	case formatMarkdown:
		text, err = readMarkdown(source)
	case formatHTML:
		text, err = readHTML(source, page.URL)
	default:
		text = knowledge.Text{Markdown: plain(source)}
	}
	if err != nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, err)
	}
	text.Title = strings.Join(strings.Fields(language.Clean(text.Title)), " ")
	text.Markdown = language.Clean(text.Markdown)
	if len(language.Words(text.Markdown)) == 0 {
		return knowledge.Text{}, knowledge.Fail(schemas.FailEmpty, nil)
	}
	return text, nil
}

func formatOf(page knowledge.Page) format {
	if page.Name != "" {
		switch strings.ToLower(path.Ext(strings.ReplaceAll(page.Name, `\`, "/"))) {
		case ".md":
			return formatMarkdown
		case ".txt", ".text":
			return formatText
		case ".html", ".htm", ".xhtml":
			return formatHTML
		}
		return formatUnknown
	}
	media, _, err := mime.ParseMediaType(page.ContentType)
	if err != nil {
		media, _, _ = strings.Cut(page.ContentType, ";")
	}
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "text/html", "application/xhtml+xml":
		return formatHTML
	case "text/markdown", "text/x-markdown":
		return formatMarkdown
	case "text/plain":
		return formatText
	}
	return formatUnknown
}

// plain keeps the lines of a text but not their ends.
func plain(source string) string {
	lines := strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\f")
	}
	return strings.Join(lines, "\n")
}
