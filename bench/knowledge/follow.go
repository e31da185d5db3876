package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/bench/rig"
	"steward/schemas"
	"steward/starter/api/client"
)

// stage is one state of a run with what it took.
type stage struct {
	state schemas.SyncState
	took  time.Duration
	cpu   map[string]time.Duration
}

// measured is one run of the product.
type measured struct {
	run    schemas.SyncRun
	took   time.Duration
	stages []stage
	// resident is the most memory that the worker had, in bytes.
	resident int
	chunks   int
}

const look = 500 * time.Millisecond

// follow waits for the run after another one and measures its stages.
func follow(ctx context.Context, r *rig.Rig, api *client.Client, source schemas.SourceID, before schemas.SyncID) (measured, error) {
	var m measured
	start := time.Now()
	used, err := r.CPU()
	if err != nil {
		return m, err
	}
	began, state := start, schemas.SyncQueued
	for deadline := time.Now().Add(within); ; {
		if time.Now().After(deadline) {
			return m, fmt.Errorf("the run did not end within %s", within)
		}
		s, err := api.SourceSync(ctx, source)
		if err != nil {
			return m, err
		}
		m.resident = max(m.resident, resident(r.Worker.PID()))
		if s.Run != nil && s.Run.ID != before && s.Run.State != state {
			now, err := r.CPU()
			if err != nil {
				return m, err
			}
			m.stages = append(m.stages, stage{state: state, took: time.Since(began), cpu: minus(now, used)})
			began, state, used = time.Now(), s.Run.State, now
		}
		if s.Run != nil && s.Run.ID != before && s.Run.State.Ended() && s.Source.Status.Resting() {
			m.run, m.took, m.chunks = *s.Run, time.Since(start), s.Source.Chunks
			return m, nil
		}
		select {
		case <-ctx.Done():
			return m, ctx.Err()
		case <-time.After(look):
		}
	}
}

func minus(a, b map[string]time.Duration) map[string]time.Duration {
	out := make(map[string]time.Duration, len(a))
	for name, d := range a {
		out[name] = d - b[name]
	}
	return out
}

// resident is the memory of a process in bytes; 0 when it cannot be read.
func resident(pid int) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return n * os.Getpagesize()
}

func (m measured) print(name string, pages int) {
	n := m.run.Counts
	fmt.Printf("%s: %s %s, %d pages (%d new, %d unchanged, %d skipped, %d failed), %d passages, %d embedded, %.1f s, worker at most %d MiB\n",
		name, m.run.State, m.run.Reason, n.Fetched, n.New, n.Unchanged, n.Skipped, n.Failed, m.chunks, n.Embedded, m.took.Seconds(), m.resident>>20)
	for _, s := range m.stages {
		names := make([]string, 0, len(s.cpu))
		for who, d := range s.cpu {
			if d >= 100*time.Millisecond {
				names = append(names, fmt.Sprintf("%s %.2f", who, d.Seconds()*1000/float64(pages)))
			}
		}
		slices.Sort(names)
		fmt.Printf("  %-12s %6.1f s   ms of CPU per page: %s\n", s.state, s.took.Seconds(), strings.Join(names, ", "))
	}
}
