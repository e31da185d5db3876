package weaviate

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/knowledge"
	"steward/internal/knowledge/indextest"
	"steward/internal/testkit"
	"steward/schemas"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

const source = schemas.SourceID("src_1")

// newObject makes a chunk of its own by hand; its grams are no hindrance.
func newObject(document, terms string) knowledge.Object {
	return knowledge.Object{Chunk: schemas.Chunk{
		ID:     schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, uuid.New())),
		Source: source, Document: schemas.DocumentID(document), Terms: terms, Grams: "_",
	}}
}

// newName returns the name of a collection nobody else uses.
func newName() string { return "KbChunk" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// newIndex makes a collection of its own on the shared server.
func newIndex(t *testing.T) *Index {
	t.Helper()
	x, err := New(Options{URL: testkit.Weaviate(t).URL(), Collection: newName()})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Prepare(testContext(t)); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	return x
}

func TestConformance(t *testing.T) {
	t.Parallel()
	x := newIndex(t)
	indextest.Run(t, func(*testing.T) knowledge.Index { return x })
}

func TestConformanceOverGRPC(t *testing.T) {
	t.Parallel()
	overHTTP := newIndex(t)
	server := testkit.Weaviate(t)
	x, err := New(Options{URL: server.URL(), GRPC: server.GRPC(), Collection: overHTTP.collection})
	if err != nil {
		t.Fatal(err)
	}
	indextest.Run(t, func(*testing.T) knowledge.Index { return x })
}

// calls makes every call once and returns its errors.
func calls(t *testing.T, x *Index) map[string]error {
	t.Helper()
	ctx, tenant := testContext(t), indextest.NewTenant()
	object := newObject("doc_1", "tent")
	query := knowledge.Query{Tenant: tenant, Text: "tent", Sources: []schemas.SourceID{source}}
	_, words := x.Search(ctx, query)
	query.Vector, query.VectorName, query.Weight = []float32{1}, "lsa_a", 0.5
	_, hybrid := x.Search(ctx, query)
	_, count := x.Count(ctx, tenant, source)
	_, total := x.Total(ctx, tenant)
	_, chunks := x.Chunks(ctx, tenant, object.Chunk.Document)
	return map[string]error{
		"Prepare": x.Prepare(ctx), "Search": words, "Search by vector": hybrid,
		"Count": count, "Total": total, "Chunks": chunks,
		"Put":    x.Put(ctx, tenant, []knowledge.Object{object}),
		"Delete": x.Delete(ctx, tenant, []schemas.ChunkID{object.Chunk.ID}),
	}
}

func TestServerAway(t *testing.T) {
	t.Parallel()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(busy.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, o := range map[string]Options{
		"busy": {URL: busy.URL}, "gone": {URL: gone.URL},
		"gone with imports over gRPC": {URL: gone.URL, GRPC: strings.TrimPrefix(gone.URL, "http://")},
	} {
		x, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for call, err := range calls(t, x) {
			if schemas.KindOf(err) != schemas.KindUnavailable {
				t.Errorf("%s, %s: %v is not unavailable", name, call, err)
			}
		}
	}
}

// A wrong key is for people to put right: waiting does not help.
func TestServerRefusesUs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	x, err := New(Options{URL: server.URL, APIKey: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	for call, err := range calls(t, x) {
		if err == nil || schemas.KindOf(err) == schemas.KindUnavailable {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// The server says 200 and lists the objects it did not take.
func TestPartialBatch(t *testing.T) {
	t.Parallel()
	for reason, kind := range map[string]schemas.ErrorKind{
		"put vector: not enough memory":                                          schemas.KindUnavailable,
		"lsa_a: vector dimensions do not match the index dimensions":             schemas.KindInvalid,
		"inconsistent vector lengths: 3 != 4":                                    schemas.KindInvalid,
		"collection KbChunk does not have configuration for vector nobody_knows": schemas.KindInvalid,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`[{"result":{"status":"SUCCESS"}},{"result":{"status":"FAILED","errors":{"error":[{"message":"` + reason + `"}]}}}]`))
		}))
		t.Cleanup(server.Close)
		x, err := New(Options{URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		objects := make([]knowledge.Object, 2)
		for i := range objects {
			objects[i].Chunk.ID = schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, uuid.New()))
		}
		err = x.Put(testContext(t), indextest.NewTenant(), objects)
		if schemas.KindOf(err) != kind || !strings.Contains(err.Error(), "1 of 2") {
			t.Errorf("%s: Put = %v", reason, err)
		}
	}
}

func TestRefusesBadInput(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "127.0.0.1:8080", "ftp://host", "http://"} {
		if _, err := New(Options{URL: url}); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("New(%q) = %v", url, err)
		}
	}
	x, err := New(Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []schemas.AgentID{"", "a", `agent" }`, "agent/1"} {
		if _, err := x.Search(testContext(t), knowledge.Query{Tenant: tenant}); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("Search of tenant %q = %v", tenant, err)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\x00\v\x1bb\x7f": "a   b ", "a\xffb": "ab", "🏴\U000e0067\U000e007f": "🏴", "å\tß\n": "å\tß\n",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q", in, got)
		}
	}
}
