package schemas

import (
	"fmt"
	"time"
)

// ReplyApproval says which replies wait for a person, and who is asked.
type ReplyApproval struct {
	// When is risky or always.
	When HoldWhen `json:"when"`
	Approval
}

// HoldWhen says which replies wait for a person.
type HoldWhen string

// The choices. A reply is risky when its first version broke a rule, when it
// only points at content, when an action of its turn changed something, or when
// the customer is upset.
const (
	HoldRisky  HoldWhen = "risky"
	HoldAlways HoldWhen = "always"
)

// Validate says what is wrong with a. Nil is no approval.
func (a *ReplyApproval) Validate() error {
	switch {
	case a == nil:
		return nil
	case a.When != HoldRisky && a.When != HoldAlways:
		return NewError(KindInvalid, fmt.Sprintf("reply_approval.when %q: use risky or always, or leave reply_approval out", a.When))
	}
	if a.Team != "" {
		if _, err := ParseID(PrefixTeam, string(a.Team)); err != nil {
			return NewError(KindInvalid, "reply_approval.team: the id of a team, team_…, or empty for everybody")
		}
	}
	if a.EscalateSeconds < 0 || a.ExpireSeconds < 0 || a.ExpireSeconds > maxApprovalSeconds {
		return NewError(KindInvalid, "reply_approval: escalate_seconds and expire_seconds are 0 for the defaults, or up to 30 days")
	}
	return nil
}

// maxApprovalSeconds is the longest time that people are given to decide.
const maxApprovalSeconds = Seconds(30 * 86400)

// HeldReply is a reply that waited for a person, with what they decided.
type HeldReply struct {
	Reply  Reply
	Answer PendingState
	// Stale: content that it rests on is gone.
	Stale bool
}

// Hold is how a person is asked about a reply before it is sent.
type Hold struct {
	// Text is what the customer reads meanwhile.
	Text     string
	Wait     time.Duration
	Escalate time.Duration
	Team     TeamID
}
