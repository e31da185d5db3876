package main

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"

	trafilatura "github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"steward/internal/knowledge"
	"steward/internal/knowledge/extract"
)

// extractor reads a page. The text that it found is made by the returned
// function, off the clock.
type extractor func(ctx context.Context, p page) (found func() string, err error)

func steward(ctx context.Context, p page) (func() string, error) {
	text, err := extract.Reader{}.Read(ctx, knowledge.Page{URL: p.url, ContentType: "text/html", Body: p.source})
	return func() string { return linkTarget.ReplaceAllString(text.Markdown, "]") }, err
}

// alone is trafilatura as it comes: balanced, with its fallbacks.
func alone(_ context.Context, p page) (func() string, error) {
	own, err := url.Parse(p.url)
	if err != nil {
		own = nil
	}
	result, err := trafilatura.Extract(bytes.NewReader(p.source), trafilatura.Options{
		OriginalURL: own, EnableFallback: true, Focus: trafilatura.Balanced, ExcludeComments: true, HtmlDateMode: trafilatura.Disabled,
	})
	return func() string {
		if result == nil {
			return ""
		}
		return textBelow(result.ContentNode)
	}, err
}

var linkTarget = regexp.MustCompile(`\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)`)

// textBelow is the text of a tree, with a space where an element parts words.
func textBelow(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && (n.Parent == nil || n.Parent.DataAtom != atom.Style && n.Parent.DataAtom != atom.Script):
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && !inline(n.DataAtom):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// inline elements do not part words.
func inline(name atom.Atom) bool {
	switch name {
	case atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.U, atom.Span, atom.Font, atom.Code, atom.Sup, atom.Sub, atom.Small, atom.Mark:
		return true
	}
	return false
}

// measure runs an extractor on every page, and on the first one once before the
// clock is read: it pays for what is made once.
func measure(ctx context.Context, pages []page, extract extractor) ([]score, error) {
	_, _ = extract(ctx, pages[0])
	scores := make([]score, 0, len(pages))
	for _, p := range pages {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		began := cpu()
		found, err := extract(ctx, p)
		took := cpu() - began
		scores = append(scores, score{counts: p.judge(found()), cpu: took, failed: err != nil})
	}
	return scores, nil
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
