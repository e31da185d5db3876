package httpkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer collects log lines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(data)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		detail string
		header string
	}{
		{schemas.NewError(schemas.KindInvalid, "use a or b"), 422, "use a or b", ""},
		{fmt.Errorf("load: %w", schemas.NewError(schemas.KindNotFound, "no such team")), 404, "no such team", ""},
		{schemas.NewError(schemas.KindUnauthorized, "no"), 401, "no", "WWW-Authenticate"},
		{schemas.NewError(schemas.KindConflict, "changed"), 409, "changed", ""},
		{schemas.NewError(schemas.KindTooLarge, "at most 1"), 413, "at most 1", ""},
		{schemas.NewError(schemas.KindRateLimited, "slow"), 429, "slow", "Retry-After"},
		{schemas.NewError(schemas.KindUnavailable, "later"), 503, "later", "Retry-After"},
		{errors.New("password of the database"), 500, "Internal error.", ""},
		{schemas.NewError(schemas.KindInternal, "secret"), 500, "Internal error.", ""},
	} {
		var log logBuffer
		e := Errors{Log: slog.New(slog.NewTextHandler(&log, nil))}
		w := httptest.NewRecorder()
		WithRequestID(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.Write(w, r, c.err) })).
			ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.status || p.Status != c.status || p.Detail != c.detail || p.Instance != w.Header().Get("X-Request-ID") {
			t.Errorf("%v: got %d %+v", c.err, w.Code, p)
		}
		if w.Header().Get("Content-Type") != ProblemType || c.header != "" && w.Header().Get(c.header) == "" {
			t.Errorf("%v: headers %v", c.err, w.Header())
		}
		if logged := strings.Contains(log.String(), p.Instance); logged != (c.status >= 500) {
			t.Errorf("%v: log %q", c.err, log.String())
		}
	}
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]schemas.ErrorKind{
		`{"a": 1}`: "", ` {"a": 1} `: "", `{"a": "1"}`: schemas.KindInvalid, `{"b": 1}`: schemas.KindInvalid,
		``: schemas.KindInvalid, `{"a": 1} {}`: schemas.KindInvalid, `{"a": 1`: schemas.KindInvalid,
		`{"a": ` + strings.Repeat(" ", 200) + `1}`: schemas.KindTooLarge,
	} {
		var in struct {
			A int `json:"a"`
		}
		err := ReadJSON(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), 100, &in)
		if (err == nil) != (want == "") || err != nil && schemas.KindOf(err) != want {
			t.Errorf("%.20q: %v, want %q", body, err, want)
		}
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "Bearer  abc ": "abc", "": "", "Bearer": "", "Bearer ": "", "Basic abc": "", "abc": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if got, ok := Bearer(r); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t", header, got, ok)
		}
	}
}

func TestAccessLogKeepsSecretsOut(t *testing.T) {
	t.Parallel()
	var log logBuffer
	mux := http.NewServeMux()
	mux.HandleFunc("POST /things/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("the customer's words") })
	h := Wrap(mux, slog.New(slog.NewTextHandler(&log, nil)), "/healthz")
	call := func(method, path string) int {
		r := httptest.NewRequest(method, path, strings.NewReader("body-secret"))
		r.Header.Set("Authorization", "Bearer token-secret")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	call("POST", "/things/id-secret?token=query-secret")
	if !strings.Contains(log.String(), "status=418") || !strings.Contains(log.String(), "path=/things/{id}") {
		t.Errorf("log %q", log.String())
	}
	before := log.String()
	if call("GET", "/healthz"); log.String() != before {
		t.Errorf("a probe was logged: %q", log.String())
	}
	if code := call("GET", "/panic"); code != http.StatusInternalServerError {
		t.Errorf("panic: %d", code)
	}
	for _, leak := range []string{"secret", "the customer's words"} {
		if strings.Contains(log.String(), leak) {
			t.Errorf("the log holds %q: %s", leak, log.String())
		}
	}
}

// TestServeStops checks the stop: an open request finishes, a stream ends at
// once, new connections are refused.
func TestServeStops(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	inside, finish := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-finish
		_, _ = io.WriteString(w, "done")
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		s, err := OpenStream(w, time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		if err := errors.Join(s.Send("hello", "1", "x"), s.Heartbeat()); err != nil {
			t.Error(err)
		}
		<-Stopping(r.Context())
	})
	log := slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, Wrap(mux, log), 10*time.Second) }()
	client := &http.Client{}
	defer client.CloseIdleConnections()

	stream, err := client.Get(base + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	slow := make(chan string, 1)
	go func() {
		resp, err := client.Get(base + "/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		slow <- string(body)
	}()
	<-inside
	stop()
	body, err := io.ReadAll(stream.Body)
	if want := "retry: 1000\n\nid: 1\nevent: hello\ndata: \"x\"\n\n: ping\n\n"; err != nil || string(body) != want {
		t.Errorf("stream %q, %v, want %q", body, err, want)
	}
	close(finish)
	if got := <-slow; got != "done" {
		t.Errorf("the open request got %q", got)
	}
	if err := <-served; err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the address is still open")
	}
}
