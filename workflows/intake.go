package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// seenLimit is how many accepted updates a conversation remembers beyond the
// server's own deduplication, which ends with the run. Settled: rule 10.
const seenLimit = 500

// takenLimit is how many message ids the Transcript query shows.
const takenLimit = 200

// register sets the handlers before anything blocks: an update whose handler
// is missing at the end of the first workflow task would be rejected.
func (c *conversation) register(ctx workflow.Context) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, schemas.UpdateReceive, c.receive, workflow.UpdateHandlerOptions{
		Validator:   c.validate,
		Description: "An inbox row for this conversation has come. The text stays in Postgres.",
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", schemas.UpdateReceive, err)
	}
	err = workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryState, c.view, workflow.QueryHandlerOptions{
		Description: "Where the conversation stands: owner, lifecycle, turn, deadline.",
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", schemas.QueryState, err)
	}
	err = workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryTranscript, c.transcript, workflow.QueryHandlerOptions{
		Description: "The ids of the customer messages taken into turns, latest last. No text.",
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", schemas.QueryTranscript, err)
	}
	return nil
}

// validate refuses what can never be taken; a refused update leaves no trace
// and its inbox row becomes dead. Settled: rule 12.
func (c *conversation) validate(_ workflow.Context, d schemas.Delivery) error {
	if d.Row <= 0 || !d.Kind.Valid() || d.Quiet < 0 || d.Cap < 0 {
		return temporal.NewNonRetryableApplicationError("the delivery names no inbox row", failInvalid, nil)
	}
	return nil
}

// receive never blocks: it remembers the update and wakes the loop, which takes
// everything from the row. Settled: rules 11, 12.
func (c *conversation) receive(ctx workflow.Context, d schemas.Delivery) (schemas.Ack, error) {
	hash := shortHash(workflow.GetCurrentUpdateInfo(ctx).ID)
	if n, ok := c.seen[hash]; ok {
		return schemas.Ack{Number: n, Duplicate: true}, nil
	}
	c.remember(hash)
	c.updates++
	c.state.Wake = true
	now := workflow.Now(ctx)
	if d.Kind == schemas.DeliveryMessage {
		if c.state.FirstAt.IsZero() {
			c.state.FirstAt = now
		}
		c.state.LastAt, c.state.Quiet, c.state.Cap = now, d.Quiet, d.Cap
		c.turn.message(now)
	} else {
		c.urgent = true
		c.turn.control(d.Control)
	}
	return schemas.Ack{Number: c.state.Accepted}, nil
}

func (c *conversation) remember(hash string) {
	c.state.Accepted++
	c.seen[hash] = c.state.Accepted
	c.state.Seen = append(c.state.Seen, schemas.SeenUpdate{Hash: hash, Number: c.state.Accepted})
	if over := len(c.state.Seen) - seenLimit; over > 0 {
		for _, old := range c.state.Seen[:over] {
			delete(c.seen, old.Hash)
		}
		c.state.Seen = append([]schemas.SeenUpdate(nil), c.state.Seen[over:]...)
	}
}

// shortHash is enough of an update id, itself a SHA-256, to tell 500 apart.
func shortHash(id string) string { return id[:min(len(id), 16)] }

func (c *conversation) took(ids []schemas.MessageID) {
	for _, id := range ids {
		if n := len(c.state.Taken); n == 0 || !contains(c.state.Taken, id) {
			c.state.Taken = append(c.state.Taken, id)
		}
	}
	if over := len(c.state.Taken) - takenLimit; over > 0 {
		c.state.Taken = append([]schemas.MessageID(nil), c.state.Taken[over:]...)
	}
}

func contains(list []schemas.MessageID, id schemas.MessageID) bool {
	for _, v := range list {
		if v == id {
			return true
		}
	}
	return false
}

func (c *conversation) view() (schemas.ConversationView, error) {
	return schemas.ConversationView{
		Head: c.head, Doing: c.doing, Sending: c.sending, Runs: c.state.Runs, Updates: c.updates,
	}, nil
}

func (c *conversation) transcript() (schemas.TranscriptView, error) {
	return schemas.TranscriptView{Messages: c.state.Taken, Turn: c.head.Turn}, nil
}

// mustRoll reports whether the run has done enough and may continue as new.
func (c *conversation) mustRoll(ctx workflow.Context) bool {
	limit := rollTurns
	if c.in.RollAt > 0 {
		limit = c.in.RollAt
	}
	return c.turns >= limit || c.updates >= rollUpdates || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// roll continues as new once no network step is under way and every handler is
// done, carrying what the row does not know.
func (c *conversation) roll(ctx workflow.Context) error {
	c.rolling, c.doing = true, "rolling"
	err := workflow.Await(ctx, func() bool { return !c.sending && workflow.AllHandlersFinished(ctx) })
	if err != nil {
		return err
	}
	c.state.Runs++
	return workflow.NewContinueAsNewError(ctx, Conversation, schemas.ConversationInput{
		Conversation: c.in.Conversation, State: &c.state, RollAt: c.in.RollAt,
	})
}
