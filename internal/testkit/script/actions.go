package script

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"steward/internal/actions"
	"steward/internal/store"
	"steward/schemas"
)

// caller stands in for the other systems: it gives the results of the script in
// their order and keeps what it was asked.
type caller struct {
	mu      sync.Mutex
	results []schemas.RunResult
	calls   []string
	// token is that of the latest call for its report.
	token string
	read  int
}

// callbackBase is where the script's systems report.
const callbackBase = "https://steward.example/"

// Run gives the next result; without one every call works.
func (c *caller) Run(_ context.Context, r schemas.RunRequest) schemas.RunResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Arguments were read from JSON just now.
	args, _ := json.Marshal(r.Arguments)
	c.calls = append(c.calls, r.Action.Name+" "+string(args))
	c.token = strings.TrimPrefix(r.CallbackURL, callbackBase)
	out := schemas.RunResult{State: schemas.RunOK, Status: 200, Values: value(`"done"`)}
	if len(c.results) > 0 {
		out, c.results = c.results[0], c.results[1:]
	}
	if out.State == schemas.RunRunning {
		panic("the script's worker died in a call")
	}
	return out
}

func value(raw string) []schemas.RunValue {
	return []schemas.RunValue{{Name: "result", Visibility: schemas.VisibleModel, Value: json.RawMessage(raw)}}
}

// push reads "ok <json>", "failed <error>", "again <error>" for a failure that
// may be repeated, "unknown", "waiting", or "lost" for a worker that dies.
func (c *caller) push(text string) error {
	word, rest, _ := strings.Cut(text, " ")
	var r schemas.RunResult
	switch word {
	case "ok":
		r = schemas.RunResult{State: schemas.RunOK, Status: 200, Values: value(rest)}
	case "failed":
		r = schemas.RunResult{State: schemas.RunFailed, Error: schemas.RunError(rest)}
	case "again":
		r = schemas.RunResult{State: schemas.RunFailed, Error: schemas.RunError(rest), Retryable: true}
	case "unknown":
		r = schemas.RunResult{State: schemas.RunUnknown, Error: schemas.RunErrorTimeout}
	case "waiting":
		r = schemas.RunResult{State: schemas.RunWaiting, Status: 202}
	case "lost":
		r = schemas.RunResult{State: schemas.RunRunning}
	default:
		return fmt.Errorf("unknown result %q", word)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results = append(c.results, r)
	return nil
}

// unread are the calls that no line has read.
func (c *caller) unread() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls[c.read:])
}

// action reads the JSON of an action; what it leaves out is the product's.
func (w *world) action(l line) schemas.Action {
	a := schemas.Action{
		Kind: schemas.ActionHTTP, Effect: schemas.EffectRead, Protection: schemas.ProtectNone,
		HTTP: &schemas.HTTPCall{Connection: "shop", Method: "GET", Path: "/"},
	}
	decoder := json.NewDecoder(strings.NewReader(l.rest))
	decoder.DisallowUnknownFields()
	w.must(decoder.Decode(&a))
	return actions.Normalise(a)
}

// calls reads "name {json}" or several with "&" between them, and after "|" what
// is said beside them.
func (w *world) calls(l line) schemas.Decision {
	list, text, _ := strings.Cut(l.rest, " | ")
	d := schemas.Decision{Kind: schemas.DecisionCallAction, Text: text}
	for i, c := range strings.Split(list, " & ") {
		name, args, _ := strings.Cut(strings.TrimSpace(c), " ")
		if args == "" {
			args = "{}"
		}
		d.Calls = append(d.Calls, schemas.Call{ID: fmt.Sprintf("call_%d", i+1), Action: name, Arguments: json.RawMessage(args)})
	}
	return d
}

func (w *world) checkCalled(l line) {
	w.caller.mu.Lock()
	defer w.caller.mu.Unlock()
	if w.caller.read == len(w.caller.calls) {
		w.failf(l, "nothing was called, want %s", l.rest)
		return
	}
	got := w.caller.calls[w.caller.read]
	w.caller.read++
	name, args, _ := strings.Cut(l.rest, " ")
	var want bytes.Buffer
	if args == "" {
		args = "{}"
	}
	if err := json.Compact(&want, []byte(args)); err != nil {
		w.failf(l, "%v", err)
	}
	if got != name+" "+want.String() {
		w.failf(l, "the call was %s, want %s", got, l.rest)
	}
}

// latest is the id of the newest open question of a kind.
func (w *world) latest(kinds ...string) (schemas.PendingID, error) {
	var id [16]byte
	err := w.db.QueryRow(w.ctx, `select id from pendings where kind = any($1) order by created_at desc, id desc limit 1`, kinds).Scan(&id)
	return schemas.PendingID(schemas.FormatID(schemas.PrefixPending, id)), err
}

// approve is what a person decides: "approves: Dana", with "-> conflict" for a
// decision that comes too late.
func (w *world) approve(l line) error {
	name, rest, _ := strings.Cut(l.rest, " ")
	user, ok := w.users[name]
	if !ok {
		return fmt.Errorf("there is no user %q", name)
	}
	id, err := w.latest("approval", "reply")
	if err != nil {
		return err
	}
	err = w.store.Approve(w.ctx, store.Decide{Pending: id, Yes: l.verb == "approves", User: user})
	return wanted(err, rest)
}

// button is the customer's answer by a button.
func (w *world) button(l line) error {
	word, rest, _ := strings.Cut(l.rest, " ")
	id, err := w.latest("confirmation")
	if err != nil {
		return err
	}
	return wanted(w.store.ConfirmByButton(w.ctx, w.session, store.Decide{Pending: id, Yes: word == "yes"}), rest)
}

// wanted turns an expected error into none: "-> conflict".
func wanted(err error, rest string) error {
	want, expected := strings.CutPrefix(rest, "-> ")
	if !expected {
		return err
	}
	if err == nil || string(schemas.KindOf(err)) != want {
		return fmt.Errorf("got %v, want an error of kind %s", err, want)
	}
	return nil
}

// report is what a system reports of the latest call: "ok <json>" or "failed".
func (w *world) report(l line) error {
	word, rest, _ := strings.Cut(l.rest, " ")
	w.caller.mu.Lock()
	token := w.caller.token
	w.caller.mu.Unlock()
	body := fmt.Sprintf(`{"status": %q}`, word)
	if rest != "" && !strings.HasPrefix(rest, "-> ") {
		body = fmt.Sprintf(`{"status": %q, "result": %s}`, word, rest)
		rest = ""
	}
	action, err := w.store.Reported(w.ctx, token)
	if err != nil {
		return wanted(err, rest)
	}
	result, err := actions.Report(action, []byte(body))
	if err != nil {
		return err
	}
	return wanted(w.store.Report(w.ctx, token, actions.Outcome(action, result)), rest)
}
