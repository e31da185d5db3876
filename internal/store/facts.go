package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// locked is a conversation under its row lock with what was read beside it.
type locked struct {
	row       dbq.LockConversationRow
	conv      dbq.Conversations
	counts    dbq.ConversationCountsRow
	questions []question
	settings  schemas.Settings
	facts     schemas.Facts
}

// question is a customer message that no turn has answered.
type question struct {
	Seq  int64  `json:"seq"`
	Text string `json:"text"`
	// Taken: the open turn has it.
	Taken bool      `json:"taken"`
	At    time.Time `json:"at"`
	// News is what it said about who the customer is.
	News schemas.IdentityNews `json:"news"`
}

// lock takes the conversation's row lock and reads the facts that decisions
// rest on. ok is false when there is no such conversation.
func (s *Store) lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (l locked, ok bool, err error) {
	l.row, err = s.q.LockConversation(ctx, tx, id)
	if noSuch(err) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("lock conversation: %w", err)
	}
	l.conv = l.row.Conversations
	l.settings = schemas.DefaultSettings()
	if len(l.row.Settings) > 0 {
		if err := json.Unmarshal(l.row.Settings, &l.settings); err != nil {
			return l, false, fmt.Errorf("read published settings: %w", err)
		}
	}
	l.counts, err = s.q.ConversationCounts(ctx, tx, dbq.ConversationCountsParams{
		ChannelKind: l.row.ChannelKind, ShownID: string(show[schemas.ConversationID](schemas.PrefixConversation, id)), ID: id,
	})
	if err != nil {
		return l, false, fmt.Errorf("count conversation: %w", err)
	}
	if err := json.Unmarshal(l.counts.Questions, &l.questions); err != nil {
		return l, false, fmt.Errorf("read questions: %w", err)
	}
	if l.conv.Preview {
		asPreview(&l)
	}
	return l, true, s.fillFacts(ctx, tx, &l)
}

func (s *Store) fillFacts(ctx context.Context, tx pgx.Tx, l *locked) error {
	c := l.conv
	f := schemas.Facts{
		Now: l.row.Now, Exists: true, Head: headOf(l),
		AgentOn: l.row.SwitchedOn, Paused: l.counts.Paused, Published: l.row.Published > 0, Deployed: l.row.Deployed,
		Settings: l.settings, OpensAt: timeOf(c.OpensAt), Admitted: c.Admitted, OpenTurn: int(l.counts.OpenTurn),
		Unanswered: c.Unanswered, Reminded: c.Reminded, ClosedAt: timeOf(c.ClosedAt),
		Resolved: c.Rating != nil && *c.Rating >= 4, Replies: int(c.Replies), ByHuman: c.ByHuman, Returned: l.counts.Returned,
		HandoffState: schemas.HandoffState(l.counts.HandoffState), HandoffStarted: l.counts.HandoffStarted,
		Language: c.Language, EmailKnown: l.counts.EmailKnown, EmailAsked: c.EmailAsked,
		TellAsked: l.counts.TellAsked, Consent: schemas.Consent(l.counts.Consent),
		Deferred: l.counts.HandoffDeferred, Offered: c.OfferedTurn > 0 && c.OfferedTurn == c.Turn, OfferedBefore: c.OfferedTurn > 0,
		UnresolvedStreak: int(c.UnresolvedStreak), UpsetStreak: int(c.NegativeStreak),
	}
	if len(l.settings.Handoff.Triggers.VIP) > 0 && c.Owner == string(schemas.OwnerAgent) && c.Replies == 0 {
		// Only a first message is looked at for it, so most turns need no more reads.
		var err error
		if f.Properties, _, err = s.properties(ctx, tx, c.ContactID); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(l.counts.Pendings, &f.Pending); err != nil {
		return fmt.Errorf("read what is waited for: %w", err)
	}
	f.Resumed, f.GoalDue, f.GoalOpen = l.counts.Resumed, l.counts.GoalDue, l.counts.GoalOpen
	if c.Preview {
		// Admission is skipped. Settled: rule 26.
		f.Preview, f.AgentOn, f.Published, f.Deployed = true, true, true, true
	}
	if len(l.questions) > 0 {
		f.First = l.questions[0].Seq
	}
	for _, q := range l.questions {
		f.Texts = append(f.Texts, q.Text)
		if !q.Taken {
			if f.Untaken == 0 {
				f.OldestUntaken = q.At
			}
			f.Untaken++
		}
	}
	if l.counts.Controls > 0 {
		kinds, err := s.q.UnappliedControls(ctx, tx, c.ID)
		if err != nil {
			return fmt.Errorf("read control rows: %w", err)
		}
		for _, k := range kinds {
			f.Controls = append(f.Controls, schemas.ControlKind(*k))
		}
	}
	l.facts = f
	return s.checkFacts(ctx, tx, l)
}

// headOf is the part of the row that decisions rest on.
func headOf(l *locked) schemas.Head {
	c := l.conv
	return schemas.Head{
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, c.ID),
		Channel:      schemas.ChannelKind(l.row.ChannelKind),
		Lifecycle:    schemas.Lifecycle(c.Lifecycle), Owner: schemas.Owner(c.Owner), Epoch: c.Epoch,
		Engagement: int(c.Engagement), Turn: int(c.Turn), Unsent: int(l.counts.Unsent),
		LastInbound: c.LastInbound, Deadline: timeOf(c.Deadline), DeadlineKind: schemas.DeadlineKind(c.DeadlineKind),
		Handoff:       showPtr[schemas.HandoffID](schemas.PrefixHandoff, c.HandoffID),
		HandoffReason: schemas.Reason(c.Reason), CloseReason: schemas.CloseReason(c.CloseReason),
		Outcome: schemas.Outcome(c.Outcome),
	}
}

// head reads what a workflow steers by, at the end of a transaction that has
// changed the conversation.
func (s *Store) head(ctx context.Context, tx pgx.Tx, id uuid.UUID) (schemas.Head, error) {
	c, err := s.q.ReadHead(ctx, tx, id)
	if noSuch(err) {
		return schemas.Head{}, nil
	}
	if err != nil {
		return schemas.Head{}, fmt.Errorf("read head: %w", err)
	}
	deadline, kind := timeOf(c.Deadline).UTC(), schemas.DeadlineKind(c.DeadlineKind)
	if other := c.PendingDeadline.UTC(); !other.IsZero() && (deadline.IsZero() || other.Before(deadline)) {
		deadline, kind = other, schemas.DeadlinePending
	}
	return schemas.Head{
		Version:      c.Version,
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, c.ID),
		Agent:        show[schemas.AgentID](schemas.PrefixAgent, c.AgentID), Channel: schemas.ChannelKind(c.ChannelKind),
		Lifecycle: schemas.Lifecycle(c.Lifecycle), Owner: schemas.Owner(c.Owner), Epoch: c.Epoch,
		Engagement: int(c.Engagement), Turn: int(c.Turn), Step: int(c.Step), Unsent: int(c.Unsent), Pending: c.Pending,
		LastInbound: c.LastInbound, Deadline: deadline, DeadlineKind: kind,
		Handoff:       showPtr[schemas.HandoffID](schemas.PrefixHandoff, c.HandoffID),
		HandoffReason: schemas.Reason(c.Reason), AssignedTo: showPtr[schemas.UserID](schemas.PrefixUser, c.AssignedTo),
		CloseReason: schemas.CloseReason(c.CloseReason), Outcome: schemas.Outcome(c.Outcome), ConfigVersion: int(c.ConfigVersion),
	}, nil
}
