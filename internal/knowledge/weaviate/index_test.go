package weaviate

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/weaviate/weaviate/entities/models"

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

// newIndex makes a collection of its own on the shared server.
func newIndex(t *testing.T) *Index {
	t.Helper()
	x, err := New(Options{
		URL:        testkit.Weaviate(t).URL(),
		Collection: "KbChunk" + strings.ReplaceAll(uuid.NewString(), "-", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Ensure(testContext(t)); err != nil {
		t.Fatalf("Ensure: %v", err)
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

func TestEnsureFromManyProcesses(t *testing.T) {
	t.Parallel()
	url := testkit.Weaviate(t).URL()
	name := "KbChunk" + strings.ReplaceAll(uuid.NewString(), "-", "")
	errs := make([]error, 4)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			x, err := New(Options{URL: url, Collection: name})
			if err == nil {
				err = x.Ensure(testContext(t))
			}
			errs[i] = err
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("Ensure: %v", err)
	}
}

// Named vectors come later, to a collection that is in use: the definition of
// today must take them.
func TestVectorsCanBeAdded(t *testing.T) {
	t.Parallel()
	x := newIndex(t)
	ctx := testContext(t)
	class, err := x.client.Schema().ClassGetter().WithClassName(x.collection).Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if class.VectorConfig == nil {
		class.VectorConfig = make(map[string]models.VectorConfig)
	}
	class.VectorConfig["lsa_a"] = models.VectorConfig{
		Vectorizer: map[string]any{"none": map[string]any{}}, VectorIndexType: "hnsw",
		VectorIndexConfig: map[string]any{"distance": "cosine"},
	}
	if err := x.client.Schema().ClassUpdater().WithClass(class).Do(ctx); err != nil {
		t.Errorf("add a named vector: %v", err)
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
	tenant := indextest.NewTenant()
	id := schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, uuid.New()))
	for name, url := range map[string]string{"busy": busy.URL, "gone": gone.URL} {
		x, err := New(Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		ctx := testContext(t)
		_, search := x.Search(ctx, knowledge.Query{Tenant: tenant, Text: "tent", Sources: []schemas.SourceID{"src_1"}})
		for call, err := range map[string]error{
			"Ensure": x.Ensure(ctx), "Search": search,
			"Put":    x.Put(ctx, tenant, []schemas.Chunk{{ID: id, Terms: "tent"}}),
			"Delete": x.Delete(ctx, tenant, []schemas.ChunkID{id}),
		} {
			if schemas.KindOf(err) != schemas.KindUnavailable {
				t.Errorf("%s, %s: %v is not unavailable", name, call, err)
			}
		}
	}
}

// The server says 200 and lists the objects it did not take.
func TestPartialBatch(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[{"result":{"status":"SUCCESS"}},{"result":{"status":"FAILED","errors":{"error":[{"message":"no space"}]}}}]`))
	}))
	t.Cleanup(server.Close)
	x, err := New(Options{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	chunks := make([]schemas.Chunk, 2)
	for i := range chunks {
		chunks[i].ID = schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, uuid.New()))
	}
	err = x.Put(testContext(t), indextest.NewTenant(), chunks)
	if schemas.KindOf(err) != schemas.KindUnavailable || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("Put = %v", err)
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
