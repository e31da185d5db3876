package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// readIdentity reads from a customer's message who they say they are, before it
// is stored: a code that is waited for is judged here, under the conversation's
// lock, and only what came of it is kept. It masks the text of in. Spec: D7.
func (s *Store) readIdentity(ctx context.Context, tx pgx.Tx, t thread, in *Inbound) (schemas.IdentityNews, error) {
	if s.inbound.Read == nil {
		return schemas.NewsNone, nil
	}
	text := in.Text
	read := s.inbound.Read(text)
	if read.Masked != text {
		news, err := s.readCode(ctx, tx, t, in, read)
		if err != nil || news != schemas.NewsNone {
			return news, err
		}
	}
	if read.Address == "" {
		return schemas.NewsNone, nil
	}
	pending, err := s.q.IdentityPending(ctx, tx, t.id)
	if err != nil && !noSuch(err) {
		return schemas.NewsNone, fmt.Errorf("look for an open question: %w", err)
	}
	if pending == uuid.Nil && !read.Own {
		return schemas.NewsNone, nil
	}
	contact, err := parse(schemas.PrefixContact, in.Contact, "contact")
	if err != nil {
		return schemas.NewsNone, err
	}
	return schemas.NewsAddress, s.noteAddress(ctx, tx, t.id, contact, read.Address)
}

// readCode masks what may be a code and judges it while one is waited for.
func (s *Store) readCode(ctx context.Context, tx pgx.Tx, t thread, in *Inbound, read schemas.InboundRead) (schemas.IdentityNews, error) {
	row, err := s.q.LatestCheck(ctx, tx, t.id)
	if noSuch(err) {
		return schemas.NewsNone, nil
	}
	if err != nil {
		return schemas.NewsNone, fmt.Errorf("look for a code: %w", err)
	}
	if row.VerifiedAt != nil || row.Now.Sub(row.CreatedAt) > schemas.IdentityWait {
		return schemas.NewsNone, nil
	}
	in.Text = read.Masked
	if read.Code == "" {
		return schemas.NewsNone, nil
	}
	key, err := s.identityKey(ctx, tx)
	if err != nil {
		return schemas.NewsNone, err
	}
	contact, err := parse(schemas.PrefixContact, in.Contact, "contact")
	if err != nil {
		return schemas.NewsNone, err
	}
	known, err := s.q.RunContact(ctx, tx, contact)
	if err != nil {
		return schemas.NewsNone, noRows(err, "contact")
	}
	conversation := show[schemas.ConversationID](schemas.PrefixConversation, t.id)
	try, err := s.tryCode(ctx, tx, conversation, t.id, in.DedupeKey, func(f schemas.CodeFacts) schemas.CodeVerdict {
		return s.inbound.Judge(f, key, known.Email, read.Code)
	})
	if err != nil || try.Verdict != schemas.CodeAccepted {
		return schemas.IdentityNews(try.Verdict), err
	}
	return schemas.NewsCodeAccepted, s.answerIdentity(ctx, tx, t.id)
}

// answerIdentity decides the open question about who the customer is, if there
// is one: the turn that deals with it asks the gates anew.
func (s *Store) answerIdentity(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	pending, err := s.q.IdentityPending(ctx, tx, id)
	if noSuch(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an open question: %w", err)
	}
	_, err = s.q.DecidePending(ctx, tx, dbq.DecidePendingParams{ID: pending, State: string(schemas.PendingYes)})
	if err != nil {
		return fmt.Errorf("answer question: %w", err)
	}
	return nil
}

// verifyCall stores that a run waits for a code, which is about to be sent. The
// turn stays open until it has been.
func (s *Store) verifyCall(ctx context.Context, tx pgx.Tx, c *checking, v schemas.GateVerdict) error {
	if err := s.q.AskRun(ctx, tx, dbq.AskRunParams{
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step),
		Digest: c.facts.Read.Digest, ArgsHash: c.facts.Read.Hash, Identity: string(c.facts.Material.Identity),
	}); err != nil {
		return fmt.Errorf("mark run as asked: %w", err)
	}
	if err := s.replaceQuestions(ctx, tx, c.l.conv.ID, int32(c.run.Turn), int32(c.run.Step)); err != nil {
		return err
	}
	if err := s.q.PutPending(ctx, tx, dbq.PutPendingParams{
		ID: newID(), ConversationID: c.l.conv.ID, Kind: string(schemas.PendingIdentity), Turn: int32(c.run.Turn), Step: int32(c.run.Step),
		ArgsHash: c.facts.Read.Hash, Wait: v.Wait,
	}); err != nil {
		return fmt.Errorf("store what is waited for: %w", err)
	}
	return nil
}

// FinishCode tells the customer what became of sending a code, ends the turn,
// and remembers that the mail has gone out. Repeating it changes nothing. A turn
// that is over, or that somebody has taken, only keeps the mail's fact.
// Settled: rules 2, 7, 15.
func (s *Store) FinishCode(ctx context.Context, in schemas.SendCodeInput, outcome schemas.CodeOutcome, rules schemas.GateRules) (schemas.Head, error) {
	var head schemas.Head
	id, err := conversationUUID(in.Conversation)
	if err != nil {
		return head, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, ok, err := s.lock(ctx, tx, id)
		if err != nil || !ok {
			return err
		}
		if outcome == schemas.CodeSent {
			if err := s.q.CheckSent(ctx, tx, in.CodeKey()); err != nil {
				return fmt.Errorf("note that the code was sent: %w", err)
			}
		}
		if err := s.finishCode(ctx, tx, l, in, outcome, rules); err != nil {
			return err
		}
		head, err = s.head(ctx, tx, id)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("finish code: %w", err)
	}
	return head, nil
}

func (s *Store) finishCode(ctx context.Context, tx pgx.Tx, l locked, in schemas.SendCodeInput, outcome schemas.CodeOutcome, rules schemas.GateRules) error {
	row, open, err := s.openTurn(ctx, tx, l, in.Turn, in.Epoch)
	if err != nil || !open {
		return err
	}
	check := schemas.CheckActionInput{TurnRef: in.TurnRef, Epoch: in.Epoch, Decision: in.Decision, Place: in.Place}
	if in.Resumed {
		check.Resume = &in.Run
	}
	c, err := s.checking(ctx, tx, l, check, row, rules)
	if err != nil {
		return err
	}
	v := rules.Sent(c.facts, outcome)
	message, err := s.put(ctx, tx, c.l, outgoing{
		class: schemas.ClassReply, speaker: schemas.SpeakerAgent, name: c.l.settings.Profile.Name,
		text: v.Text, askEmail: v.AskEmail, version: c.l.row.Published, key: in.CodeKey(),
	})
	if err != nil {
		return err
	}
	if message != "" {
		if err := s.saidOf(ctx, tx, c, message); err != nil {
			return err
		}
	}
	return s.endAsking(ctx, tx, c)
}

// saidOf names the message by which the customer hears of the open question.
func (s *Store) saidOf(ctx context.Context, tx pgx.Tx, c *checking, message schemas.MessageID) error {
	id, err := parse(schemas.PrefixMessage, message, "message")
	if err != nil {
		return err
	}
	if err := s.q.SetPendingMessage(ctx, tx, &id, c.l.conv.ID); err != nil {
		return fmt.Errorf("name the question's message: %w", err)
	}
	return s.notify(ctx, tx, NotifyChat, c.l.conv.ID.String())
}
