package gateway

import (
	"strconv"
	"strings"
	"time"

	"steward/internal/store"
	"steward/schemas"
)

// message is one message in answers and events.
type message struct {
	ID           schemas.MessageID      `json:"id"`
	Conversation schemas.ConversationID `json:"conversation"`
	Seq          int64                  `json:"seq"`
	// ClientID is the client's own id of a message it sent.
	ClientID string          `json:"client_message_id,omitempty"`
	Speaker  schemas.Speaker `json:"speaker"`
	// Name is who speaks, for everybody but the customer.
	Name      string             `json:"name,omitempty"`
	Text      string             `json:"text"`
	Citations []schemas.Citation `json:"citations"`
	// AskEmail is true when the text asks for an email address.
	AskEmail bool `json:"ask_email"`
	// Confirm is the id of the question that POST /confirmations/{id} answers;
	// empty for none.
	Confirm schemas.PendingID `json:"confirm,omitempty"`
	At      time.Time         `json:"at"`
}

func showMessage(m store.ChatMessage) message {
	shown := message{
		ID: m.ID, Conversation: m.Conversation, Seq: m.Seq, ClientID: m.ClientID, Speaker: m.Speaker,
		Name: m.Name, Text: m.Text, Citations: m.Citations, AskEmail: m.AskEmail, Confirm: m.Confirm, At: m.At.UTC(),
	}
	if shown.Citations == nil {
		shown.Citations = []schemas.Citation{}
	}
	return shown
}

// state is where the visitor's latest conversation stands.
type state struct {
	// Conversation is empty before the first message; then the owner is none.
	Conversation schemas.ConversationID `json:"conversation"`
	Lifecycle    schemas.Lifecycle      `json:"lifecycle"`
	Owner        schemas.Owner          `json:"owner"`
	// Human is the name of the person who has the conversation.
	Human string `json:"human"`
	// Label is what to show under the name, empty when the agent does not answer.
	Label  string `json:"label"`
	Rating int    `json:"rating"`
}

// typing says that an answer is being made.
type typing struct {
	On bool `json:"on"`
}

// resync tells a client to forget what it shows: the place it resumes from
// does not exist, and the stream begins anew.
type resync struct {
	Reason string `json:"reason"`
}

// Names of the events of a stream.
const (
	eventMessage = "message"
	eventState   = "state"
	eventTyping  = "typing"
	eventResync  = "resync"
)

// cursorText is a place in a transcript as clients carry it: the id of the
// event, `<conversation>/<seq>`.
func cursorText(c store.Cursor) string {
	if c == (store.Cursor{}) {
		return ""
	}
	return string(c.Conversation) + "/" + strconv.FormatInt(c.Seq, 10)
}

// parseCursor reads what cursorText wrote; the empty text is the beginning.
func parseCursor(text string) (store.Cursor, error) {
	if text == "" {
		return store.Cursor{}, nil
	}
	id, seq, found := strings.Cut(text, "/")
	n, err := strconv.ParseInt(seq, 10, 64)
	if _, bad := schemas.ParseID(schemas.PrefixConversation, id); !found || err != nil || bad != nil || n < 0 {
		return store.Cursor{}, schemas.NewError(schemas.KindInvalid, "The cursor is not one that this API gave out.")
	}
	return store.Cursor{Conversation: schemas.ConversationID(id), Seq: n}, nil
}
