package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

// question asks for a turn with so many actions.
func question(actions int) string {
	return fmt.Sprintf("How long do I have to return an order, after %d looks?", actions)
}

var looks = regexp.MustCompile(`after (\d+) looks`)

// answer is the model: it calls the action as often as the question says, one
// in a round, and then quotes.
func answer(r scripted.Request) (scripted.Step, bool) {
	wanted := 0
	if m := looks.FindStringSubmatch(r.Question); m != nil {
		// The pattern holds digits only.
		wanted, _ = strconv.Atoi(m[1])
	}
	if had := looked(r); had < wanted {
		return scripted.Step{Calls: []schemas.Call{{
			Action: "order_status", Arguments: json.RawMessage(fmt.Sprintf(`{"order_id":"A-%d"}`, had+1)),
		}}}, true
	}
	return scripted.QuoteFirst(r)
}

// result is a result of this turn in the prompt of a model without tools.
var result = regexp.MustCompile(`⟦[0-9a-f]+ A\d+ `)

// looked is how many results of this turn the model has, as those of tools or
// as text behind the customer's message.
func looked(r scripted.Request) int {
	if len(r.Results) > 0 || len(r.Messages) == 0 {
		return len(r.Results)
	}
	n := 0
	for _, text := range r.Messages[1:] {
		n += len(result.FindAllString(text, -1))
	}
	return n
}

// prompts are the sizes of the prompts of turns.
type prompts struct {
	Actions int `json:"actions"`
	// Calls is how many model calls one turn makes.
	Calls float64 `json:"calls_per_turn"`
	// Tokens is an estimate: the characters of all messages and tools of a turn
	// through four. Providers bill by their own tokens.
	Tokens float64 `json:"tokens_per_turn_chars_through_4"`
	// Stable is the share of bytes in the prefix that the settings alone decide:
	// the first system message and the tools.
	Stable float64 `json:"stable_share"`
	// StableBytes is its length, Variants how many different ones were sent: 1
	// over all turns and conversations is what a cache needs.
	StableBytes int `json:"stable_bytes"`
	Variants    int `json:"stable_variants"`
}

// weigh reads the prompts of so many turns.
func weigh(actions int, asked []scripted.Request, turns int) (prompts, error) {
	out := prompts{Actions: actions, Calls: rounded(float64(len(asked)) / float64(turns))}
	variants := map[string]bool{}
	whole, stable := 0, 0
	for _, r := range asked {
		var body struct {
			Tools json.RawMessage `json:"tools"`
		}
		if err := json.Unmarshal([]byte(r.Raw), &body); err != nil {
			return out, fmt.Errorf("read prompt: %w", err)
		}
		prefix := r.System[0] + string(body.Tools)
		variants[prefix] = true
		stable += len(prefix)
		whole += len(prefix)
		for _, text := range append(r.System[1:len(r.System):len(r.System)], r.Messages...) {
			whole += len(text)
		}
		out.StableBytes = len(prefix)
	}
	out.Variants = len(variants)
	out.Tokens = rounded(float64(whole) / 4 / float64(turns))
	out.Stable = rounded(100*float64(stable)/float64(whole)) / 100
	return out, nil
}

// rounded is f rounded to one digit after the point.
func rounded(f float64) float64 { return float64(int(f*10+0.5)) / 10 }
