package files

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"github.com/PuerkitoBio/goquery"

	"steward/internal/knowledge"
	"steward/internal/language"
)

// mainShare is the share of a page's text that its one main element must hold
// to be taken for the content.
const mainShare = 0.1

// readHTML keeps the content of a page: its one main element if it has one,
// else everything but the frame of the site.
func readHTML(source, address string) (knowledge.Text, error) {
	root, err := parse(source)
	if err != nil {
		return knowledge.Text{}, err
	}
	text := knowledge.Text{
		URL:      canonicalURL(root, address),
		Language: languageCode(root.Find("html").AttrOr("lang", root.Find("html").AttrOr("xml:lang", ""))),
	}
	title := root.Find("head title").First().Text()
	if strings.TrimSpace(title) == "" {
		title = root.Find(`meta[property="og:title"]`).AttrOr("content", "")
	}
	stripHidden(root)
	content := contentOf(root)
	text.Title = bestTitle(title, root, content)
	text.Markdown, err = render(content, address)
	return text, err
}

func parse(source string) (*goquery.Document, error) {
	root, err := goquery.NewDocumentFromReader(strings.NewReader(source))
	if err != nil {
		return nil, fmt.Errorf("parse html: %w", err)
	}
	return root, nil
}

// contentOf finds the element with the content and takes the frame out of it.
func contentOf(root *goquery.Document) *goquery.Selection {
	body := root.Find("body")
	whole := len(body.Text())
	candidates := body.Find("main, article, [role=main], [itemprop=articleBody]")
	outermost := candidates.FilterFunction(func(_ int, s *goquery.Selection) bool {
		return s.ParentsFiltered("main, article, [role=main], [itemprop=articleBody]").Length() == 0
	})
	content := body
	if outermost.Length() == 1 && float64(len(outermost.Text())) >= mainShare*float64(whole) {
		content = outermost
	}
	stripFrame(content, content == body)
	return content
}

// stripFrame removes navigation, and what is around a page. A form with most of
// the text is the page itself: some site builders wrap everything in one.
func stripFrame(content *goquery.Selection, wholePage bool) {
	content.Find("nav, aside, footer, [role=navigation], [role=complementary], [role=contentinfo], [role=search], [role=dialog]").Remove()
	if wholePage {
		content.Find("[role=banner]").Remove()
		content.Find("header").FilterFunction(func(_ int, s *goquery.Selection) bool {
			return s.ParentsFiltered("article, section").Length() == 0
		}).Remove()
	}
	whole := len(content.Text())
	content.Find("form").Each(func(_ int, form *goquery.Selection) {
		if len(form.Text())*2 < whole {
			form.Remove()
		}
	})
	content.Find("input, textarea, select, button, label:empty").Remove()
}

// bestTitle prefers the heading when the window title only adds the site's name.
func bestTitle(title string, root *goquery.Document, content *goquery.Selection) string {
	title = strings.Join(strings.Fields(title), " ")
	heading := strings.Join(strings.Fields(content.Find("h1").First().Text()), " ")
	if heading == "" {
		heading = strings.Join(strings.Fields(root.Find("h1").First().Text()), " ")
	}
	if heading != "" && (title == "" || strings.Contains(language.Fold(title), language.Fold(heading))) {
		return heading
	}
	return title
}

func canonicalURL(root *goquery.Document, address string) string {
	href := strings.TrimSpace(root.Find(`head link[rel~="canonical"]`).AttrOr("href", ""))
	if href == "" {
		return ""
	}
	ref, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if own, err := url.Parse(address); err == nil && address != "" {
		ref = own.ResolveReference(ref)
	}
	if !ref.IsAbs() {
		return ""
	}
	return ref.String()
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

// render writes content as Markdown. Emphasis and pictures carry no words and
// would break quotations, so only their text stays. Nothing is escaped: what is
// quoted must read like the page.
func render(content *goquery.Selection, address string) (string, error) {
	content.Find("img, picture, hr").Remove()
	unwrap(content.Find("strong, em, b, i, u, mark, font, small"))
	flattenLinks(content, address)
	source, err := goquery.OuterHtml(content)
	if err != nil {
		return "", fmt.Errorf("write html: %w", err)
	}
	writer := converter.NewConverter(
		converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin()),
		converter.WithEscapeMode(converter.EscapeModeDisabled),
	)
	markdown, err := writer.ConvertString(source)
	if err != nil {
		return "", fmt.Errorf("convert html: %w", err)
	}
	return plain(markdown), nil
}

// unwrap puts an element's children in its place.
func unwrap(s *goquery.Selection) {
	for _, node := range s.Nodes {
		parent := node.Parent
		if parent == nil {
			continue
		}
		for child := node.FirstChild; child != nil; child = node.FirstChild {
			node.RemoveChild(child)
			parent.InsertBefore(child, node)
		}
		parent.RemoveChild(node)
	}
}

// flattenLinks makes addresses absolute and keeps only the links a customer can
// follow: web, mail and phone. All others become their text.
func flattenLinks(content *goquery.Selection, address string) {
	own, err := url.Parse(address)
	if err != nil {
		own = &url.URL{}
	}
	content.Find("a").Each(func(_ int, s *goquery.Selection) {
		href, ok := s.Attr("href")
		ref, err := url.Parse(strings.TrimSpace(href))
		if !ok || err != nil || strings.HasPrefix(strings.TrimSpace(href), "#") || strings.TrimSpace(s.Text()) == "" {
			unwrap(s)
			return
		}
		ref = own.ResolveReference(ref)
		switch ref.Scheme {
		case "http", "https", "mailto", "tel":
			s.SetAttr("href", ref.String())
			s.RemoveAttr("title")
		default:
			unwrap(s)
		}
	})
}
