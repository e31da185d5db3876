package crawl

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"steward/internal/knowledge"
	"steward/schemas"
)

// plainReader reads just enough of pages to show what the crawler does with
// what a reader says.
type plainReader struct{}

func (plainReader) Read(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	media, _, _ := mime.ParseMediaType(page.ContentType)
	switch media {
	case "", "text/html", "application/xhtml+xml":
		return readHTML(page)
	case "application/pdf":
		if bytes.Contains(page.Body, []byte("endless")) {
			<-ctx.Done()
			return knowledge.Text{}, ctx.Err()
		}
		if bytes.Contains(page.Body, []byte("encrypted")) {
			return knowledge.Text{}, knowledge.Fail(schemas.FailEncrypted, nil)
		}
		return knowledge.Text{Markdown: strings.TrimPrefix(string(page.Body), "%PDF-1.7\n")}, nil
	case "text/plain":
		return knowledge.Text{Markdown: string(page.Body)}, nil
	}
	return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, nil)
}

func readHTML(page knowledge.Page) (knowledge.Text, error) {
	if len(page.Body) == 0 {
		return knowledge.Text{}, knowledge.Fail(schemas.FailNoText, nil)
	}
	decoded, err := charset.NewReader(bytes.NewReader(page.Body), page.ContentType)
	if err != nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, err)
	}
	body, err := io.ReadAll(decoded)
	if err != nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailInternal, err)
	}
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailInternal, err)
	}
	base, err := url.Parse(page.URL)
	if err != nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailInternal, err)
	}
	r := htmlText{base: base}
	for n := range root.Descendants() {
		r.node(n)
	}
	r.Markdown = strings.Join(strings.Fields(r.words.String()), " ")
	r.NeedsBrowser = r.scripts && len(r.Markdown) < 20
	if r.Markdown == "" && !r.NeedsBrowser {
		// What else it found comes with the failure.
		return r.Text, knowledge.Fail(schemas.FailNoText, nil)
	}
	return r.Text, nil
}

type htmlText struct {
	knowledge.Text
	base    *url.URL
	words   strings.Builder
	scripts bool
}

func (r *htmlText) node(n *html.Node) {
	if n.Type == html.TextNode {
		switch n.Parent.DataAtom {
		case atom.Title:
			r.Title = strings.TrimSpace(n.Data)
		case atom.Script, atom.Style, atom.Noscript:
		default:
			r.words.WriteString(n.Data + " ")
		}
		return
	}
	attribute := make(map[string]string)
	for _, a := range n.Attr {
		attribute[a.Key] = a.Val
	}
	href, err := r.base.Parse(attribute["href"])
	switch {
	case err != nil:
	case n.DataAtom == atom.Base:
		r.base = href
	case n.DataAtom == atom.A && attribute["href"] != "":
		r.Links = append(r.Links, href.String())
	case n.DataAtom == atom.Link && attribute["rel"] == "canonical":
		r.URL = href.String()
	case n.DataAtom == atom.Meta && attribute["name"] == "robots":
		r.NoIndex = strings.Contains(attribute["content"], "noindex")
		r.NoFollow = strings.Contains(attribute["content"], "nofollow")
	case n.DataAtom == atom.Script && attribute["src"] != "":
		r.scripts = true
	}
}

// browser shows pages as a browser would: it replaces the whole page by what
// the site's test file says of it.
type browser struct {
	pages  map[string]string
	web    *web
	opened []string
}

func (b *browser) Render(_ context.Context, address string) (string, error) {
	b.opened = append(b.opened, address)
	b.web.opened(address)
	if shown, ok := b.pages[address]; ok {
		return shown, nil
	}
	for pattern, shown := range b.pages {
		if glob(pattern, address) {
			return fill(shown, address), nil
		}
	}
	return "", knowledge.FailForNow(schemas.FailTimeout, nil)
}
