package render

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestRender(t *testing.T) {
	const limit = 200_000
	pages := map[string]http.HandlerFunc{
		"/static": send("<h1>hello</h1>"),
		"/app":    send("<div id=root></div><link rel=stylesheet href=/slow.css><script src=/app.js></script>"),
		"/app.js": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `fetch('/data').then(r => r.text()).then(t => { document.getElementById('root').innerHTML = '<p>' + t + '</p>' })`)
		},
		// Longer than it takes for a page that waits for nothing to count as quiet.
		"/data": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(5 * interval):
			case <-r.Context().Done():
			}
			fmt.Fprint(w, "grüße an "+r.UserAgent())
		},
		"/later":     script(`setTimeout(() => say('late'), 300)`),
		"/dialog":    script(`alert('a'); say(String(confirm('b')) + prompt('c'))`),
		"/leaving":   script(`addEventListener('beforeunload', e => e.preventDefault()); say('kept')`),
		"/surrogate": script(`say('half \ud800 letter')`),
		"/polling":   script(`fetch('/hang'); say('polling')`),
		"/hang":      hang,
		"/changing":  script(`say('changing'); setInterval(() => document.body.append('x'), 20)`),
		"/cookie": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
			_, err := r.Cookie("seen")
			send(fmt.Sprintf("<p>seen: %v</p>", err == nil))(w, r)
		},
		"/long":   send(strings.Repeat("x", limit)),
		"/grows":  script(fmt.Sprintf(`say('x'.repeat(%d))`, limit)),
		"/accent": send(strings.Repeat("è", limit*2/3)),
	}
	s := newSite(t, pages)
	b := open(t, Options{UserAgent: "Steward/1 (+x)", MaxBytes: limit, Timeout: 6 * time.Second}, s)
	for _, tt := range []struct {
		path, want, not string
		code            schemas.FailCode
	}{
		{"/static", "<h1>hello</h1>", "", ""},
		{"/static#part", "<h1>hello</h1>", "", ""},
		{"/app", "<p>grüße an Steward/1 (+x)</p>", "", ""},
		{"/later", ">late<", ">before<", ""},
		{"/dialog", ">falsenull<", ">before<", ""},
		{"/leaving", ">kept<", ">before<", ""},
		{"/surrogate", ">half \ufffd letter<", ">before<", ""},
		{"/polling", ">polling<", ">before<", ""},
		{"/changing", ">changing<", ">before<", ""},
		{"/cookie", "seen: false", "", ""},
		{"/cookie", "seen: false", "", ""},
		{"/long", "", "", schemas.FailTooLarge},
		{"/grows", "", "", schemas.FailTooLarge},
		{"/accent", "", "", schemas.FailTooLarge},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			got, err := b.Render(t.Context(), s.URL+tt.path)
			code, again := knowledge.CodeOf(err)
			if code != tt.code || again || !strings.Contains(got, tt.want) || tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("%.300q, %v", got, err)
			}
		})
	}
}

func TestRenderFailures(t *testing.T) {
	s := newSite(t, map[string]http.HandlerFunc{
		"/broken": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "broken", http.StatusServiceUnavailable) },
		"/wall": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			send("are you human?")(w, r)
		},
		"/empty":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		"/nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"/file": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Disposition", "attachment; filename=a.html")
			send("file")(w, r)
		},
		"/hang": hang, "/moved": http.RedirectHandler("/other", http.StatusFound).ServeHTTP,
		"/cut": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	})
	gone := newSite(t, nil)
	gone.Close()
	b := open(t, Options{Timeout: 3 * time.Second}, s, gone)
	for _, tt := range []struct {
		address string
		code    schemas.FailCode
		again   bool
	}{
		{s.URL + "/missing", "http_404", false},
		{s.URL + "/broken", "http_503", true},
		{s.URL + "/wall", "http_403", false},
		{s.URL + "/empty", "http_410", false},
		{s.URL + "/nothing", schemas.FailUnreachable, true},
		{s.URL + "/file", schemas.FailUnsupportedType, false},
		{s.URL + "/moved", schemas.FailUnreachable, false},
		{s.URL + "/hang", schemas.FailTimeout, true},
		{s.URL + "/cut", schemas.FailUnreachable, true},
		{gone.URL, schemas.FailUnreachable, true},
		{"https://" + s.address() + "/", schemas.FailUnreachable, true},
		{"file:///etc/passwd", schemas.FailForbiddenHost, false},
		{"chrome://version", schemas.FailForbiddenHost, false},
		{"data:text/html,hello", schemas.FailForbiddenHost, false},
		{"javascript:1", schemas.FailForbiddenHost, false},
		{"http://", schemas.FailForbiddenHost, false},
		{"", schemas.FailForbiddenHost, false},
	} {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			got, err := b.Render(t.Context(), tt.address)
			code, again := knowledge.CodeOf(err)
			if got != "" || code != tt.code || again != tt.again {
				t.Errorf("%.100q, %v, again %v", got, err, again)
			}
			if err != nil && strings.Contains(err.Error(), s.address()) {
				t.Errorf("the error names the address: %v", err)
			}
			if n := s.asked("/other"); n != 0 {
				t.Errorf("a redirect was followed %d times", n)
			}
		})
	}
}

