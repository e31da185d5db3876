package files

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"steward/internal/knowledge"
)

// maxFrontMatter is the largest front matter read, in bytes.
const maxFrontMatter = 8 << 10

// readMarkdown goes through HTML, so that raw HTML inside Markdown is held to
// the same rules as a page and every dialect comes out as one.
func readMarkdown(source string, fragment func(source, address string) (string, error)) (knowledge.Text, error) {
	meta, body := frontMatter(source)
	engine := goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify, extension.DefinitionList, extension.Footnote),
		goldmark.WithRendererOptions(html.WithUnsafe()),
	)
	content := []byte(body)
	root := engine.Parser().Parse(text.NewReader(content))
	var page bytes.Buffer
	if err := engine.Renderer().Render(&page, content, root); err != nil {
		return knowledge.Text{}, fmt.Errorf("convert markdown: %w", err)
	}
	out := knowledge.Text{Title: meta.Title, URL: meta.URL, Language: languageCode(meta.Lang)}
	if out.Title == "" {
		out.Title = firstHeading(root, content)
	}
	var err error
	if out.Markdown, err = fragment(page.String(), meta.URL); err != nil {
		return knowledge.Text{}, fmt.Errorf("read markdown: %w", err)
	}
	return out, nil
}

// firstHeading returns the text of the first heading of the first level.
func firstHeading(root ast.Node, source []byte) string {
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		heading, ok := n.(*ast.Heading)
		if !ok || heading.Level != 1 {
			continue
		}
		var b strings.Builder
		_ = ast.Walk(heading, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if leaf, ok := n.(*ast.Text); ok && entering {
				b.Write(leaf.Segment.Value(source))
				if leaf.SoftLineBreak() {
					b.WriteByte(' ')
				}
			}
			return ast.WalkContinue, nil
		})
		return b.String()
	}
	return ""
}

// matter is what front matter may say about a document.
type matter struct {
	Title    string `yaml:"title"`
	URL      string `yaml:"url"`
	Lang     string `yaml:"lang"`
	Language string `yaml:"language"`
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
	if meta.Lang == "" {
		meta.Lang = meta.Language
	}
	return meta, body
}

var codeOfTag = regexp.MustCompile(`^([A-Za-z]{2})(?:[-_].*)?$`)

// languageCode returns the ISO 639-1 part of a language tag.
func languageCode(tag string) string {
	m := codeOfTag.FindStringSubmatch(strings.TrimSpace(tag))
	if m == nil {
		return ""
	}
	return strings.ToLower(m[1])
}
