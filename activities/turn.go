package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/schemas"
)

// TurnStore keeps the material and the steps of a turn.
type TurnStore interface {
	Material(ctx context.Context, ref schemas.TurnRef) (schemas.Material, error)
	SavePassages(ctx context.Context, ref schemas.TurnRef, passages []schemas.Passage, note schemas.StepNote) error
	SaveDecision(ctx context.Context, ref schemas.TurnRef, d schemas.Decision, note schemas.StepNote) error
	RecordUsage(ctx context.Context, ref schemas.TurnRef, engine string, u schemas.Usage, failed string) error
}

// Searcher finds the passages for a question in the content of an agent, best
// first. degraded says that the index was down and the database answered.
type Searcher interface {
	Find(ctx context.Context, agent schemas.AgentID, question string) (found []schemas.Passage, degraded bool, err error)
}

// Engine proposes decisions.
type Engine interface {
	Propose(ctx context.Context, use schemas.ModelUse, m schemas.Material) (schemas.Decision, schemas.Usage, error)
	Name(use schemas.ModelUse) string
}

// followUpWords is up to how many words a question is short enough to need the
// one before it to be understood.
const followUpWords = 3

// Retrieve searches the content for a turn and stores the passages. Thanks are
// no question.
func (a *Conversations) Retrieve(ctx context.Context, in schemas.RetrieveInput) (schemas.RetrieveResult, error) {
	a.fault("retrieve.before")
	m, err := a.Turns.Material(ctx, in.TurnRef)
	if err != nil {
		return schemas.RetrieveResult{}, failure(ctx, err)
	}
	if agent.Thanks(m) {
		return schemas.RetrieveResult{}, nil
	}
	began, query := time.Now(), question(m)
	found, degraded, err := a.Search.Find(ctx, m.Agent, query)
	if err != nil {
		return schemas.RetrieveResult{}, failure(ctx, err)
	}
	if err := a.Turns.SavePassages(ctx, in.TurnRef, found, schemas.StepNote{Query: query, Took: time.Since(began), Degraded: degraded}); err != nil {
		return schemas.RetrieveResult{}, failure(ctx, err)
	}
	a.fault("retrieve.after_commit")
	return schemas.RetrieveResult{Passages: len(found), Degraded: degraded}, nil
}

// question is what is searched for: the messages of the turn and, when they are
// only a few words, the customer's message before them.
func question(m schemas.Material) string {
	q := strings.Join(m.Questions, "\n")
	if len(strings.Fields(q)) > followUpWords {
		return q
	}
	for i := len(m.History) - 1; i >= 0; i-- {
		if m.History[i].Speaker == schemas.SpeakerCustomer {
			return m.History[i].Text + "\n" + q
		}
	}
	return q
}

// Generate asks one engine of the chain for a decision and stores it. Every
// call is metered, also one that fails.
func (a *Conversations) Generate(ctx context.Context, in schemas.GenerateInput) (schemas.GenerateResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	name := a.Engine.Name(in.Use)
	if name == "" {
		return schemas.GenerateResult{Skipped: true}, nil
	}
	m, err := a.Turns.Material(ctx, in.TurnRef)
	if err != nil {
		return schemas.GenerateResult{}, failure(ctx, err)
	}
	if !in.Repair {
		m.Previous = nil
	}
	// The answer finder costs nothing, so it answers beyond the budget too.
	if name != schemas.EngineFinder && m.Tokens >= m.Settings.Limits.Defaults().ConversationTokens {
		return schemas.GenerateResult{Budget: true}, nil
	}
	m = know(m)
	m.Tools, m.Goal, m.Waiting = toolsOf(m), openGoal(m), agent.WaitingFor(m.Pending)
	note := schemas.StepNote{Query: agent.PromptHash(m.Settings, m.Channel)}
	if d, ok := withoutEngine(m); ok && !in.Repair {
		return a.keepDecision(ctx, in.TurnRef, d, note)
	}
	began := time.Now()
	d, usage, err := a.Engine.Propose(ctx, in.Use, forEngine(m))
	note.Took = time.Since(began)
	if errors.Is(err, agent.ErrNoModel) {
		return schemas.GenerateResult{Skipped: true}, nil
	}
	if usage != (schemas.Usage{}) || err != nil {
		// The call is billed whatever becomes of the turn, so a cancelled one is
		// metered too.
		if err := a.Turns.RecordUsage(context.WithoutCancel(ctx), in.TurnRef, name, usage, string(llm.KindOf(err))); err != nil {
			return schemas.GenerateResult{}, failure(ctx, err)
		}
	}
	if err != nil {
		return schemas.GenerateResult{}, ofModel(ctx, err, timeLeft(ctx))
	}
	return a.keepDecision(ctx, in.TurnRef, d, note)
}

// withoutEngine is what a guideline decides, and else what is plain enough.
func withoutEngine(m schemas.Material) (schemas.Decision, bool) {
	if d, ok := agent.Ruled(m); ok {
		return d, true
	}
	return agent.Direct(m)
}

func (a *Conversations) keepDecision(ctx context.Context, ref schemas.TurnRef, d schemas.Decision, note schemas.StepNote) (schemas.GenerateResult, error) {
	if err := a.Turns.SaveDecision(ctx, ref, d, note); err != nil {
		return schemas.GenerateResult{}, failure(ctx, err)
	}
	a.fault("generate.after_commit")
	return schemas.GenerateResult{Kind: d.Kind, Engine: d.Engine, Calls: len(d.Calls)}, nil
}

// timeLeft is how long the activity's schedule still has, 0 when unlimited.
func timeLeft(ctx context.Context) time.Duration {
	info := activity.GetInfo(ctx)
	if info.ScheduleToCloseTimeout <= 0 {
		return 0
	}
	return max(time.Until(info.ScheduledTime.Add(info.ScheduleToCloseTimeout)), time.Nanosecond)
}
