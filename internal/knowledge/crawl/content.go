package crawl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// readingVersion is part of the hash of a page's bytes: raising it makes
	// every page be read again although its bytes are the same.
	readingVersion = 1
	// rulesDigits is how much of that hash says by which rules it was read.
	rulesDigits = 8
)

// rulesPrint names the settings by which pages are read. Bytes that were read
// by other settings are read again.
func (r *run) rulesPrint() string {
	s := r.job.Source
	return hashOf(fmt.Appendf(nil, "%d|%q|%q|%q|%q|%t|%t", readingVersion, s.Include, s.Exclude, s.Language, s.Render,
		s.IgnoreRobots, s.Private))[:rulesDigits]
}

// bytesHash is the print of the rules and the SHA-256 of a body, in 64 digits.
func (r *run) bytesHash(body []byte) string {
	return r.rulesPrint() + hashOf(body)[rulesDigits:]
}

// textHash is the hash of a document without its address, so that two pages with
// one text have one hash. That private content has no address to cite counts.
func textHash(doc schemas.Document) string {
	if doc.URL != "" {
		doc.URL = "shown"
	}
	return knowledge.TextHash(doc)
}

// mayBeUnchanged reports whether the site's word or equal bytes are enough to
// leave a page as it is stored: its text is known, was read by the same rules
// and without a browser (which leaves no hash). The start of a crawl is always
// read, as all else is found from there. Spec: D24.
func (v *visit) mayBeUnchanged() bool {
	start := v.scope.links && v.url.Class == schemas.ClassStart
	return v.isKnown() && !start && strings.HasPrefix(v.url.BytesHash, v.rulesPrint())
}

// content reads a page that was answered.
func (v *visit) content(ctx context.Context, got knowledge.Response) error {
	switch {
	case bodyLimit(got.ContentType, "") == 0:
		v.omit(schemas.FailUnsupportedType)
		return nil
	case got.TooLarge:
		v.omit(schemas.FailTooLarge)
		return nil
	}
	switch reason := misled(v.url.URL, got.URL, v.job.Probe); reason {
	case schemas.FailNone:
	case schemas.FailSoft404:
		return v.missing(ctx, reason)
	default:
		v.fail(reason)
		return nil
	}
	if links := v.wanted(nil, got.URL, v.url.Depth); len(links) > 0 {
		return v.moved(ctx, links)
	}
	tag := parseRobotsTag(got.RobotsTag, v.Product)
	if tag.noIndex && (tag.noFollow || !isHTML(got.ContentType)) {
		v.leave(schemas.FailNoIndex)
		return nil
	}
	hash := v.bytesHash(got.Body)
	if !tag.noIndex && v.mayBeUnchanged() && hash == v.url.BytesHash {
		v.unchanged(got)
		return nil
	}
	if err := v.renew(ctx); err != nil {
		return err
	}
	text, err := v.read(ctx, got)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return v.unread(ctx, err)
	}
	text.NoIndex, text.NoFollow = text.NoIndex || tag.noIndex, text.NoFollow || tag.noFollow
	if !v.page.Rendered {
		v.page.ETag, v.page.LastModified, v.page.BytesHash = got.ETag, got.LastModified, hash
	} else {
		v.page.ETag, v.page.LastModified, v.page.BytesHash = "", "", ""
	}
	return v.take(ctx, got, text)
}

// moved leaves a page that redirects to the one that it leads to, which is read
// by itself. One that is stored is looked at twice: while a site is worked on,
// all its pages may lead to one.
func (v *visit) moved(ctx context.Context, to []schemas.FrontierURL) error {
	if v.isKnown() && v.url.Tries < 2 {
		return v.recheck(ctx, schemas.FailDuplicate)
	}
	v.page.DuplicateOf, v.page.Links = to[0].URL, to
	v.set(schemas.PageSkipped, schemas.FailDuplicate)
	return nil
}

