package crawl

import (
	"context"
	"mime"
	"strings"

	"steward/internal/knowledge"
	"steward/schemas"
)

// read returns the text of an answer, as a browser shows it when the page needs
// one and the source allows it.
func (v *visit) read(ctx context.Context, got knowledge.Response) (knowledge.Text, error) {
	inner, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	page := knowledge.Page{URL: got.URL, ContentType: got.ContentType, Language: v.job.Source.Language, Body: got.Body}
	text, err := v.readText(inner, page)
	if err != nil || !v.renders(got.ContentType, text) {
		return text, err
	}
	switch {
	case v.Renderer != nil && v.job.Source.Render != schemas.RenderNever:
	case text.NeedsBrowser:
		return knowledge.Text{}, knowledge.Fail(schemas.FailNeedsBrowser, nil)
	default:
		return text, nil
	}
	// The browser asks the host again.
	if err := v.turn(inner, Host(got.URL), 0); err != nil {
		return knowledge.Text{}, err
	}
	v.requests++
	shown, err := v.Renderer.Render(inner, got.URL)
	if err != nil {
		return knowledge.Text{}, err
	}
	v.page.Rendered = true
	page.ContentType, page.Body = "text/html; charset=utf-8", []byte(shown)
	return v.readText(inner, page)
}

// readText reads a page. One without words is no failure yet: it may have links.
func (v *visit) readText(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	text, err := v.Reader.Read(ctx, page)
	if code, _ := knowledge.CodeOf(err); code == schemas.FailNoText {
		return text, nil
	}
	return text, err
}

// renders reports whether a page should be opened in a browser: it shows next
// to nothing without one, most pages of the run did, or the admin wants it.
func (v *visit) renders(contentType string, text knowledge.Text) bool {
	wants := text.NeedsBrowser || v.job.Browser || v.job.Source.Render == schemas.RenderAlways
	return wants && isHTML(contentType)
}

// isHTML reports whether a content type is that of a web page. Without one a
// page is the likeliest thing.
func isHTML(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "" || media == "text/html" || media == "application/xhtml+xml"
}
