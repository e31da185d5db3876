package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Cursor is a place in a visitor's transcript: after message Seq of
// Conversation. The zero value is the beginning.
type Cursor struct {
	Conversation schemas.ConversationID
	Seq          int64
}

// ChatMessage is one message as its customer sees it.
type ChatMessage struct {
	ID           schemas.MessageID
	Conversation schemas.ConversationID
	Seq          int64
	// ClientID is the sender's own id of a customer's message.
	ClientID string
	Speaker  schemas.Speaker
	// Name is the speaker's name, empty for the customer.
	Name      string
	Text      string
	Citations []schemas.Citation
	// AskEmail is true when the text asks for an email address.
	AskEmail bool
	// Confirm is the open question of the text, which a button can answer; empty
	// for none.
	Confirm schemas.PendingID
	At      time.Time
}

// Thread is where a visitor's latest conversation stands. Earlier ones are
// closed.
type Thread struct {
	Conversation schemas.ConversationID
	Lifecycle    schemas.Lifecycle
	Owner        schemas.Owner
	Engagement   int
	// Human is the name of the person who has the conversation, if one has.
	Human string
	// LastSeq is the number of its newest message.
	LastSeq int64
	// CustomerLast is true when the customer wrote it.
	CustomerLast bool
	// Rating is 1 to 5, 0 when not rated.
	Rating int
}

// Transcript is a page of what a visitor may see.
type Transcript struct {
	Messages []ChatMessage
	// Thread is nil before the first message.
	Thread *Thread
	// More is true when messages follow the page.
	More bool
}

// Transcript returns up to limit visible messages of all the session's
// conversations after a cursor, and where the latest conversation stands.
func (s *Store) Transcript(ctx context.Context, session ChatSession, after Cursor, limit int) (Transcript, error) {
	var conversation uuid.UUID
	if after.Conversation != "" {
		var err error
		if conversation, err = conversationUUID(after.Conversation); err != nil {
			return Transcript{}, err
		}
	}
	limit = min(max(limit, 1), 1000)
	rows, err := s.q.TranscriptAfter(ctx, s.pool, dbq.TranscriptAfterParams{
		ConversationKey: session.Key(), AfterConversation: conversation, AfterSeq: after.Seq, RowLimit: int32(limit) + 1,
	})
	if err != nil {
		return Transcript{}, fmt.Errorf("load transcript: %w", Unavailable(err))
	}
	t := Transcript{More: len(rows) > limit}
	if t.More {
		rows = rows[:limit]
	}
	for _, row := range rows {
		m, err := chatMessage(row)
		if err != nil {
			return Transcript{}, err
		}
		t.Messages = append(t.Messages, m)
	}
	t.Thread, err = s.thread(ctx, session)
	return t, err
}

func chatMessage(row dbq.TranscriptAfterRow) (ChatMessage, error) {
	m := ChatMessage{
		ID:           show[schemas.MessageID](schemas.PrefixMessage, row.ID),
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, row.ConversationID),
		Seq:          row.Seq, Speaker: schemas.Speaker(row.Speaker), Name: row.SpeakerName, Text: row.Text,
		AskEmail: row.AskEmail, At: row.CreatedAt, Confirm: showPtr[schemas.PendingID](schemas.PrefixPending, row.Confirmation),
	}
	if m.Speaker == schemas.SpeakerCustomer {
		m.ClientID = strings.TrimPrefix(row.EffectKey, inboundPrefix)
	}
	if err := json.Unmarshal(row.Citations, &m.Citations); err != nil {
		return ChatMessage{}, fmt.Errorf("read citations of a message: %w", err)
	}
	return m, nil
}

func (s *Store) thread(ctx context.Context, session ChatSession) (*Thread, error) {
	row, err := s.q.LatestThread(ctx, s.pool, session.Key())
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load conversation: %w", Unavailable(err))
	}
	return &Thread{
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, row.ID),
		Lifecycle:    schemas.Lifecycle(row.Lifecycle), Owner: schemas.Owner(row.Owner),
		Engagement: int(row.Engagement), Human: row.Human, LastSeq: row.LastSeq,
		CustomerLast: row.LastInbound == row.LastSeq, Rating: int(row.Rating),
	}, nil
}

// CheckCursor reports not found unless a cursor is the beginning or lies in one
// of the session's own conversations. Valid is false for a place behind the
// conversation's end, as after a restored backup.
func (s *Store) CheckCursor(ctx context.Context, session ChatSession, at Cursor) (valid bool, err error) {
	if at == (Cursor{}) {
		return true, nil
	}
	id, err := conversationUUID(at.Conversation)
	if err != nil {
		return false, err
	}
	end, err := s.q.ThreadEnd(ctx, s.pool, id, session.Key())
	if err != nil {
		return false, fmt.Errorf("check cursor: %w", Unavailable(noRows(err, "conversation")))
	}
	return at.Seq >= 0 && at.Seq <= end, nil
}

// ChatTopic is what a notification on NotifyChat says about a conversation:
// its payload.
func ChatTopic(id schemas.ConversationID) string {
	u, err := conversationUUID(id)
	if err != nil {
		return ""
	}
	return u.String()
}
