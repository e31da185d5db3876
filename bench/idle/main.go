// Command idle measures what conversations cost when nothing happens: history
// per turn, a conversation of 1,000 messages through continue-as-new, and the
// worker's memory for each of many open idle conversations. It prints JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"steward/bench/rig"
)

// report is what the benchmark prints.
type report struct {
	// Events and Bytes of history that one turn adds; the aims are 40 and 6,144.
	EventsPerTurn float64 `json:"events_per_turn"`
	BytesPerTurn  float64 `json:"bytes_per_turn"`
	// Long is a conversation of many messages.
	Long long `json:"long_conversation"`
	Idle idle `json:"idle"`
}

type long struct {
	Messages  int   `json:"messages"`
	Runs      int   `json:"runs"`
	MaxEvents int64 `json:"max_events_in_a_run"`
	MaxBytes  int64 `json:"max_bytes_in_a_run"`
}

type idle struct {
	Conversations int     `json:"conversations"`
	WorkerBefore  float64 `json:"worker_mib_before"`
	WorkerAfter   float64 `json:"worker_mib_after"`
	// PerConversation is the growth of the worker's resident memory for one
	// cached conversation; the aim is under 40.
	PerConversation float64 `json:"kib_per_conversation"`
	OpenedPerSecond float64 `json:"opened_per_second"`
}

func main() {
	conversations := flag.Int("conversations", 10_000, "idle conversations to open")
	messages := flag.Int("messages", 1_000, "messages of the long conversation")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *conversations, *messages); err != nil {
		fmt.Fprintln(os.Stderr, "bench-idle:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, conversations, messages int) error {
	r, err := rig.Start(ctx, rig.Options{Env: []string{"STEWARD_STICKY_CACHE_SIZE=20000"}})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	var out report
	if err := perTurn(ctx, r, &out); err != nil {
		return err
	}
	if out.Long, err = longConversation(ctx, r, messages); err != nil {
		return err
	}
	if out.Idle, err = idleConversations(ctx, r, conversations); err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// perTurn compares the history after 2 turns with that after 12.
func perTurn(ctx context.Context, r *rig.Rig, out *report) error {
	v, err := r.Visit(ctx)
	if err != nil {
		return err
	}
	defer v.Close()
	var before, after size
	for n := range 12 {
		if _, err := v.Ask(ctx, "How long do I have to return an order?"); err != nil {
			return err
		}
		if n == 1 {
			if before, err = newest(ctx, r); err != nil {
				return err
			}
		}
	}
	if after, err = newest(ctx, r); err != nil {
		return err
	}
	out.EventsPerTurn = float64(after.events-before.events) / 10
	out.BytesPerTurn = float64(after.bytes-before.bytes) / 10
	return nil
}

// longConversation writes many messages into one conversation.
func longConversation(ctx context.Context, r *rig.Rig, messages int) (long, error) {
	out := long{Messages: messages}
	v, err := r.Visit(ctx)
	if err != nil {
		return out, err
	}
	defer v.Close()
	for range messages {
		if _, err := v.Ask(ctx, "How long do I have to return an order?"); err != nil {
			return out, err
		}
	}
	last, err := newest(ctx, r)
	if err != nil {
		return out, err
	}
	sizes, err := list(ctx, r, fmt.Sprintf("WorkflowId = '%s'", last.id))
	for _, s := range sizes {
		out.Runs++
		out.MaxEvents, out.MaxBytes = max(out.MaxEvents, s.events), max(out.MaxBytes, s.bytes)
	}
	return out, err
}

// idleConversations opens many conversations, each with one answered message,
// and leaves them alone.
func idleConversations(ctx context.Context, r *rig.Rig, n int) (idle, error) {
	out := idle{Conversations: n}
	before, err := resident(r.Worker.PID())
	if err != nil {
		return out, err
	}
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	gate := make(chan struct{}, 16)
	began := time.Now()
	for i := range n {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			v, err := r.Visit(ctx)
			if err == nil {
				_, err = v.Ask(ctx, "How long do I have to return an order?")
				v.Close()
			}
			if err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
		if (i+1)%1000 == 0 {
			fmt.Fprintf(os.Stderr, "bench-idle: %d of %d conversations open\n", i+1, n)
		}
	}
	all.Wait()
	if failed != nil {
		return out, failed
	}
	out.OpenedPerSecond = float64(int(float64(n) / time.Since(began).Seconds()))
	after, err := resident(r.Worker.PID())
	out.WorkerBefore, out.WorkerAfter = before/1024, after/1024
	out.PerConversation = (after - before) / float64(n)
	return out, err
}

// resident is a process's resident memory in KiB.
func resident(pid int) (float64, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.ParseFloat(strings.Fields(rest)[0], 64)
		}
	}
	return 0, fmt.Errorf("no resident memory for process %d", pid)
}

// size is how large one run's history is.
type size struct {
	id            string
	events, bytes int64
}

// newest is the conversation started last.
func newest(ctx context.Context, r *rig.Rig) (size, error) {
	all, err := list(ctx, r, "WorkflowType = 'Conversation' AND ExecutionStatus = 'Running'")
	if err != nil || len(all) == 0 {
		return size{}, fmt.Errorf("find the conversation: %d found, %w", len(all), err)
	}
	d, err := r.Temporal.DescribeWorkflowExecution(ctx, all[0].id, "")
	if err != nil {
		return size{}, err
	}
	info := d.GetWorkflowExecutionInfo()
	return size{id: all[0].id, events: info.GetHistoryLength(), bytes: info.GetHistorySizeBytes()}, nil
}

// list returns the runs that a query finds, newest first.
func list(ctx context.Context, r *rig.Rig, query string) ([]size, error) {
	resp, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000})
	if err != nil {
		return nil, err
	}
	var out []size
	for _, e := range resp.GetExecutions() {
		s := size{id: e.GetExecution().GetWorkflowId(), events: e.GetHistoryLength(), bytes: e.GetHistorySizeBytes()}
		if e.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			d, err := r.Temporal.DescribeWorkflowExecution(ctx, s.id, e.GetExecution().GetRunId())
			if err != nil {
				return nil, err
			}
			s.events, s.bytes = d.GetWorkflowExecutionInfo().GetHistoryLength(), d.GetWorkflowExecutionInfo().GetHistorySizeBytes()
		}
		out = append(out, s)
	}
	return out, nil
}
