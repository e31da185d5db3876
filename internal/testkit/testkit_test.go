package testkit

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"steward/internal/temporalclient"
)

func TestMain(m *testing.M) { Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn // left open on purpose: the database must go all the same
}

func TestDatabasesAreSeparateAndMigrated(t *testing.T) {
	t.Parallel()
	began := time.Now()
	one, other := Database(t), Database(t)
	t.Logf("two databases: %s", time.Since(began).Round(time.Millisecond))
	if one == other {
		t.Fatal("two calls give one database")
	}
	if _, err := connect(t, one).Exec(t.Context(), "create table only_here (n int)"); err != nil {
		t.Fatal(err)
	}
	var here, migrated bool
	err := connect(t, other).QueryRow(t.Context(), `select to_regclass('only_here') is not null,
		(select count(*) > 1 from information_schema.tables where table_schema = 'public')`).Scan(&here, &migrated)
	if err != nil || here || !migrated {
		t.Errorf("table of the other test %v, migrated %v, error %v", here, migrated, err)
	}
}

func TestDatabaseIsRemoved(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("user", func(t *testing.T) {
		url = Database(t)
		connect(t, url)
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		conn.Close(t.Context())
		t.Error("the database is still there")
	}
}

func answer(workflow.Context) (int, error) { return 42, nil }

func TestTemporalGivesAUsableNamespace(t *testing.T) {
	t.Parallel()
	Temporal(t)
	began := time.Now()
	place := Temporal(t)
	t.Logf("one more namespace: %s", time.Since(began).Round(time.Millisecond))
	colour := temporal.NewSearchAttributeKeyKeyword("Colour")
	err := temporalclient.EnsureSearchAttributes(t.Context(), place.Client, place.Namespace,
		map[string]enums.IndexedValueType{colour.GetName(): enums.INDEXED_VALUE_TYPE_KEYWORD})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("with a search attribute: %s", time.Since(began).Round(time.Millisecond))
	w := worker.New(place.Client, "q", worker.Options{})
	w.RegisterWorkflow(answer)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run, err := place.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		TaskQueue:             "q",
		TypedSearchAttributes: temporal.NewSearchAttributes(colour.ValueSet("green")),
	}, answer)
	if err != nil {
		t.Fatal(err)
	}
	var got int
	if err := run.Get(ctx, &got); err != nil || got != 42 {
		t.Errorf("result %d, error %v", got, err)
	}
	t.Logf("with a workflow: %s", time.Since(began).Round(time.Millisecond))
}

func TestWeaviateAnswers(t *testing.T) {
	t.Parallel()
	resp, err := http.Get(Weaviate(t).URL() + "/v1/meta")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %s", resp.Status)
	}
}
