package script

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"

	"steward/activities"
	"steward/internal/agent"
	"steward/internal/policy"
	"steward/internal/testkit"
	"steward/schemas"
)

// Wiring puts real parts, or others, in the place of a script's stand-ins. The
// zero value of a field keeps the script's own.
type Wiring struct {
	// Engine is asked in place of the script's model lines.
	Engine activities.Engine
	// Search finds the passages.
	Search activities.Searcher
	// Callers make the calls of actions.
	Callers map[schemas.ActionKind]activities.Caller
	// Connections are stored before the script begins.
	Connections []schemas.Connection
	// Gates and Checks are those of the product, or without one of them.
	Gates  policy.Gates
	Checks agent.Checker
	// Before are steps that happen right before the first run of an activity, by
	// its name, which then begins in the changed world.
	Before map[string][]string
	// Texts are what customers write in place of what a line says, for texts that
	// fit on no line.
	Texts map[string]string
	// Log takes the log of workflows and activities, from debug on.
	Log io.Writer
}

// Played is what a script has left behind.
type Played struct {
	// DB is the script's database; it is removed when the test ends.
	DB *pgxpool.Pool
	// Payloads are the arguments, results and errors of all activities as they
	// would stand in histories, one in a line.
	Payloads []string
}

// Play plays one script, given as its text, with other parts than the stand-ins.
// What a line of it expects fails t; whether every message was read is not
// asked.
func Play(t testing.TB, name, text string, wiring Wiring) Played {
	t.Helper()
	s, err := parseText(name, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, s, wiring)
	w.play()
	return Played{DB: w.db, Payloads: w.payloads.all()}
}

// logger is where workflows and activities write.
func (g Wiring) logger() log.Logger {
	if g.Log == nil {
		return log.NewStructuredLogger(testkit.Quiet())
	}
	return log.NewStructuredLogger(slog.New(slog.NewTextHandler(g.Log, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

// before plays the steps that come before an activity, once.
func (w *world) before(activity string) {
	w.mu.Lock()
	steps := w.wiring.Before[activity]
	if w.began[activity] {
		steps = nil
	}
	w.began[activity] = true
	w.mu.Unlock()
	for _, text := range steps {
		l, err := step(0, text)
		if err != nil {
			w.t.Error(err)
			return
		}
		w.meanwhile(l)
	}
}

// payloads collects what activities get and give.
type payloads struct {
	mu   sync.Mutex
	list []string
}

func (p *payloads) add(activity string, values ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range values {
		if err, ok := v.(error); ok && err != nil {
			p.list = append(p.list, activity+" failed: "+err.Error())
			continue
		}
		// What an activity gets and gives is made of JSON.
		raw, _ := json.Marshal(v)
		p.list = append(p.list, fmt.Sprintf("%s %s", activity, raw))
	}
}

func (p *payloads) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.list...)
}

// watched runs an activity and keeps its payloads.
func (a *clockedActivity) watched(ctx context.Context, name string, in *interceptor.ExecuteActivityInput) (any, error) {
	out, err := a.Next.ExecuteActivity(ctx, in)
	values := append([]any{}, in.Args...)
	if err != nil {
		values = append(values, err)
	} else {
		values = append(values, out)
	}
	a.w.payloads.add(name, values...)
	return out, err
}
