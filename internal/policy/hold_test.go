package policy

import (
	"testing"
	"time"

	"steward/schemas"
)

func TestHolds(t *testing.T) {
	t.Parallel()
	changed := []schemas.CallResult{{Changes: true}}
	for name, c := range map[string]struct {
		when schemas.HoldWhen
		with func(*schemas.ComposeFacts)
		want bool
	}{
		"no setting":            {"", nil, false},
		"always":                {schemas.HoldAlways, nil, true},
		"always, in a preview":  {schemas.HoldAlways, func(f *schemas.ComposeFacts) { f.Preview = true }, false},
		"risky, plain":          {schemas.HoldRisky, nil, false},
		"risky, repaired":       {schemas.HoldRisky, func(f *schemas.ComposeFacts) { f.Repaired = true }, true},
		"risky, upset customer": {schemas.HoldRisky, func(f *schemas.ComposeFacts) { f.UpsetStreak = 1 }, true},
		"risky, a hint":         {schemas.HoldRisky, func(f *schemas.ComposeFacts) { f.Decision.Hint = true }, true},
		"risky, after a read": {schemas.HoldRisky, func(f *schemas.ComposeFacts) {
			f.Material.Rounds = []schemas.Round{{Results: make([]schemas.CallResult, 1)}}
		}, false},
		"risky, after a change":   {schemas.HoldRisky, func(f *schemas.ComposeFacts) { f.Material.Rounds = []schemas.Round{{Results: changed}} }, true},
		"risky, change confirmed": {schemas.HoldRisky, func(f *schemas.ComposeFacts) { f.Material.Past, f.Material.Resumed = changed, true }, true},
		"risky, change long ago":  {schemas.HoldRisky, func(f *schemas.ComposeFacts) { f.Material.Past = changed }, false},
	} {
		settings := schemas.DefaultSettings()
		if c.when != "" {
			chat := settings.For(schemas.ChannelLiveChat)
			chat.ReplyApproval = &schemas.ReplyApproval{When: c.when, Approval: schemas.Approval{ExpireSeconds: 600}}
			settings.Channels[schemas.ChannelLiveChat] = chat
		}
		f := schemas.ComposeFacts{Facts: schemas.Facts{Settings: settings, Head: schemas.Head{Channel: schemas.ChannelLiveChat}}, Decision: &schemas.Decision{}}
		if c.with != nil {
			c.with(&f)
		}
		got := Holds(f)
		if (got != nil) != c.want {
			t.Errorf("%s: held %t, want %t", name, got != nil, c.want)
		}
		if got != nil && (got.Wait != 10*time.Minute || got.Escalate != schemas.ApprovalEscalate) {
			t.Errorf("%s: waits %s, is overdue after %s", name, got.Wait, got.Escalate)
		}
	}
}

func TestAfterHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		h      schemas.HeldReply
		want   schemas.Composed
		reason schemas.Reason
	}{
		"yes":                  {schemas.HeldReply{Answer: schemas.PendingYes}, schemas.ComposedReply, schemas.ReasonNone},
		"yes, content is gone": {schemas.HeldReply{Answer: schemas.PendingYes, Stale: true}, schemas.ComposedHandOff, schemas.ReasonCannotAnswer},
		"no":                   {schemas.HeldReply{Answer: schemas.PendingNo}, schemas.ComposedHandOff, schemas.ReasonCannotAnswer},
		"nobody decided":       {schemas.HeldReply{Answer: schemas.PendingExpired}, schemas.ComposedHandOff, schemas.ReasonUnanswered},
	} {
		if got, reason := AfterHold(c.h); got != c.want || reason != c.reason {
			t.Errorf("%s: got %q %q, want %q %q", name, got, reason, c.want, c.reason)
		}
	}
}
