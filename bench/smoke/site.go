package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// siteAddress is where `steward dev` lets a site on loopback be read, see
// STEWARD_CRAWL_ALLOW.
const siteAddress = "127.0.0.1:18790"

// siteTopics is how many pages the start page links to, beside those that lead
// elsewhere.
const siteTopics = 10

// The topics of which one changes and one goes.
const (
	changes = 3
	goes    = 4
)

// site is a site of twelve pages, a redirect, a link that leads nowhere and a
// page that robots.txt forbids.
type site struct {
	// later is true when it has changed.
	later atomic.Bool
	// forbidden counts the requests for what robots.txt forbids.
	forbidden atomic.Int64
	// first and second are the words of each path before and after the change,
	// new in every run.
	first, second map[string]string
}

// serveSite serves a site until the returned function is called.
func serveSite(ctx context.Context) (s *site, stop func(), err error) {
	s = &site{first: map[string]string{"/": newWord(), "/help/guide": newWord(), "/private/plans": newWord()}}
	for n := range siteTopics {
		s.first[topic(n)] = newWord()
	}
	s.second = maps.Clone(s.first)
	s.second[topic(changes)], s.second["/help/added"] = newWord(), newWord()
	delete(s.second, topic(goes))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", siteAddress)
	if err != nil {
		return nil, nil, fmt.Errorf("serve a site: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("the site is not served any more:", err)
		}
	}()
	return s, func() {
		_ = server.Close()
		<-ended
	}, nil
}

func topic(n int) string { return fmt.Sprintf("/help/topic-%d", n) }

// ServeHTTP answers as the site stands.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	later, words := s.later.Load(), s.first
	if later {
		words = s.second
	}
	var links []string
	switch {
	case path == "/robots.txt":
		fmt.Fprint(w, "User-agent: *\nDisallow: /private/\n")
		return
	case path == "/help/old-guide":
		http.Redirect(w, r, "/help/guide", http.StatusMovedPermanently)
		return
	case path == topic(goes) && later:
		// A page that is not found would be looked for again half a minute later.
		http.Error(w, "gone", http.StatusGone)
		return
	case words[path] == "":
		http.NotFound(w, r)
		return
	case path == "/private/plans":
		s.forbidden.Add(1)
	case path == "/":
		links = []string{"/help/old-guide", "/help/lost", "/private/plans"}
		for n := range siteTopics {
			links = append(links, topic(n))
		}
	case path == topic(changes) && later:
		links = []string{"/help/added"}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, page(words[path], links))
}

// page is a text of its own for each word: pages that are nearly the same are
// read once.
func page(word string, links []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><title>About %s</title><body><main><h1>About %s</h1>", word, word)
	for i := range len(word) - 4 {
		part := word[i : i+4]
		fmt.Fprintf(&b, "<p>When the %s%d of your %s is %s, write to the %s team about %s.</p>", part, i, word, part+part, word[i:], word[:i+2])
	}
	if len(links) > 0 {
		b.WriteString("<ul>")
		for _, link := range links {
			fmt.Fprintf(&b, "<li><a href=%q>More about this</a></li>", link)
		}
		b.WriteString("</ul>")
	}
	b.WriteString("</main></body></html>")
	return b.String()
}
