package script

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/schemas"
)

// Steps take this much virtual time; one that looks at what was said first
// lets the quiet window pass.
const (
	stepTakes = time.Second
	lookTakes = 10 * time.Second
)

// Run plays every script that the pattern matches, each as a parallel subtest.
func Run(t *testing.T, pattern string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts match %s: %v", pattern, err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".conv"), func(t *testing.T) {
			t.Parallel()
			s, err := parse(f)
			if err != nil {
				t.Fatal(err)
			}
			play(t, s)
		})
	}
}

func play(t *testing.T, s script) {
	w := newWorld(t, s, Wiring{})
	w.play()
	w.unused()
}

// play plays the script to its end.
func (w *world) play() {
	t, s := w.t, w.script
	w.startBeside(start{
		Type: schemas.WorkflowAgent, ID: schemas.AgentWorkflowID(w.deploy.Agent), Agent: schemas.AgentInput{Agent: w.deploy.Agent},
	})
	for _, l := range s.steps {
		w.schedule(l)
	}
	w.env.ExecuteWorkflow(host)
	if err := w.env.GetWorkflowError(); err != nil {
		t.Fatalf("%s: %v", s.path, err)
	}
}

// schedule puts a step on the virtual clock.
func (w *world) schedule(l line) {
	switch l.verb {
	case "wait":
		d, err := time.ParseDuration(l.rest)
		if err != nil {
			w.t.Fatalf("%s:%d: %v", w.script.path, l.number, err)
		}
		w.at += d
		return
	case "at":
		at, err := time.Parse(time.RFC3339, l.rest)
		if err != nil {
			w.t.Fatalf("%s:%d: %v", w.script.path, l.number, err)
		}
		w.at = at.Sub(w.script.start)
		return
	case "model", "model notfound", "model clarify", "model handoff", "model smalltalk", "model cites nothing", "model fails", "model calls":
		w.model.push(w.answer(l))
		return
	case "ends":
		w.at += stepTakes
		w.env.RegisterDelayedCallback(func() { w.awaitEnd(l, 0) }, w.at)
		return
	}
	if looks(l.verb) {
		w.at += lookTakes
	} else {
		w.at += stepTakes
	}
	w.env.RegisterDelayedCallback(func() {
		if err := w.setClock(); err != nil {
			w.t.Errorf("set clock: %v", err)
		}
		w.do(l)
		w.relay(nil)
		w.wakeLooking()
	}, w.at)
}

func looks(verb string) bool {
	switch verb {
	case "desk told", "desk told ~", "desk silence", "note ~", "no notes", "tried", "tried ~", "trace", "gaps", "asks", "told by mail", "told nothing by mail", "mailed", "record", "prompt has", "prompt lacks", "code is nowhere", "called", "called nothing", "acted", "goals", "goal writes", "made", "writes", "pending", "agent", "agent ~", "system", "system ~", "human says", "silence", "state", "earlier", "handoff", "offers", "turns", "turn took", "runs", "open":
		return true
	}
	return false
}

// meanwhile plays a step while the model works and returns when the workflow
// has been told of all that came of it.
func (w *world) meanwhile(l line) {
	before, _ := w.unsettled()
	done := make(chan struct{})
	w.env.RegisterDelayedCallback(func() { w.do(l); w.relay(nil); close(done) }, 0)
	<-done
	signal := l.verb == "pause" || l.verb == "resume" || strings.HasPrefix(l.verb, "switch")
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		number, settled := w.unsettled()
		if settled && (!signal || number > before) {
			return
		}
		<-time.After(2 * time.Millisecond)
	}
	w.t.Errorf("%s:%d: the workflow was not told of %q while the model worked", w.script.path, l.number, l.verb)
}

// unsettled is the agent's state number, and whether its conversations have
// been woken for it and every inbox row has been delivered.
func (w *world) unsettled() (number int64, settled bool) {
	err := w.db.QueryRow(w.ctx, `select a.state_number, a.fanned_out >= a.state_number
		and not exists (select 1 from inbox_events where state in ('pending', 'leased')) from agents a`).Scan(&number, &settled)
	if err != nil {
		w.t.Error(err)
	}
	return number, settled
}

// answer reads a model line.
func (w *world) answer(l line) answer {
	a := answer{line: l, during: l.during}
	d := schemas.Decision{Kind: schemas.DecisionAnswer, Text: l.rest, Citations: []int{1}}
	switch l.verb {
	case "model":
		d.Text += " [S1]"
	case "model notfound":
		d.NotFound, d.Citations = true, nil
	case "model clarify":
		d.Kind, d.Citations = schemas.DecisionClarify, nil
	case "model smalltalk":
		d.Kind, d.Citations = schemas.DecisionSmalltalk, nil
	case "model handoff":
		d.Kind, d.Citations, d.Text = schemas.DecisionHandoff, nil, ""
	case "model cites nothing":
		d.Citations = nil
	case "model calls":
		d = w.calls(l)
	case "model fails":
		a.err = modelError(l.rest)
	}
	a.decision = d
	return a
}

// awaitEnd looks every six virtual hours whether the conversation's workflow
// has ended, for up to forty days, and then asserts how.
func (w *world) awaitEnd(l line, looks int) {
	w.mu.Lock()
	ended := !w.conversationRuns()
	w.mu.Unlock()
	if !ended && looks < 160 {
		w.env.RegisterDelayedCallback(func() { w.awaitEnd(l, looks+1) }, 6*time.Hour)
		return
	}
	if !ended {
		w.failf(l, "the conversation has not ended after forty days")
	}
	w.checkEnd(l)
	w.stop()
}

func (w *world) conversationRuns() bool {
	for id := range w.running {
		if _, ok := schemas.ConversationIDFromWorkflowID(id); ok {
			return true
		}
	}
	return false
}

func (w *world) stop() { w.env.SignalWorkflow(hostSignal, start{Stop: true}) }

// unused fails for what the script promised and nothing came of.
func (w *world) unused() {
	for _, a := range w.model.answers {
		w.failf(a.line, "the model was never asked for %q", a.line.rest)
	}
	if w.model.refused > 0 {
		w.t.Errorf("%s: the model was asked %d times more than the script says", w.script.path, w.model.refused)
	}
	for _, c := range w.caller.unread() {
		w.t.Errorf("%s: nobody read the call %s", w.script.path, c)
	}
	if n := len(w.mailer.mails) - w.mailer.read; n > 0 {
		w.t.Errorf("%s: nobody read %d mails", w.script.path, n)
	}
	for _, told := range w.unreadDesk() {
		w.t.Errorf("%s: nobody read that the desk was told %q", w.script.path, told)
	}
	for _, m := range w.unread("") {
		w.t.Errorf("%s: nobody read that the %s said %q", w.script.path, m.speaker, m.text)
	}
}

func (w *world) failf(l line, format string, args ...any) {
	w.t.Errorf("%s:%d: %s", w.script.path, l.number, fmt.Sprintf(format, args...))
}

// rollAt is after how many turns a run continues as new, 0 for the product's
// value: "settings" cannot carry it, so it is a comment-like step of its own.
func (w *world) rollAt() int {
	for _, l := range w.script.steps {
		if l.verb == "runs" && strings.HasPrefix(l.rest, "every ") {
			n := 0
			if _, err := fmt.Sscanf(l.rest, "every %d turns", &n); err == nil {
				return n
			}
		}
	}
	return 0
}
