package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Inbound is one customer message as a channel hands it over. Text is already
// cleaned by the caller.
type Inbound struct {
	Channel schemas.ChannelID
	Kind    schemas.ChannelKind
	// Key decides to which conversation the message belongs.
	Key string
	// Recipient is where replies go on the channel.
	Recipient string
	Contact   schemas.ContactID
	// ClientID is the sender's id of the message, DedupeKey the same made
	// unique over the whole deployment.
	ClientID  string
	DedupeKey string
	Text      string
	// Language is what the visitor's page said; empty when unknown.
	Language string
	// Preview: it is not waited for further messages.
	Preview bool
}

// Received says where a message went.
type Received struct {
	Conversation schemas.ConversationID
	Message      schemas.MessageID
	// Seq is the message's number in the transcript.
	Seq int64
	// Duplicate is true when the same message had come before.
	Duplicate bool
}

// Receive stores a customer message and its inbox row in one transaction: the
// only place that decides to which conversation a message belongs. Whether a
// message to a closed conversation reopens it is decided later, by its
// workflow. Settled: rule 13. Spec: D12.
func (s *Store) Receive(ctx context.Context, in Inbound) (Received, error) {
	var r Received
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var err error
		r, err = s.receive(ctx, tx, in)
		return err
	})
	if err != nil {
		return Received{}, fmt.Errorf("receive message: %w", Unavailable(err))
	}
	return r, nil
}

func (s *Store) receive(ctx context.Context, tx pgx.Tx, in Inbound) (Received, error) {
	if err := s.q.LockConversationKey(ctx, tx, in.Key); err != nil {
		return Received{}, fmt.Errorf("lock conversation key: %w", err)
	}
	before, err := s.q.ReceivedBefore(ctx, tx, in.DedupeKey)
	if err == nil {
		r := received(before.ConversationID, before.ID, 0)
		r.Duplicate = true
		if before.Seq != nil {
			r.Seq = *before.Seq
		}
		return r, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Received{}, fmt.Errorf("look for an earlier delivery: %w", err)
	}
	t, err := s.threadFor(ctx, tx, in)
	if err != nil {
		return Received{}, err
	}
	return s.putInbound(ctx, tx, t, in)
}

// thread is the conversation a message joins, locked.
type thread struct {
	id         uuid.UUID
	epoch      int64
	engagement int32
	lastSeq    int64
	// handoff is that of the conversation, nil for none.
	handoff *uuid.UUID
}

// threadFor finds the conversation of a message: the open one, else the one
// closed within the reopening time, else a new one.
func (s *Store) threadFor(ctx context.Context, tx pgx.Tx, in Inbound) (thread, error) {
	c, err := s.q.LatestConversation(ctx, tx, in.Kind.ReopenWithin().Seconds(), in.Key)
	if err == nil && c.Joins {
		return thread{id: c.ID, epoch: c.Epoch, engagement: c.Engagement, lastSeq: c.LastSeq, handoff: c.HandoffID}, nil
	}
	var previous *uuid.UUID
	switch {
	case err == nil:
		previous = &c.ID
	case !errors.Is(err, pgx.ErrNoRows):
		return thread{}, fmt.Errorf("find conversation: %w", err)
	}
	return s.newThread(ctx, tx, in, previous)
}

func (s *Store) newThread(ctx context.Context, tx pgx.Tx, in Inbound, previous *uuid.UUID) (thread, error) {
	channel, err := parse(schemas.PrefixChannel, in.Channel, "channel")
	if err != nil {
		return thread{}, err
	}
	contact, err := parse(schemas.PrefixContact, in.Contact, "contact")
	if err != nil {
		return thread{}, err
	}
	t := thread{id: newID(), engagement: 1}
	err = s.q.InsertConversation(ctx, tx, dbq.InsertConversationParams{
		ID: t.id, ContactID: contact, ConversationKey: in.Key, Recipient: in.Recipient,
		Language: in.Language, PreviousID: previous, ChannelID: channel,
	})
	if err != nil {
		return thread{}, fmt.Errorf("insert conversation: %w", err)
	}
	// Streams of this visitor do not know the conversation yet; they listen for
	// what its key names.
	return t, s.notify(ctx, tx, NotifyChat, in.Key)
}

func (s *Store) putInbound(ctx context.Context, tx pgx.Tx, t thread, in Inbound) (Received, error) {
	channel, err := parse(schemas.PrefixChannel, in.Channel, "channel")
	if err != nil {
		return Received{}, err
	}
	news, err := s.readIdentity(ctx, tx, t, &in)
	if err != nil {
		return Received{}, err
	}
	message, seq := newID(), t.lastSeq+1
	usual := schemas.DefaultSettings().For(in.Kind)
	err = s.q.PutInbound(ctx, tx, dbq.PutInboundParams{
		ID: message, ConversationID: t.id, Seq: seq, Text: in.Text, IdentityNews: string(news), EffectKey: inboundPrefix + in.ClientID,
		Epoch: t.epoch, Engagement: t.engagement, ConversationKey: in.Key, DedupeKey: in.DedupeKey,
		ChannelID: channel, DefaultQuiet: int32(usual.QuietMillis), DefaultCap: int32(usual.CapMillis),
	})
	if err != nil {
		return Received{}, fmt.Errorf("insert message: %w", err)
	}
	if in.Preview {
		if err := s.q.Hurry(ctx, tx, previewLasts, in.DedupeKey); err != nil {
			return Received{}, fmt.Errorf("hurry preview: %w", err)
		}
	}
	if err := s.tellMessage(ctx, tx, t.handoff, message); err != nil {
		return Received{}, err
	}
	return received(t.id, message, seq), nil
}

