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
// uses Match, Decision, Content, Err, Delay and Hold. Content is parsed like a
// model's text. Safe for concurrent use.
type Model struct {
	name string

	mu       sync.Mutex
	steps    []Step
	requests []llm.Request
	refused  int
}

var _ llm.Model = (*Model)(nil)

// NewModel makes a model that follows steps.
func NewModel(name string, steps ...Step) *Model {
	return &Model{name: name, steps: slices.Clone(steps)}
}

// Name is the name given to NewModel.
func (m *Model) Name() string { return m.name }

// Capabilities: the model answers in JSON, as a strict server would.
func (m *Model) Capabilities() llm.Capabilities { return llm.Capabilities{JSON: llm.JSONSchema} }

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
	if step.Decision != nil {
		out.Decision = *step.Decision
	} else {
		d, err := llm.ParseDecision(step.Content)
		if err != nil {
			return out, err
		}
		out.Decision = d
	}
	out.Decision.Engine = m.name
	return out, nil
}

func (m *Model) next(r llm.Request) (Step, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = append(m.requests, r)
	step, rest, ok := take(m.steps, question(r))
	m.steps = rest
	if !ok {
		m.refused++
	}
	return step, ok
}

// question is what the customer asked, from the material or else the prompt.
func question(r llm.Request) string {
	if len(r.Material.Questions) > 0 {
		return strings.Join(r.Material.Questions, "\n")
	}
	if len(r.Messages) == 0 {
		return ""
	}
	return Question(r.Messages[len(r.Messages)-1].Text)
}
