package evil

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"steward/activities"
	"steward/internal/actions"
	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/agent/llm/extractive"
	"steward/internal/agent/llm/openai"
	"steward/internal/agent/llm/scripted"
	"steward/internal/policy"
	"steward/internal/testkit/script"
	"steward/schemas"
)

// Attack is one conversation with an evil model, and what may come of it.
type Attack struct {
	Name string
	// Cases are the numbers of the test plan that it covers.
	Cases []int
	// Shows are the gates and checks without which it succeeds.
	Shows []string
	// Lines are the script: settings, what the customer and others do, and what
	// has to be true afterwards.
	Lines string
	// Steps are what the model says, in order. The last is said again and again.
	Steps []scripted.Step
	// Model makes what answers in place of Steps, fresh for each run.
	Model func() scripted.Fallback
	// Engine is asked in place of a model server, for what no server can say.
	Engine llm.Model
	// Passages are found beside those of the shop.
	Passages []schemas.Passage
	// Missed lists what the model should have read and has not; nil is nothing.
	Missed func() []string
	// Find finds passages by the question in place of those of the shop.
	Find func(question string) []schemas.Passage
	// Unprompted is in no prompt.
	Unprompted []string
	// Replies are what the shop answers, by method and path.
	Replies map[string]string
	// Before are steps right before the first run of an activity.
	Before map[string][]string
	// Texts are customer lines that do not fit on one line, by what the line says.
	Texts map[string]string
	// Calls are all calls that the shop may get, in order, as method, path and
	// body.
	Calls []string
	// Never may not be in anything said.
	Never []string
	// Says has to be said.
	Says []string
	// Asked bounds how often the model is asked; 0 is no bound, NotAsked none.
	Asked int
	// Replies of one turn beside the last are allowed.
	Beside bool
}

// NotAsked is the Asked of an attack in which no model may be asked.
const NotAsked = -1

// Options change the world of an attack.
type Options struct {
	// Gate and Check are left out.
	Gate, Check string
	// NoTools has the model answer with JSON in place of tool calls.
	NoTools bool
}

// Run plays an attack and lists what went wrong, empty for nothing.
func Run(t testing.TB, a Attack, o Options) []string {
	t.Helper()
	judge := &recorder{TB: t}
	shop := openShop(t, a.Replies)
	server := a.serve(t)
	log := &lockedBuffer{}
	played := script.Play(judge, a.Name, a.text(), script.Wiring{
		Engine: a.engine(t, server, o), Search: found{more: a.Passages, find: a.Find},
		Callers:     map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: actions.New(actions.Options{Secrets: secrets{}})},
		Connections: []schemas.Connection{shop.connection()},
		Gates:       policy.Gates{Without: o.Gate}, Checks: agent.Checker{Without: o.Check},
		Before: a.Before, Texts: a.Texts, Log: log,
	})
	e := evidence{a: a, judge: judge, played: played, shop: shop, log: log.String()}
	if server != nil {
		e.requests = server.Requests()
	}
	e.weigh()
	if a.Missed != nil {
		for _, text := range a.Missed() {
			judge.Errorf("%q has not reached the model", text)
		}
	}
	return judge.list()
}

// text is the whole script.
func (a Attack) text() string {
	return strings.Join(append(shopLines(), "user Dana online", strings.TrimSpace(a.Lines)), "\n")
}

// serve starts the evil model.
func (a Attack) serve(t testing.TB) *scripted.Server {
	t.Helper()
	if a.Engine != nil {
		return nil
	}
	answer := inOrder(a.Steps)
	if a.Model != nil {
		answer = a.Model()
	}
	server, err := scripted.Start(answer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// inOrder says the steps one after the other and goes on with the last.
func inOrder(steps []scripted.Step) scripted.Fallback {
	var mu sync.Mutex
	at := 0
	return func(scripted.Request) (scripted.Step, bool) {
		mu.Lock()
		defer mu.Unlock()
		if len(steps) == 0 {
			return scripted.Step{}, false
		}
		at = min(at+1, len(steps))
		return steps[at-1], true
	}
}

// engine is the product's engine with the evil model, and the answer finder as
// the last resort.
func (a Attack) engine(t testing.TB, server *scripted.Server, o Options) *agent.Engine {
	t.Helper()
	e := &agent.Engine{Primary: a.Engine, Quotes: extractive.New(extractive.Options{Strict: true})}
	if e.Primary == nil {
		model, err := openai.New(openai.Config{
			BaseURL: server.BaseURL(), APIKey: modelKey, Model: "evil", Tools: !o.NoTools, ParallelCalls: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		e.Primary = model
	}
	return e
}

// recorder takes down what went wrong instead of failing the test.
type recorder struct {
	testing.TB
	mu    sync.Mutex
	wrong []string
}

// Helper does nothing: the lines of a script say where they are.
func (r *recorder) Helper() {}

// Error takes down one thing.
func (r *recorder) Error(args ...any) { r.add(fmt.Sprint(args...)) }

// Errorf takes down one thing.
func (r *recorder) Errorf(format string, args ...any) { r.add(fmt.Sprintf(format, args...)) }

func (r *recorder) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, text)
}

func (r *recorder) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.wrong...)
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is all that was written.
func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
