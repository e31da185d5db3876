package gateway

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"steward/internal/channels/livechat"
	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// newMessage is the body of POST /messages.
type newMessage struct {
	// ClientID is a UUID the client makes once per message and sends again with
	// each retry.
	ClientID string `json:"client_message_id"`
	Text     string `json:"text"`
}

// accepted answers POST /messages: the message is stored.
type accepted struct {
	Message      schemas.MessageID      `json:"message_id"`
	Conversation schemas.ConversationID `json:"conversation"`
	Seq          int64                  `json:"seq"`
	// Duplicate is true when the same message had come before.
	Duplicate bool `json:"duplicate"`
}

// postMessage stores a message and answers only after the commit. It never
// waits for Temporal. Settled: rule 11.
func (g *Gateway) postMessage(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	if err := g.limits.message.take(w, string(session.ID)); err != nil {
		return err
	}
	var in newMessage
	if err := httpkit.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	id, err := uuid.Parse(in.ClientID)
	if err != nil || id == uuid.Nil {
		return schemas.NewError(schemas.KindInvalid, "client_message_id has to be a UUID.")
	}
	text, err := livechat.CleanText(in.Text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	got, err := g.o.Chats.Receive(ctx, session.Inbound(id.String(), text))
	if err != nil {
		return err
	}
	g.o.Faults.At("gateway.after_commit")
	httpkit.WriteJSON(w, http.StatusAccepted, accepted{
		Message: got.Message, Conversation: got.Conversation, Seq: got.Seq, Duplicate: got.Duplicate,
	})
	return nil
}

// history answers GET /messages.
type history struct {
	Items []message `json:"items"`
	// Cursor is where the page ends: the value of `after` for the next page and
	// of Last-Event-ID for a stream.
	Cursor string `json:"cursor"`
	More   bool   `json:"more"`
	State  state  `json:"state"`
}

const (
	usualPage = 50
	maxPage   = 200
)

func (g *Gateway) getMessages(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	limit := usualPage
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return schemas.NewError(schemas.KindInvalid, "limit is a number from 1 to "+strconv.Itoa(maxPage)+".")
		}
		limit = n
	}
	after, err := parseCursor(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	if _, err := g.o.Chats.CheckCursor(ctx, session, after); err != nil {
		return err
	}
	t, err := g.o.Chats.Transcript(ctx, session, after, limit)
	if err != nil {
		return err
	}
	page := history{
		Items: make([]message, 0, len(t.Messages)), Cursor: cursorText(after), More: t.More,
		State: g.stateOf(ctx, session, t.Thread),
	}
	for _, m := range t.Messages {
		page.Items = append(page.Items, showMessage(m))
		page.Cursor = cursorText(store.Cursor{Conversation: m.Conversation, Seq: m.Seq})
	}
	httpkit.WriteJSON(w, http.StatusOK, page)
	return nil
}
