// Command gateway-ack measures how fast customer messages are acknowledged at a
// fixed rate while the worker is stopped, and checks that none is lost: each
// acknowledged message is in the inbox. It prints JSON.
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

const (
	perSecond = 200
	seconds   = 20
	visitors  = 50
)

// report is what the benchmark prints.
type report struct {
	Rate         int         `json:"requests_per_second"`
	Acknowledged rig.Figures `json:"acknowledged"`
	Failed       int         `json:"failed"`
	// Waiting is the inbox after the run: every message, none lost.
	Waiting int `json:"waiting"`
	Lost    int `json:"lost"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-gateway-ack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	r, err := rig.Start(ctx, rig.Options{NoWorker: true, Durable: true})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	writers := make([]*rig.Visitor, visitors)
	for i := range writers {
		if writers[i], err = r.Visit(ctx); err != nil {
			return err
		}
		defer writers[i].Close()
		// The first message of a visitor opens the conversation; the rate is
		// measured on open ones.
		if err := writers[i].Write(ctx, "hello"); err != nil {
			return err
		}
	}
	out := report{Rate: perSecond}
	var mu sync.Mutex
	var times []time.Duration
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	began := time.Now()
	for n := range perSecond * seconds {
		<-tick.C
		all.Go(func() {
			began := time.Now()
			err := writers[n%visitors].Write(ctx, fmt.Sprintf("message %d", n))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				out.Failed++
				return
			}
			times = append(times, time.Since(began))
		})
	}
	all.Wait()
	out.Acknowledged = rig.Summarise(visitors, times, time.Since(began))
	if out.Waiting, _, err = r.Store.InboxBacklog(ctx); err != nil {
		return err
	}
	out.Lost = len(times) + visitors - out.Waiting
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
