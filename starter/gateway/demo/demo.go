// Package demo is a plain web page on which the live chat can be tried.
//
// It owns one page, its script and its styles, all embedded. It uses the widget
// API like any other client and has no path of its own into Steward.
package demo

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed page.html
var page string

//go:embed demo.js demo.css
var assets embed.FS

// policy lets the page load its own script and styles, talk to its own server,
// and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Register adds the page to mux: /demo, its files, and / which leads there.
// channelKey is the public key of the live-chat channel that the page uses.
func Register(mux *http.ServeMux, channelKey string) error {
	tmpl, err := template.New("page").Parse(page)
	if err != nil {
		return fmt.Errorf("read demo page: %w", err)
	}
	var html bytes.Buffer
	if err := tmpl.Execute(&html, struct{ Channel string }{channelKey}); err != nil {
		return fmt.Errorf("make demo page: %w", err)
	}
	mux.Handle("GET /{$}", http.RedirectHandler("/demo", http.StatusFound))
	mux.Handle("GET /demo", secured(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html.Bytes())
	})))
	files := secured(http.StripPrefix("/demo/", http.FileServerFS(assets)))
	mux.Handle("GET /demo/demo.js", files)
	mux.Handle("GET /demo/demo.css", files)
	return nil
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
