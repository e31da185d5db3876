package main

import (
	"context"
	"sync"
	"time"

	"steward/internal/policy"
	"steward/internal/store"
	"steward/schemas"
)

// admission says whether the agent would answer a new visitor now, by the rule
// that also decides it when the visitor writes. Spec: D1, D15.
//
// An answer is kept for a moment: every open stream asks.
type admission struct {
	store *store.Store
	agent schemas.AgentID

	mu   sync.Mutex
	kept map[schemas.ChannelID]kept
}

// kept is an answer and until when it holds.
type kept struct {
	answers bool
	until   time.Time
}

// keepAnswer is how long an answer is kept.
const keepAnswer = time.Second

// Answers reports whether the agent would take a new conversation on a channel.
// Callers that come at once wait for one answer.
func (a *admission) Answers(ctx context.Context, channel schemas.ChannelID) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k, ok := a.kept[channel]; ok && time.Now().Before(k.until) {
		return k.answers, nil
	}
	answers, err := a.ask(ctx, channel)
	if err != nil {
		return false, err
	}
	if a.kept == nil {
		a.kept = map[schemas.ChannelID]kept{}
	}
	a.kept[channel] = kept{answers: answers, until: time.Now().Add(keepAnswer)}
	return answers, nil
}

func (a *admission) ask(ctx context.Context, channel schemas.ChannelID) (bool, error) {
	state, err := a.store.AgentState(ctx, a.agent)
	if err != nil {
		return false, err
	}
	settings, published, err := a.store.Published(ctx, a.agent)
	if err != nil {
		return false, err
	}
	now, err := a.store.Now(ctx)
	if err != nil {
		return false, err
	}
	deployed, err := a.store.Deployed(ctx, channel)
	if err != nil {
		return false, err
	}
	f := schemas.Facts{
		Now: now, AgentOn: state.On, Published: published > 0, Deployed: deployed, Settings: settings,
		Head: schemas.Head{Channel: schemas.ChannelLiveChat},
	}
	for _, p := range state.Pauses {
		inForce := p.Until.IsZero() || p.Until.After(now)
		here := p.Scope == schemas.ScopeAgent || (p.Scope == schemas.ScopeChannel && p.Target == string(schemas.ChannelLiveChat))
		f.Paused = f.Paused || (inForce && here)
	}
	return policy.Admit(f) == schemas.ReasonNone, nil
}
