package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
)

// linksPerPage is what a page of a help centre links to, navigation included.
const linksPerPage = 60

// site is a help centre of made-up pages, each with words of its own.
type site struct {
	*httptest.Server
	pages       int
	bytes       int
	requests    atomic.Int64
	notModified atomic.Int64
}

const syllables = "bacedifoguhakilomunapequrosatevuwaxeyozu"

// word makes a word of a number: rare numbers make rare words.
func word(n uint32) string {
	var b strings.Builder
	const count = uint32(len(syllables) / 2)
	for n += count; n > 0; n /= count {
		at := 2 * (n % count)
		b.WriteString(syllables[at : at+2])
	}
	return b.String()
}

// ownWord is a word that one page alone has.
func ownWord(number int) string { return word(uint32(10_000_000 + number)) }

func newSite(pages, bytes int) (*site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{pages: pages, bytes: bytes}
	s.Server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(s.serve)}}
	s.Start()
	return s, nil
}

// host is where the site listens.
func (s *site) host() string { return s.Listener.Addr().String() }

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	number := 0
	if r.URL.Path != "/" {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/help/"))
		if err != nil || n < 0 || n >= s.pages {
			http.NotFound(w, r)
			return
		}
		number = n
	}
	tag := fmt.Sprintf(`"%d"`, number)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		s.notModified.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(s.page(number)))
}

// page is about as long as asked: navigation, a table, lists and paragraphs
// whose words follow a law of rare and common ones.
func (s *site) page(number int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><head><title>Topic %d</title><meta name=description content=help></head><body><nav>", number)
	for i := range linksPerPage {
		to := (number*7 + i*i*13 + 1) % s.pages
		fmt.Fprintf(&b, `<a class="nav-item nav-item--level-2" href="/help/%d">Topic %d</a> `, to, to)
	}
	fmt.Fprintf(&b, "</nav><main><h1>Topic %d %s</h1>", number, ownWord(number))
	seed := uint32(number)*2654435761 + 1
	next := func() uint32 { seed = seed*1664525 + 1013904223; return seed >> 8 }
	sentence := func() {
		for range 12 {
			// The product of two draws makes low numbers, the common words, likelier.
			n := next() % 90
			b.WriteString(word(n * (next() % 90)))
			b.WriteByte(' ')
		}
		b.WriteString(word(next()%50_000) + ". ")
	}
	for part := 0; b.Len() < s.bytes-200; part++ {
		fmt.Fprintf(&b, `<h2 id="part-%d">Part %d %s</h2>`, part, part, word(next()%5000))
		for range 4 {
			b.WriteString(`<p class="article-body__paragraph">`)
			for range 5 {
				sentence()
			}
			b.WriteString("</p>")
		}
		b.WriteString("<ul>")
		for range 4 {
			b.WriteString("<li>")
			sentence()
			b.WriteString("</li>")
		}
		b.WriteString("</ul><table><tr><th>Item<th>Days</tr>")
		for i := range 4 {
			fmt.Fprintf(&b, "<tr><td>%s<td>%d</tr>", word(next()%5000), i)
		}
		b.WriteString("</table>")
	}
	b.WriteString("</main><footer>Imprint, terms, privacy</footer></body></html>")
	return b.String()
}
