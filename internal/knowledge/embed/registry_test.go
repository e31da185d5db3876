package embed_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed"
	"steward/internal/knowledge/embed/lsa"
	"steward/internal/knowledge/embed/openai"
	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps stored models and counts how often each is read.
type shelf struct {
	mu     sync.Mutex
	models map[schemas.EmbedderID][]byte
	reads  map[schemas.EmbedderID]int
	// gate, when set, holds every read until it is closed; entered gets a value
	// for each.
	gate, entered chan struct{}
}

func (s *shelf) EmbedderModel(ctx context.Context, id schemas.EmbedderID) ([]byte, error) {
	if s.gate != nil {
		s.entered <- struct{}{}
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads[id]++
	if data, ok := s.models[id]; ok {
		return data, nil
	}
	return nil, schemas.NewError(schemas.KindNotFound, "no such embedder")
}

func (s *shelf) count(id schemas.EmbedderID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[id]
}

func units(n int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for i := range n {
			if !yield(strings.Fields(fmt.Sprintf("shop word%d word%d word%d", i%7, i%11, i%13)), nil) {
				return
			}
		}
	}
}

// trained is a shelf with models a, b, c and a damaged one.
func trained(t *testing.T) *shelf {
	t.Helper()
	model, dims, err := embed.NewRegistry(embed.Options{}).Train(t.Context(), 80, units(80))
	if err != nil || dims != 200 {
		t.Fatalf("%d dimensions, %v", dims, err)
	}
	bad := slices.Clone(model)
	bad[len(bad)/2]++
	return &shelf{
		models: map[schemas.EmbedderID][]byte{"a": model, "b": model, "c": model, "bad": bad},
		reads:  map[schemas.EmbedderID]int{},
	}
}

func row(id schemas.EmbedderID) schemas.Embedder {
	return schemas.Embedder{ID: id, Kind: schemas.EmbedderLSA, Dims: 200}
}

func TestOpenTraining(t *testing.T) {
	t.Parallel()
	s := trained(t)
	r := embed.NewRegistry(embed.Options{Models: s})
	e, err := r.Open(t.Context(), row("a"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.Embed(t.Context(), knowledge.RoleQuery, []knowledge.Embeddable{{Terms: []string{"word3"}}, {Terms: []string{"unheard"}}})
	if err != nil || len(v[0]) != 200 || slices.Max(v[0]) == 0 || slices.Max(v[1]) != 0 {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := r.Open(t.Context(), row("bad")); schemas.KindOf(err) != schemas.KindInvalid || !errors.Is(err, lsa.ErrDamaged) {
		t.Errorf("damaged: %v", err)
	}
	if _, err := r.Open(t.Context(), row("gone")); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("gone: %v", err)
	}
	short := row("a")
	short.Dims = 100
	if _, err := r.Open(t.Context(), short); schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("other dimensions: %v", err)
	}
	for _, kind := range []schemas.EmbedderKind{schemas.EmbedderNone, "other", ""} {
		if _, err := r.Open(t.Context(), schemas.Embedder{Kind: kind}); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	if _, _, err := r.Train(t.Context(), 20, units(20)); !errors.Is(err, lsa.ErrTooSmall) {
		t.Errorf("too little content: %v", err)
	}
}

func TestModelsThatWereUsedLastAreHeld(t *testing.T) {
	t.Parallel()
	s := trained(t)
	r := embed.NewRegistry(embed.Options{Models: s, Keep: 2})
	for _, id := range []schemas.EmbedderID{"a", "b", "a", "c", "a", "b", "b"} {
		if _, err := r.Open(t.Context(), row(id)); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[schemas.EmbedderID]int{"a": 1, "b": 2, "c": 1} {
		if n := s.count(id); n != want {
			t.Errorf("%s was read %d times, want %d", id, n, want)
		}
	}
	// What failed is tried again.
	for range 2 {
		if _, err := r.Open(t.Context(), row("bad")); err == nil {
			t.Error("a damaged model is opened")
		}
	}
	if n := s.count("bad"); n != 2 {
		t.Errorf("the damaged one was read %d times", n)
	}
}

// Those who want a model at the same time read it once, and one who gives up
// takes nothing from the others.
func TestOneReadingForAll(t *testing.T) {
	t.Parallel()
	s := trained(t)
	s.gate, s.entered = make(chan struct{}), make(chan struct{}, 10)
	r := embed.NewRegistry(embed.Options{Models: s})
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := r.Open(ctx, row("a"))
		gaveUp <- err
	}()
	<-s.entered
	opened := make(chan error)
	for range 8 {
		go func() {
			_, err := r.Open(t.Context(), row("a"))
			opened <- err
		}()
	}
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up: %v", err)
	}
	close(s.gate)
	for range 8 {
		if err := <-opened; err != nil {
			t.Error(err)
		}
	}
	if n := s.count("a"); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestOpenRemote(t *testing.T) {
	t.Parallel()
	connect := func(model string, dims int) *openai.Embedder {
		e, err := openai.New(openai.Config{BaseURL: "http://127.0.0.1:1/v1", Model: model, Dims: dims})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	r := embed.NewRegistry(embed.Options{Remote: []*openai.Embedder{connect("old", 8), connect("new", 0)}})
	for _, c := range []struct {
		model string
		dims  int
		kind  schemas.ErrorKind
	}{
		{"old", 8, ""},
		{"new", 16, ""},
		{"old", 9, schemas.KindInvalid},
		{"new", 0, schemas.KindInvalid},
		{"none", 8, schemas.KindInvalid},
	} {
		e, err := r.Open(t.Context(), schemas.Embedder{Kind: schemas.EmbedderOpenAI, Model: c.model, Dims: c.dims})
		if c.kind != "" {
			if schemas.KindOf(err) != c.kind || e != nil {
				t.Errorf("%+v: %v, %v", c, e, err)
			}
			continue
		}
		if err != nil || e.(*openai.Embedder).Dims() != c.dims {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
