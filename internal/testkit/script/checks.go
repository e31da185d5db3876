package script

import (
	"fmt"
	"strings"

	"steward/schemas"
)

// said is a message that the customer sees.
type said struct {
	id      string
	speaker string
	text    string
}

// unread are the messages to a visitor, or to all when key is empty, that no
// line has read, in the order in which they were made.
func (w *world) unread(key string) []said {
	rows, err := w.db.Query(w.ctx, `select m.id::text, m.speaker, m.text from messages m
		join conversations c on c.id = m.conversation_id join outbound_parts p on p.message_id = m.id
		where m.direction = 'out' and m.visibility = 'public' and m.seq is not null and ($1 = '' or c.conversation_key = $1)
		order by p.ord`, key)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var out []said
	for rows.Next() {
		var s said
		if err := rows.Scan(&s.id, &s.speaker, &s.text); err != nil {
			w.t.Fatal(err)
		}
		if !w.read[s.id] {
			out = append(out, s)
		}
	}
	return out
}

// check asserts what was said or how things stand.
func (w *world) check(l line) {
	switch l.verb {
	case "agent", "agent ~", "system", "system ~", "human says":
		w.checkSaid(l)
	case "silence":
		for _, m := range w.unread(w.session.Key()) {
			w.failf(l, "the %s said %q, want silence", m.speaker, m.text)
		}
	case "state":
		w.checkQueries(l)
		w.checkRow(l, w.conversationFields("desc"))
	case "earlier":
		w.checkRow(l, w.conversationFields("asc"))
	case "handoff":
		w.checkRow(l, w.handoffFields())
	case "offers":
		w.checkList(l, `select u.name || ' ' || case when o.result = '' then 'open' else o.result end
			from handoff_offers o join users u on u.id = o.user_id join handoffs h on h.id = o.handoff_id order by h.created_at, o.offer`)
	case "called":
		w.checkCalled(l)
	case "called nothing":
		for _, c := range w.caller.unread() {
			w.failf(l, "there was the call %s, want none", c)
		}
	case "acted":
		w.checkList(l, `select action || ' ' || state || case when error = '' then '' else ' ' || error end from action_runs
			order by created_at, turn, step`)
	case "goals":
		w.checkList(l, `select goal || ' ' || coalesce(nullif(verdict, ''), 'open') || case when applied_at is null then '' else ' applied' end from goal_runs order by created_at, key`)
	case "goal writes":
		w.checkList(l, `select r.goal || ' ' || w.state || coalesce((select string_agg(' left ' || (x ->> 'property') || ' ' || (x ->> 'reason'), '' order by n)
			from jsonb_array_elements(r.run -> 'left') with ordinality as e (x, n)), '')
			from goal_writes w join goal_runs r on r.key = w.run_key order by w.created_at, w.run_key`)
	case "made":
		w.checkMade(l)
	case "writes":
		w.checkList(l, `select operation || ' ' || object_type || ' ' || actor from crm_writes where conversation_id is not null order by at, key`)
	case "pending":
		w.checkList(l, `select kind || ' ' || state from pendings order by created_at, id`)
	case "mailed":
		w.checkMailed(l)
	case "record":
		w.checkRecord(l)
	case "prompt has", "prompt lacks":
		w.checkPrompt(l)
	case "code is nowhere":
		w.checkCodes(l)
	case "gaps":
		w.checkList(l, `select g.reason || ' ' || g.state || ' ' || (select count(*) from gap_asks a where a.gap_id = g.id)
			from gaps g order by g.first_seen, g.id`)
	case "asks":
		w.checkList(l, `select reason || case when consent = '' then '' else ' ' || consent end || case when told = '' then '' else ' ' || told end
			from gap_asks order by asked_at`)
	case "told by mail", "told nothing by mail":
		w.checkMail(l)
	case "tried", "tried ~":
		w.checkTried(l)
	case "trace":
		w.checkTrace(l)
	case "turns":
		w.checkList(l, `select turn || ' ' || state from turns order by created_at, turn`)
	case "turn took":
		w.checkList(l, `select coalesce(turn::text, 'none') from messages where direction = 'in' order by created_at, seq`)
	default:
		w.failf(l, "the verb %q is not played", l.verb)
	}
}

func (w *world) checkSaid(l line) {
	speaker, _, _ := strings.Cut(l.verb, " ")
	news := w.unread(w.session.Key())
	if len(news) == 0 {
		w.failf(l, "the %s said nothing, want %q", speaker, l.rest)
		return
	}
	got := news[0]
	w.read[got.id] = true
	if got.speaker != speaker {
		w.failf(l, "the %s said %q, want the %s to say %q", got.speaker, got.text, speaker, l.rest)
		return
	}
	if strings.HasSuffix(l.verb, "~") {
		if !strings.Contains(got.text, l.rest) {
			w.failf(l, "the %s said %q, want it to contain %q", speaker, got.text, l.rest)
		}
		return
	}
	if got.text != l.rest {
		w.failf(l, "the %s said %q, want %q", speaker, got.text, l.rest)
	}
}

