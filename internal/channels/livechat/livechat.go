// Package livechat is our own chat channel, spoken by the widget, the demo page
// and the command line.
//
// It owns what is special to it: a message is delivered by being visible in
// Postgres, where streams read it, so there is nothing to send; and the rules
// for what a visitor may type. It must not know HTTP or SQL.
package livechat

import (
	"context"

	"steward/internal/channels"
	"steward/schemas"
)

// MaxText is the longest message, in graphemes, either way.
const MaxText = 4000

// Channel is the live-chat channel.
type Channel struct{}

// New makes the channel.
func New() *Channel { return &Channel{} }

var _ channels.Channel = (*Channel)(nil)

// Send has nothing to hand over: the part becomes visible, and streams are
// woken, when the caller stores that it was sent.
func (c *Channel) Send(context.Context, schemas.Part) (schemas.Delivered, error) {
	return schemas.Delivered{Result: schemas.SentDone, Revocable: true}, nil
}

// Capabilities of live chat: a message is one row, however often it is sent.
func (c *Channel) Capabilities() channels.Capabilities {
	return channels.Capabilities{MaxText: MaxText, TextUnit: channels.UnitGrapheme, Repeatable: true}
}
