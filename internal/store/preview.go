package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// previewLasts is how long a preview waits for the next message. Settled: rule 26.
const previewLasts = time.Hour

// asPreview gives a locked preview what its admin tries instead of waiting:
// no pause, always open, and a close after an hour.
func asPreview(l *locked) {
	l.counts.Paused = false
	kind := schemas.ChannelKind(l.row.ChannelKind)
	c := l.settings.For(kind)
	c.Hours, c.Reminder, c.InactivityClose = schemas.Hours{Mode: schemas.HoursAll}, 0, schemas.Seconds(previewLasts/time.Second)
	channels := map[schemas.ChannelKind]schemas.ChannelSettings{kind: c}
	for other, settings := range l.settings.Channels {
		if other != kind {
			channels[other] = settings
		}
	}
	l.settings.Channels = channels
}

// keepDraft keeps the draft that a turn goes by, so that a later edit does not
// change what has answered. Spec: D14.
func (s *Store) keepDraft(ctx context.Context, tx pgx.Tx, l locked) error {
	if l.row.Draft == 0 {
		return nil
	}
	if err := s.q.KeepDraft(ctx, tx, dbq.KeepDraftParams{AgentID: l.conv.AgentID, Revision: l.row.Draft, Settings: l.row.Settings}); err != nil {
		return fmt.Errorf("keep draft: %w", err)
	}
	return nil
}

// PinDraft keeps the draft as it is now and returns its revision.
func (s *Store) PinDraft(ctx context.Context, agent schemas.AgentID) (int64, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return 0, err
	}
	row, err := s.q.DraftRow(ctx, s.pool, owner)
	if err != nil {
		return 0, fmt.Errorf("read draft: %w", Unavailable(noRows(err, "agent")))
	}
	if err := s.q.KeepDraft(ctx, s.pool, dbq.KeepDraftParams{AgentID: owner, Revision: row.Revision, Settings: row.Settings}); err != nil {
		return 0, fmt.Errorf("keep draft: %w", Unavailable(err))
	}
	return row.Revision, nil
}

// NewPreview is what an admin tries. Key makes the preview once.
type NewPreview struct {
	Agent schemas.AgentID
	Key   string
	// Past is the conversation that it plays again; empty for none.
	Past schemas.ConversationID
	schemas.NewPreview
}

// StartPreview makes a preview conversation, or returns the one with its key.
// KindInvalid when there is no such channel or version. Spec: S55, S56. Settled:
// rule 26.
func (s *Store) StartPreview(ctx context.Context, n NewPreview) (schemas.ConversationID, error) {
	agent, err := parse(schemas.PrefixAgent, n.Agent, "agent")
	if err != nil {
		return "", err
	}
	var id uuid.UUID
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		key := "preview:" + n.Key
		if err := s.q.LockConversationKey(ctx, tx, key); err != nil {
			return err
		}
		before, err := s.q.PreviewByKey(ctx, tx, key)
		if err == nil {
			id = before.ID
			return nil
		}
		if !noSuch(err) {
			return err
		}
		id = newID()
		return s.putPreview(ctx, tx, n, dbq.PutPreviewParams{
			ID: id, AgentID: agent, ConversationKey: key, Language: n.Locale, Version: int32(n.Version), Draft: n.Draft,
			Identity: string(n.Identity), Lasts: previewLasts,
		})
	})
	if err != nil {
		return "", fmt.Errorf("start preview: %w", Unavailable(err))
	}
	return show[schemas.ConversationID](schemas.PrefixConversation, id), nil
}