// inboundPrefix starts the effect key of a customer message; the rest is the
// sender's id of it.
const inboundPrefix = "in:"

func received(conversation, message uuid.UUID, seq int64) Received {
	return Received{
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, conversation),
		Message:      show[schemas.MessageID](schemas.PrefixMessage, message),
		Seq:          seq,
	}
}

// InboxRow is one row that a relay has claimed.
type InboxRow struct {
	ID           int64
	Conversation schemas.ConversationID
	DedupeKey    string
	Delivery     schemas.Delivery
	// Attempts counts the claims of the row, this one included.
	Attempts   int
	ReceivedAt time.Time
}

// ClaimInbox leases up to limit rows to the relay named by: the first
// undelivered row of each conversation, oldest first. A row not settled within
// lease, by the real clock, goes to whoever asks next. Settled: rule 12.
func (s *Store) ClaimInbox(ctx context.Context, by string, limit int, lease time.Duration) ([]InboxRow, error) {
	claimed, err := s.q.ClaimInbox(ctx, s.pool, dbq.ClaimInboxParams{
		LeaseBy: by, LeaseSeconds: lease.Seconds(), RowLimit: int32(min(limit, 1000)),
	})
	if err != nil {
		return nil, fmt.Errorf("claim inbox rows: %w", Unavailable(err))
	}
	rows := make([]InboxRow, 0, len(claimed))
	for _, c := range claimed {
		rows = append(rows, showInboxRow(c))
	}
	return rows, nil
}

func showInboxRow(c dbq.ClaimInboxRow) InboxRow {
	row := InboxRow{
		ID: c.ID, Conversation: show[schemas.ConversationID](schemas.PrefixConversation, c.ConversationID),
		DedupeKey: c.DedupeKey, Attempts: int(c.Attempts), ReceivedAt: c.ReceivedAt,
		Delivery: schemas.Delivery{
			Row: c.ID, Kind: schemas.DeliveryKind(c.Kind),
			Message: showPtr[schemas.MessageID](schemas.PrefixMessage, c.MessageID),
			Quiet:   time.Duration(c.QuietMillis) * time.Millisecond,
			Cap:     time.Duration(c.CapMillis) * time.Millisecond,
		},
	}
	row.Delivery.Preview = c.Preview
	if c.Control != nil {
		row.Delivery.Control = schemas.ControlKind(*c.Control)
	}
	return row
}

// MarkRelayed notes that the conversation has accepted a row.
func (s *Store) MarkRelayed(ctx context.Context, id int64) error {
	if err := s.q.MarkRelayed(ctx, s.pool, id); err != nil {
		return fmt.Errorf("mark inbox row %d relayed: %w", id, Unavailable(err))
	}
	return nil
}

// RetryInbox gives a leased row back, to be claimed again after a while.
func (s *Store) RetryInbox(ctx context.Context, id int64, after time.Duration) error {
	if err := s.q.RetryInbox(ctx, s.pool, after.Seconds(), id); err != nil {
		return fmt.Errorf("give inbox row %d back: %w", id, Unavailable(err))
	}
	return nil
}

// MarkDead gives a row up because a validator refused it. Settled: rule 12.
func (s *Store) MarkDead(ctx context.Context, id int64, reason string) error {
	if err := s.q.MarkDead(ctx, s.pool, reason, id); err != nil {
		return fmt.Errorf("mark inbox row %d dead: %w", id, Unavailable(err))
	}
	return nil
}

// ReleaseLeases gives back whatever the relay named by still holds, so that
// nobody waits for its leases to end.
func (s *Store) ReleaseLeases(ctx context.Context, by string) error {
	if err := s.q.ReleaseLeases(ctx, s.pool, by); err != nil {
		return fmt.Errorf("release leases: %w", Unavailable(err))
	}
	return nil
}

// InboxBacklog counts the rows not delivered yet and tells when the oldest of
// them came; the zero time when there is none.
func (s *Store) InboxBacklog(ctx context.Context) (pending int, oldest time.Time, err error) {
	b, err := s.q.InboxBacklog(ctx, s.pool)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count inbox: %w", Unavailable(err))
	}
	if b.Waiting == 0 {
		return 0, time.Time{}, nil
	}
	return int(b.Waiting), b.Oldest, nil
}