// checkQueries fails for customer text in what the conversation's workflow
// shows. Spec: D26.
func (w *world) checkQueries(l line) {
	id := schemas.ConversationWorkflowID(w.conversation())
	for _, query := range []string{schemas.QueryState, schemas.QueryTranscript} {
		value, err := w.env.QueryWorkflowByID(id, query)
		if err != nil {
			// The run has ended.
			continue
		}
		var shown any
		if err := value.Get(&shown); err != nil {
			w.failf(l, "query %s: %v", query, err)
			continue
		}
		for _, said := range w.script.steps {
			if said.verb == "customer" && len(said.rest) > 7 && strings.Contains(fmt.Sprint(shown), said.rest) {
				w.failf(l, "the query %s shows what the customer wrote", query)
			}
		}
	}
}

// checkRow compares "key=value …" with the fields of a row.
func (w *world) checkRow(l line, have map[string]string) {
	for _, pair := range strings.Fields(l.rest) {
		key, want, _ := strings.Cut(pair, "=")
		got, ok := have[key]
		if !ok {
			w.failf(l, "there is no field %q", key)
		}
		if got != want {
			w.failf(l, "%s is %q, want %q", key, got, want)
		}
	}
}

func (w *world) checkList(l line, query string) {
	rows, err := w.db.Query(w.ctx, query)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var have []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		have = append(have, s)
	}
	if got := strings.Join(have, ", "); got != l.rest {
		w.failf(l, "%s are %q, want %q", l.verb, got, l.rest)
	}
}

// conversationFields are the row of the visitor's latest conversation, or with
// order asc of the first.
func (w *world) conversationFields(order string) map[string]string {
	return w.fields(`select 'lifecycle', c.lifecycle, 'owner', c.owner, 'reason', c.reason, 'epoch', c.epoch::text,
		'engagement', c.engagement::text, 'turn', c.turn::text, 'deadline', c.deadline_kind, 'close', c.close_reason,
		'outcome', c.outcome, 'language', c.language, 'version', c.config_version::text,
		'until', coalesce(to_char(c.deadline at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI'), ''),
		'assigned', coalesce((select name from users u where u.id = c.assigned_to), ''),
		'unsent', (select count(*)::text from outbound_parts p where p.conversation_id = c.id and p.state in ('queued', 'sending')),
		'cancelled', (select count(*)::text from outbound_parts p where p.conversation_id = c.id and p.state = 'cancelled'),
		'unknown', (select count(*)::text from outbound_parts p where p.conversation_id = c.id and p.state = 'unknown'),
		'replies', c.replies::text, 'previous', (c.previous_id is not null)::text, 'email_asked', c.email_asked::text
		from conversations c where c.conversation_key = $1 order by c.created_at `+order+` limit 1`, w.session.Key())
}

func (w *world) handoffFields() map[string]string {
	return w.fields(`select 'state', h.state, 'reason', h.reason, 'tier', h.tier, 'offer', h.offer::text,
		'to', coalesce((select name from users u where u.id = h.offered_to), ''),
		'by', coalesce((select name from users u where u.id = h.accepted_by), ''),
		'escalations', h.escalations::text, 'started', (h.started_at is not null)::text, 'deferred', h.deferred::text,
		'priority', h.priority, 'rule', coalesce(h.plan ->> 'rule', ''), 'breaches', h.breaches::text, 'written', h.brief_by,
		'collected', coalesce((select string_agg((d ->> 'name') || ':' || (d ->> 'value'), ',') from jsonb_array_elements(h.brief -> 'data_collected') d), '')
		from handoffs h join conversations c on c.id = h.conversation_id
		where c.conversation_key = $1 order by h.created_at desc limit 1`, w.session.Key())
}

func (w *world) fields(query string, args ...any) map[string]string {
	rows, err := w.db.Query(w.ctx, query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	if !rows.Next() {
		return out
	}
	values, err := rows.Values()
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(values); i += 2 {
		out[fmt.Sprint(values[i])] = fmt.Sprint(values[i+1])
	}
	return out
}

// checkRuns compares how often the conversation's workflow was started. "every
// N turns" sets the limit and asserts nothing.
func (w *world) checkRuns(l line) {
	if strings.HasPrefix(l.rest, "every ") {
		return
	}
	if got := fmt.Sprint(w.runs); got != l.rest {
		w.failf(l, "the workflow ran %s times, want %s", got, l.rest)
	}
}

func (w *world) checkOpen(l line) {
	if got := w.conversationFields("desc")["lifecycle"]; got == string(schemas.LifecycleClosed) || got == "" {
		w.failf(l, "the conversation is %q, want it open", got)
	}
}

// checkEnd compares "<lifecycle> [outcome]".
func (w *world) checkEnd(l line) {
	have := w.conversationFields("desc")
	got := strings.TrimSpace(have["lifecycle"] + " " + have["outcome"])
	if got != l.rest {
		w.failf(l, "it ends %q, want %q", got, l.rest)
	}
}

// conversation is the latest conversation of the visitor.
func (w *world) conversation() schemas.ConversationID {
	return schemas.ConversationID(w.id(schemas.PrefixConversation, "select id from conversations where conversation_key = $1 order by created_at desc limit 1"))
}

func (w *world) handoff() schemas.HandoffID {
	return schemas.HandoffID(w.id(schemas.PrefixHandoff, `select h.id from handoffs h
		join conversations c on c.id = h.conversation_id where c.conversation_key = $1 order by h.created_at desc limit 1`))
}

func (w *world) id(prefix, query string) string {
	var id [16]byte
	if err := w.db.QueryRow(w.ctx, query, w.session.Key()).Scan(&id); err != nil {
		w.t.Fatalf("%s: %v", w.script.path, err)
	}
	return schemas.FormatID(prefix, id)
}
