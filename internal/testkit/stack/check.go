package stack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/schemas"
)

// rests are what holds for every conversation that is at rest. Each query
// finds what is wrong in one conversation.
var rests = []struct{ name, sql string }{
	{"an inbox row is not delivered", `select state || ' row ' || id from inbox_events where conversation_id = $1 and state <> 'relayed'`},
	{"a control row is not applied", `select control from inbox_events where conversation_id = $1 and kind = 'control' and applied_at is null`},
	{"a customer's message is in no turn", `select 'seq ' || seq from messages where conversation_id = $1 and direction = 'in' and turn is null`},
	{"a turn is open", `select 'turn ' || turn from turns where conversation_id = $1 and state = 'open'`},
	{"a part is stuck", `select state || ' ' || class from outbound_parts where conversation_id = $1 and state in ('queued', 'sending', 'unknown', 'failed')`},
	{"a message is not shown although its part is sent", `select m.text from messages m join outbound_parts p on p.message_id = m.id
		where m.conversation_id = $1 and p.state = 'sent' and m.seq is null`},
	{"an outgoing message has not exactly one part", `select m.class || ' ' || count(p.id) from messages m left join outbound_parts p on p.message_id = m.id
		where m.conversation_id = $1 and m.class is not null group by m.id, m.class having count(p.id) <> 1`},
	{"a composed turn has not exactly one reply", `select 'turn ' || t.turn || ': ' || count(m.id) from turns t
		left join messages m on m.conversation_id = t.conversation_id and m.class = 'reply' and m.effect_key like '%/' || t.turn || '/%'
		where t.conversation_id = $1 and t.state = 'composed' group by t.turn having count(m.id) <> 1`},
	{"a turn that was not composed has a reply that was sent", `select 'turn ' || t.turn || ' ' || t.state from turns t
		join messages m on m.conversation_id = t.conversation_id and m.class = 'reply' and m.effect_key like '%/' || t.turn || '/%'
		where t.conversation_id = $1 and t.state <> 'composed' and m.seq is not null
		and not exists (select 1 from pendings p where p.conversation_id = t.conversation_id and p.turn = t.turn and p.kind = 'reply' and p.state = 'void')`},
	{"a turn has no message", `select 'turn ' || t.turn from turns t where t.conversation_id = $1 and t.state <> 'dropped' and t.resume_pending is null
		and not exists (select 1 from messages m where m.conversation_id = t.conversation_id and m.turn = t.turn)`},
	{"the transcript has a gap", `select count(*) || ' messages up to ' || max(seq) from messages where conversation_id = $1 and seq is not null
		having count(*) <> max(seq)`},
}

// Check waits until the conversation is at rest: every message is taken and
// answered once, nothing waits to be sent. It fails the test with what is wrong
// when it does not come to rest.
func (s *Stack) Check(id schemas.ConversationID) {
	s.t.Helper()
	var wrong []string
	deadline := time.Now().Add(Patience)
	for {
		wrong = s.wrong(id)
		if len(wrong) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the conversation is not at rest:\n  %s\n%s", strings.Join(wrong, "\n  "), s.Describe(id))
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func (s *Stack) wrong(id schemas.ConversationID) []string {
	s.t.Helper()
	var out []string
	for _, rest := range rests {
		found, err := s.texts(rest.sql, rowID(s, id))
		if err != nil {
			return []string{err.Error()}
		}
		for _, f := range found {
			out = append(out, rest.name+": "+f)
		}
	}
	return out
}

// Describe is a conversation as the database has it, for failures.
func (s *Stack) Describe(id schemas.ConversationID) string {
	var b strings.Builder
	for _, sql := range []string{
		`select format('conversation: %s owner %s epoch %s turn %s reason %s deadline %s %s', lifecycle, owner, epoch, turn, reason, deadline_kind, deadline) from conversations where id = $1`,
		`select format('turn %s: %s', turn, state) from turns where conversation_id = $1 order by turn`,
		`select format('message seq %s %s turn %s class %s: %s', seq, speaker, turn, class, left(text, 60)) from messages where conversation_id = $1 order by created_at`,
		`select format('part %s %s tries %s code %s', class, state, tries, code) from outbound_parts where conversation_id = $1 order by ord`,
		`select format('inbox %s %s %s attempts %s applied %s %s', id, kind || coalesce(' ' || control, ''), state, attempts, applied_at, reason) from inbox_events where conversation_id = $1 order by id`,
		`select format('handoff %s %s offer %s started %s', state, reason, offer, started_at) from handoffs where conversation_id = $1`,
	} {
		found, err := s.texts(sql, rowID(s, id))
		if err != nil {
			return err.Error()
		}
		b.WriteString("  " + strings.Join(found, "\n  ") + "\n")
	}
	return b.String()
}

// Count runs a query that gives one number, again while the database is away.
func (s *Stack) Count(sql string, args ...any) int {
	s.t.Helper()
	n := 0
	Until(s.t, "count in the database", func() bool {
		return s.query(func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, sql, args...).Scan(&n)
		}) == nil
	})
	return n
}

// CountOf runs Count with a conversation as $1.
func (s *Stack) CountOf(id schemas.ConversationID, sql string) int {
	s.t.Helper()
	return s.Count(sql, rowID(s, id))
}

func (s *Stack) texts(sql string, args ...any) ([]string, error) {
	var out []string
	err := s.query(func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask the database: %w", err)
	}
	return out, nil
}

// query uses a connection of its own, which a restart of Postgres leaves
// nothing broken of.
func (s *Stack) query(f func(ctx context.Context, conn *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DatabaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return f(ctx, conn)
}

func rowID(s *Stack, id schemas.ConversationID) uuid.UUID {
	s.t.Helper()
	raw, err := schemas.ParseID(schemas.PrefixConversation, string(id))
	if err != nil {
		s.t.Fatalf("no conversation yet: %v", err)
	}
	return raw
}
