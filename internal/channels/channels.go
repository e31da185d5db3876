// Package channels is the port to messaging channels: how a part of a reply
// leaves Steward, and what a channel can do.
//
// Each channel is a subpackage. The port owns no state and knows no
// conversation; whether a part may go out was decided when it was claimed, and
// what became of it is stored by the caller.
package channels

import (
	"context"

	"steward/schemas"
)

// Channel sends parts. An implementation makes one network step per call and
// never repeats it: it says what it knows, and the caller decides.
type Channel interface {
	// Send makes one try. An error means that nothing was handed over for
	// certain; anything the channel answered, or may have taken, is a Delivered.
	Send(ctx context.Context, part schemas.Part) (schemas.Delivered, error)
	// Capabilities is the same on every call.
	Capabilities() Capabilities
}

// TextUnit is what a channel counts its limit of a text in.
type TextUnit string

// The units.
const (
	UnitGrapheme TextUnit = "grapheme"
	UnitRune     TextUnit = "rune"
	UnitUTF16    TextUnit = "utf16"
	UnitByte     TextUnit = "byte"
)

// Capabilities is what a channel can do, as data.
type Capabilities struct {
	// MaxText is the longest text of one part, in TextUnit.
	MaxText  int
	TextUnit TextUnit
	// Repeatable is true when sending the same part twice shows it once, so that
	// a step of unknown result may be sent again.
	Repeatable bool
}
