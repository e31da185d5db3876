package stack

import (
	"context"
	"time"

	"go.temporal.io/api/enums/v1"

	"steward/internal/devstack"
	"steward/internal/knowledge"
	"steward/internal/knowledge/files"
	"steward/internal/temporalclient"
	"steward/internal/testkit"
	"steward/schemas"
	migrations "steward/schemas/postgres"
)

// sharedServers takes a fresh place on the servers of the test binary.
func (s *Stack) sharedServers() {
	t := s.t
	t.Helper()
	s.DatabaseURL = testkit.Database(t)
	place := testkit.Temporal(t)
	s.Temporal, s.Namespace = place.Client, place.Namespace
	s.registerAttributes()
	s.env = append(s.env, "TEMPORAL_ADDRESS="+place.Address, "STEWARD_WEAVIATE_URL="+deadURL(t))
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
	s.env = append(s.env,
		"TEMPORAL_ADDRESS="+s.Servers.Temporal.Address(),
		"STEWARD_WEAVIATE_URL="+s.Servers.Weaviate.URL(), "STEWARD_WEAVIATE_GRPC="+s.Servers.Weaviate.GRPC(),
	)
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
	sync := schemas.SyncID(schemas.FormatID(schemas.PrefixSync, newUUID()))
	job, ok, err := s.Store.BeginSync(ctx, source.ID, sync)
	if err != nil || !ok {
		t.Fatalf("begin sync: %v, %v", ok, err)
	}
	docs, code, err := knowledge.Library{Files: files.Reader{}}.Read(ctx, job)
	if err != nil || code != schemas.FailNone {
		t.Fatalf("read content: %s, %v", code, err)
	}
	if _, err := s.Store.StoreDocuments(ctx, job, docs); err != nil {
		t.Fatal(err)
	}
	in := schemas.SyncSourceInput{Source: source.ID, Agent: s.Agent.Agent, Sync: sync}
	chunks, err := s.Store.Unindexed(ctx, source.ID, 1000)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]schemas.ChunkID, len(chunks))
	for i, c := range chunks {
		ids[i] = c.ID
	}
	if err := s.Store.MarkIndexed(ctx, in, ids); err != nil {
		t.Fatal(err)
	}
	out, err := s.Store.FinishSync(ctx, schemas.FinishSyncInput{SyncSourceInput: in, Result: schemas.SyncSourceResult{Sync: sync, Phase: schemas.SyncDone}})
	if err != nil || out.Phase != schemas.SyncDone {
		t.Fatalf("finish sync: %s, %v", out.Reason, err)
	}
}
