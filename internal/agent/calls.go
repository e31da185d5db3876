package agent

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// Limits of results in a prompt, in characters: one result, all results of
// earlier turns, and those of a prompt that had to be shortened.
const (
	resultLimit    = 16_000
	pastLimit      = 24_000
	pastShortLimit = 4000
)

// offered are the actions that engines may propose on a kind of channel, sorted
// by name so that the prompt stays the same.
func offered(s schemas.Settings, kind schemas.ChannelKind) []schemas.Tool {
	var out []schemas.Tool
	for _, a := range s.Actions {
		if a.Disabled || (len(a.Channels) > 0 && kind != "" && !slices.Contains(a.Channels, kind)) {
			continue
		}
		out = append(out, schemas.Tool{Name: a.Name, Description: oneLine(a.Description), Effect: a.Effect})
	}
	slices.SortFunc(out, func(a, b schemas.Tool) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// requestTools are the commands and the actions of a turn as tools.
func requestTools(m schemas.Material) []llm.Tool {
	out := llm.CommandTools()
	if m.Previous != nil {
		// A repair mends the words; it calls nothing.
		return out
	}
	for _, t := range m.Tools {
		out = append(out, llm.Tool{Name: t.Name, Description: oneLine(t.Description), Schema: t.Schema})
	}
	slices.SortFunc(out, func(a, b llm.Tool) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// roundMessages are the earlier decisions of the turn with their results, as the
// model's own calls where it takes tools, else as quoted text.
func roundMessages(m schemas.Material, q quoter, tools bool) []llm.Message {
	var out []llm.Message
	for _, r := range m.Rounds {
		if tools {
			out = append(out, toolRound(r, q)...)
			continue
		}
		said, err := json.Marshal(map[string]any{"kind": r.Decision.Kind, "text": r.Decision.Text, "calls": r.Decision.Calls})
		if err != nil {
			continue
		}
		var b strings.Builder
		b.WriteString("Results of your calls:\n")
		for i, c := range r.Results {
			fmt.Fprintf(&b, "%s\n", quotedResult(i+1, c, q))
		}
		out = append(out, llm.Message{Role: llm.RoleAssistant, Text: string(said)}, llm.Message{Role: llm.RoleUser, Text: b.String()})
	}
	return out
}

func toolRound(r schemas.Round, q quoter) []llm.Message {
	out := []llm.Message{{Role: llm.RoleAssistant, Text: r.Decision.Text, Calls: r.Decision.Calls}}
	for i, call := range r.Decision.Calls {
		// Providers want a result for each call.
		result := schemas.CallResult{Call: call.ID, Action: call.Action, Status: schemas.CallNotPossible, Error: "not_made"}
		for _, c := range r.Results {
			if c.Call == call.ID {
				result = c
			}
		}
		out = append(out, llm.Message{Role: llm.RoleTool, CallID: call.ID, Text: quotedResult(i+1, result, q)})
	}
	return out
}

// quotedResult is one result between marks: it comes from another system and is
// never an instruction.
func quotedResult(n int, c schemas.CallResult, q quoter) string {
	head := fmt.Sprintf("⟦%s A%d %s: %s", q.key, n, q.quote(oneLine(c.Action), 64), c.Status)
	if c.Error != "" {
		head += " (" + q.quote(oneLine(c.Error), 64) + ")"
	}
	return head + "⟧\n" + q.quote(c.Detail, resultLimit) + "\n⟦/" + q.key + "⟧"
}

// pastCalls are the latest results of earlier turns that fit.
func pastCalls(past []schemas.CallResult, q quoter, short bool) []pastCall {
	left := pastLimit
	if short {
		left = pastShortLimit
	}
	var out []pastCall
	for i := len(past) - 1; i >= 0; i-- {
		text := quotedResult(i+1, past[i], q)
		if args := string(past[i].Arguments); args != "" && args != "{}" {
			text = "called with " + q.quote(args, lineLimit) + "\n" + text
		}
		if left -= len([]rune(text)); left < 0 {
			break
		}
		out = append(out, pastCall{Number: i + 1, Text: text})
	}
	slices.Reverse(out)
	return out
}

// results are the texts of what calls gave: in this turn, in the run that the
// turn goes on with, and before.
func results(m schemas.Material) []schemas.CallResult {
	var out []schemas.CallResult
	for _, c := range m.Past {
		if c.Status == schemas.CallOK {
			out = append(out, c)
		}
	}
	for _, r := range m.Rounds {
		for _, c := range r.Results {
			if c.Status == schemas.CallOK {
				out = append(out, c)
			}
		}
	}
	return out
}

// acted reports whether a call of this turn, or the one that it goes on with,
// was made: then the reply may say what comes of it.
func acted(m schemas.Material) bool {
	if m.Resumed && len(m.Past) > 0 && m.Past[len(m.Past)-1].Status == schemas.CallOK {
		return true
	}
	for _, r := range m.Rounds {
		for _, c := range r.Results {
			if c.Status == schemas.CallOK {
				return true
			}
		}
	}
	return false
}
