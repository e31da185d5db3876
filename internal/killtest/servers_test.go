package killtest

import (
	"context"
	"testing"
	"time"

	"steward/internal/devstack"
	"steward/internal/testkit/stack"
)

// TestRule03Servers takes the servers away in the middle of a turn.
func TestRule03Servers(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{OwnServers: true})
	servers := map[string]*devstack.Process{
		"temporal": s.Servers.Temporal.Process, "weaviate": s.Servers.Weaviate.Process, "postgres": s.Servers.Postgres.Process,
	}
	for _, c := range []struct {
		name string
		away []string
		kill bool
	}{
		{"weaviate killed", []string{"weaviate"}, true},
		{"temporal killed", []string{"temporal"}, true},
		{"postgres restarted", []string{"postgres"}, false},
		{"postgres killed", []string{"postgres"}, true},
		{"all killed", []string{"temporal", "weaviate", "postgres"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := s.Visit()
			answer := inGenerate(t, s, v)
			for _, name := range c.away {
				if c.kill {
					kill(t, servers[name])
				}
			}
			answer()
			for _, name := range c.away {
				restart(t, servers[name])
			}
			v.AwaitReplies(1)
			v.Say(another)
			v.AwaitReplies(2)
			wantSpeakers(t, s, v, "caca")
		})
	}
	t.Run("weaviate away", func(t *testing.T) {
		kill(t, servers["weaviate"])
		v := s.Visit()
		v.Say(question)
		v.AwaitReplies(1)
		wantSpeakers(t, s, v, "ca")
		if n := s.CountOf(v.Conversation, "select count(*) from turns where conversation_id = $1 and degraded"); n != 1 {
			t.Errorf("%d turns are marked as answered without the index, want 1", n)
		}
		restart(t, servers["weaviate"])
	})
}

func kill(t *testing.T, p *devstack.Process) {
	t.Helper()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
}

func restart(t *testing.T, p *devstack.Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.Restart(ctx); err != nil {
		t.Fatal(err)
	}
}
