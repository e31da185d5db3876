package schemas

import (
	"fmt"
	"time"
)

// ChannelKind is a kind of messaging channel. Spec: S35, S36.
type ChannelKind string

// The kinds of channel. Only live chat is served so far; the others are
// refused with a clear error when one is added.
const (
	ChannelLiveChat ChannelKind = "live_chat"
)

// Valid reports whether k is a kind that is served.
func (k ChannelKind) Valid() bool { return k == ChannelLiveChat }

// AskEmail says when the agent asks for a customer's email address.
// Spec: S25, D4.
type AskEmail string

// The choices; the zero value is read as AskBeforeHandoff.
const (
	AskAtStart       AskEmail = "at_start"
	AskBeforeHandoff AskEmail = "before_handoff"
	AskWhenNeeded    AskEmail = "when_needed"
	AskNever         AskEmail = "never"
)

// Valid reports whether a is one of the choices.
func (a AskEmail) Valid() bool {
	switch a {
	case AskAtStart, AskBeforeHandoff, AskWhenNeeded, AskNever:
		return true
	}
	return false
}

// OutsideHours says what happens to a conversation that arrives outside the
// working hours. Spec: D3.
type OutsideHours string

// The choices; the zero value is read as OutsideHandOff.
const (
	OutsideHandOff OutsideHours = "hand_off"
	OutsideWait    OutsideHours = "wait"
)

// Valid reports whether o is one of the choices.
func (o OutsideHours) Valid() bool { return o == OutsideHandOff || o == OutsideWait }

// Seconds is a length of time stored in whole seconds.
type Seconds int64

// Duration is the length as a time.Duration.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// ChannelSettings is how the agent behaves on one kind of channel.
type ChannelSettings struct {
	// AskEmail is when to ask for an email address. Default before_handoff.
	AskEmail AskEmail `json:"ask_email"`
	// InactivityClose is how long a quiet conversation stays open; 0 is never.
	// Default 24 h for messaging. Spec: S27, D5.
	InactivityClose Seconds `json:"inactivity_close"`
	// Reminder is how long before the close one reminder goes out; 0 is none.
	Reminder Seconds `json:"reminder"`
	// QuietMillis is how long the customer must be silent before a turn
	// starts, CapMillis the longest wait from a burst's first message.
	// Defaults 1500 and 8000 for live chat.
	QuietMillis int `json:"quiet_millis"`
	CapMillis   int `json:"cap_millis"`
	// Hours are the agent's working hours. Default all hours. Spec: S38.
	Hours Hours `json:"hours"`
	// OutsideHours is what happens outside them. Default hand_off.
	OutsideHours OutsideHours `json:"outside_hours"`
	// ReplyApproval asks a person before replies are sent; nil for none.
	// Spec: D21.
	ReplyApproval *ReplyApproval `json:"reply_approval,omitempty"`
}

// inactivityChoices are the lengths an admin may choose. Spec: D5.
var inactivityChoices = []Seconds{0, 300, 900, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 48 * 3600, 72 * 3600, 7 * 86400}

// Validate says what is wrong with s. With dev, any length from one second is
// allowed for timers. Settled: rule 33.
func (s ChannelSettings) Validate(dev bool) error {
	if !s.AskEmail.Valid() {
		return NewError(KindInvalid, fmt.Sprintf("ask_email %q: use at_start, before_handoff, when_needed or never", s.AskEmail))
	}
	if !s.OutsideHours.Valid() {
		return NewError(KindInvalid, fmt.Sprintf("outside_hours %q: use hand_off or wait", s.OutsideHours))
	}
	if !allowedInactivity(s.InactivityClose, dev) {
		return NewError(KindInvalid, "inactivity_close: use 5, 15 or 30 minutes, 1, 4, 12, 24, 48 or 72 hours, 7 days, or 0 for never (in seconds)")
	}
	if s.Reminder < 0 || (s.Reminder > 0 && s.Reminder >= s.InactivityClose) {
		return NewError(KindInvalid, "reminder is a number of seconds before the close, shorter than inactivity_close, or 0 for none")
	}
	if s.QuietMillis < 0 || s.QuietMillis > 10_000 || s.CapMillis < s.QuietMillis || s.CapMillis > 60_000 {
		return NewError(KindInvalid, "quiet_millis is 0 to 10000, cap_millis at least that and at most 60000")
	}
	if err := s.ReplyApproval.Validate(); err != nil {
		return err
	}
	return s.Hours.Validate()
}

func allowedInactivity(s Seconds, dev bool) bool {
	if dev && s >= 0 {
		return true
	}
	for _, c := range inactivityChoices {
		if s == c {
			return true
		}
	}
	return false
}

// ReopenWithin is how long after its close a conversation on this kind of
// channel is reopened by a customer message. Spec: D12.
func (k ChannelKind) ReopenWithin() time.Duration { return 24 * time.Hour }
