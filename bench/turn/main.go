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
	"sync"
	"time"

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
	bare := startBare(r.Temporal)
	defer bare.Stop()
	var out report
	for _, n := range []int{1, 8, 32} {
		var c comparison
		start, err := r.CPU()
		if err != nil {
			return err
		}
		// The bare turns run before and after, so that a machine that is slow for
		// a while does not decide.
		before, err := measure(ctx, n, func(ctx context.Context, _ int) (asker, error) { return newBare(r.Temporal), nil })
		if err != nil {
			return err
		}
		idle, err := r.CPU()
		if err != nil {
			return err
		}
		if c.Turn, err = measureTurns(ctx, r, n); err != nil {
			return err
		}
		busy, err := r.CPU()
		if err != nil {
			return err
		}
		c.CPU = rig.PerTurn(idle, busy, n*(rounds(n)+1))
		c.BareCPU = rig.PerTurn(start, idle, n*(rounds(n)+1))
		after, err := measure(ctx, n, func(ctx context.Context, _ int) (asker, error) { return newBare(r.Temporal), nil })
		if err != nil {
			return err
		}
		c.Bare = better(before, after)
		c.P50, c.Throughput = rig.Ratio(c.Turn.P50, c.Bare.P50), rig.Ratio(c.Turn.PerSecond, c.Bare.PerSecond)
		out.Cases = append(out.Cases, c)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// better is the run with the lower median: the fair one to be measured against.
func better(a, b rig.Figures) rig.Figures {
	if b.P50 < a.P50 {
		return b
	}
	return a
}

// asker makes one turn and says how long it took.
type asker interface {
	ask(ctx context.Context) (time.Duration, error)
	close()
}

type visitor struct{ *rig.Visitor }

func (v visitor) ask(ctx context.Context) (time.Duration, error) {
	return v.Ask(ctx, "How long do I have to return an order?")
}
func (v visitor) close() { v.Close() }

func measureTurns(ctx context.Context, r *rig.Rig, n int) (rig.Figures, error) {
	return measure(ctx, n, func(ctx context.Context, _ int) (asker, error) {
		v, err := r.Visit(ctx)
		return visitor{v}, err
	})
}

// measure runs n conversations at once, each its turns one after the other. The
// first turn of each starts its workflow and is not counted.
func measure(ctx context.Context, n int, open func(context.Context, int) (asker, error)) (rig.Figures, error) {
	askers := make([]asker, n)
	for i := range askers {
		a, err := open(ctx, i)
		if err != nil {
			return rig.Figures{}, err
		}
		defer a.close()
		if _, err := a.ask(ctx); err != nil {
			return rig.Figures{}, err
		}
		askers[i] = a
	}
	var mu sync.Mutex
	var times []time.Duration
	var failed error
	var all sync.WaitGroup
	began := time.Now()
	for _, a := range askers {
		all.Go(func() {
			for range rounds(n) {
				d, err := a.ask(ctx)
				mu.Lock()
				if err != nil {
					failed = err
				}
				times = append(times, d)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return rig.Summarise(n, times, time.Since(began)), failed
}
