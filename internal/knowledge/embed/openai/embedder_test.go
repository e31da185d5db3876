package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/endpoint"
	"steward/internal/knowledge/embed/openai"
	"steward/schemas"
)

func texts(list ...string) []knowledge.Embeddable {
	out := make([]knowledge.Embeddable, len(list))
	for i, text := range list {
		out[i].Text = text
	}
	return out
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("passage %d", i)
	}
	return out
}

// noWait records the waits and does not wait.
func noWait(e *openai.Embedder) *[]time.Duration {
	var waits []time.Duration
	e.SetWait(func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		return ctx.Err()
	})
	return &waits
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	s := start(t, 4)
	m := &meter{}
	e := connect(t, s, openai.Config{Model: "intfloat/multilingual-e5-base", Dims: 4, Meter: m})
	got, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a", " \n", "b", "a"))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float32{vectorOf("passage: a", 4), {0, 0, 0, 0}, vectorOf("passage: b", 4), vectorOf("passage: a", 4)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vectors (-want +got):\n%s", diff)
	}
	if got, err := e.Embed(t.Context(), knowledge.RoleQuery, texts("a")); err != nil || !slices.Equal(got[0], vectorOf("query: a", 4)) {
		t.Errorf("a question: %v, %v", got, err)
	}
	if got, err := e.Embed(t.Context(), knowledge.RoleQuery, nil); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"passage: a", "passage: b", "query: a"}, s.sent()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	r := s.seen()[0]
	if r.path != "/v1/embeddings" || r.authorization != "Bearer "+secret || r.Model != e.Model() || r.Format != "float" || r.Dimensions != 0 {
		t.Errorf("request %+v", r)
	}
	if m.texts != 3 || m.tokens != 21 {
		t.Errorf("metered %d texts, %d tokens", m.texts, m.tokens)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	s := start(t, 4)
	e := connect(t, s, openai.Config{Dims: 4})
	list := append(numbered(200), strings.Repeat("long word ", 2500), strings.Repeat("more words ", 2500))
	got, err := e.Embed(t.Context(), knowledge.RolePassage, texts(list...))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, r := range s.seen() {
		sizes = append(sizes, len(r.Input))
		sum := 0
		for _, text := range r.Input {
			sum += openai.Tokens(text)
		}
		if sum > 8192 && len(r.Input) > 1 {
			t.Errorf("a request has %d texts and %d tokens", len(r.Input), sum)
		}
	}
	if diff := cmp.Diff([]int{96, 96, 9, 1}, sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
	for i := range 200 {
		if !slices.Equal(got[i], vectorOf(list[i], 4)) {
			t.Fatalf("text %d has the vector of another", i)
		}
	}
}

func TestUnchangedTextCostsNothing(t *testing.T) {
	t.Parallel()
	s := start(t, 4)
	m, cache := &meter{}, &memory{}
	open := func(dims int, prefixes *openai.Prefixes) *openai.Embedder {
		return connect(t, s, openai.Config{Dims: dims, Meter: m, Cache: cache, Prefixes: prefixes})
	}
	e := open(4, nil)
	first, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := open(4, nil).Embed(t.Context(), knowledge.RolePassage, texts("c", "b", "a"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{vectorOf("c", 4), first[1], first[0]}, again); diff != "" {
		t.Errorf("vectors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, s.sent()); diff != "" || m.texts != 3 {
		t.Errorf("sent (-want +got), %d metered:\n%s", m.texts, diff)
	}
	// Questions are never kept, other prefixes are other texts.
	for _, step := range []struct {
		e    *openai.Embedder
		role knowledge.Role
	}{{e, knowledge.RoleQuery}, {e, knowledge.RoleQuery}, {open(4, &openai.Prefixes{Passage: "doc: "}), knowledge.RolePassage}} {
		before := len(s.sent())
		if _, err := step.e.Embed(t.Context(), step.role, texts("a")); err != nil || len(s.sent()) != before+1 {
			t.Errorf("%+v: %d sent, %v", step, len(s.sent())-before, err)
		}
	}
	if len(cache.vectors) != 4 {
		t.Errorf("%d vectors are kept", len(cache.vectors))
	}
	// A vector of another length is not used.
	for key := range cache.vectors {
		cache.vectors[key] = []float32{1}
	}
	before := len(s.sent())
	if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a")); err != nil || len(s.sent()) != before+1 {
		t.Errorf("a damaged entry: %v", err)
	}
	cache.fail = errors.New("no database")
	if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a")); !errors.Is(err, cache.fail) {
		t.Errorf("a failing cache: %v", err)
	}
}

// What was paid for before a failure is not paid for again.
func TestProgressIsKept(t *testing.T) {
	t.Parallel()
	good := func(http.ResponseWriter, *http.Request, wireRequest) bool { return false }
	s := start(t, 4, good, status(500), status(500))
	e := connect(t, s, openai.Config{Dims: 4, Cache: &memory{}})
	noWait(e)
	if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts(numbered(150)...)); schemas.KindOf(err) != schemas.KindUnavailable {
		t.Fatalf("got %v", err)
	}
	before := len(s.sent())
	if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts(numbered(150)...)); err != nil {
		t.Fatal(err)
	}
	if n := len(s.sent()) - before; n != 54 {
		t.Errorf("%d texts are sent again, want the 54 that failed", n)
	}
}

