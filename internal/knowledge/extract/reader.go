package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

// maxTags is the largest number of tags read of a page. A page of 5 MB with
// nothing but tags would take half a gigabyte as a tree.
const maxTags = 300_000

// needsText is how much text, in runes, a page has to show without scripts not
// to be opened in a browser.
const needsText = 200

// Reader reads web pages and HTML files. The zero value is ready and safe for
// concurrent use.
type Reader struct{}

var _ knowledge.Reader = Reader{}

// Read returns the content of a page with what it says about itself. Its errors
// are knowledge.Failure: unsupported_type, too_large, timeout and cancelled by
// the context, and no_text. With no_text the Text is complete but for its
// Markdown, since a page without text still has links. A page that needs a
// browser is no failure, even without text.
func (Reader) Read(ctx context.Context, page knowledge.Page) (text knowledge.Text, err error) {
	defer func() {
		if recover() != nil {
			text, err = knowledge.Text{}, knowledge.Fail(schemas.FailInternal, errors.New("a parser gave up"))
		}
	}()
	switch {
	case !Reads(page):
		return text, knowledge.Fail(schemas.FailUnsupportedType, nil)
	case len(page.Body) > limit(page):
		return text, knowledge.Fail(schemas.FailTooLarge, nil)
	case len(bytes.TrimSpace(page.Body)) == 0:
		return text, knowledge.Fail(schemas.FailNoText, nil)
	}
	source, err := decode(page.Body, page.ContentType)
	if err != nil {
		return text, knowledge.Fail(schemas.FailUnsupportedType, fmt.Errorf("decode page: %w", err))
	}
	source, partial := cut(source)
	root, s, err := parse(source, page.URL)
	if err != nil {
		return text, knowledge.Fail(schemas.FailNoText, err)
	}
	text, err = s.read(ctx, root)
	if partial {
		text.Notes = append(text.Notes, knowledge.NotePartial)
	}
	return text, err
}

// Reads reports whether a page is HTML: by the name of a file, else by its
// content type.
func Reads(page knowledge.Page) bool {
	if page.Name != "" {
		switch schemas.FileExtension(page.Name) {
		case ".html", ".htm", ".xhtml":
			return true
		}
		return false
	}
	media, _, err := mime.ParseMediaType(page.ContentType)
	if err != nil {
		media, _, _ = strings.Cut(page.ContentType, ";")
	}
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "text/html", "application/xhtml+xml":
		return true
	}
	return false
}

func limit(page knowledge.Page) int {
	if page.Name != "" {
		return schemas.MaxSourceBytes
	}
	return schemas.MaxPageBytes
}

// cut ends a page after the largest number of tags.
func cut(source string) (string, bool) {
	if strings.Count(source, "<") <= maxTags {
		return source, false
	}
	at := 0
	for range maxTags {
		at += strings.IndexByte(source[at:], '<') + 1
	}
	return source[:at-1], true
}

// selfClosed is an element without content as XML writes it.
var selfClosed = regexp.MustCompile(`<(script|style|title|textarea|iframe|noscript|div|span|p|a|td|th|li|ul|ol|i|b|em|strong|h[1-6]|section|article|main)(\s[^<>]*)?/>`)

// parse reads a page and surveys it. HTML does not know the short form of
// empty elements: a script written so would swallow the rest of the page.
func parse(source, address string) (*html.Node, *survey, error) {
	own, err := url.Parse(address)
	if err != nil {
		own = &url.URL{}
	}
	if strings.Contains(source[:min(len(source), metaBytes)], "<?xml") || strings.Contains(source[:min(len(source), metaBytes)], "//DTD XHTML") {
		source = selfClosed.ReplaceAllString(source, "<$1$2></$1>")
	}
	root, err := html.Parse(strings.NewReader(strings.ToValidUTF8(source, "\uFFFD")))
	if err != nil {
		return nil, nil, fmt.Errorf("parse html: %w", err)
	}
	return root, look(root, own), nil
}

// read finds the content of a parsed page.
func (s *survey) read(ctx context.Context, root *html.Node) (knowledge.Text, error) {
	data := readData(s.data)
	s.stripHidden(root)
	body := bodyOf(root)
	s.questions(body, &data)
	text := knowledge.Text{
		URL: s.canonicalURL(), Language: s.language, Links: s.links, NoIndex: s.noIndex, NoFollow: s.noFollow,
		Answers: data.answers,
	}
	content := s.content(ctx, root, body)
	text.Title = language.Clean(s.bestTitle(body, content, data.headline))
	if ctx.Err() != nil {
		return knowledge.Text{}, stopped(ctx)
	}
	var err error
	if text.Markdown, err = s.render(content); err != nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, err)
	}
	text.NeedsBrowser = runes(text.Markdown) < needsText && (s.scripts && s.mount || s.plea)
	if len(language.Words(text.Markdown)) == 0 {
		text.Markdown = ""
		if !text.NeedsBrowser {
			return text, knowledge.Fail(schemas.FailNoText, nil)
		}
	}
	return text, nil
}

// content finds the part of a page that is about something.
//
// What the page marks as its one main part is taken as it is, without the
// widgets in it, when it is short: searching short help pages for an article
// flattens their lists and tables. A longer one, short of a book, is trimmed by
// the article in it. All other pages are searched as a whole, also those with an
// article among mostly links to others, and the article's place on the page is
// taken when it can stand for the page.
func (s *survey) content(ctx context.Context, root, body *html.Node) *html.Node {
	own, marked := region(body)
	title := find(body, func(n *html.Node) bool { return is(n, atom.H1) && !blank(n) })
	whole := !marked || crowded(own)
	var found *html.Node
	if whole {
		found = article(ctx, root, s.own)
	}
	f := frame{content: own, page: !marked}
	f.clear()
	switch {
	case whole && found != nil:
		own = choose(found, own)
	case !whole && !lighter(own, longText) && lighter(own, hugeText):
		found = articleWithin(ctx, own)
	}
	if found != nil && found != own && !lighter(own, longText) {
		trim(found, own)
	}
	s.keepTitle(title, own)
	return own
}

func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return knowledge.FailForNow(schemas.FailTimeout, ctx.Err())
	}
	return knowledge.FailForNow(schemas.FailCancelled, ctx.Err())
}
