package media

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const verbose = `{"task":"transcribe","language":"english","duration":2.0,"text":"Press the red button. Then wait.",
"segments":[{"id":0,"start":0.0,"end":1.1,"text":" Press the red button.","no_speech_prob":0.01,"avg_logprob":-0.2},
{"id":1,"start":1.1,"end":2.0,"text":" Then wait."}]}`

// service is an endpoint that gives its answers one after the other, the last
// of them again and again.
type service struct {
	url     string
	client  *http.Client
	mu      sync.Mutex
	seen    []sent
	answers []http.HandlerFunc
}

// sent is one request as the service saw it.
type sent struct {
	path, authorization string
	fields              map[string]string
	file                []byte
}

func newService(t *testing.T, answers ...http.HandlerFunc) *service {
	t.Helper()
	s := &service{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url, s.client = server.URL+"/v1/", server.Client()
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seen := sent{path: r.URL.Path, authorization: r.Header.Get("Authorization"), fields: make(map[string]string)}
	if err := r.ParseMultipartForm(32 << 20); err == nil {
		for name, values := range r.MultipartForm.Value {
			seen.fields[name] = strings.Join(values, ",")
		}
		if file, _, err := r.FormFile("file"); err == nil {
			seen.file, _ = io.ReadAll(file)
		}
	}
	s.mu.Lock()
	s.seen = append(s.seen, seen)
	next := s.answers[min(len(s.seen), len(s.answers))-1]
	s.mu.Unlock()
	next(w, r)
}

func (s *service) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func (s *service) transcriber() *Transcriber {
	return &Transcriber{BaseURL: s.url, APIKey: "key", Model: "whisper-1", Client: s.client}
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestServicesThatMisbehave(t *testing.T) {
	t.Parallel()
	now := []string{"Retry-After", "0"}
	later := []string{"Retry-After", "3600"}
	for _, tt := range []struct {
		name    string
		answers []http.HandlerFunc
		want    schemas.FailCode
		again   bool
		// requests is how many are made.
		requests int
	}{
		{"busy once", []http.HandlerFunc{answer(429, "", now...), answer(200, verbose)}, schemas.FailNone, false, 2},
		{"broken once", []http.HandlerFunc{answer(503, "", now...), answer(200, verbose)}, schemas.FailNone, false, 2},
		{"always busy", []http.HandlerFunc{answer(429, "", now...)}, schemas.FailTranscription, true, tries},
		{"always broken", []http.HandlerFunc{answer(500, "", now...)}, schemas.FailTranscription, true, tries},
		{"busy for an hour", []http.HandlerFunc{answer(429, "", later...)}, schemas.FailTranscription, true, 1},
		{"wrong key", []http.HandlerFunc{answer(401, `{"error":{"message":"bad key sk-123"}}`)}, schemas.FailTranscription, false, 1},
		{"refused", []http.HandlerFunc{answer(400, "")}, schemas.FailTranscription, false, 1},
		{"no such path", []http.HandlerFunc{answer(404, "")}, schemas.FailTranscription, false, 1},
		{"a page", []http.HandlerFunc{answer(200, "<html>Welcome")}, schemas.FailTranscription, false, 1},
		{"half an answer", []http.HandlerFunc{answer(200, verbose[:100])}, schemas.FailTranscription, false, 1},
		{"endless answer", []http.HandlerFunc{answer(200, strings.Repeat(" ", maxTranscript+2))}, schemas.FailTranscription, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, tt.answers...)
			_, _, err := s.transcriber().all(t.Context(), [][]byte{[]byte("OggS")}, partLength, "")
			code, again := knowledge.CodeOf(err)
			if code != tt.want || again != tt.again {
				t.Errorf("code %q, again %v: %v", code, again, err)
			}
			if n := len(s.requests()); n != tt.requests {
				t.Errorf("%d requests", n)
			}
			if err != nil && (strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "sk-123")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	cut := newService(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, verbose[:100])
	})
	gone := newService(t)
	gone.url = "http://127.0.0.1:1/v1"
	for name, s := range map[string]*service{"cut off": cut, "nobody there": gone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, wait, err := s.transcriber().send(t.Context(), []byte("OggS"), "")
			code, again := knowledge.CodeOf(err)
			if code != schemas.FailTranscription || !again || wait >= 0 || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("code %q, again %v, wait %v: %v", code, again, wait, err)
			}
		})
	}
}

// roundTrip is a network that answers as it likes.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPausesBetweenTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		asks := []string{"", "", "7"}
		transcriber := &Transcriber{BaseURL: "https://a.example/v1", Client: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			header := http.Header{}
			if ask := asks[min(len(at), len(asks))-1]; ask != "" {
				header.Set("Retry-After", ask)
			}
			return &http.Response{StatusCode: 503, Header: header, Body: http.NoBody}, nil
		})}}
		for range 2 {
			if _, err := transcriber.part(t.Context(), nil, ""); err == nil {
				t.Fatal("no error")
			}
		}
		want := []time.Duration{0, firstPause, 3 * firstPause, 3 * firstPause, 3*firstPause + 7*time.Second, 3*firstPause + 14*time.Second}
		for i := range want {
			if i >= len(at) || at[i] != want[i] {
				t.Fatalf("requests at %v, want %v", at, want)
			}
		}
	})
}

func TestSlowServiceIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transcriber := &Transcriber{BaseURL: "https://a.example/v1", Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}}
		start := time.Now()
		_, _, err := transcriber.send(t.Context(), nil, "")
		if code, again := knowledge.CodeOf(err); code != schemas.FailTranscription || !again {
			t.Errorf("code %q, again %v", code, again)
		}
		if took := time.Since(start); took != requestTimeout {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = transcriber.part(ctx, nil, "")
		if code, again := knowledge.CodeOf(err); code != schemas.FailCancelled || !again || !errors.Is(err, context.Canceled) {
			t.Errorf("code %q, again %v: %v", code, again, err)
		}
	})
}
