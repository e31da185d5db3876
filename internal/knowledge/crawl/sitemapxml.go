package crawl

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// maxValueBytes is how much of an element's text is kept.
const maxValueBytes = maxRefBytes

// vocabulary names the elements of one kind of sitemap.
type vocabulary struct {
	entry, address, date string
	// index is true when the entries are further sitemaps.
	index bool
}

// vocabularyOf returns the vocabulary of a file by its root element.
func vocabularyOf(root string) (vocabulary, bool) {
	switch root {
	case "urlset":
		return vocabulary{entry: "url", address: "loc", date: "lastmod"}, true
	case "sitemapindex":
		return vocabulary{entry: "sitemap", address: "loc", index: true}, true
	case "rss":
		return vocabulary{entry: "item", address: "link", date: "pubDate"}, true
	case "feed":
		return vocabulary{entry: "entry", address: "link", date: "updated"}, true
	}
	return vocabulary{}, false
}

// sitemapReader reads a sitemap token by token and keeps the entry it is in:
// neither the depth nor the size of a file takes memory, and entities are not
// expanded.
type sitemapReader struct {
	file  SitemapFile
	words vocabulary
	// prefix is that of the root: elements of another vocabulary, such as the
	// addresses of images, have another one.
	prefix string
	ended  bool

	inside  bool // an entry
	element string
	text    strings.Builder
	address string
	date    string
}

func readXML(in *bufio.Reader) (SitemapFile, error) {
	d := xml.NewDecoder(in)
	// Many sitemaps have a bare & in an address.
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	r := &sitemapReader{}
	for {
		token, err := d.RawToken()
		switch {
		case err != nil && r.words.entry == "":
			return r.file, ErrNoSitemap
		case err != nil:
			return r.file, fmt.Errorf("it ends in the middle: %w", ErrBrokenSitemap)
		}
		if err := r.take(token); err != nil || r.ended {
			return r.file, err
		}
	}
}

func (r *sitemapReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.start(t)
	case xml.CharData:
		if r.element != "" && r.text.Len() < maxValueBytes {
			r.text.Write(t[:min(len(t), maxValueBytes-r.text.Len())])
		}
	case xml.EndElement:
		return r.end(t.Name)
	}
	return nil
}

func (r *sitemapReader) start(t xml.StartElement) error {
	if r.words.entry == "" {
		words, ok := vocabularyOf(t.Name.Local)
		if !ok {
			return ErrNoSitemap
		}
		r.words, r.prefix = words, t.Name.Space
		return nil
	}
	if t.Name.Space != r.prefix {
		return nil
	}
	switch {
	case t.Name.Local == r.words.entry:
		r.inside, r.address, r.date = true, "", ""
	case r.inside && (t.Name.Local == r.words.address || t.Name.Local == r.words.date):
		r.element = t.Name.Local
		r.text.Reset()
		if link := alternate(t.Attr); link != "" && r.address == "" {
			r.address = link
		}
	}
	return nil
}

// alternate is the address in an Atom link, unless it leads elsewhere than to
// the page: RFC 4287, section 4.2.7.
func alternate(attributes []xml.Attr) string {
	var href string
	for _, a := range attributes {
		switch {
		case a.Name.Local == "href":
			href = a.Value
		case a.Name.Local == "rel" && a.Value != "alternate":
			return ""
		}
	}
	return strings.TrimSpace(href)
}

func (r *sitemapReader) end(name xml.Name) error {
	if name.Space != r.prefix {
		return nil
	}
	text := strings.TrimSpace(r.text.String())
	switch name.Local {
	case r.element:
		if r.element == r.words.address && text != "" {
			r.address = text
		} else if r.element == r.words.date {
			r.date = text
		}
		r.element = ""
		r.text.Reset()
	case r.words.entry:
		return r.add()
	case "urlset", "sitemapindex", "rss", "feed":
		r.ended = true
	}
	return nil
}

// add takes the entry that has ended.
func (r *sitemapReader) add() error {
	complete := r.inside && r.address != ""
	r.inside, r.element = false, ""
	if !complete {
		return nil
	}
	if len(r.file.URLs)+len(r.file.Sitemaps) == maxSitemapURLs {
		return ErrSitemapLimit
	}
	if r.words.index {
		r.file.Sitemaps = append(r.file.Sitemaps, r.address)
	} else {
		r.file.URLs = append(r.file.URLs, SitemapURL{URL: r.address, LastModified: parseDate(r.date)})
	}
	return nil
}

// parseDate reads the dates of sitemaps and feeds (W3C Datetime, RFC 3339, RFC
// 1123); zero when it cannot.
func parseDate(text string) time.Time {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01", "2006",
		time.RFC1123Z, "Mon, _2 Jan 2006 15:04:05 -0700", http.TimeFormat,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
