package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// ChatSession is one visitor of a live-chat channel.
type ChatSession struct {
	ID      schemas.SessionID
	Channel schemas.ChannelID
	Agent   schemas.AgentID
	Contact schemas.ContactID
	// ChannelKey is the public key by which the visitor's page named the channel.
	ChannelKey string
	// Language is what the visitor's page said; empty when unknown.
	Language string
}

// Key is the conversation key of the session: a visitor has one conversation
// at a time.
func (c ChatSession) Key() string { return "chat:" + string(c.ID) }

// Inbound is a message of this visitor. ClientID is the client's own id of it.
func (c ChatSession) Inbound(clientID, text string) Inbound {
	return Inbound{
		Channel: c.Channel, Kind: schemas.ChannelLiveChat, Key: c.Key(), Recipient: string(c.ID),
		Contact: c.Contact, ClientID: clientID, DedupeKey: "chat/" + string(c.ID) + "/" + clientID,
		Text: text, Language: c.Language,
	}
}

// OpenSession makes a session, and a contact for its visitor, on the live-chat
// channel with that public key. It ends when unused for ttl.
func (s *Store) OpenSession(ctx context.Context, channelKey, language string, ttl time.Duration) (ChatSession, error) {
	session, contact := newID(), newID()
	var open ChatSession
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		ch, err := s.q.ChannelByKey(ctx, tx, channelKey)
		if err != nil {
			return noRows(err, "channel")
		}
		if err := s.q.InsertContact(ctx, tx, contact); err != nil {
			return fmt.Errorf("insert contact: %w", err)
		}
		open = showSession(session, ch.ID, ch.AgentID, contact)
		open.ChannelKey, open.Language = channelKey, language
		err = s.putIdentity(ctx, tx, contact, dbq.PutIdentityParams{
			Kind: "visitor", Value: string(open.ID), Proof: "channel",
		})
		if err != nil {
			return err
		}
		return s.q.InsertSession(ctx, tx, dbq.InsertSessionParams{
			ID: session, ChannelID: ch.ID, ContactID: contact, Language: language, TtlSeconds: ttl.Seconds(),
		})
	})
	if err != nil {
		return ChatSession{}, fmt.Errorf("open chat session: %w", Unavailable(err))
	}
	return open, nil
}

// Session returns a live session and, when it was quiet for a minute, notes
// that it is used, which moves its end to ttl from now.
func (s *Store) Session(ctx context.Context, id schemas.SessionID, ttl time.Duration) (ChatSession, error) {
	u, err := parse(schemas.PrefixSession, id, "session")
	if err != nil {
		return ChatSession{}, err
	}
	row, err := s.q.Session(ctx, s.pool, u)
	if err != nil {
		return ChatSession{}, fmt.Errorf("load chat session: %w", Unavailable(noRows(err, "session")))
	}
	if row.Stale {
		if err := s.q.TouchSession(ctx, s.pool, ttl.Seconds(), u); err != nil {
			return ChatSession{}, fmt.Errorf("touch chat session: %w", Unavailable(err))
		}
	}
	c := showSession(row.ID, row.ChannelID, row.AgentID, row.ContactID)
	c.ChannelKey, c.Language = row.PublicKey, row.Language
	return c, nil
}

func showSession(id, channel, agent, contact uuid.UUID) ChatSession {
	return ChatSession{
		ID:      show[schemas.SessionID](schemas.PrefixSession, id),
		Channel: show[schemas.ChannelID](schemas.PrefixChannel, channel),
		Agent:   show[schemas.AgentID](schemas.PrefixAgent, agent),
		Contact: show[schemas.ContactID](schemas.PrefixContact, contact),
	}
}

func (s *Store) putIdentity(ctx context.Context, tx pgx.Tx, contact uuid.UUID, p dbq.PutIdentityParams) error {
	p.ID, p.ContactID = newID(), contact
	if err := s.q.PutIdentity(ctx, tx, p); err != nil {
		return fmt.Errorf("write identity: %w", err)
	}
	return nil
}

