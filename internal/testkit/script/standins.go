package script

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"steward/internal/agent/llm"
	"steward/internal/channels"
	"steward/schemas"
)

// answer is what the model says next, and what happens while it thinks.
type answer struct {
	line     line
	decision schemas.Decision
	err      error
	during   []line
}

// model is the scripted language model.
type model struct {
	w       *world
	mu      sync.Mutex
	answers []answer
	refused int
	// prompt is the latest request, prompts are all of them.
	prompt, prompts string
}

func (m *model) Name() string { return "scripted" }

func (m *model) Capabilities() llm.Capabilities { return llm.Capabilities{JSON: llm.JSONSchema} }

func (m *model) push(a answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers = append(m.answers, a)
}

// Generate plays what happens meanwhile and gives the next answer. Being asked
// more often than the script says fails without a retry.
func (m *model) Generate(_ context.Context, r llm.Request) (llm.Response, error) {
	m.mu.Lock()
	m.prompt = everything(r)
	m.prompts += m.prompt
	if len(m.answers) == 0 {
		m.refused++
		m.mu.Unlock()
		return llm.Response{}, llm.NewError(llm.KindBadRequest, 400)
	}
	next := m.answers[0]
	m.answers = m.answers[1:]
	m.mu.Unlock()
	for _, l := range next.during {
		m.w.meanwhile(l)
	}
	if next.err != nil {
		return llm.Response{}, next.err
	}
	return llm.Response{Decision: next.decision, Model: m.Name(), Finish: "stop"}, nil
}

// searcher finds one passage, or fails.
type searcher struct {
	mu    sync.Mutex
	fails int
}

func (s *searcher) Find(context.Context, schemas.AgentID, string) ([]schemas.Passage, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails > 0 {
		s.fails--
		return nil, false, schemas.NewError(schemas.KindUnavailable, "the content cannot be searched now")
	}
	return []schemas.Passage{{
		Number: 1, Chunk: schemas.ChunkID(shown(schemas.PrefixChunk)), Document: schemas.DocumentID(shown(schemas.PrefixDocument)),
		Source: schemas.SourceID(shown(schemas.PrefixSource)), Title: "Help", URL: "https://shop.example/help",
		Text: "You can return an order within 30 days. We ship today. Our shop opens at 9.", Language: "en", Score: 1, Citable: true,
	}}, false, nil
}

// channel is the network step. It sends, unless the script says otherwise.
type channel struct {
	mu   sync.Mutex
	next []schemas.Delivered
	// once: the provider would show a repeated send twice.
	once bool
}

// lost is a network step whose worker dies before it knows the result.
const lost schemas.Sent = "lost"

func (c *channel) Capabilities() channels.Capabilities {
	c.mu.Lock()
	defer c.mu.Unlock()
	return channels.Capabilities{MaxText: 4000, TextUnit: channels.UnitGrapheme, Repeatable: !c.once}
}

func (c *channel) Send(context.Context, schemas.Part) (schemas.Delivered, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.next) > 0 {
		d := c.next[0]
		c.next = c.next[1:]
		if d.Result == lost {
			panic("the script's worker died in a network step")
		}
		return d, nil
	}
	return schemas.Delivered{Result: schemas.SentDone}, nil
}

// starter starts a handoff's workflow beside the conversation.
type starter struct{ w *world }

func (s starter) StartHandoff(_ context.Context, id schemas.HandoffID) error {
	s.w.startBeside(start{Type: schemas.WorkflowHandoff, ID: schemas.HandoffWorkflowID(id), Handoff: schemas.HandoffInput{Handoff: id}})
	return nil
}

// clockInterceptor sets the database's clock to the virtual time before each
// activity, fails activities while the script's database is down, and keeps
// track of the workflows that take updates.
type clockInterceptor struct {
	interceptor.WorkerInterceptorBase
	w *world
}

func (i *clockInterceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &listeningWorkflow{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, w: i.w}
}

// listeningWorkflow notes the time between a run's first step and its end. The
// environment knows a child before that, and has nowhere to send an update to.
type listeningWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	w *world
}

func (l *listeningWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	l.w.setListening(id, true)
	defer l.w.setListening(id, false)
	return l.Next.ExecuteWorkflow(ctx, in)
}

func (w *world) setListening(id string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listening[id] = on
}

// isStarting reports whether a workflow that runs has not come to its first
// step, which may be the first after it continued as new.
func (w *world) isStarting(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running[id] && !w.listening[id]
}

func (i *clockInterceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &clockedActivity{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, w: i.w}
}

type clockedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	w *world
}

var (
	errDatabaseDown = errors.New("the script's database is down")
	errNotRunning   = errors.New("the script runs no such workflow")
)

func (a *clockedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	a.w.mu.Lock()
	down := a.w.broken > 0
	if down {
		a.w.broken--
	}
	a.w.mu.Unlock()
	if down {
		return nil, errDatabaseDown
	}
	if err := a.w.setClock(); err != nil {
		return nil, fmt.Errorf("set clock: %w", err)
	}
	name := activity.GetInfo(ctx).ActivityType.Name
	a.w.before(name)
	out, err := a.watched(ctx, name, in)
	a.w.relaySoon()
	return out, err
}

// setClock makes the database's clock the virtual one.
func (w *world) setClock() error {
	now := w.env.Now().UTC().Truncate(time.Microsecond)
	return w.store.SetClock(w.ctx, &now, 0)
}
