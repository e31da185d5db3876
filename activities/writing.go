package activities

import (
	"context"
	"strings"

	"go.temporal.io/sdk/activity"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/handoff"
	"steward/schemas"
)

// WritingStore keeps what a model writes for people.
type WritingStore interface {
	// SummaryMaterial is what the summary of a handoff is made of.
	SummaryMaterial(ctx context.Context, id schemas.HandoffID) (schemas.Material, schemas.Reason, error)
	// SaveBrief puts the model's summary in place of the template's; nil notes
	// that the model has been asked.
	SaveBrief(ctx context.Context, id schemas.HandoffID, s *schemas.HandoffSummary) error
	// DraftMaterial is what a draft of an answer to a message is made of; false
	// when nobody needs one any more.
	DraftMaterial(ctx context.Context, in schemas.HandoffWriteInput) (schemas.Material, bool, error)
	// KeepDraft notes a draft for the person who has the conversation; an empty
	// text notes that there is none.
	KeepDraft(ctx context.Context, in schemas.HandoffWriteInput, text string) (bool, error)
	RecordUsage(ctx context.Context, ref schemas.TurnRef, engine string, u schemas.Usage, failed string) error
}

// Writer proposes answers and writes summaries.
type Writer interface {
	Engine
	Summarise(ctx context.Context, m schemas.Material, reason schemas.Reason) (schemas.HandoffSummary, schemas.Usage, error)
}

// WriteForPeople asks the model for a text that people read: the summary of a
// handoff, or the draft of an answer. It is marked as written by a model, and no
// customer ever gets it by itself. Nothing waits for it.
func (a *Handoffs) WriteForPeople(ctx context.Context, in schemas.HandoffWriteInput) (schemas.HandoffWriteResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	if a.Engine == nil || a.Engine.Name(schemas.UsePrimary) == "" {
		return schemas.HandoffWriteResult{}, nil
	}
	written, err := a.write(ctx, in)
	return schemas.HandoffWriteResult{Written: written}, failure(ctx, err)
}

func (a *Handoffs) write(ctx context.Context, in schemas.HandoffWriteInput) (bool, error) {
	if in.Seq > 0 {
		return a.draft(ctx, in)
	}
	if a.Engine.Name(schemas.UsePrimary) == schemas.EngineFinder {
		// The answer finder writes nothing of its own.
		return false, a.Store.SaveBrief(ctx, in.Handoff, nil)
	}
	m, reason, err := a.Store.SummaryMaterial(ctx, in.Handoff)
	if err != nil {
		return false, err
	}
	s, usage, err := a.Engine.Summarise(ctx, m, reason)
	a.meter(ctx, m, usage, err)
	if err != nil {
		activity.GetLogger(ctx).Warn("the model wrote no summary; that of the template stays", "handoff", string(in.Handoff))
		return false, a.Store.SaveBrief(context.WithoutCancel(ctx), in.Handoff, nil)
	}
	return true, a.Store.SaveBrief(ctx, in.Handoff, &s)
}

// draft asks for an answer as for a turn. It is checked like one; what breaks a
// rule, finds no answer or calls an action is no draft.
func (a *Handoffs) draft(ctx context.Context, in schemas.HandoffWriteInput) (bool, error) {
	m, needed, err := a.Store.DraftMaterial(ctx, in)
	if err != nil || !needed {
		return false, err
	}
	found, _, err := a.Search.Find(ctx, m.Agent, question(m))
	if err != nil {
		return false, err
	}
	m.Passages = found
	d, usage, err := a.Engine.Propose(ctx, schemas.UsePrimary, m)
	a.meter(ctx, m, usage, err)
	if err != nil {
		activity.GetLogger(ctx).Warn("the engine drafted nothing", "handoff", string(in.Handoff))
		_, err = a.Store.KeepDraft(context.WithoutCancel(ctx), in, "")
		return false, err
	}
	return a.Store.KeepDraft(ctx, in, draftText(m, d))
}

// meter keeps what a call cost under turn 0: it belongs to no turn of the agent.
// What cannot be kept must not take the text away.
func (a *Handoffs) meter(ctx context.Context, m schemas.Material, u schemas.Usage, failed error) {
	if u == (schemas.Usage{}) && failed == nil {
		return
	}
	ref := schemas.TurnRef{Conversation: m.Conversation}
	name := a.Engine.Name(schemas.UsePrimary)
	if err := a.Store.RecordUsage(context.WithoutCancel(ctx), ref, name, u, string(llm.KindOf(failed))); err != nil {
		activity.GetLogger(ctx).Warn("the cost of a call was not kept", "error", err)
	}
}

// draftText is what the person reads, empty for a decision that is no answer.
func draftText(m schemas.Material, d schemas.Decision) string {
	if d.NotFound || d.Kind != schemas.DecisionAnswer && d.Kind != schemas.DecisionClarify {
		return ""
	}
	if v := agent.Check(d, m); len(v) > 0 && !agent.Mendable(v) {
		return ""
	}
	text, citations := agent.Render(d, m)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	lines := []string{handoff.DraftMark(m.Settings.Profile.Languages), text}
	for _, c := range citations {
		lines = append(lines, strings.TrimSpace("- "+c.Title+" "+c.URL))
	}
	return strings.Join(lines, "\n")
}
