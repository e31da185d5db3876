package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/openai"
	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every way in which a server can misbehave gives one kind of error, keeps
// nothing, and leaks neither the key nor a text nor the address.
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	vector := func(v any) reply {
		return items(func(list []item) []item {
			list[1].Embedding = v
			return list
		})
	}
	whole := `{"data":[{"index":0,"embedding":[1,2,3,4]},{"index":1,"embedding":[1,2,3,4]}]}`
	cases := []struct {
		name  string
		reply reply
		kind  schemas.ErrorKind
		calls int
	}{
		{"429", status(429), schemas.KindRateLimited, 2},
		{"429 with a short wait", status(429, "Retry-After", "1"), schemas.KindRateLimited, 2},
		{"429 with a long wait", status(429, "Retry-After", "30"), schemas.KindRateLimited, 1},
		{"503 with a wait", status(503, "Retry-After-Ms", "10"), schemas.KindRateLimited, 2},
		{"500", status(500), schemas.KindUnavailable, 2},
		{"408", status(408), schemas.KindUnavailable, 2},
		{"401", status(401), schemas.KindInvalid, 1},
		{"404", status(404), schemas.KindInvalid, 1},
		{"413 for a single text", status(413), schemas.KindTooLarge, 2},
		{"redirect", status(302, "Location", "http://127.0.0.1:1/"), schemas.KindInvalid, 1},
		{"a web page", body("text/html", "<html>Login</html>"), schemas.KindUnavailable, 2},
		{"a web page as json", body("application/json", "<html>Login</html>"), schemas.KindUnavailable, 2},
		{"nothing", body("application/json", ""), schemas.KindUnavailable, 2},
		{"null", body("application/json", "null"), schemas.KindUnavailable, 2},
		{"half a body", body("application/json", whole[:60]), schemas.KindUnavailable, 2},
		{"not a number", body("application/json", strings.Replace(whole, "3", "NaN", 1)), schemas.KindUnavailable, 2},
		{"infinite", body("application/json", strings.Replace(whole, "3", "1e99", 1)), schemas.KindUnavailable, 2},
		{"null in a vector", vector([]any{1, nil, 3, 4}), schemas.KindUnavailable, 2},
		{"words in a vector", vector([]any{1, "2", 3, 4}), schemas.KindUnavailable, 2},
		{"base64", vector("AACAPwAAgD8AAIA/AACAPw=="), schemas.KindUnavailable, 2},
		{"no vector", vector(nil), schemas.KindUnavailable, 2},
		{"empty vector", vector([]float32{}), schemas.KindUnavailable, 2},
		{"a longer vector", vector([]float32{1, 2, 3, 4, 5}), schemas.KindInvalid, 1},
		{"a missing entry", items(func(l []item) []item { return l[:1] }), schemas.KindUnavailable, 2},
		{"an extra entry", items(func(l []item) []item { return append(l, item{2, l[0].Embedding}) }), schemas.KindUnavailable, 2},
		{"an entry twice", items(func(l []item) []item { return []item{l[0], l[0]} }), schemas.KindUnavailable, 2},
		{"no index", items(func(l []item) []item { return []item{{nil, l[0].Embedding}, {nil, l[1].Embedding}} }), schemas.KindUnavailable, 2},
		{"a foreign index", items(func(l []item) []item { return []item{l[0], {-1, l[1].Embedding}} }), schemas.KindUnavailable, 2},
		{"a huge body", body("application/json", `{"x":"`+strings.Repeat("y", 1<<20)+`"}`), schemas.KindUnavailable, 2},
		{"a cut connection", hijack, schemas.KindUnavailable, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refused := strings.HasPrefix(c.name, "413")
			s := start(t, 4, slices.Repeat([]reply{c.reply}, 3)...)
			cache := &memory{}
			e := connect(t, s, openai.Config{Dims: 4, Cache: cache, MaxBody: 64 << 10})
			noWait(e)
			list := texts("a private text", "another private text")
			if refused {
				list = texts(strings.Repeat("a private text ", 30))
			}
			_, err := e.Embed(t.Context(), knowledge.RolePassage, list)
			if schemas.KindOf(err) != c.kind || len(s.seen()) != c.calls || len(cache.vectors) != 0 {
				t.Errorf("%d calls, %d kept, %v", len(s.seen()), len(cache.vectors), err)
			}
			for _, leak := range []string{secret, "private", "cannot embed", "127.0.0.1"} {
				if err != nil && strings.Contains(err.Error(), leak) {
					t.Errorf("the error holds %q: %v", leak, err)
				}
			}
		})
	}
}

// hijack ends the connection in the middle of the answer.
func hijack(w http.ResponseWriter, _ *http.Request, _ wireRequest) bool {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return false
	}
	_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"data\":[")
	_ = buf.Flush()
	_ = conn.Close()
	return true
}

