package extract

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"steward/internal/language"
)

// Characters that stand for others while Markdown is written: angle brackets,
// because the writer would escape them, and what parts the items of a list
// within a line. They are for private use, and stripHidden has taken those out
// of the text.
const (
	less     = "\uE000"
	greater  = "\uE001"
	nextItem = "\uE002"
)

var parting = regexp.MustCompile(`\s*\x{E002}\s*`)

// Fragment writes a piece of HTML as Markdown in which all is content: the body
// of an article, an answer, Markdown rendered by somebody else. What cannot be
// seen is left out. Relative links are resolved against address; when it is
// empty, only their text stays. Its error says that the HTML is nested too
// deeply.
func Fragment(source, address string) (string, error) {
	root, s, err := parse(source, address)
	if err != nil {
		return "", err
	}
	s.stripHidden(root)
	return s.render(bodyOf(root))
}

// render writes content as Markdown and takes it apart. Emphasis and pictures
// carry no words and would break quotations, so only their text stays. Nothing
// is escaped: what is quoted must read like the page.
func (s *survey) render(content *html.Node) (string, error) {
	s.flatten(content)
	for _, n := range all(content, named(atom.Table)) {
		writeTable(n)
	}
	root := &html.Node{Type: html.DocumentNode}
	remove(content)
	root.AppendChild(content)
	writer := converter.NewConverter(
		converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(commonmark.WithListEndComment(false)),
			table.NewTablePlugin(table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal), table.WithHeaderPromotion(true))),
		converter.WithEscapeMode(converter.EscapeModeDisabled),
	)
	brackets := strings.NewReplacer("<", less, ">", greater)
	writer.Register.TextTransformer(func(_ converter.Context, text string) string {
		return brackets.Replace(text)
	}, converter.PriorityEarly)
	markdown, err := writer.ConvertNode(root)
	if err != nil {
		return "", fmt.Errorf("write markdown: %w", err)
	}
	text := string(markdown)
	if strings.Contains(text, nextItem) {
		text = parting.ReplaceAllString(text, "; ")
	}
	return language.Clean(tidy(strings.NewReplacer(less, "<", greater, ">").Replace(text))), nil
}

// flatten makes of a page's elements those that Markdown has.
func (s *survey) flatten(content *html.Node) {
	var wordless, plain []*html.Node
	for n := range content.Descendants() {
		switch n.DataAtom {
		case atom.Img, atom.Picture, atom.Hr:
			wordless = append(wordless, n)
		case atom.Strong, atom.Em, atom.B, atom.I, atom.U, atom.Mark, atom.Font, atom.Small, atom.Label:
			plain = append(plain, n)
		case atom.Summary, atom.Button, atom.Dt, atom.Dd, atom.Legend, atom.Figcaption:
			if inside(n, heading) {
				rename(n, atom.Span)
			} else {
				rename(n, atom.P)
			}
		case atom.Details, atom.Dl, atom.Fieldset, atom.Figure:
			rename(n, atom.Div)
		case atom.Ul, atom.Ol, atom.Blockquote:
			if nesting(n) >= maxNesting {
				rename(n, atom.Div)
			}
		case atom.A:
			if !s.follow(n) {
				plain = append(plain, n)
			}
		}
	}
	for _, n := range wordless {
		remove(n)
	}
	for _, n := range plain {
		unwrap(n)
	}
	for _, n := range all(content, named(atom.A)) {
		narrow(n)
	}
}

// maxNesting is how deep lists and quotations may be in each other. Every level
// is written once more for each one around it.
const maxNesting = 12

func nesting(n *html.Node) int {
	levels := 0
	for a := range n.Ancestors() {
		if is(a, atom.Ul, atom.Ol, atom.Blockquote) {
			levels++
		}
	}
	return levels
}

// narrow puts a link around a whole card onto its heading, and any other link
// into one line.
func narrow(link *html.Node) {
	title := find(link, heading)
	if title == nil {
		oneLine(link)
		return
	}
	inner := &html.Node{Type: html.ElementNode, Data: "a", DataAtom: atom.A, Attr: link.Attr}
	for child := title.FirstChild; child != nil; child = title.FirstChild {
		title.RemoveChild(child)
		inner.AppendChild(child)
	}
	oneLine(inner)
	title.AppendChild(inner)
	unwrap(link)
}

// follow makes a link absolute and reports whether a customer can follow it:
// web, mail and phone. All others become their text.
func (s *survey) follow(n *html.Node) bool {
	href := address(n)
	if strings.HasPrefix(href, "#") || blank(n) {
		return false
	}
	ref := s.resolve(href)
	if ref == nil {
		return false
	}
	switch ref.Scheme {
	case "http", "https":
		if ref.Host == "" {
			return false
		}
	case "mailto", "tel":
	default:
		return false
	}
	n.Attr = []html.Attribute{{Key: "href", Val: ref.String()}}
	return true
}

var padded = regexp.MustCompile(`^(\s*)0+(\d+\. )`)

// tidy takes the spaces off the ends of lines, which Markdown would read as
// breaks, the zeros off the numbers of items, and blank lines that follow
// others.
func tidy(source string) string {
	var out strings.Builder
	blank, code := true, false
	for line := range strings.SplitSeq(source, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		}
		line = strings.TrimRight(line, " \t\f\u00A0")
		if !code {
			if line == "" && blank {
				continue
			}
			if strings.HasPrefix(strings.TrimLeft(line, " "), "0") {
				line = padded.ReplaceAllString(line, "$1$2")
			}
		}
		blank = line == ""
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return out.String()
}