// unread says what an error of a reader or a browser means.
func (v *visit) unread(ctx context.Context, err error) error {
	var late *laterError
	if errors.As(err, &late) {
		return v.trouble(ctx, schemas.FailSlow, late.wait)
	}
	var failure *knowledge.Failure
	if !errors.As(err, &failure) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch code, again := knowledge.CodeOf(err); {
	case again:
		return v.trouble(ctx, code, 0)
	case code == schemas.FailUnsupportedType, code == schemas.FailTooLarge:
		v.omit(code)
	default:
		v.fail(code)
	}
	return nil
}

// take decides what becomes of a page's text.
func (v *visit) take(ctx context.Context, got knowledge.Response, text knowledge.Text) error {
	v.page.URL = got.URL
	v.page.Print = Print(text.Title, text.Markdown)
	if !text.NoFollow {
		v.page.Links = v.links(text.Links)
	}
	switch {
	case text.NoIndex:
		v.leave(schemas.FailNoIndex)
		return nil
	case v.url.Class == schemas.ClassStart && !v.scope.picks(got.URL):
		// It is read for its links only.
		v.leave(schemas.FailOutOfScope)
		return nil
	case v.url.Class != schemas.ClassStart && saysMissing(text, v.page.Print, v.job.Probe):
		v.page.Links = nil
		return v.missing(ctx, schemas.FailSoft404)
	}
	address := v.canonical(got.URL, text.URL)
	key := Key(address)
	if v.scope.links && key != v.url.Key {
		v.page.DuplicateOf = address
		v.page.Links = append(v.page.Links, v.wanted(v.page.Links, address, v.url.Depth)...)
	}
	doc, err := knowledge.Compose(v.job.Agent, v.job.Source, knowledge.Parts{Key: key, URL: address, Title: v.job.Source.Name}, text)
	if err != nil {
		return v.unread(ctx, err)
	}
	v.page.TextHash = textHash(doc)
	if v.page.TextHash == v.url.TextHash && doc.ID == v.url.Document {
		v.unchanged(got)
		return nil
	}
	v.page.Document = &doc
	v.set(schemas.PageNew, schemas.FailNone)
	if v.isKnown() {
		v.set(schemas.PageUpdated, schemas.FailNone)
	}
	return nil
}

// canonical returns the address by which a page is known: the one it names for
// itself, if that is on the same site. One that names the home page or the
// crawl's start for a page elsewhere is a slip in a template: it would make one
// document of a whole site. If such a page does have the start's text, that is
// found by the text.
func (v *visit) canonical(final, named string) string {
	if named == "" {
		return final
	}
	address, err := Normalize(final, named)
	if err != nil || Site(address) != Site(final) {
		return final
	}
	start, err := Normalize("", v.job.Source.URL)
	if (isRoot(address) || err == nil && Key(address) == Key(start)) && !samePath(address, final) {
		return final
	}
	return address
}

func samePath(a, b string) bool {
	keyA, _, _ := strings.Cut(Key(a), "?")
	keyB, _, _ := strings.Cut(Key(b), "?")
	return keyA == keyB
}

// links returns the addresses of a page's links that the crawl should read, in
// their order, each once.
func (v *visit) links(found []string) []schemas.FrontierURL {
	var links []schemas.FrontierURL
	seen := make(map[string]bool, len(found))
	for _, link := range found {
		address, err := Normalize(v.page.URL, link)
		if err != nil || seen[Key(address)] {
			continue
		}
		seen[Key(address)] = true
		links = append(links, v.wanted(nil, address, v.url.Depth+1)...)
	}
	return links
}

// wanted returns an address as one to read, if it is, and not yet in the list.
func (v *visit) wanted(list []schemas.FrontierURL, address string, depth int) []schemas.FrontierURL {
	key := Key(address)
	listed := slices.ContainsFunc(list, func(u schemas.FrontierURL) bool { return u.Key == key })
	if !v.scope.links || key == v.url.Key || listed || isAsset(address) || !v.scope.picks(address) ||
		v.scope.isTrap(address, depth) || v.tallies.trapped(v.job.Sync, key) {
		return nil
	}
	class := schemas.ClassLink
	if strings.Contains(key, "?") {
		class = schemas.ClassQuery
	}
	return []schemas.FrontierURL{{Key: key, URL: address, Class: class, Depth: depth}}
}
