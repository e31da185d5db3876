package weaviate

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/weaviate/weaviate/entities/models"

	"steward/internal/devstack"
	"steward/schemas"
)

// ownServer starts a server that the test may kill, and an index on it.
func ownServer(t *testing.T, fast bool) (*devstack.Weaviate, *Index) {
	t.Helper()
	server, err := devstack.StartWeaviate(testContext(t), devstack.Options{Dir: t.TempDir(), Fast: fast})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	x, err := New(Options{URL: server.URL(), GRPC: server.GRPC()})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Prepare(testContext(t)); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	return server, x
}

// within asks until ok is true.
func within(t *testing.T, limit time.Duration, what string, ok func() (bool, error)) {
	t.Helper()
	deadline := time.After(limit)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		done, err := ok()
		if done {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s; %v", limit, what, err)
		case <-again.C:
		}
	}
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	_, x := ownServer(t, true)
	ctx := testContext(t)
	puzzles := []puzzle{newPuzzle(300, 8), newPuzzle(200, 8)}
	counts := make([]map[schemas.DocumentID]int, len(puzzles))
	for i, p := range puzzles {
		if err := x.Put(ctx, p.tenant, p.objects); err != nil {
			t.Fatal(err)
		}
		var err error
		if counts[i], err = x.Count(ctx, p.tenant, source); err != nil {
			t.Fatal(err)
		}
	}
	// The server names the logs of its vectors by the second: a backup in the second in which a log began lacks it.
	stored := time.Now()
	within(t, 5*time.Second, "a second is over", func() (bool, error) { return time.Since(stored) > 1100*time.Millisecond, nil })
	made, err := x.client.Backup().Creator().WithBackend("filesystem").WithBackupID("nightly").
		WithIncludeClassNames(x.collection).WithWaitForCompletion(true).Do(ctx)
	if err != nil || made.Status == nil || *made.Status != models.BackupCreateResponseStatusSUCCESS {
		t.Fatalf("backup: %+v, %v", made, err)
	}
	if err := x.client.Schema().ClassDeleter().WithClassName(x.collection).Do(ctx); err != nil {
		t.Fatal(err)
	}
	if class, err := x.class(ctx); err != nil || class != nil {
		t.Fatalf("the collection is there after it was deleted; %v", err)
	}
	restored, err := x.client.Backup().Restorer().WithBackend("filesystem").WithBackupID("nightly").
		WithIncludeClassNames(x.collection).WithWaitForCompletion(true).Do(ctx)
	if err != nil || restored.Status == nil || *restored.Status != models.BackupRestoreResponseStatusSUCCESS {
		t.Fatalf("restore: %+v, %v", restored, err)
	}
	if err := x.Prepare(ctx, "model_x"); err != nil {
		t.Errorf("Prepare after the restore: %v", err)
	}
	for i, p := range puzzles {
		if words, vectors, err := p.wrong(ctx, x, 10); err != nil || words+vectors > 0 {
			t.Errorf("tenant %d: %d answers by words and %d by vectors are wrong; %v", i, words, vectors, err)
		}
		if got, err := x.Count(ctx, p.tenant, source); err != nil || !maps.Equal(got, counts[i]) {
			t.Errorf("tenant %d: %d documents after the restore, want %d; %v", i, len(got), len(counts[i]), err)
		}
		if err := x.Put(ctx, p.tenant, newPuzzle(5, 8).objects); err != nil {
			t.Errorf("tenant %d: Put after the restore: %v", i, err)
		}
	}
}

// The server is killed in the middle of an import, with the settings of
// production. What Put had accepted is there when it is back, and is found by
// words and by vectors.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	server, x := ownServer(t, false)
	const part = 50
	p := newPuzzle(6000, 32)
	for i := range p.objects {
		p.objects[i].Chunk.Document = schemas.DocumentID(fmt.Sprint("doc_", i/part))
	}
	accepted := make(chan int)
	go func() {
		defer close(accepted)
		for from := 0; from < len(p.objects); from += part {
			if x.Put(testContext(t), p.tenant, p.objects[from:from+part]) != nil {
				return
			}
			accepted <- from + part
		}
	}()
	stored := 0
	for stored < 1000 {
		stored = <-accepted
	}
	killed := make(chan error, 1)
	go func() { killed <- server.Kill() }()
	for n := range accepted {
		stored = n
	}
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	if stored == len(p.objects) {
		t.Fatal("the import was over before the server was killed, so nothing is tested")
	}
	if err := server.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	counts, err := x.Count(testContext(t), p.tenant, source)
	if err != nil {
		t.Fatal(err)
	}
	for i := range stored / part {
		if got := counts[schemas.DocumentID(fmt.Sprint("doc_", i))]; got != part {
			t.Errorf("part %d of %d has %d of %d chunks", i, stored/part, got, part)
		}
	}
	known := puzzle{tenant: p.tenant, objects: p.objects[:stored]}
	within(t, 30*time.Second, "what was accepted is found", func() (bool, error) {
		words, vectors, err := known.wrong(testContext(t), x, 17)
		return err == nil && words+vectors == 0, fmt.Errorf("%d by words, %d by vectors: %w", words, vectors, err)
	})
	within(t, 30*time.Second, "the import goes on", func() (bool, error) {
		err := x.Put(testContext(t), p.tenant, p.objects[stored:stored+part])
		return err == nil, err
	})
	if total, err := x.Total(testContext(t), p.tenant); err != nil || total != stored+part {
		t.Errorf("Total = %d, %v, want %d", total, err, stored+part)
	}
}
