package rig

import (
	"context"
	"sync"
	"time"
)

// Asker makes one turn and says how long it took.
type Asker interface {
	Ask(ctx context.Context) (time.Duration, error)
	Close()
}

// Measure runs n conversations at once, each its turns one after the other. The
// first turn of each starts its workflow and is not counted.
func Measure(ctx context.Context, n, turns int, open func(context.Context) (Asker, error)) (Figures, error) {
	askers := make([]Asker, n)
	for i := range askers {
		a, err := open(ctx)
		if err != nil {
			return Figures{}, err
		}
		defer a.Close()
		if _, err := a.Ask(ctx); err != nil {
			return Figures{}, err
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
			for range turns {
				d, err := a.Ask(ctx)
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
	return Summarise(n, times, time.Since(began)), failed
}

// Better is the run with the lower median: the fair one to be measured against.
func Better(a, b Figures) Figures {
	if b.P50 < a.P50 {
		return b
	}
	return a
}

// Asking is a visitor who always asks the same.
type Asking struct {
	*Visitor
	Text string
}

// Ask implements Asker.
func (a Asking) Ask(ctx context.Context) (time.Duration, error) { return a.Visitor.Ask(ctx, a.Text) }