// A second attempt helps, and the order of entries is of no matter.
func TestSecondAttempt(t *testing.T) {
	t.Parallel()
	shuffled := items(func(l []item) []item {
		slices.Reverse(l)
		return l
	})
	s := start(t, 4, status(503, "Retry-After", "2"), shuffled)
	e := connect(t, s, openai.Config{Dims: 4})
	waits := noWait(e)
	got, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a", "b", "c"))
	if err != nil || !slices.Equal(got[0], vectorOf("a", 4)) || !slices.Equal(got[2], vectorOf("c", 4)) {
		t.Errorf("%v, %v", got, err)
	}
	if len(*waits) != 1 || (*waits)[0] != 2*time.Second {
		t.Errorf("waits %v", *waits)
	}
	// Near its end a call does not wait.
	s = start(t, 4, status(503, "Retry-After", "2"))
	e = connect(t, s, openai.Config{Dims: 4})
	waits = noWait(e)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := e.Embed(ctx, knowledge.RolePassage, texts("a")); schemas.KindOf(err) != schemas.KindRateLimited || len(*waits) != 0 {
		t.Errorf("waits %v, %v", *waits, err)
	}
}

func TestCancelAbortsTheCall(t *testing.T) {
	t.Parallel()
	s := start(t, 4, hold)
	e := connect(t, s, openai.Config{Dims: 4})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := e.Embed(ctx, knowledge.RolePassage, texts("a"))
		failed <- err
	}()
	<-s.arrived
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCancelEndsTheWait(t *testing.T) {
	t.Parallel()
	s := start(t, 4, status(503, "Retry-After", "2"))
	e := connect(t, s, openai.Config{Dims: 4})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := e.Embed(ctx, knowledge.RolePassage, texts("a"))
		failed <- err
	}()
	<-s.arrived
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) || len(s.seen()) != 1 {
		t.Errorf("%d calls, %v", len(s.seen()), err)
	}
}

// A slow server costs a question its time and no more, and is then left alone.
func TestCustomersDoNotWaitForASlowServer(t *testing.T) {
	t.Parallel()
	s := start(t, 4, hold, hold, hold)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	// Long enough to reach the server on a busy machine.
	e := connect(t, s, openai.Config{Dims: 4, QueryTimeout: time.Second, Now: func() time.Time { return now }})
	ask := func() error {
		_, err := e.Embed(t.Context(), knowledge.RoleQuery, texts("q"))
		return err
	}
	for i := range 5 {
		if err := ask(); schemas.KindOf(err) != schemas.KindUnavailable {
			t.Fatalf("question %d: %v", i, err)
		}
	}
	if n := len(s.seen()); n != 3 {
		t.Errorf("%d questions reached the server, want 3", n)
	}
	// Passages are not customers: they may try.
	if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts("p")); err != nil {
		t.Errorf("a passage: %v", err)
	}
}

func TestCircuitClosesAgain(t *testing.T) {
	t.Parallel()
	bad := status(http.StatusUnauthorized)
	s := start(t, 4, bad, bad, bad, bad)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	e := connect(t, s, openai.Config{Dims: 4, Now: func() time.Time { return now }})
	ask := func() schemas.ErrorKind {
		_, err := e.Embed(t.Context(), knowledge.RoleQuery, texts("q"))
		if err == nil {
			return ""
		}
		return schemas.KindOf(err)
	}
	refused, open := schemas.KindInvalid, schemas.KindUnavailable
	for i, step := range []struct {
		after time.Duration
		want  schemas.ErrorKind
	}{
		{0, refused},
		{0, refused},
		{0, refused},
		{29 * time.Second, open},
		{2 * time.Second, refused}, // one is let through
		{time.Second, open},
		{30 * time.Second, ""}, // the server is well again
		{0, ""},
	} {
		now = now.Add(step.after)
		if got := ask(); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	s := start(t, 4)
	e := connect(t, s, openai.Config{Dims: 4})
	noWait(e)
	s.Close()
	_, err := e.Embed(t.Context(), knowledge.RolePassage, texts("a"))
	if schemas.KindOf(err) != schemas.KindUnavailable || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v", err)
	}
}

// A server that does not count tokens is counted by estimate.
func TestMeterWithoutUsage(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(map[string]any{"data": []item{{0, vectorOf("x", 4)}}})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, 4, body("application/json", string(raw)))
	m := &meter{}
	e := connect(t, s, openai.Config{Dims: 4, Meter: m})
	if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts(strings.Repeat("word", 100))); err != nil || m.texts != 1 || m.tokens != 101 {
		t.Errorf("metered %d texts, %d tokens, %v", m.texts, m.tokens, err)
	}
}
