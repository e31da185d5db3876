package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"steward/bench/rig"
)

// longestDelay is how long after the event that it aims at a kill may come.
const longestDelay = 120 * time.Millisecond

// killer ends the worker with SIGKILL at random points of the work, which are
// counted in requests of the worker to the model and to the tools, so that it is
// in the middle of something.
type killer struct {
	rig *rig.Rig

	events atomic.Int64
	due    chan struct{}
	// at are the events after which the worker is killed, ascending, delays how
	// long after.
	at     []int64
	delays []time.Duration

	mu    sync.Mutex
	next  int
	kills int
	err   error
}

// newKiller aims n kills at random points among so many events, not at the last
// tenth of them: the work must not be over before the last kill.
func newKiller(n, events int, seed uint64) *killer {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	k := &killer{due: make(chan struct{}, n+1)}
	for range n {
		k.at = append(k.at, 1+random.Int64N(int64(max(events*9/10, 1))))
		k.delays = append(k.delays, time.Duration(random.Int64N(int64(longestDelay))))
	}
	slices.Sort(k.at)
	return k
}

// tick counts an event.
func (k *killer) tick() {
	n := k.events.Add(1)
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.next < len(k.at) && n >= k.at[k.next] {
		k.next++
		k.due <- struct{}{}
	}
}

// run kills until ctx ends. Events that come while the worker starts again aim
// at the new one.
func (k *killer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.due:
		}
		k.mu.Lock()
		delay := k.delays[k.kills%len(k.delays)]
		k.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		err := k.rig.KillWorker(ctx)
		k.mu.Lock()
		if err != nil && k.err == nil && ctx.Err() == nil {
			k.err = err
		}
		k.kills++
		k.mu.Unlock()
	}
}

func (k *killer) result() (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kills, k.err
}
