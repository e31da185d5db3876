// Command turn measures a whole turn, from the HTTP request of a customer's
// message to the answer on the event stream, against a bare Temporal turn
// (Update-with-Start and three activities that do nothing) on the same server
// in the same run. It prints JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"

	"steward/bench/rig"
)

// report is what the benchmark prints.
type report struct {
	Cases []comparison `json:"cases"`
}

// comparison is one number of conversations at once.
type comparison struct {
	Turn rig.Figures `json:"turn"`
	Bare rig.Figures `json:"bare"`
	// P50 is the turn's median over the bare turn's; at most 2.5 is the aim.
	P50 float64 `json:"p50_ratio"`
	// Throughput is the turns per second over the bare ones; at least 0.4 is
	// the aim.
	Throughput float64 `json:"throughput_ratio"`
	// CPU is the CPU time in milliseconds that each process used for one turn;
	// bench is the benchmark itself with the scripted model.
	CPU     map[string]float64 `json:"cpu_ms_per_turn"`
	BareCPU map[string]float64 `json:"bare_cpu_ms_per_turn"`
}

// rounds is how many turns each of n conversations takes, so that every case
// rests on enough of them.
func rounds(n int) int { return max(12, 60/n) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-turn:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	r, err := rig.Start(ctx, rig.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	bare, err := rig.StartBare(r.Temporal)
	if err != nil {
		return err
	}
	defer bare.Stop()
	newBare := func(context.Context) (rig.Asker, error) { return rig.NewBare(r.Temporal, rig.Steps{Regular: 3}), nil }
	visit := func(ctx context.Context) (rig.Asker, error) {
		v, err := r.Visit(ctx)
		return rig.Asking{Visitor: v, Text: "How long do I have to return an order?"}, err
	}
	var out report
	for _, n := range []int{1, 8, 32} {
		var c comparison
		start, err := r.CPU()
		if err != nil {
			return err
		}
		// The bare turns run before and after, so that a machine that is slow for
		// a while does not decide.
		before, err := rig.Measure(ctx, n, rounds(n), newBare)
		if err != nil {
			return err
		}
		idle, err := r.CPU()
		if err != nil {
			return err
		}
		if c.Turn, err = rig.Measure(ctx, n, rounds(n), visit); err != nil {
			return err
		}
		busy, err := r.CPU()
		if err != nil {
			return err
		}
		c.CPU = rig.PerTurn(idle, busy, n*(rounds(n)+1))
		c.BareCPU = rig.PerTurn(start, idle, n*(rounds(n)+1))
		after, err := rig.Measure(ctx, n, rounds(n), newBare)
		if err != nil {
			return err
		}
		c.Bare = rig.Better(before, after)
		c.P50, c.Throughput = rig.Ratio(c.Turn.P50, c.Bare.P50), rig.Ratio(c.Turn.PerSecond, c.Bare.PerSecond)
		out.Cases = append(out.Cases, c)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
