package schemas

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Ids are UUIDv7 values shown with a prefix that names their kind, for example
// conv_0192f4c07a1b7c3d8e9fa0b1c2d3e4f5. The zero value is "no id".
// Settled: rule 27.
type (
	// AgentID names one configured agent.
	AgentID string
	// ChannelID names one channel account (a chat inbox, a number, a page).
	ChannelID string
	// ContactID names a person who writes to us.
	ContactID string
	// SessionID names one visitor's live-chat session.
	SessionID string
	// ConversationID names one conversation.
	ConversationID string
	// MessageID names one message.
	MessageID string
	// PartID names one outbound provider call; it is the correlation id that
	// the provider echoes.
	PartID string
	// AttemptID names one try of a network step of a part.
	AttemptID string
	// HandoffID names one handoff to people.
	HandoffID string
	// UserID names a member of the company's staff.
	UserID string
	// TeamID names a team of users.
	TeamID string
	// SourceID names one content source.
	SourceID string
	// DocumentID names one document read from a source.
	DocumentID string
	// ChunkID names one indexed passage of a document.
	ChunkID string
	// SyncID names one run of a source's synchronisation.
	SyncID string
	// PauseID names one pause of the agent.
	PauseID string
	// FileID names one uploaded file.
	FileID string
	// ArticleID names one item of the knowledge system.
	ArticleID string
	// ConnectorID names one connection to an outside knowledge system.
	ConnectorID string
	// EmbedderID names one embedder: a model, or one training of the default.
	EmbedderID string
	// ConnectionID names one connection to a system that actions call.
	ConnectionID string
	// CheckID names one code that was sent to prove an address.
	CheckID string
	// PendingID names one thing a conversation waits for: a confirmation, a code,
	// an approval, a callback.
	PendingID string
	// DeskID names one destination beside the inbox that handoffs also go to.
	DeskID string
)

// Prefixes of the shown form of each id kind.
const (
	PrefixAgent        = "agent"
	PrefixChannel      = "chan"
	PrefixContact      = "cont"
	PrefixSession      = "sess"
	PrefixConversation = "conv"
	PrefixMessage      = "msg"
	PrefixPart         = "part"
	PrefixAttempt      = "att"
	PrefixHandoff      = "hand"
	PrefixUser         = "user"
	PrefixTeam         = "team"
	PrefixSource       = "src"
	PrefixDocument     = "doc"
	PrefixChunk        = "chunk"
	PrefixSync         = "sync"
	PrefixPause        = "pause"
	PrefixFile         = "file"
	PrefixArticle      = "art"
	PrefixConnector    = "con"
	PrefixEmbedder     = "emb"
	PrefixConnection   = "conn"
	PrefixPending      = "pend"
	PrefixRecord       = "rec"
	PrefixCheck        = "check"
	PrefixDesk         = "desk"
)

// FormatID shows a UUID with its prefix.
func FormatID(prefix string, id [16]byte) string {
	return prefix + "_" + hex.EncodeToString(id[:])
}

// ParseID reads the shown form of an id of the given kind. Any other shape is
// an error that names the kind and never repeats the value.
func ParseID(prefix, shown string) ([16]byte, error) {
	var id [16]byte
	rest, ok := strings.CutPrefix(shown, prefix+"_")
	if !ok || len(rest) != 32 || rest != strings.ToLower(rest) {
		return id, fmt.Errorf("not an id of the form %s_<32 hexadecimal digits>", prefix)
	}
	if _, err := hex.Decode(id[:], []byte(rest)); err != nil {
		return id, fmt.Errorf("not an id of the form %s_<32 hexadecimal digits>", prefix)
	}
	return id, nil
}
