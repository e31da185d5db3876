package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

// cue is what a request of the agent shows of where a conversation stands: the
// last text of the agent that the customer has read, and the customer's message.
// A killed worker asks again with the same cue, and gets the same answer.
type cue struct{ before, say string }

// cueLength bounds what is compared of an earlier text, which a prompt shows
// shortened.
const cueLength = 400

func newCue(before, say string) cue {
	return cue{before: clipped(spaced(before), cueLength), say: spaced(say)}
}

// spaced is a text with every row of white space as one space: replies are sent
// without trailing and doubled spaces.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// scene is a turn under way: what the agent does in it from here on.
type scene struct {
	steps []step
	// asked is the highest number of results with which a step was asked for.
	asked int
	open  bool
}

// director is the scripted model: it says for every request of the agent which
// step of which conversation comes next. Safe for concurrent use.
type director struct {
	// tick is called for every request, to kill in the middle of things.
	tick func()

	mu sync.Mutex
	// changed is closed and replaced when a cue is free again.
	changed  chan struct{}
	scenes   map[cue]*scene
	problems []string
}

func newDirector(tick func()) *director {
	return &director{tick: tick, changed: make(chan struct{}), scenes: map[cue]*scene{}}
}

// begin opens a scene. Two conversations that look the same wait for each other.
func (d *director) begin(ctx context.Context, c cue, s *scene) error {
	for {
		d.mu.Lock()
		if d.scenes[c] == nil {
			d.scenes[c] = s
			d.mu.Unlock()
			return nil
		}
		changed := d.changed
		d.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end closes a scene and returns how many of its steps have begun.
func (d *director) end(c cue) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	begun := 0
	if s := d.scenes[c]; s != nil {
		begun = s.asked + 1
	}
	delete(d.scenes, c)
	close(d.changed)
	d.changed = make(chan struct{})
	return begun
}

func (d *director) problem(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.problems = append(d.problems, fmt.Sprintf(format, args...))
}

var (
	earlierAgent = regexp.MustCompile(`(?s)⟦[0-9a-f]+ EARLIER agent⟧\n(.*?)\n⟦/`)
	resultHead   = regexp.MustCompile(`^⟦[0-9a-f]+ A\d+ ([a-z_]+): ([a-z_]+)`)
)

// cueOf reads the cue of a request.
func cueOf(req scripted.Request) cue {
	before := ""
	for _, m := range req.Messages {
		if !strings.Contains(m, " CUSTOMER⟧") {
			continue
		}
		if all := earlierAgent.FindAllStringSubmatch(m, -1); len(all) > 0 {
			before = all[len(all)-1][1]
		}
		break
	}
	return newCue(before, req.Question)
}

// answer is the Fallback of the scripted model. The step is found by the results
// that the turn has so far, so that a request that comes again is answered the
// same.
func (d *director) answer(req scripted.Request) (scripted.Step, bool) {
	d.tick()
	for _, r := range req.Results {
		if head := resultHead.FindStringSubmatch(r); head == nil || head[2] != string(schemas.CallOK) {
			d.problem("the model reads a result that is not ok: %s", clipped(r, 80))
		}
	}
	c := cueOf(req)
	d.mu.Lock()
	s := d.scenes[c]
	n := len(req.Results)
	if s != nil {
		s.asked = max(s.asked, n)
	}
	d.mu.Unlock()
	switch {
	case s == nil:
		d.problem("the model is asked about a message that nobody has just written: %q", clipped(c.say, 60))
		return scripted.Step{}, false
	case n < len(s.steps):
		return played(s.steps[n]), true
	case n == len(s.steps) && s.open:
		return scripted.Answer(closing), true
	}
	d.problem("the model is asked for more than was recorded: %q", clipped(c.say, 60))
	return scripted.Step{}, false
}

// played is a recorded step as an answer of the model.
func played(s step) scripted.Step {
	if s.call == nil {
		return scripted.Answer(s.text)
	}
	return scripted.Step{
		Content: s.text, Calls: []schemas.Call{{Action: s.call.Name, Arguments: s.call.Arguments}},
	}
}
