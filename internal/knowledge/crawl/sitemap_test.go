package crawl

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func day(year, month, d int) time.Time {
	return time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
}

func urls(addresses ...string) []SitemapURL {
	var list []SitemapURL
	for _, address := range addresses {
		list = append(list, SitemapURL{URL: address})
	}
	return list
}

func packed(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const list = `<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://a.example/1 </loc><lastmod>2026-02-03</lastmod><changefreq>daily</changefreq></url>
  <url>
    <loc><![CDATA[https://a.example/2?a=1&b=2]]></loc>
    <image:image><image:loc>https://a.example/picture.png</image:loc></image:image>
    <lastmod>2026-02-03T10:11:12+02:00</lastmod>
  </url>
  <url><lastmod>2026-02-03</lastmod></url>
  <url><loc>https://a.example/3?a=1&amp;b=&#50;</loc><lastmod>yesterday</lastmod></url>
</urlset>`

func TestReadSitemap(t *testing.T) {
	t.Parallel()
	listed := []SitemapURL{
		{URL: "https://a.example/1", LastModified: day(2026, 2, 3)},
		{URL: "https://a.example/2?a=1&b=2", LastModified: time.Date(2026, 2, 3, 8, 11, 12, 0, time.UTC)},
		{URL: "https://a.example/3?a=1&b=2"},
	}
	for name, tt := range map[string]struct {
		file string
		want SitemapFile
		err  error
	}{
		"list":                    {list, SitemapFile{URLs: listed}, nil},
		"list after a mark":       {"\ufeff\r\n " + list, SitemapFile{URLs: listed}, nil},
		"packed":                  {packed(t, list), SitemapFile{URLs: listed}, nil},
		"something after it":      {list + "<!-- x --><broken", SitemapFile{URLs: listed}, nil},
		"no entries":              {"<urlset></urlset>", SitemapFile{}, nil},
		"root alone":              {"<urlset/>", SitemapFile{}, nil},
		"no namespace":            {"<urlset><url><loc>x</loc></url></urlset>", SitemapFile{URLs: urls("x")}, nil},
		"prefix of its own":       {`<s:urlset xmlns:s="x"><s:url><s:loc>x</s:loc></s:url><url><loc>y</loc></url></s:urlset>`, SitemapFile{URLs: urls("x")}, nil},
		"bare ampersand":          {"<urlset><url><loc>https://a.example/?a=1&b=2&copy=3</loc></url></urlset>", SitemapFile{URLs: urls("https://a.example/?a=1&b=2&copy=3")}, nil},
		"entity of its own":       {`<!DOCTYPE x [<!ENTITY a "bbbb">]><urlset><url><loc>x&a;</loc></url></urlset>`, SitemapFile{URLs: urls("x&a;")}, nil},
		"Latin-1":                 {`<?xml version="1.0" encoding="ISO-8859-1"?><urlset><url><loc>https://a.example/` + "\xe9" + `</loc></url></urlset>`, SitemapFile{URLs: urls("https://a.example/é")}, nil},
		"address outside":         {"<urlset><loc>x</loc><url><priority>1</priority></url></urlset>", SitemapFile{}, nil},
		"index":                   {"<sitemapindex><sitemap><loc>https://a.example/1.xml</loc><lastmod>2026-01-01</lastmod></sitemap><sitemap><loc>/2.xml.gz</loc></sitemap></sitemapindex>", SitemapFile{Sitemaps: []string{"https://a.example/1.xml", "/2.xml.gz"}}, nil},
		"RSS":                     {`<rss xmlns:atom="x"><channel><link>https://a.example/</link><atom:link href="https://a.example/feed"/><item><title>T</title><link>https://a.example/1</link><pubDate>Tue, 3 Feb 2026 00:00:00 +0000</pubDate></item></channel></rss>`, SitemapFile{URLs: []SitemapURL{{URL: "https://a.example/1", LastModified: day(2026, 2, 3)}}}, nil},
		"Atom":                    {`<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://a.example/"/><entry><link rel="edit" href="https://a.example/e"/><link rel="alternate" href=" https://a.example/1 "/><updated>2026-02-03T00:00:00Z</updated></entry></feed>`, SitemapFile{URLs: []SitemapURL{{URL: "https://a.example/1", LastModified: day(2026, 2, 3)}}}, nil},
		"plain":                   {"https://a.example/1\r\n\r\n  http://a.example/2\nnothing\nhttps://a.example/1", SitemapFile{URLs: urls("https://a.example/1", "http://a.example/2", "https://a.example/1")}, nil},
		"plain, packed":           {packed(t, "\ufeffhttps://a.example/1"), SitemapFile{URLs: urls("https://a.example/1")}, nil},
		"ends in an entry":        {"<urlset><url><loc>x</loc></url><url><loc>y</lo", SitemapFile{URLs: urls("x")}, ErrBrokenSitemap},
		"ends between entries":    {"<urlset><url><loc>x</loc></url>", SitemapFile{URLs: urls("x")}, ErrBrokenSitemap},
		"broken in the middle":    {"<urlset><url><loc>x</loc></url><<<<url><loc>y</loc></url></urlset>", SitemapFile{URLs: urls("x")}, ErrBrokenSitemap},
		"broken inside a gzip":    {packed(t, list)[:300], SitemapFile{URLs: listed[:2]}, ErrBrokenSitemap},
		"gzip without content":    {"\x1f\x8b\x08", SitemapFile{}, ErrBrokenSitemap},
		"unknown charset":         {`<?xml version="1.0" encoding="none-such"?><urlset/>`, SitemapFile{}, ErrNoSitemap},
		"page":                    {"<!doctype html><html><head><link rel=x href=y></head><body>Not found</body></html>", SitemapFile{}, ErrNoSitemap},
		"other XML":               {"<opml><url><loc>x</loc></url></opml>", SitemapFile{}, ErrNoSitemap},
		"text":                    {"Not found", SitemapFile{}, ErrNoSitemap},
		"nothing":                 {"", SitemapFile{}, ErrNoSitemap},
		"blanks":                  {" \n", SitemapFile{}, ErrNoSitemap},
		"bytes":                   {"\x00\x01\x02", SitemapFile{}, ErrNoSitemap},
		"gzip inside of a gzip":   {packed(t, packed(t, list)), SitemapFile{}, ErrNoSitemap},
		"line that has no end":    {"https://a.example/1\nhttps://" + strings.Repeat("a", 1<<20), SitemapFile{URLs: urls("https://a.example/1")}, ErrBrokenSitemap},
		"value that has no end":   {"<urlset><url><loc>" + strings.Repeat("a", maxValueBytes+9) + "</loc></url></urlset>", SitemapFile{URLs: urls(strings.Repeat("a", maxValueBytes))}, nil},
		"deep":                    {"<urlset>" + strings.Repeat("<a>", 100_000) + "<url><loc>x</loc></url></urlset>", SitemapFile{URLs: urls("x")}, nil},
		"elements without an end": {"<urlset><url><loc>x<url><loc>y</loc></url></urlset>", SitemapFile{URLs: urls("y")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadSitemap(iotest.HalfReader(strings.NewReader(tt.file)))
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSitemapLimits(t *testing.T) {
	t.Parallel()
	var full strings.Builder
	full.WriteString("<urlset>")
	for i := range maxSitemapURLs {
		fmt.Fprintf(&full, "<url><loc>https://a.example/%d</loc></url>", i)
	}
	const one = "<url><loc>https://a.example/x</loc></url>"
	if got, err := ReadSitemap(strings.NewReader(full.String() + "</urlset>")); err != nil || len(got.URLs) != maxSitemapURLs {
		t.Errorf("50,000 addresses: %d, %v", len(got.URLs), err)
	}
	if got, err := ReadSitemap(strings.NewReader(full.String() + one + "</urlset>")); !errors.Is(err, ErrSitemapLimit) || len(got.URLs) != maxSitemapURLs {
		t.Errorf("one more: %d, %v", len(got.URLs), err)
	}
	lines := strings.Repeat("https://a.example/\n", maxSitemapURLs)
	if got, err := ReadSitemap(strings.NewReader(lines)); err != nil || len(got.URLs) != maxSitemapURLs {
		t.Errorf("50,000 lines: %d, %v", len(got.URLs), err)
	}
	if got, err := ReadSitemap(strings.NewReader(lines + "https://a.example/x")); !errors.Is(err, ErrSitemapLimit) || len(got.URLs) != maxSitemapURLs {
		t.Errorf("one more line: %d, %v", len(got.URLs), err)
	}
	// 60 MB that are 60 kB when packed.
	long := "https://a.example/1\n" + strings.Repeat(strings.Repeat("#", 60<<10)+"\n", 1<<10) + "https://a.example/2"
	for name, file := range map[string]string{"plain": long, "packed": packed(t, long)} {
		if got, err := ReadSitemap(strings.NewReader(file)); !errors.Is(err, ErrSitemapLimit) || len(got.URLs) != 1 {
			t.Errorf("%s: %d, %v", name, len(got.URLs), err)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026": day(2026, 1, 1), "2026-03": day(2026, 3, 1), "2026-03-04": day(2026, 3, 4),
		"2026-03-04T05:06Z":               time.Date(2026, 3, 4, 5, 6, 0, 0, time.UTC),
		"2026-03-04T05:06:07.89+01:00":    time.Date(2026, 3, 4, 4, 6, 7, 890_000_000, time.UTC),
		"2026-03-04T05:06:07":             time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		"Wed, 04 Mar 2026 05:06:07 GMT":   time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		"Wed, 4 Mar 2026 05:06:07 +0100":  time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC),
		"Wed, 04 Mar 2026 05:06:07 +0100": time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC),
		"":                                {}, "04.03.2026": {},
	} {
		if got := parseDate(text); !got.Equal(want) {
			t.Errorf("parseDate(%q) = %v, want %v", text, got, want)
		}
	}
}

func FuzzSitemap(f *testing.F) {
	for _, file := range []string{
		list, packed(f, list), "<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>", "https://a.example/\nhttp://b",
		"<rss><item><link>x</link></item></rss>", `<feed><entry><link href="x"/></entry></feed>`, "<urlset><url><loc>&#x;</loc",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ReadSitemap(bytes.NewReader(file))
		if len(got.URLs) > 0 && len(got.Sitemaps) > 0 || len(got.URLs)+len(got.Sitemaps) > maxSitemapURLs {
			t.Fatalf("%d pages, %d sitemaps", len(got.URLs), len(got.Sitemaps))
		}
		if err != nil && !errors.Is(err, ErrNoSitemap) && !errors.Is(err, ErrBrokenSitemap) && !errors.Is(err, ErrSitemapLimit) {
			t.Fatalf("unknown error %v", err)
		}
		if errors.Is(err, ErrNoSitemap) && len(got.URLs)+len(got.Sitemaps) > 0 {
			t.Fatal("what is no sitemap has entries")
		}
		for _, u := range got.URLs {
			if u.URL == "" || strings.TrimSpace(u.URL) != u.URL || len(u.URL) > maxRefBytes {
				t.Fatalf("address %q", u.URL)
			}
		}
		// One entry more at the front shows as one more at the front.
		if bytes.HasPrefix(file, []byte("<urlset>")) && err == nil {
			more, err := ReadSitemap(bytes.NewReader(append([]byte("<urlset><url><loc>first</loc></url>"), file[len("<urlset>"):]...)))
			if err != nil || len(more.URLs) != len(got.URLs)+1 || more.URLs[0].URL != "first" {
				t.Fatalf("%d of %d, %v", len(more.URLs), len(got.URLs)+1, err)
			}
		}
	})
}
