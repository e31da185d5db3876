package script

import (
	"encoding/json"
	"fmt"
	"strings"

	"steward/schemas"
)

// checkTrace compares the steps of the latest turn, as the trace shows them:
// "search <passages>", "decision <kind>", "call <name> <arguments> <state>
// [gate <name>]", and what was broken.
func (w *world) checkTrace(l line) {
	trace, err := w.store.Trace(w.ctx, w.conversation(), 0)
	if err != nil || len(trace.Turns) == 0 {
		w.failf(l, "there is no trace: %v", err)
		return
	}
	turn := trace.Turns[0]
	var have []string
	for _, s := range turn.Steps {
		have = append(have, w.traced(l, s))
	}
	if len(turn.Violations) > 0 {
		have = append(have, "broke "+strings.Join(turn.Violations, " "))
	}
	if got := strings.Join(have, ", "); got != l.rest {
		w.failf(l, "the trace is %q, want %q", got, l.rest)
	}
}

func (w *world) traced(l line, s schemas.TraceStep) string {
	switch {
	case s.Run != nil:
		// Arguments were read from JSON.
		args, _ := json.Marshal(s.Run.Arguments)
		out := fmt.Sprintf("call %s %s %s", s.Run.Action, args, s.Run.State)
		if s.Run.Gate != "" {
			out += " gate " + s.Run.Gate
		}
		return out
	case s.Decision != nil:
		if s.Prompt == "" {
			w.failf(l, "the decision of step %d names no prompt", s.Step)
		}
		return "decision " + string(s.Decision.Kind)
	case s.Kind == schemas.TraceSearch:
		if s.Query == "" {
			w.failf(l, "the search of step %d says not what it looked for", s.Step)
		}
		return fmt.Sprintf("search %d", len(s.Passages))
	}
	return "no decision"
}