func (s *Store) putPreview(ctx context.Context, tx pgx.Tx, n NewPreview, p dbq.PutPreviewParams) error {
	var err error
	if p.ChannelID, err = s.q.PreviewChannel(ctx, tx, p.AgentID, string(n.Channel)); err != nil {
		if noSuch(err) {
			return schemas.NewError(schemas.KindInvalid, "channel: there is none of this kind; set one up first")
		}
		return err
	}
	exists := true
	switch {
	case p.Version > 0:
		exists, err = s.q.VersionExists(ctx, tx, p.AgentID, p.Version)
	case p.Draft > 0:
		exists, err = s.q.DraftExists(ctx, tx, p.AgentID, p.Draft)
	}
	switch {
	case err != nil:
		return err
	case !exists:
		return schemas.NewError(schemas.KindInvalid, "version: there is no such version")
	}
	p.ContactID = newID()
	if err := s.q.PutPreviewContact(ctx, tx, p.ContactID); err != nil {
		return fmt.Errorf("insert contact: %w", err)
	}
	if n.Email != "" {
		if err := s.putIdentity(ctx, tx, p.ContactID, dbq.PutIdentityParams{Kind: "email", Value: n.Email, Proof: "claimed"}); err != nil {
			return err
		}
	}
	if n.Past != "" {
		past, err := conversationUUID(n.Past)
		if err != nil {
			return err
		}
		p.Past = &past
	}
	if err := s.q.PutPreview(ctx, tx, p); err != nil {
		return fmt.Errorf("insert preview: %w", err)
	}
	if p.Past == nil {
		return nil
	}
	if err := s.q.CopyCustomer(ctx, tx, p.ID, *p.Past); err != nil {
		return fmt.Errorf("copy customer: %w", err)
	}
	return nil
}

// PreviewMessage is what the admin writes in the customer's place, once per
// client id; KindConflict when the preview is over. It takes the way of every
// message. Settled: rule 11.
func (s *Store) PreviewMessage(ctx context.Context, id schemas.ConversationID, clientID, text string) (Received, error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return Received{}, err
	}
	row, err := s.q.PreviewRow(ctx, s.pool, conv)
	if err != nil {
		return Received{}, fmt.Errorf("read preview: %w", Unavailable(noRows(err, "preview")))
	}
	if row.Lifecycle == string(schemas.LifecycleClosed) {
		return Received{}, schemas.NewError(schemas.KindConflict, "the preview is over: start a new one")
	}
	return s.Receive(ctx, Inbound{
		Channel: show[schemas.ChannelID](schemas.PrefixChannel, row.ChannelID), Kind: schemas.ChannelKind(row.Kind), Key: row.ConversationKey,
		Recipient: "preview", Contact: show[schemas.ContactID](schemas.PrefixContact, row.ContactID), ClientID: clientID,
		DedupeKey: "preview/" + conv.String() + "/" + clientID, Text: text, Preview: true,
	})
}

// showPreview shows a message at once: a preview has no channel to send it on.
func (s *Store) showPreview(ctx context.Context, tx pgx.Tx, l locked, message uuid.UUID) error {
	if _, err := s.q.ShowMessage(ctx, tx, message); err != nil && !noSuch(err) {
		return fmt.Errorf("show message: %w", err)
	}
	if err := s.setDeadline(ctx, tx, l.conv.ID, l.row.Now.Add(previewLasts), schemas.DeadlineInactivity); err != nil {
		return err
	}
	return s.notify(ctx, tx, NotifyChat, l.conv.ID.String())
}

// previewHandOff does what the customer would see of a handoff, and asks
// nobody. Settled: rule 26.
func (s *Store) previewHandOff(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, rules schemas.Rules) error {
	people, err := s.people(ctx, tx, schemas.RoutePlan{Team: l.settings.Handoff.Team}, l)
	if err != nil {
		return err
	}
	if l.conv.Owner != string(schemas.OwnerQueue) {
		if l.conv.Epoch, err = s.changeOwner(ctx, tx, l, change{to: schemas.OwnerQueue, by: "steward", reason: string(v.Reason)}); err != nil {
			return err
		}
	}
	if err := s.leave(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	if err := s.q.SetQueued(ctx, tx, string(v.Reason), l.conv.ID); err != nil {
		return fmt.Errorf("mark preview as handed over: %w", err)
	}
	n := rules.Notice(l.facts, v, people)
	n.Event = fmt.Sprintf("handoff/%d", l.conv.Epoch)
	return s.notice(ctx, tx, l, n)
}
