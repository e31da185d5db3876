package crawl

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

// stream sends n bytes, with or without saying so before.
func stream(contentType string, n int, announced bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		if announced {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		_, _ = io.CopyN(w, zeros{}, int64(n))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// encoded sends a body with a content encoding.
func encodedAs(encoding, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Encoding", encoding)
		_, _ = io.WriteString(w, body)
	}
}

func zeroed(t *testing.T, n int64) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.CopyN(z, zeros{}, n); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	const page = schemas.MaxPageBytes
	pages := map[string]http.HandlerFunc{}
	sizes := map[string]struct {
		contentType string
		send, want  int // want -1: too large
	}{
		"/page":              {"text/html; charset=utf-8", page, page},
		"/long-page":         {"text/html; charset=utf-8", page + 1, -1},
		"/endless-page":      {"text/html", 60 << 20, -1},
		"/untyped":           {"", page + 1, -1},
		"/broken-type":       {"text/html;;; x", page + 1, -1},
		"/file.pdf":          {"application/pdf", page + 1, page + 1},
		"/download":          {"application/pdf", page + 1, page + 1},
		"/sheet":             {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", page + 1, page + 1},
		"/list.csv":          {"text/csv", page + 1, page + 1},
		"/named.PDF":         {"text/html", page + 1, page + 1},
		"/bytes":             {"application/octet-stream", page + 1, page + 1},
		"/long.pdf":          {"application/pdf", schemas.MaxSourceBytes + 1, -1},
		"/data.json":         {"application/json", page + 1, -1},
		"/sitemap.xml":       {"application/xml", page + 1, -1},
		"/feed":              {"application/rss+xml", 10, 10},
		"/picture.png":       {"image/png", 10, -1},
		"/font":              {"font/woff2", 10, -1},
		"/style":             {"text/css", 10, -1},
		"/page-with-nothing": {"text/html", 0, 0},
	}
	for path, tt := range sizes {
		pages[path] = stream(tt.contentType, tt.send, false)
		pages["/announced"+path] = stream(tt.contentType, tt.send, true)
	}
	site := newHost(t, pages)
	f := newFetcher(t, Options{}, site)
	for path, tt := range sizes {
		for _, path := range []string{path, "/announced" + path} {
			got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path})
			if err != nil || got.TooLarge != (tt.want < 0) || len(got.Body) != max(0, tt.want) || got.Status != 200 {
				t.Errorf("%s: %d bytes, too large %v, %v", path, len(got.Body), got.TooLarge, err)
			}
		}
	}
	for limit, want := range map[int]int{9: -1, 10: 10, 11: 10} {
		for _, path := range []string{"/feed", "/announced/feed", "/picture.png"} {
			got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path, MaxBytes: limit})
			if err != nil || got.TooLarge != (want < 0) || len(got.Body) != max(0, want) {
				t.Errorf("%s, at most %d: %d bytes, too large %v, %v", path, limit, len(got.Body), got.TooLarge, err)
			}
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 3<<20)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(noise)
	small, large, huge := zeroed(t, smallUnpacked), zeroed(t, schemas.MaxPageBytes-1), zeroed(t, 60<<20)
	bodies := map[string]struct {
		handler http.HandlerFunc
		want    int // -1: too large; -2: an error
	}{
		"/gzip":           {encodedAs("gzip", "text/html", packed(t, "hello")), 5},
		"/x-gzip":         {encodedAs("X-GZIP", "text/html", packed(t, "hello")), 5},
		"/identity":       {encodedAs("identity", "text/html", "hello"), 5},
		"/named-only":     {encodedAs("gzip", "text/html", "hello"), 5},
		"/named-empty":    {encodedAs("gzip", "text/html", ""), 0},
		"/two-streams":    {encodedAs("gzip", "text/html", packed(t, "hello")+packed(t, "hello")), 10},
		"/noise":          {encodedAs("gzip", "text/html", packed(t, string(noise))), len(noise)},
		"/small-blanks":   {encodedAs("gzip", "text/html", small), smallUnpacked},
		"/ratio":          {encodedAs("gzip", "text/html", large), -1},
		"/bomb":           {encodedAs("gzip", "text/html", huge), -1},
		"/bomb.xml.gz":    {encodedAs("gzip", "application/gzip", huge), -1},
		"/file.xml.gz":    {send("application/x-gzip", huge), len(huge)},
		"/page-gzip-type": {send("application/gzip", packed(t, "hello")), len(packed(t, "hello"))},
		"/cut":            {encodedAs("gzip", "text/html", packed(t, string(noise))[:1<<20]), -2},
		"/brotli":         {encodedAs("br", "text/html", "hello"), -2},
		"/twice":          {encodedAs("gzip, gzip", "text/html", "hello"), -2},
	}
	pages := map[string]http.HandlerFunc{}
	for path, tt := range bodies {
		pages[path] = tt.handler
	}
	site := newHost(t, pages)
	f := newFetcher(t, Options{}, site)
	for path, tt := range bodies {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path})
		if (err != nil) != (tt.want == -2) || got.TooLarge != (tt.want == -1) || len(got.Body) != max(0, tt.want) {
			t.Errorf("%s: %d bytes, too large %v, %v", path, len(got.Body), got.TooLarge, err)
		}
		if asked := site.asked(path)[0].Get("Accept-Encoding"); asked != "gzip" {
			t.Errorf("%s: it asks for %q", path, asked)
		}
	}
	_, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/brotli"})
	if code, again := knowledge.CodeOf(err); code != schemas.FailUnsupportedType || again {
		t.Errorf("brotli: %v", err)
	}
	got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/file.xml.gz"})
	if err != nil {
		t.Fatal(err)
	}
	if file, err := ReadSitemap(bytes.NewReader(got.Body)); !errors.Is(err, ErrNoSitemap) && !errors.Is(err, ErrSitemapLimit) || len(file.URLs) != 0 {
		t.Errorf("a bomb as a sitemap: %d, %v", len(file.URLs), err)
	}
}

// The rest of a body that is too large is not loaded.
func TestLargeBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	site := newHost(t, map[string]http.HandlerFunc{"/endless": func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.Copy(w, io.LimitReader(zeros{}, 1<<40))
		ended <- err
	}})
	got, err := newFetcher(t, Options{}, site).Fetch(t.Context(), knowledge.Request{URL: site.URL + "/endless", MaxBytes: 1 << 20})
	if err != nil || !got.TooLarge || got.Body != nil {
		t.Errorf("%d bytes, %v", len(got.Body), err)
	}
	if err := <-ended; err == nil {
		t.Error("the site could send a terabyte")
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"TEXT/HTML", " text/html ", "application/xhtml+xml", "text/plain", "text/markdown", "", "nonsense"} {
		if got := bodyLimit(contentType, "/a.html"); got != schemas.MaxPageBytes && contentType != "nonsense" {
			t.Errorf("%q: %d", contentType, got)
		}
	}
	for _, name := range []string{"a.pdf", "A.DOCX", "a.pptx", "a.xls", "a.xlsx", "a.mp4"} {
		for _, contentType := range []string{"text/html", "image/png", "", "application/octet-stream"} {
			if got := bodyLimit(contentType, fmt.Sprint("/folder/", name)); got != schemas.MaxSourceBytes {
				t.Errorf("%q, %s: %d", contentType, name, got)
			}
		}
	}
	if got := bodyLimit("image/svg+xml", "/logo.svg"); got != 0 {
		t.Errorf("picture: %d", got)
	}
	if got := bodyLimit("text/html", "/"+strings.Repeat(".", 3)); got != schemas.MaxPageBytes {
		t.Errorf("dots: %d", got)
	}
}
