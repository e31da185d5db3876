package main

import (
	"context"

	"steward/internal/policy"
	"steward/internal/store"
	"steward/schemas"
)

// admission says whether the agent would answer a new visitor now, by the rule
// that also decides it when the visitor writes. Spec: D1, D15.
type admission struct {
	store *store.Store
	agent schemas.AgentID
}

// Answers reports whether the agent would take a new conversation on a channel.
func (a admission) Answers(ctx context.Context, channel schemas.ChannelID) (bool, error) {
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
