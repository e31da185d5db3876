package script

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"steward/activities"
	"steward/internal/handoff"
	"steward/schemas"
)

// desk stands in for a destination: it keeps what it is told, each key once where
// it finds what it has, and misbehaves as the script says.
type desk struct {
	mu sync.Mutex
	// finds: a step that may have had its effect may be made again.
	finds bool
	next  []string
	keys  map[string]bool
	told  []string
	read  int
	last  schemas.DeskEvent
	count int
}

// desks are the destinations of the script.
func (w *world) desks() activities.Destinations {
	if w.desk == nil {
		return nil
	}
	return w.desk
}

// Destination implements activities.Destinations.
func (d *desk) Destination(schemas.Desk) (handoff.Destination, error) { return d, nil }

// Capabilities implements handoff.Destination.
func (d *desk) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Finds: d.finds, Replies: true}
}

// Open implements handoff.Destination.
func (d *desk) Open(_ context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	err := d.take(string(t.Handoff), fmt.Sprintf("open %s %s: %s", t.Reason, t.Priority, t.Summary.Problem))
	return schemas.ExternalRef{Handoff: t.Handoff, ID: "ticket-" + string(t.Handoff)}, err
}

// Post implements handoff.Destination.
func (d *desk) Post(_ context.Context, _ schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	kind := string(m.Speaker)
	if m.Note {
		kind = "note"
	}
	return m.Key, d.take(m.Key, kind+": "+m.Text)
}

// Update implements handoff.Destination.
func (d *desk) Update(_ context.Context, _ schemas.ExternalRef, u schemas.DeskUpdate) error {
	return d.take(u.Key, strings.TrimSpace("update "+string(u.State)+" "+u.By))
}

// take keeps one thing, or does what the script says instead: "later" and
// "fails" take nothing, "unknown" and "lost" take it and give no answer.
func (d *desk) take(key, text string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	how := ""
	if len(d.next) > 0 {
		how, d.next = d.next[0], d.next[1:]
	}
	switch how {
	case "later":
		return handoff.Later(handoff.CodeThrottled, 0)
	case "fails":
		return handoff.Failed(handoff.CodeAuth)
	}
	if !d.finds || !d.keys[key] {
		d.keys[key] = true
		d.told = append(d.told, text)
	}
	switch how {
	case "unknown":
		return handoff.Unknown(handoff.CodeTimeout)
	case "lost":
		panic("the script's worker died in a step at a destination")
	}
	return nil
}

// addDesk reads "desk NAME [once] [reasons=a,b] [team=NAME]".
func (w *world) addDesk(l line) {
	fields := strings.Fields(l.rest)
	d := schemas.Desk{Kind: schemas.DeskWebhook, Name: fields[0], BaseURL: "https://desk.example/hook", Secret: "env:DESK"}
	w.desk = &desk{finds: true, keys: map[string]bool{}}
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		switch key {
		case "once":
			w.desk.finds = false
		case "reasons":
			for _, r := range strings.Split(value, ",") {
				d.Reasons = append(d.Reasons, schemas.Reason(r))
			}
		case "team":
			d.Teams = append(d.Teams, w.team(value))
		default:
			w.t.Fatalf("%s:%d: a desk has no %q", w.script.path, l.number, f)
		}
	}
	w.must(d.Validate())
	made, err := w.store.PutDesk(w.ctx, d)
	w.must(err)
	w.deskID = made.ID
}

// deskDoes is what happens in the destination: "desk later", "desk fails", "desk
// unknown" and "desk lost" for its next step, "desk repeats" for its last event
// again, and "desk: KIND [as NAME] [TEXT]" for a new one. "-> RESULT" at the end
// of an event expects what became of it.
func (w *world) deskDoes(l line) error {
	if l.verb != "desk" && l.verb != "desk repeats" {
		w.desk.mu.Lock()
		defer w.desk.mu.Unlock()
		w.desk.next = append(w.desk.next, strings.TrimPrefix(l.verb, "desk "))
		return nil
	}
	event, want := w.desk.last, schemas.DeskTwice
	if l.verb == "desk" {
		text, result, expected := strings.Cut(l.rest, " -> ")
		if want = schemas.DeskDidIt; expected {
			want = schemas.DeskResult(strings.TrimSpace(result))
		}
		kind, rest, _ := strings.Cut(text, " ")
		w.desk.count++
		event = schemas.DeskEvent{
			ID: fmt.Sprintf("event-%d", w.desk.count), Kind: schemas.DeskEventKind(kind), Handoff: w.handoff(), Author: "Kim", Text: rest,
		}
		w.desk.last = event
	}
	got, err := w.store.DeskEvent(w.ctx, w.deskID, event)
	if err == nil && got != want {
		return fmt.Errorf("the event was %s, want %s", got, want)
	}
	return err
}

// checkDesk compares the next thing that the destination was told.
func (w *world) checkDesk(l line) {
	w.desk.mu.Lock()
	defer w.desk.mu.Unlock()
	left := w.desk.told[w.desk.read:]
	if l.verb == "desk silence" {
		if len(left) > 0 {
			w.failf(l, "the desk was told %q, want nothing", left)
		}
		return
	}
	if len(left) == 0 {
		w.failf(l, "the desk was told nothing, want %q", l.rest)
		return
	}
	w.desk.read++
	if got := left[0]; got != l.rest && (l.verb != "desk told ~" || !strings.Contains(got, l.rest)) {
		w.failf(l, "the desk was told %q, want %q", got, l.rest)
	}
}

// checkNote looks for a note of people that contains a text, each for one line.
func (w *world) checkNote(l line) {
	rows, err := w.db.Query(w.ctx, `select m.id::text, m.text from messages m join conversations c on c.id = m.conversation_id
		where m.visibility = 'private' and c.conversation_key = $1 order by m.seq`, w.session.Key())
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var unread []string
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			w.t.Fatal(err)
		}
		if w.read[id] {
			continue
		}
		if l.verb == "note ~" && strings.Contains(text, l.rest) {
			w.read[id] = true
			return
		}
		unread = append(unread, text)
	}
	if l.verb == "note ~" || len(unread) > 0 {
		w.failf(l, "the notes that no line has read are %q, want %q", unread, l.rest)
	}
}

// unreadDesk is what the destination was told and no line has read.
func (w *world) unreadDesk() []string {
	if w.desk == nil {
		return nil
	}
	w.desk.mu.Lock()
	defer w.desk.mu.Unlock()
	return w.desk.told[w.desk.read:]
}

// wakeLooking does what a notification of the database does: it wakes the
// handoffs whose rows want to be looked at. Only scripts with a destination, a
// timing or a service for people need it.
func (w *world) wakeLooking() {
	if !w.watching {
		return
	}
	rows, err := w.db.Query(w.ctx, `select h.id from handoffs h where (h.state in ('waiting', 'accepted') and h.deadline <= clock())
		or exists (select 1 from desk_outbox o where o.handoff_id = h.id and o.state = 'queued' and o.next_attempt_at <= clock())`)
	if err != nil {
		w.t.Errorf("find handoffs to wake: %v", err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var id [16]byte
		if err := rows.Scan(&id); err != nil {
			w.t.Errorf("find handoffs to wake: %v", err)
			return
		}
		shown := schemas.HandoffWorkflowID(schemas.HandoffID(schemas.FormatID(schemas.PrefixHandoff, id)))
		w.mu.Lock()
		if w.running[shown] {
			// One that has just ended has nothing to read.
			_ = w.env.SignalWorkflowByID(shown, schemas.SignalWake, nil)
		}
		w.mu.Unlock()
	}
}