// A page stays at its address, whatever it tries; what it shows there counts.
func TestPageCannotLeave(t *testing.T) {
	pages := map[string]http.HandlerFunc{}
	for name, code := range map[string]string{
		"/location": `location = '/elsewhere'`, "/assign": `setTimeout(() => location.assign('/elsewhere'), 100)`,
		"/form":      `const f = document.createElement('form'); f.action = '/elsewhere'; f.method = 'post'; document.body.append(f); f.submit()`,
		"/window":    `open('/elsewhere')`,
		"/click":     `const a = document.createElement('a'); a.href = '/elsewhere'; a.target = '_blank'; document.body.append(a); a.click()`,
		"/prerender": `document.head.insertAdjacentHTML('beforeend', '<link rel=prerender href=/elsewhere>')`,
		"/rules":     `const r = document.createElement('script'); r.type = 'speculationrules'; r.textContent = '{"prerender":[{"urls":["/elsewhere"],"eagerness":"immediate"}],"prefetch":[{"urls":["/elsewhere"],"eagerness":"immediate"}]}'; document.head.append(r)`,
		"/beacon":    `navigator.sendBeacon('/elsewhere', 'x')`,
		"/frame":     `document.body.insertAdjacentHTML('beforeend', '<iframe src=/elsewhere></iframe><object data=/elsewhere></object><embed src=/elsewhere>')`,
		"/media":     `document.body.insertAdjacentHTML('beforeend', '<img src=/elsewhere><video src=/elsewhere autoplay></video><audio src=/elsewhere autoplay></audio>'); new Image().src = '/elsewhere'; new FontFace('f', 'url(/elsewhere)').load().catch(() => 0)`,
	} {
		pages[name] = script(`say('stays');` + strings.ReplaceAll(code, "/elsewhere", "/elsewhere"+name))
	}
	pages["/refresh"] = send("<p>stays</p><meta http-equiv=refresh content='0; url=/elsewhere/refresh'>")
	s := newSite(t, pages)
	b := open(t, Options{Timeout: 8 * time.Second}, s)
	for path := range pages {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got, err := b.Render(t.Context(), s.URL+path)
			if err != nil || !strings.Contains(got, ">stays<") {
				t.Errorf("%.200q, %v", got, err)
			}
			if n := s.asked("/elsewhere" + path); n != 0 {
				t.Errorf("the page left, %d times", n)
			}
		})
	}
}

func TestCancelledRenderReturnsSoon(t *testing.T) {
	asked := make(chan struct{}, 10)
	s := newSite(t, map[string]http.HandlerFunc{
		"/hang": func(w http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			hang(w, r)
		},
		"/busy": func(w http.ResponseWriter, r *http.Request) {
			send(`<script src=/asked></script><script>for (;;) {}</script>`)(w, r)
		},
		"/asked":  func(http.ResponseWriter, *http.Request) { asked <- struct{}{} },
		"/static": send("hello"),
	})
	b := open(t, Options{Timeout: time.Minute}, s)
	for _, path := range []string{"/hang", "/busy"} {
		ctx, cancel := context.WithCancel(t.Context())
		var cancelled time.Time
		go func() {
			<-asked
			cancelled = time.Now()
			cancel()
		}()
		_, err := b.Render(ctx, s.URL+path)
		if _, again := knowledge.CodeOf(err); !errors.Is(err, context.Canceled) || !again {
			t.Errorf("%s: %v", path, err)
		}
		if late := time.Since(cancelled); late > 2*time.Second {
			t.Errorf("%s: it returned %v after the cancellation", path, late)
		}
		cancel()
	}
	// The tabs are closed and make room.
	if got, err := b.Render(t.Context(), s.URL+"/static"); err != nil || !strings.Contains(got, "hello") {
		t.Errorf("afterwards: %q, %v", got, err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Render(done, s.URL+"/static"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}

// A script without an end costs the page's time and no more; what was there
// before it counts.
func TestScriptWithoutAnEnd(t *testing.T) {
	s := newSite(t, map[string]http.HandlerFunc{"/": script(`say('busy'); setTimeout(() => { for (;;) {} }, 100)`), "/static": send("hello")})
	b := open(t, Options{Timeout: 3 * time.Second}, s)
	for range maxTabs + 1 {
		got, err := b.Render(t.Context(), s.URL)
		if !isCode(err, schemas.FailTimeout) && !strings.Contains(got, ">busy<") {
			t.Errorf("%q, %v", got, err)
		}
	}
	if got, err := b.Render(t.Context(), s.URL+"/static"); err != nil || !strings.Contains(got, "hello") {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func TestAtMostTwoPages(t *testing.T) {
	arrived, free := make(chan struct{}, 10), make(chan struct{})
	s := newSite(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-free
		send("hello")(w, r)
	}})
	b := open(t, Options{}, s)
	results := make(chan error, 5)
	for range 5 {
		go func() {
			_, err := b.Render(t.Context(), s.URL)
			results <- err
		}()
	}
	for range maxTabs {
		<-arrived
	}
	if len(b.slots) != maxTabs || len(arrived) != 0 {
		t.Errorf("%d pages are open, %d more have asked", len(b.slots), len(arrived))
	}
	close(free)
	for range 5 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
