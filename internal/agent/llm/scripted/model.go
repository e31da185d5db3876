package scripted

import (
	"context"
	"slices"
	"strings"
	"sync"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// Model is an llm.Model that follows a script in this process. Of a step it
// uses what matches, Decision, Calls, Content, Usage, Err, Delay and Hold. Calls
// and Content are read like those of a model. Safe for concurrent use.
type Model struct {
	name string
	can  llm.Capabilities

	mu       sync.Mutex
	steps    []Step
	requests []llm.Request
	refused  int
}

var _ llm.Model = (*Model)(nil)

// NewModel makes a model that follows steps and answers in JSON, as a strict
// server would.
func NewModel(name string, steps ...Step) *Model {
	return &Model{name: name, can: llm.Capabilities{JSON: llm.JSONSchema}, steps: slices.Clone(steps)}
}

// NewToolModel makes a model that follows steps and takes tools.
func NewToolModel(name string, steps ...Step) *Model {
	can := llm.Capabilities{Tools: true, JSON: llm.JSONSchema, ParallelCalls: true}
	return &Model{name: name, can: can, steps: slices.Clone(steps)}
}

// Name is the name given to NewModel.
func (m *Model) Name() string { return m.name }

// Capabilities are those of how the model was made.
func (m *Model) Capabilities() llm.Capabilities { return m.can }

// Push adds steps to the end of the script.
func (m *Model) Push(steps ...Step) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.steps = append(m.steps, steps...)
}

// Requests are the calls so far.
func (m *Model) Requests() []llm.Request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.requests)
}

// Refused counts the calls for which no step was left.
func (m *Model) Refused() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused
}

// Remaining counts the steps not yet used.
func (m *Model) Remaining() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.steps)
}

// Generate takes the next matching step. Without one it fails with an error
// that is not retried.
func (m *Model) Generate(ctx context.Context, r llm.Request) (llm.Response, error) {
	if ctx.Err() != nil {
		return llm.Response{}, llm.ContextError(ctx)
	}
	step, ok := m.next(r)
	if !ok {
		return llm.Response{}, llm.NewError(llm.KindBadRequest, 400)
	}
	if !wait(ctx, step) {
		return llm.Response{}, llm.ContextError(ctx)
	}
	if step.Err != nil {
		return llm.Response{}, step.Err
	}
	out := llm.Response{Model: m.name, Finish: "stop", Usage: schemas.Usage{Input: 1, Output: 1}}
	if step.Usage != nil {
		out.Usage = *step.Usage
	}
	d, err := step.proposed(len(r.Tools) > 0)
	if err != nil {
		return out, err
	}
	out.Decision = d
	out.Decision.Engine = m.name
	return out, nil
}

func (m *Model) next(r llm.Request) (Step, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = append(m.requests, r)
	step, rest, ok := take(m.steps, turnOf(r))
	m.steps = rest
	if !ok {
		m.refused++
	}
	return step, ok
}

// proposed is the decision of a step, as an adapter would read it. tools says
// whether tools were offered.
func (s Step) proposed(tools bool) (schemas.Decision, error) {
	switch {
	case s.Decision != nil:
		return *s.Decision, nil
	case tools || len(s.Calls) > 0:
		return llm.DecisionOfCalls(s.Content, s.Calls)
	}
	return llm.ParseDecision(s.Content)
}

// turnOf is what the customer asked and what calls of the turn gave, from the
// material or else the prompt.
func turnOf(r llm.Request) turn {
	var entries []entry
	for _, m := range r.Messages {
		e := entry{text: m.Text}
		switch m.Role {
		case llm.RoleAssistant:
			e.from = fromModel
		case llm.RoleTool:
			e.from = fromTool
		case llm.RoleUser:
		}
		entries = append(entries, e)
	}
	t := readTurn(entries)
	if len(r.Material.Questions) > 0 {
		t.question = strings.Join(r.Material.Questions, "\n")
	}
	if len(r.Material.Rounds) > 0 {
		t.results = nil
		for _, round := range r.Material.Rounds {
			for _, c := range round.Results {
				t.results = append(t.results, strings.Join([]string{string(c.Status), c.Error, c.Detail}, " "))
			}
		}
	}
	return t
}