// SetEmail notes the address a visitor typed. It is claimed, not proven, so it
// joins no contacts; an open conversation is told. Spec: S25, S26.
func (s *Store) SetEmail(ctx context.Context, session ChatSession, email string) error {
	contact, err := parse(schemas.PrefixContact, session.Contact, "contact")
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		// The conversation's lock comes first, as everywhere.
		c, open, err := s.lockThread(ctx, tx, session)
		if err != nil {
			return err
		}
		if err := s.noteAddress(ctx, tx, c.ID, contact, email); err != nil || !open {
			return err
		}
		if err := s.answerIdentity(ctx, tx, c.ID); err != nil {
			return err
		}
		// A key must not hold the address.
		sum := sha256.Sum256([]byte(email))
		return s.putControl(ctx, tx, control{
			conversation: c.ID, kind: schemas.ControlEmail,
			dedupe: fmt.Sprintf("email/%s/%d/%s", c.ID, c.Engagement, hex.EncodeToString(sum[:8])),
		})
	})
	if err != nil {
		return fmt.Errorf("set email: %w", Unavailable(err))
	}
	return nil
}

// EndChat tells the open conversation that its customer has ended it. Without
// an open one there is nothing to end. Settled: rule 6.
func (s *Store) EndChat(ctx context.Context, session ChatSession) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		c, open, err := s.lockThread(ctx, tx, session)
		if err != nil || !open {
			return err
		}
		return s.putControl(ctx, tx, control{
			conversation: c.ID, kind: schemas.ControlEnd, dedupe: fmt.Sprintf("end/%s/%d", c.ID, c.Engagement),
		})
	})
	if err != nil {
		return fmt.Errorf("end chat: %w", Unavailable(err))
	}
	return nil
}

// Rate stores the visitor's rating, 1 to 5, of their latest conversation. The
// last rating counts; it wakes nobody. Settled: rule 14.
func (s *Store) Rate(ctx context.Context, session ChatSession, rating int) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		c, err := s.q.LockLatestThread(ctx, tx, session.Key())
		if err != nil {
			return noRows(err, "conversation")
		}
		if err := s.q.SetRating(ctx, tx, int16(rating), c.ID); err != nil {
			return fmt.Errorf("write rating: %w", err)
		}
		if rating <= badRating {
			if err := s.q.PutBadRating(ctx, tx, c.ID); err != nil {
				return fmt.Errorf("record badly rated answer: %w", err)
			}
		}
		return s.notify(ctx, tx, NotifyChat, c.ID.String())
	})
	if err != nil {
		return fmt.Errorf("rate: %w", Unavailable(err))
	}
	return nil
}

// lockThread locks the session's latest conversation; open is false when it is
// closed or there is none.
func (s *Store) lockThread(ctx context.Context, tx pgx.Tx, session ChatSession) (c dbq.LockLatestThreadRow, open bool, err error) {
	c, err = s.q.LockLatestThread(ctx, tx, session.Key())
	if errors.Is(err, pgx.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("lock conversation: %w", err)
	}
	return c, schemas.Lifecycle(c.Lifecycle) != schemas.LifecycleClosed, nil
}

// AgentName is the name an agent shows: the published one, or its own before
// anything is published.
func (s *Store) AgentName(ctx context.Context, id schemas.AgentID) (string, error) {
	u, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return "", err
	}
	name, err := s.q.AgentNameOf(ctx, s.pool, u)
	if err != nil {
		return "", fmt.Errorf("load agent's name: %w", Unavailable(noRows(err, "agent")))
	}
	return name, nil
}

// EmailKnown reports whether the visitor has given an address.
func (s *Store) EmailKnown(ctx context.Context, session ChatSession) (bool, error) {
	contact, err := parse(schemas.PrefixContact, session.Contact, "contact")
	if err != nil {
		return false, err
	}
	known, err := s.q.EmailKnown(ctx, s.pool, contact)
	if err != nil {
		return false, fmt.Errorf("look for an email address: %w", Unavailable(err))
	}
	return known, nil
}
