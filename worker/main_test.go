package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"steward/internal/config"
	"steward/internal/store"
	"steward/internal/temporalclient"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/dispatch"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func settings(t *testing.T, more ...string) config.Config {
	t.Helper()
	cfg, _, err := config.Load(append([]string{
		"STEWARD_DEV=1", "STEWARD_WEAVIATE_URL=http://127.0.0.1:1", "STEWARD_WORKER_POOL_SIZE=6",
	}, more...))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// A worker without Weaviate takes work of every queue, applies an operator's
// command, and stops when told.
func TestWorkerTakesWorkAndStops(t *testing.T) {
	t.Parallel()
	place, url := testkit.Temporal(t), testkit.Database(t)
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	made, err := s.Bootstrap(t.Context(), store.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(t.Context(), Options{
		Config: settings(t, "STEWARD_DATABASE_URL="+url), Log: testkit.Logger(t), Version: "test",
		Temporal: temporalclient.Options{Address: place.Address, Namespace: place.Namespace},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	d := dispatch.New(place.Client)
	if err := d.Pause(t.Context(), made.Agent, schemas.PauseInput{Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pause takes effect", func() bool {
		state, err := s.AgentState(t.Context(), made.Agent)
		return err == nil && state.Paused()
	})
	for _, queue := range []string{schemas.QueueConversations, schemas.QueueModels, schemas.QueueKnowledge} {
		eventually(t, "activities of "+queue+" are polled for", func() bool {
			answer, err := place.Client.WorkflowService().DescribeTaskQueue(t.Context(), &workflowservice.DescribeTaskQueueRequest{
				Namespace: place.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: queue}, TaskQueueType: enums.TASK_QUEUE_TYPE_ACTIVITY,
			})
			return err == nil && len(answer.GetPollers()) > 0
		})
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("worker ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("worker did not stop")
	}
}

func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !check() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestEngineChain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                       string
		env                        []string
		primary, fallback, lastOne string
	}{
		{"answer finder alone", nil, "extractive", "", ""},
		{"model", []string{"STEWARD_ENGINE=openai", "STEWARD_MODEL_NAME=big"}, "openai/big", "", "extractive"},
		{
			"model with fallback",
			[]string{"STEWARD_ENGINE=openai", "STEWARD_MODEL_NAME=big", "STEWARD_FALLBACK_MODEL_NAME=small"},
			"openai/big", "openai/small", "extractive",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := newEngine(settings(t, c.env...))
			if err != nil {
				t.Fatal(err)
			}
			got := []string{e.Name(schemas.UsePrimary), e.Name(schemas.UseFallback), e.Name(schemas.UseQuotes)}
			want := []string{c.primary, c.fallback, c.lastOne}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("chain %v, want %v", got, want)
					break
				}
			}
		})
	}
}

func TestModelTools(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		e, err := newEngine(settings(t, "STEWARD_ENGINE=openai", "STEWARD_MODEL_NAME=big", "STEWARD_FALLBACK_MODEL_NAME=small", fmt.Sprintf("STEWARD_MODEL_TOOLS=%t", on)))
		if err != nil {
			t.Fatal(err)
		}
		if e.Primary.Capabilities().Tools != on || e.Fallback.Capabilities().Tools != on {
			t.Errorf("tools %t: the models take tools: %t, %t", on, e.Primary.Capabilities().Tools, e.Fallback.Capabilities().Tools)
		}
	}
}
