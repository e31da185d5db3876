// Package livechat is our own chat channel, spoken by the widget, the demo page
// and the command line.
//
// It owns what is special to it: a message is delivered by being visible in
// Postgres, where streams read it, so sending only wakes them; and the rules
// for what a visitor may type. It must not know HTTP or SQL.
package livechat

import (
	"context"
	"fmt"

	"steward/internal/channels"
	"steward/schemas"
)

// MaxText is the longest message, in graphemes, either way.
const MaxText = 4000

// Notifier wakes the streams that show a conversation.
type Notifier interface {
	NotifyChat(ctx context.Context, id schemas.ConversationID) error
}

// Channel is the live-chat channel.
type Channel struct {
	notifier Notifier
}

// New makes the channel. Without a notifier Send wakes nobody, for callers whose
// storing of the result does.
func New(n Notifier) *Channel { return &Channel{notifier: n} }

var _ channels.Channel = (*Channel)(nil)

// Send wakes the streams of the part's conversation. The part itself becomes
// visible when its result is stored.
func (c *Channel) Send(ctx context.Context, part schemas.Part) (schemas.Delivered, error) {
	if c.notifier == nil {
		return schemas.Delivered{Result: schemas.SentDone}, nil
	}
	if err := c.notifier.NotifyChat(ctx, part.Conversation); err != nil {
		return schemas.Delivered{}, fmt.Errorf("wake streams of %s: %w", part.Conversation, err)
	}
	return schemas.Delivered{Result: schemas.SentDone}, nil
}

// Capabilities of live chat: a message is one row, however often it is sent.
func (c *Channel) Capabilities() channels.Capabilities {
	return channels.Capabilities{MaxText: MaxText, TextUnit: channels.UnitGrapheme, Repeatable: true}
}
