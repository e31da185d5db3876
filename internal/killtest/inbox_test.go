package killtest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"steward/internal/testkit/stack"
)

// TestRule11GatewayKilled kills the gateway between the commit of a message and
// its answer to the client, who sends again.
func TestRule11GatewayKilled(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{GatewayFault: "gateway.after_commit"})
	v := s.Visit()
	stream := v.Listen()
	id := uuid.NewString()
	if err := v.Try(id, question); err == nil {
		t.Fatal("the gateway answered before its armed point")
	}
	s.AwaitDeath(s.Gateway())
	s.StartGateway()
	stack.Until(t, "the message is accepted again", func() bool { return v.Try(id, question) == nil })
	v.AwaitReplies(1)
	wantSpeakers(t, s, v, "ca")
	wantStream(t, v, stream)
}

// TestRule12RelayKilled kills the relay between the delivery of a row and its
// mark: the row is delivered again.
func TestRule12RelayKilled(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{GatewayFault: "relay.after_receive"})
	v := s.Visit()
	stream := v.Listen()
	v.Say(question)
	s.AwaitDeath(s.Gateway())
	s.StartGateway()
	v.AwaitReplies(1)
	v.Say(another)
	v.AwaitReplies(2)
	wantSpeakers(t, s, v, "caca")
	wantStream(t, v, stream)
}

// TestRule11NoWorker lets twenty visitors write while no worker runs: each gets
// one answer to all they wrote once one does.
func TestRule11NoWorker(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{NoWorker: true})
	visitors := make([]*stack.Visitor, 20)
	var all sync.WaitGroup
	for i := range visitors {
		visitors[i] = s.Visit()
		all.Go(func() {
			for n := range 2 {
				visitors[i].Say(fmt.Sprintf("%s Message %d.", question, n+1))
			}
		})
	}
	all.Wait()
	if n := s.Count("select count(*) from inbox_events where state not in ('pending', 'leased')"); n != 0 {
		t.Errorf("%d rows were settled without a worker", n)
	}
	s.StartWorker()
	for _, v := range visitors {
		v.AwaitReplies(1)
		s.Check(v.Conversation)
	}
	for _, v := range visitors {
		// Both messages may be in one turn, or the second came after the first
		// turn was composed.
		if got := v.Speakers(); got != "cca" && got != "ccaa" {
			t.Errorf("the transcript is %s\n%s", got, s.Describe(v.Conversation))
		}
	}
}
