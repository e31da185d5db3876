package files

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"go.yaml.in/yaml/v3"

	"steward/internal/knowledge"
)

// maxFrontMatter is the largest front matter read, in bytes.
const maxFrontMatter = 8 << 10

// readMarkdown goes through HTML, so that raw HTML inside Markdown is held to
// the same rules as a page and every dialect comes out as one.
func readMarkdown(source string) (knowledge.Text, error) {
	meta, body := frontMatter(source)
	engine := goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(html.WithUnsafe()),
	)
	var page bytes.Buffer
	if err := engine.Convert([]byte(body), &page); err != nil {
		return knowledge.Text{}, fmt.Errorf("convert markdown: %w", err)
	}
	root, err := parse(page.String())
	if err != nil {
		return knowledge.Text{}, err
	}
	stripHidden(root)
	content := root.Find("body")
	text := knowledge.Text{Title: meta.Title, URL: meta.URL, Language: languageCode(meta.Lang)}
	if text.Title == "" {
		text.Title = strings.TrimSpace(content.Find("h1").First().Text())
	}
	text.Markdown, err = render(content, "")
	return text, err
}

// matter is what front matter may say about a document.
type matter struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
	Lang  string `yaml:"lang"`
}

// frontMatter cuts the block between two lines of --- at the top. One that
// cannot be read says nothing, but is still no content.
func frontMatter(source string) (matter, string) {
	var meta matter
	text := strings.ReplaceAll(source, "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return meta, text
	}
	head, body, ok := strings.Cut("\n"+rest, "\n---\n")
	if !ok || len(head) > maxFrontMatter {
		return meta, text
	}
	if err := yaml.Unmarshal([]byte(head), &meta); err != nil {
		return matter{}, body
	}
	return meta, body
}
