package rerank_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"steward/internal/knowledge/embed/rerank"
	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "sk-canary-2208"

type wireRequest struct {
	Model         string   `json:"model"`
	Query         string   `json:"query"`
	Texts         []string `json:"texts"`
	Documents     []string `json:"documents"`
	TopN          int      `json:"top_n"`
	Truncate      bool     `json:"truncate"`
	authorization string
	path          string
}

// server scores a text by its length and answers best first; misbehave, when
// set, answers in its place.
type server struct {
	*httptest.Server
	arrived chan struct{}

	mu        sync.Mutex
	requests  []wireRequest
	misbehave http.HandlerFunc
}

func start(t *testing.T, misbehave http.HandlerFunc) *server {
	t.Helper()
	s := &server{misbehave: misbehave, arrived: make(chan struct{}, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var in wireRequest
	if err != nil || json.Unmarshal(raw, &in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	in.authorization, in.path = r.Header.Get("Authorization"), r.URL.Path
	s.mu.Lock()
	s.requests = append(s.requests, in)
	s.mu.Unlock()
	s.arrived <- struct{}{}
	if s.misbehave != nil {
		s.misbehave(w, r)
		return
	}
	type scored struct {
		Index     int      `json:"index"`
		Score     *float64 `json:"score,omitempty"`
		Relevance *float64 `json:"relevance_score,omitempty"`
	}
	var list []scored
	for i, text := range slices.Concat(in.Texts, in.Documents) {
		score := float64(len(text))
		if in.Texts != nil {
			list = append(list, scored{Index: i, Score: &score})
		} else {
			list = append(list, scored{Index: i, Relevance: &score})
		}
	}
	slices.Reverse(list)
	var answer any = list
	if in.Documents != nil {
		answer = map[string]any{"results": list, "model": in.Model}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *server) seen() []wireRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func connect(t *testing.T, s *server, c rerank.Config) *rerank.Reranker {
	t.Helper()
	c.BaseURL, c.APIKey, c.Model = s.URL+"/v1", secret, "ranker"
	r, err := rerank.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRerank(t *testing.T) {
	t.Parallel()
	for _, shape := range []rerank.Shape{rerank.ShapeTEI, rerank.ShapeCohere} {
		s := start(t, nil)
		got, err := connect(t, s, rerank.Config{Shape: shape}).Rerank(t.Context(), "how long?", []string{"one", "fifteen", "three"})
		if err != nil || !slices.Equal(got, []float64{3, 7, 5}) {
			t.Errorf("%s: %v, %v", shape, got, err)
		}
		r := s.seen()[0]
		if r.path != "/v1/rerank" || r.authorization != "Bearer "+secret || r.Query != "how long?" {
			t.Errorf("%s: request %+v", shape, r)
		}
		switch shape {
		case rerank.ShapeTEI:
			if len(r.Texts) != 3 || r.Documents != nil || !r.Truncate || r.Model != "" {
				t.Errorf("tei: %+v", r)
			}
		case rerank.ShapeCohere:
			if len(r.Documents) != 3 || r.Texts != nil || r.TopN != 3 || r.Model != "ranker" {
				t.Errorf("cohere: %+v", r)
			}
		}
	}
}

func TestBatchesAndBounds(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	r := connect(t, s, rerank.Config{Batch: 2, MaxBytes: 11})
	got, err := r.Rerank(t.Context(), strings.Repeat("why ", 10), []string{"a", "ab", "abc", "a\xff", "退货政策是什么"})
	if err != nil || !slices.Equal(got, []float64{1, 2, 3, 2, 9}) {
		t.Errorf("%v, %v", got, err)
	}
	if n := len(s.seen()); n != 3 {
		t.Errorf("%d requests", n)
	}
	for _, in := range s.seen() {
		for _, text := range append(in.Documents, in.Query) {
			if len(text) > 11 || !utf8.ValidString(text) {
				t.Errorf("sent %q", text)
			}
		}
	}
	if got, err := r.Rerank(t.Context(), "why", nil); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(code)
			_, _ = fmt.Fprint(w, `{"error":"cannot rank a private text"}`)
		}
	}
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	cases := []struct {
		name    string
		shape   rerank.Shape
		handler http.HandlerFunc
		kind    schemas.ErrorKind
	}{
		{"429", rerank.ShapeCohere, status(429, "Retry-After", "9"), schemas.KindRateLimited},
		{"500", rerank.ShapeCohere, status(500), schemas.KindUnavailable},
		{"401", rerank.ShapeTEI, status(401), schemas.KindInvalid},
		{"413", rerank.ShapeTEI, status(413), schemas.KindTooLarge},
		{"redirect", rerank.ShapeTEI, status(307, "Location", "http://127.0.0.1:1/"), schemas.KindInvalid},
		{"a web page", rerank.ShapeTEI, body("<html>Login</html>"), schemas.KindUnavailable},
		{"half", rerank.ShapeCohere, body(`{"results":[{"index":0`), schemas.KindUnavailable},
		{"the other shape", rerank.ShapeCohere, body(`[{"index":0,"score":1},{"index":1,"score":1}]`), schemas.KindUnavailable},
		{"the other shape back", rerank.ShapeTEI, body(`{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1}]}`), schemas.KindUnavailable},
		{"not a number", rerank.ShapeTEI, body(`[{"index":0,"score":NaN},{"index":1,"score":1}]`), schemas.KindUnavailable},
		{"no score", rerank.ShapeTEI, body(`[{"index":0,"score":null},{"index":1,"score":1}]`), schemas.KindUnavailable},
		{"no index", rerank.ShapeTEI, body(`[{"score":2},{"index":1,"score":1}]`), schemas.KindUnavailable},
		{"one missing", rerank.ShapeTEI, body(`[{"index":1,"score":1}]`), schemas.KindUnavailable},
		{"one twice", rerank.ShapeTEI, body(`[{"index":1,"score":1},{"index":1,"score":1}]`), schemas.KindUnavailable},
		{"one too many", rerank.ShapeTEI, body(`[{"index":0,"score":1},{"index":2,"score":1}]`), schemas.KindUnavailable},
		{"a huge body", rerank.ShapeTEI, body(strings.Repeat(" ", 5<<20)), schemas.KindUnavailable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, c.handler)
			_, err := connect(t, s, rerank.Config{Shape: c.shape}).Rerank(t.Context(), "a private question", []string{"a private text", "b"})
			if schemas.KindOf(err) != c.kind || err == nil || len(s.seen()) != 1 {
				t.Fatalf("%d calls, %v", len(s.seen()), err)
			}
			var waits interface{ RetryAfter() time.Duration }
			if c.name == "429" && (!errors.As(err, &waits) || waits.RetryAfter() != 9*time.Second) {
				t.Errorf("the wait is lost: %v", err)
			}
			for _, leak := range []string{secret, "private", "127.0.0.1"} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("the error holds %q: %v", leak, err)
				}
			}
		})
	}
}

func TestSlowServer(t *testing.T) {
	t.Parallel()
	hold := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	s := start(t, hold)
	if _, err := connect(t, s, rerank.Config{Timeout: 10 * time.Millisecond}).Rerank(t.Context(), "q", []string{"a"}); schemas.KindOf(err) != schemas.KindUnavailable {
		t.Errorf("too slow: %v", err)
	}
	<-s.arrived
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := connect(t, s, rerank.Config{}).Rerank(ctx, "q", []string{"a"})
		failed <- err
	}()
	<-s.arrived
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s.Close()
	if _, err := connect(t, s, rerank.Config{}).Rerank(t.Context(), "q", []string{"a"}); schemas.KindOf(err) != schemas.KindUnavailable {
		t.Errorf("gone: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []rerank.Config{
		{BaseURL: "ftp://x", Model: "m"},
		{Model: "m"},
		{BaseURL: "http://x"},
		{BaseURL: "http://x", Model: "m", Shape: "other"},
	} {
		if _, err := rerank.New(c); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := rerank.New(rerank.Config{BaseURL: "http://x", Shape: rerank.ShapeTEI}); err != nil {
		t.Errorf("tei needs no model: %v", err)
	}
}
