package demo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	if err := Register(mux, `key"><script>`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		status int
		want   []string
	}{
		{"/", 302, nil},
		{"/demo", 200, []string{`role="log"`, "This is a demo page", "key&#34;&gt;&lt;script&gt;"}},
		{"/demo/demo.js", 200, []string{"Not sent. "}},
		{"/demo/demo.css", 200, []string{"prefers-color-scheme"}},
		{"/demo/demo.go", 404, nil},
		{"/demo/", 404, nil},
		{"/other", 404, nil},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.path, w.Code, c.status)
		}
		for _, want := range c.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %q", c.path, want)
			}
		}
		if c.status == 200 && !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: no content security policy", c.path)
		}
	}
}

// TestNoMarkupFromText keeps customers' and sources' text out of markup.
func TestNoMarkupFromText(t *testing.T) {
	t.Parallel()
	js, err := assets.ReadFile("demo.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
		if strings.Contains(string(js), never) {
			t.Errorf("demo.js uses %s", never)
		}
	}
	if strings.Contains(page, "<style") || strings.Contains(page, "onclick") || strings.Contains(page, " style=") {
		t.Error("page.html has styles or code that its policy forbids")
	}
}
