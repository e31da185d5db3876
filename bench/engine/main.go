// Command engine measures what the engine adds to a turn beside the model: whole
// turns with 0, 1 and 3 actions, with a scripted model and a system of actions
// that answer at once, against bare turns with as many activities that do
// nothing on the same server in the same run. It also measures the prompts. It
// prints JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"

	"steward/bench/rig"
	"steward/schemas"
)

// report is what the benchmark prints.
type report struct {
	Cases   []comparison `json:"cases"`
	Prompts []prompts    `json:"prompts"`
}

// comparison is one number of actions in a turn.
type comparison struct {
	Actions int         `json:"actions"`
	Turn    rig.Figures `json:"turn"`
	Bare    rig.Figures `json:"bare"`
	// Own is the turn's median beyond the bare one's, for each model round; at
	// most 25 ms is the aim. Own95 is the same of the 95th percentile.
	Own   float64 `json:"own_ms_per_round_p50"`
	Own95 float64 `json:"own_ms_per_round_p95"`
	// CPU is the CPU time in milliseconds that each process used for one turn.
	CPU map[string]float64 `json:"cpu_ms_per_turn"`
}

// turns is how many turns each of n conversations takes.
func turns(n int) int { return max(12, 60/n) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	system, err := startSystem()
	if err != nil {
		return err
	}
	defer system.close()
	r, err := rig.Start(ctx, rig.Options{Model: answer, Settings: settings})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if _, err := r.Store.PutConnection(ctx, system.connection()); err != nil {
		return err
	}
	bare, err := rig.StartBare(r.Temporal)
	if err != nil {
		return err
	}
	defer bare.Stop()
	var out report
	for _, n := range []int{1, 8} {
		for _, actions := range []int{0, 1, 3} {
			c, p, err := measure(ctx, r, n, actions)
			if err != nil {
				return err
			}
			out.Cases = append(out.Cases, c)
			if n == 1 {
				out.Prompts = append(out.Prompts, p)
			}
		}
	}
	if want := system.answered(); want == 0 {
		return fmt.Errorf("no action was called")
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// measure compares one kind of turn, n conversations at once. The bare turns run
// before and after, so that a machine that is slow for a while does not decide.
func measure(ctx context.Context, r *rig.Rig, n, actions int) (comparison, prompts, error) {
	c := comparison{Actions: actions}
	// A turn retrieves, asks the model once more than it calls, calls and sends;
	// locally it takes its next step, checks each call and composes.
	steps := rig.Steps{Regular: 3 + 2*actions, Local: 2 + actions, Models: 1 + actions}
	newBare := func(context.Context) (rig.Asker, error) { return rig.NewBare(r.Temporal, steps), nil }
	before, err := rig.Measure(ctx, n, turns(n), newBare)
	if err != nil {
		return c, prompts{}, err
	}
	idle, err := r.CPU()
	if err != nil {
		return c, prompts{}, err
	}
	seen := len(r.Prompts())
	c.Turn, err = rig.Measure(ctx, n, turns(n), func(ctx context.Context) (rig.Asker, error) {
		v, err := r.Visit(ctx)
		return rig.Asking{Visitor: v, Text: question(actions)}, err
	})
	if err != nil {
		return c, prompts{}, err
	}
	busy, err := r.CPU()
	if err != nil {
		return c, prompts{}, err
	}
	c.CPU = rig.PerTurn(idle, busy, n*(turns(n)+1))
	after, err := rig.Measure(ctx, n, turns(n), newBare)
	if err != nil {
		return c, prompts{}, err
	}
	c.Bare = rig.Better(before, after)
	c.Own = rig.Ratio(c.Turn.P50-c.Bare.P50, float64(actions+1))
	c.Own95 = rig.Ratio(c.Turn.P95-c.Bare.P95, float64(actions+1))
	asked := r.Prompts()
	p, err := weigh(actions, asked[seen:], n*(turns(n)+1))
	return c, p, err
}

// settings let the bench's many calls of one visitor through, and nothing else.
func settings(s *schemas.Settings) {
	s.Limits.ConversationTokens = 1 << 30
	s.Actions = []schemas.Action{{
		Name: "order_status", Title: "Order status", Description: "Says where an order is.", Kind: schemas.ActionHTTP,
		Effect: schemas.EffectRead, Confirm: schemas.ConfirmAlways, Protection: schemas.ProtectNone, PerHour: 1 << 20,
		Inputs:  []schemas.Input{{Name: "order_id", Title: "Order", Required: true, Source: schemas.InputCustomer, Schema: json.RawMessage(`{"type":"string","maxLength":20}`)}},
		HTTP:    &schemas.HTTPCall{Connection: "shop", Method: "GET", Path: "/orders/{order_id}"},
		Outputs: []schemas.Output{{Path: "status", Name: "status", Visibility: schemas.VisibleCustomer}},
	}}
}
