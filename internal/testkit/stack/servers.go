package stack

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"

	"steward/internal/devstack"
	"steward/internal/knowledge"
	"steward/internal/knowledge/extract"
	"steward/internal/knowledge/files"
	"steward/internal/knowledge/weaviate"
	"steward/internal/policy"
	"steward/internal/temporalclient"
	"steward/internal/testkit"
	"steward/schemas"
	migrations "steward/schemas/postgres"
)

// sharedServers takes a fresh place on the servers of the test binary.
func (s *Stack) sharedServers(o Options) {
	t := s.t
	t.Helper()
	s.DatabaseURL = testkit.Database(t)
	place := testkit.Temporal(t)
	s.Temporal, s.Namespace = place.Client, place.Namespace
	s.registerAttributes()
	s.env = append(s.env, "TEMPORAL_ADDRESS="+place.Address)
	if o.Weaviate {
		s.reachWeaviate(testkit.Weaviate(t))
		return
	}
	s.env = append(s.env, "STEWARD_WEAVIATE_URL="+deadURL(t))
}

// reachWeaviate lets the processes, and Index, use a server.
func (s *Stack) reachWeaviate(server *devstack.Weaviate) {
	s.t.Helper()
	s.env = append(s.env, "STEWARD_WEAVIATE_URL="+server.URL(), "STEWARD_WEAVIATE_GRPC="+server.GRPC())
	var err error
	if s.Index, err = weaviate.New(weaviate.Options{URL: server.URL(), GRPC: server.GRPC()}); err != nil {
		s.t.Fatal(err)
	}
}

// ownServers starts servers for this Stack alone, without the settings that
// trade safety for speed.
func (s *Stack) ownServers() {
	t := s.t
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// A test's own folder lies where the user of Postgres cannot reach.
	o := devstack.Options{}
	var err error
	if s.Servers.Postgres, err = devstack.StartPostgres(ctx, o); err != nil {
		t.Fatal(err)
	}
	s.stopLater("postgres", s.Servers.Postgres.Stop)
	if s.Servers.Temporal, err = devstack.StartTemporal(ctx, o); err != nil {
		t.Fatal(err)
	}
	s.stopLater("temporal", s.Servers.Temporal.Stop)
	if s.Servers.Weaviate, err = devstack.StartWeaviate(ctx, o); err != nil {
		t.Fatal(err)
	}
	s.stopLater("weaviate", s.Servers.Weaviate.Stop)
	s.DatabaseURL, s.Namespace = s.Servers.Postgres.URL(), devstack.TemporalNamespace
	if err := migrations.Migrate(ctx, s.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	s.Temporal, err = temporalclient.Dial(ctx, testkit.Quiet(), temporalclient.Options{
		Address: s.Servers.Temporal.Address(), Namespace: s.Namespace,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Temporal.Close)
	s.registerAttributes()
	s.env = append(s.env, "TEMPORAL_ADDRESS="+s.Servers.Temporal.Address())
	s.reachWeaviate(s.Servers.Weaviate)
}

func (s *Stack) stopLater(name string, stop func(context.Context) error) {
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := stop(ctx); err != nil {
			s.t.Errorf("stop %s: %v", name, err)
		}
	})
}

func (s *Stack) registerAttributes() {
	s.t.Helper()
	types := map[string]enums.IndexedValueType{schemas.AttributeTurns: enums.INDEXED_VALUE_TYPE_INT}
	for _, name := range schemas.KeywordAttributes() {
		types[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	if err := temporalclient.EnsureSearchAttributes(s.t.Context(), s.Temporal, s.Namespace, types); err != nil {
		s.t.Fatal(err)
	}
}

// Page is the content of every Stack.
const Page = `# Returns

You can return an order within 30 days of delivery. Send the parcel back with the label from the box.

# Delivery

Standard delivery takes three working days. A courier brings large parcels to the door.
`

func page() schemas.NewSource {
	return schemas.NewSource{
		Type: schemas.SourceFile, Name: "Help", FileName: "help.md", Content: []byte(Page), Citations: true,
	}
}

// syncContent brings Page into the index, through the product.
func (s *Stack) syncContent() {
	s.t.Helper()
	source, _, err := s.API.AddSource(s.t.Context(), page())
	if err != nil {
		s.t.Fatal(err)
	}
	Until(s.t, "the content is ready", func() bool {
		now, err := s.API.Source(s.t.Context(), source.ID)
		return err == nil && now.Status == schemas.SourceReady
	})
}

// putContent makes Page answerable without an index: Postgres searches it.
func (s *Stack) putContent() {
	t := s.t
	t.Helper()
	ctx := t.Context()
	source, err := s.Store.AddSource(ctx, s.Agent.Agent, page())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.read(ctx, source.ID); err != nil {
		t.Fatal(err)
	}
}

// read does what a synchronisation does, without an index.
func (s *Stack) read(ctx context.Context, source schemas.SourceID) error {
	ref := schemas.SyncRef{Source: source, Agent: s.Agent.Agent, Sync: schemas.SyncIDFor(string(source), 0)}
	claim, err := s.Store.PrepareSync(ctx, schemas.PrepareSyncInput{SyncRef: ref, Trigger: schemas.TriggerManual})
	if err != nil || !claim.Claimed {
		return fmt.Errorf("claim %v: %w", claim.Claimed, err)
	}
	job, err := s.Store.SyncJob(ctx, ref)
	if err != nil {
		return err
	}
	html := extract.Reader{}
	page, err := knowledge.Library{Files: files.Reader{HTML: html, Fragment: extract.Fragment}, Pages: html}.Read(ctx, job)
	if err != nil {
		return err
	}
	if _, err := s.Store.StorePage(ctx, ref, page); err != nil {
		return err
	}
	docs, blocks, err := s.Store.Unsplit(ctx, source, 10)
	if err != nil {
		return err
	}
	var chunks []schemas.Chunk
	for _, doc := range docs {
		doc = knowledge.SplitDocument(ref.Agent, source, doc, blocks)
		if err := s.Store.StoreChunks(ctx, ref, doc); err != nil {
			return err
		}
		chunks = append(chunks, doc.Chunks...)
	}
	if err := s.Store.MarkIndexed(ctx, ref.Agent, chunks, nil); err != nil {
		return err
	}
	facts, err := s.Store.SyncFacts(ctx, ref)
	if err != nil {
		return err
	}
	facts.Said = schemas.SyncDone
	end := policy.EndOfSync(facts)
	if end.State != schemas.SyncDone {
		return fmt.Errorf("the source ended as %s: %s", end.State, end.Reason)
	}
	return s.Store.EndSync(ctx, ref, end)
}
