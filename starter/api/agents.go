package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"steward/schemas"
)

// defaultAgent is the name by which the deployment's one agent can be asked for.
const defaultAgent = "default"

// AgentPath names an agent in an address.
type AgentPath struct {
	ID string `path:"id" doc:"The agent's id, or default." maxLength:"64"`
}

type agentAnswer struct {
	Status int
	Body   schemas.AgentShown
}

func (a *API) agents() {
	serve(a, route{
		method: http.MethodGet, path: "/agents/{id}", id: "get-agent",
		summary: "The agent's switch, pauses and published version", errors: []int{404},
	}, a.getAgent)
	serve(a, route{
		method: http.MethodGet, path: "/agents/{id}/assignment", id: "get-assignment",
		summary: "Whether the agent takes new conversations", errors: []int{404},
	}, a.getAssignment)
	serve(a, route{
		method: http.MethodPut, path: "/agents/{id}/assignment", id: "put-assignment",
		summary: "Switch the agent on or off for new conversations", errors: []int{404, 503},
	}, a.putAssignment)
	serve(a, route{
		method: http.MethodPost, path: "/agents/{id}/pause", id: "pause-agent",
		summary: "Stop the agent, in whole or in part", errors: []int{404, 503},
	}, a.pause)
	serve(a, route{
		method: http.MethodPost, path: "/agents/{id}/resume", id: "resume-agent",
		summary: "End a pause; without a scope every pause", errors: []int{404, 503},
	}, a.resume)
}

// agentID resolves the name of an agent and makes sure that it exists.
func (a *API) agentID(ctx context.Context, name string) (schemas.AgentID, error) {
	if name == defaultAgent {
		d, err := a.o.Store.TheAgent(ctx)
		return d.Agent, err
	}
	state, err := a.o.Store.AgentState(ctx, schemas.AgentID(name))
	return state.Agent, err
}

func (a *API) getAgent(ctx context.Context, in *AgentPath) (*agentAnswer, error) {
	id, err := a.agentID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	state, err := a.o.Store.AgentState(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.agentAnswer(http.StatusOK, state), nil
}

func (a *API) agentAnswer(status int, state schemas.AgentState) *agentAnswer {
	workflow := schemas.AgentWorkflowID(state.Agent)
	return &agentAnswer{Status: status, Body: schemas.AgentShown{
		AgentState: state, Paused: state.Paused(), WorkflowID: workflow, WorkflowURL: a.workflowURL(workflow),
	}}
}

// workflowURL is the page of a workflow in the Temporal UI, whose paths hold
// the id with its slash escaped.
func (a *API) workflowURL(id string) string {
	if a.o.Info.TemporalUI == "" {
		return ""
	}
	return a.o.Info.TemporalUI + "/namespaces/" + url.PathEscape(a.o.Info.TemporalNS) + "/workflows/" + url.PathEscape(id)
}

func (a *API) getAssignment(ctx context.Context, in *AgentPath) (*body[schemas.Assignment], error) {
	out, err := a.getAgent(ctx, in)
	if err != nil {
		return nil, err
	}
	return answer(schemas.Assignment{On: out.Body.On, Reason: out.Body.Reason}, nil)
}

func (a *API) putAssignment(ctx context.Context, in *struct {
	AgentPath
	Body schemas.Assignment
},
) (*agentAnswer, error) {
	send := a.o.Workflows.SwitchOff
	if in.Body.On {
		send = a.o.Workflows.SwitchOn
	}
	return a.command(ctx, in.ID, func(ctx context.Context, id schemas.AgentID) error {
		return send(ctx, id, schemas.SwitchInput{Reason: in.Body.Reason})
	}, func(_, now schemas.AgentState) bool { return now.On == in.Body.On })
}

type pauseInput struct {
	AgentPath
	Body *schemas.PauseInput `required:"false"`
}

func (p pauseInput) value() (schemas.PauseInput, error) {
	if p.Body == nil {
		return schemas.PauseInput{}, nil
	}
	return *p.Body, p.Body.Validate()
}

func (a *API) pause(ctx context.Context, in *pauseInput) (*agentAnswer, error) {
	pause, err := in.value()
	if err != nil {
		return nil, err
	}
	if !pause.Until.IsZero() {
		now, err := a.o.Store.Now(ctx)
		if err != nil {
			return nil, err
		}
		if !pause.Until.After(now) {
			return nil, schemas.NewError(schemas.KindInvalid, "until is in the past")
		}
	}
	return a.command(ctx, in.ID, func(ctx context.Context, id schemas.AgentID) error {
		return a.o.Workflows.Pause(ctx, id, pause)
	}, func(was, now schemas.AgentState) bool { return now.Number > was.Number && pausedBy(now, pause) })
}

func (a *API) resume(ctx context.Context, in *pauseInput) (*agentAnswer, error) {
	pause, err := in.value()
	if err != nil {
		return nil, err
	}
	return a.command(ctx, in.ID, func(ctx context.Context, id schemas.AgentID) error {
		return a.o.Workflows.Resume(ctx, id, pause)
	}, func(_, now schemas.AgentState) bool { return !pausedBy(now, pause) })
}

// pausedBy reports whether a pause of that scope is in force; for a resume of
// the whole agent any pause is.
func pausedBy(s schemas.AgentState, in schemas.PauseInput) bool {
	if in.Scope == "" || in.Scope == schemas.ScopeAgent {
		return len(s.Pauses) > 0
	}
	return slices.ContainsFunc(s.Pauses, func(p schemas.Pause) bool { return p.Scope == in.Scope && p.Target == in.Target })
}

// shownEvery is how often a row is read that is about to change.
const shownEvery = 40 * time.Millisecond

// command signals the agent's workflow and waits a moment for its effect. 200
// says that the state shown has it, 202 that the command is on its way: with no
// worker it takes effect when one runs.
func (a *API) command(ctx context.Context, name string, send func(context.Context, schemas.AgentID) error, done func(was, now schemas.AgentState) bool) (*agentAnswer, error) {
	id, err := a.agentID(ctx, name)
	if err != nil {
		return nil, err
	}
	was, err := a.o.Store.AgentState(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := send(ctx, id); err != nil {
		return nil, err
	}
	deadline := time.NewTimer(a.o.Shown)
	defer deadline.Stop()
	for {
		now, err := a.o.Store.AgentState(ctx, id)
		if err != nil {
			return nil, err
		}
		if done(was, now) {
			return a.agentAnswer(http.StatusOK, now), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-deadline.C:
			return a.agentAnswer(http.StatusAccepted, now), nil
		case <-time.After(shownEvery):
		}
	}
}
