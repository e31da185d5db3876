package openai_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"steward/internal/knowledge/embed/openai"
)

const secret = "sk-canary-7714"

// wireRequest is one request as the server got it.
type wireRequest struct {
	Model         string   `json:"model"`
	Input         []string `json:"input"`
	Dimensions    int      `json:"dimensions"`
	Format        string   `json:"encoding_format"`
	authorization string
	path          string
}

type item struct {
	Index     any `json:"index,omitempty"`
	Embedding any `json:"embedding"`
}

// reply answers one request; false leaves it to the server's good manners.
type reply func(w http.ResponseWriter, r *http.Request, in wireRequest) bool

// server is an embeddings server whose replies are used up one by one; after
// them it behaves.
type server struct {
	*httptest.Server
	dims int

	mu       sync.Mutex
	replies  []reply
	requests []wireRequest
	// arrived gets a value for every request.
	arrived chan struct{}
}

func start(t *testing.T, dims int, replies ...reply) *server {
	t.Helper()
	s := &server{dims: dims, replies: replies, arrived: make(chan struct{}, 1000)}
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
	var next reply
	if len(s.replies) > 0 {
		next, s.replies = s.replies[0], s.replies[1:]
	}
	s.mu.Unlock()
	s.arrived <- struct{}{}
	if next == nil || !next(w, r, in) {
		items := make([]item, len(in.Input))
		for i, text := range in.Input {
			items[i] = item{i, vectorOf(text, s.dims)}
		}
		answer(w, items, 7*len(items))
	}
}

func (s *server) seen() []wireRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// sent are all texts that were sent, in order.
func (s *server) sent() []string {
	var out []string
	for _, r := range s.seen() {
		out = append(out, r.Input...)
	}
	return out
}

// vectorOf is a vector that says which text it is of.
func vectorOf(text string, dims int) []float32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text))
	out := make([]float32, dims)
	for i := range out {
		out[i] = float32(h.Sum32()%1000)/1000 + float32(i)
	}
	return out
}

func answer(w http.ResponseWriter, items []item, tokens int) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"object": "list", "model": "m", "data": items, "usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens},
	})
}

// status refuses with a status, a body that quotes the request, and headers.
func status(code int, headers ...string) reply {
	return func(w http.ResponseWriter, _ *http.Request, in wireRequest) bool {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"cannot embed %s with %s","code":"bad"}}`, in.Input[0], in.authorization)
		return true
	}
}

func body(contentType, text string) reply {
	return func(w http.ResponseWriter, _ *http.Request, _ wireRequest) bool {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
		return true
	}
}

// items changes the items of a good answer.
func items(change func([]item) []item) reply {
	return func(w http.ResponseWriter, _ *http.Request, in wireRequest) bool {
		list := make([]item, len(in.Input))
		for i, text := range in.Input {
			list[i] = item{i, vectorOf(text, 4)}
		}
		answer(w, change(list), 3)
		return true
	}
}

// limits refuses what a server with these limits refuses.
func limits(most, longest int) reply {
	return func(w http.ResponseWriter, r *http.Request, in wireRequest) bool {
		tooLong := slices.ContainsFunc(in.Input, func(s string) bool { return len(s) > longest })
		if len(in.Input) <= most && !tooLong {
			return false
		}
		return status(http.StatusUnprocessableEntity)(w, r, in)
	}
}

// hold keeps the caller waiting until it gives up.
func hold(_ http.ResponseWriter, r *http.Request, _ wireRequest) bool {
	<-r.Context().Done()
	return true
}

// memory is a cache in memory.
type memory struct {
	mu      sync.Mutex
	vectors map[string][]float32
	fail    error
}

func (m *memory) Get(_ context.Context, keys []string) (map[string][]float32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string][]float32{}
	for _, key := range keys {
		if v, ok := m.vectors[key]; ok {
			out[key] = v
		}
	}
	return out, m.fail
}

func (m *memory) Put(_ context.Context, vectors map[string][]float32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.vectors == nil {
		m.vectors = map[string][]float32{}
	}
	maps.Copy(m.vectors, vectors)
	return m.fail
}

// meter adds up.
type meter struct {
	mu            sync.Mutex
	texts, tokens int
}

func (m *meter) Add(_ context.Context, texts, tokens int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.texts, m.tokens = m.texts+texts, m.tokens+tokens
}

func connect(t *testing.T, s *server, c openai.Config) *openai.Embedder {
	t.Helper()
	c.BaseURL, c.APIKey = s.URL+"/v1", secret
	if c.Model == "" {
		c.Model = "small"
	}
	e, err := openai.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