// Servers differ in what they take at once: a refused batch is halved, and the
// number that works is remembered.
func TestServersWithLimits(t *testing.T) {
	t.Parallel()
	tei := slices.Repeat([]reply{limits(32, 300)}, 60)
	s := start(t, 4, tei...)
	e := connect(t, s, openai.Config{Dims: 4})
	list := numbered(200)
	list[3] = strings.Repeat("a long line ", 40)
	got, err := e.Embed(t.Context(), knowledge.RolePassage, texts(list...))
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if i != 3 && !slices.Equal(got[i], vectorOf(list[i], 4)) {
			t.Fatalf("text %d has the vector of another", i)
		}
	}
	requests := s.seen()
	if last := requests[len(requests)-2]; len(last.Input) != 24 {
		t.Errorf("the last but one request has %d texts", len(last.Input))
	}
	cutTo := ""
	for _, text := range s.sent() {
		if strings.HasPrefix(list[3], text) && text != list[3] {
			cutTo = text
		}
	}
	if len(cutTo) < 200 || !slices.Equal(got[3], vectorOf(cutTo, 4)) {
		t.Errorf("the long text is cut to %q", cutTo)
	}
	// A server that refuses everything is not asked for each text.
	s = start(t, 4, slices.Repeat([]reply{status(400)}, 60)...)
	_, err = connect(t, s, openai.Config{Dims: 4}).Embed(t.Context(), knowledge.RolePassage, texts(numbered(96)...))
	if schemas.KindOf(err) != schemas.KindInvalid || len(s.seen()) > 8 {
		t.Errorf("%d requests, %v", len(s.seen()), err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	s := start(t, 6)
	if dims, err := connect(t, s, openai.Config{}).Check(t.Context()); dims != 6 || err != nil {
		t.Errorf("unknown dimensions: %d, %v", dims, err)
	}
	if dims, err := connect(t, s, openai.Config{Dims: 6, Shorten: true}).Check(t.Context()); dims != 6 || err != nil || s.seen()[1].Dimensions != 6 {
		t.Errorf("configured dimensions: %d, %v", dims, err)
	}
	for name, c := range map[string]struct {
		reply reply
		kind  schemas.ErrorKind
		says  string
	}{
		"other dimensions": {nil, schemas.KindInvalid, "6 dimensions where 4 are expected"},
		"wrong key":        {status(401), schemas.KindInvalid, "API key"},
		"wrong address":    {status(404), schemas.KindInvalid, "no such address or model"},
		"a web page":       {body("text/html", "<html>Welcome</html>"), schemas.KindInvalid, "not as an embeddings endpoint"},
		"down":             {status(503), schemas.KindUnavailable, "does not work"},
		"busy":             {status(429, "Retry-After", "9"), schemas.KindRateLimited, "too many"},
	} {
		s := start(t, 6, c.reply)
		_, err := connect(t, s, openai.Config{Dims: 4}).Check(t.Context())
		if schemas.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A model that was exchanged on the server is noticed, and nothing of it kept.
func TestChangedDimensionsAreNotStored(t *testing.T) {
	t.Parallel()
	s := start(t, 5)
	cache := &memory{}
	_, err := connect(t, s, openai.Config{Dims: 4, Cache: cache}).Embed(t.Context(), knowledge.RolePassage, texts("a"))
	if schemas.KindOf(err) != schemas.KindInvalid || len(s.seen()) != 1 || len(cache.vectors) != 0 {
		t.Errorf("%d requests, %d kept: %v", len(s.seen()), len(cache.vectors), err)
	}
	unknown := connect(t, s, openai.Config{})
	if _, err := unknown.Embed(t.Context(), knowledge.RolePassage, texts("a")); schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("without dimensions: %v", err)
	}
	bound, err := unknown.WithDims(5)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := bound.Embed(t.Context(), knowledge.RolePassage, texts("a")); err != nil || len(v[0]) != 5 {
		t.Errorf("bound: %v, %v", v, err)
	}
	if _, err := bound.WithDims(6); schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("bound to another length: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []openai.Config{
		{BaseURL: "ftp://x", Model: "m"},
		{BaseURL: "http://user:pass@x", Model: "m"},
		{Model: "m"},
		{BaseURL: "http://x", Model: " "},
		{BaseURL: "http://x", Model: "m", Dims: -1},
		{BaseURL: "http://x", Model: "m", Dims: 1 << 20},
		{BaseURL: "http://x", Model: "m", Shorten: true},
	} {
		if _, err := openai.New(c); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestErrorsSayHowLongToWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "Sat, 21 Nov 2026 12:01:00 GMT": time.Minute, "nonsense": 0, "-5": 0,
		"1e99": 24 * time.Hour, "NaN": 0,
	} {
		s := start(t, 4, status(429, "Retry-After", header), status(429, "Retry-After", header))
		e := connect(t, s, openai.Config{Dims: 4, Now: func() time.Time { return now }})
		noWait(e)
		_, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a"))
		var waits interface{ RetryAfter() time.Duration }
		if schemas.KindOf(err) != schemas.KindRateLimited || !errors.As(err, &waits) || waits.RetryAfter() != want {
			t.Errorf("%q: %v", header, err)
		}
		var refusal *endpoint.Refusal
		if !errors.As(err, &refusal) || refusal.Status != 429 {
			t.Errorf("%q: no refusal in %v", header, err)
		}
	}
}
