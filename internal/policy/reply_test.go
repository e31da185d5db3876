package policy

import (
	"testing"
	"time"

	"steward/schemas"
)

func TestAfterDecision(t *testing.T) {
	t.Parallel()
	answer := &schemas.Decision{Kind: schemas.DecisionAnswer}
	missing := &schemas.Decision{Kind: schemas.DecisionAnswer, NotFound: true}
	clarify := &schemas.Decision{Kind: schemas.DecisionClarify}
	for name, c := range map[string]struct {
		decision         *schemas.Decision
		broken, repaired bool
		streak           int
		want             schemas.Composed
		reason           schemas.Reason
	}{
		"no engine":            {nil, false, false, 0, schemas.ComposedHandOff, schemas.ReasonSystemError},
		"good":                 {answer, false, false, 0, schemas.ComposedReply, ""},
		"good after repair":    {answer, false, true, 0, schemas.ComposedReply, ""},
		"broken":               {answer, true, false, 0, schemas.ComposedRepair, ""},
		"broken twice":         {answer, true, true, 0, schemas.ComposedHandOff, schemas.ReasonCannotAnswer},
		"asks for people":      {&schemas.Decision{Kind: schemas.DecisionHandoff}, false, false, 0, schemas.ComposedHandOff, schemas.ReasonCannotAnswer},
		"first not found":      {missing, false, false, 0, schemas.ComposedReply, ""},
		"second not found":     {missing, false, false, 1, schemas.ComposedHandOff, schemas.ReasonCannotAnswer},
		"found after a miss":   {answer, false, false, 1, schemas.ComposedReply, ""},
		"second question back": {clarify, false, false, 1, schemas.ComposedReply, ""},
		"third question back":  {clarify, false, false, 2, schemas.ComposedHandOff, schemas.ReasonRepeatedFailure},
	} {
		f := schemas.ComposeFacts{Facts: schemas.Facts{Settings: schemas.DefaultSettings()}, Decision: c.decision, Repaired: c.repaired}
		f.Material.NotFoundStreak, f.Material.ClarifyStreak = c.streak, c.streak
		if got, reason := AfterDecision(f, c.broken); got != c.want || reason != c.reason {
			t.Errorf("%s: got %q %q, want %q %q", name, got, reason, c.want, c.reason)
		}
	}
}

// TestAskForEmail covers each setting, in a reply and in a transfer message.
func TestAskForEmail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask             schemas.AskEmail
		known, asked    bool
		first, notFound bool
		people          schemas.Availability
		reply, transfer bool
	}{
		"at start, first reply":     {ask: schemas.AskAtStart, first: true, people: schemas.AvailableNow, reply: true, transfer: true},
		"at start, later reply":     {ask: schemas.AskAtStart, people: schemas.AvailableNow, transfer: true},
		"before handoff":            {ask: schemas.AskBeforeHandoff, first: true, notFound: true, people: schemas.AvailableNow, transfer: true},
		"when needed, found":        {ask: schemas.AskWhenNeeded, first: true, people: schemas.AvailableNow},
		"when needed, not found":    {ask: schemas.AskWhenNeeded, notFound: true, people: schemas.AvailableNow, reply: true},
		"when needed, people busy":  {ask: schemas.AskWhenNeeded, people: schemas.AvailableQueued, transfer: true},
		"when needed, nobody there": {ask: schemas.AskWhenNeeded, people: schemas.AvailableClosed, transfer: true},
		"never":                     {ask: schemas.AskNever, first: true, notFound: true, people: schemas.AvailableClosed},
		"known":                     {ask: schemas.AskAtStart, known: true, first: true, people: schemas.AvailableClosed},
		"asked before":              {ask: schemas.AskAtStart, asked: true, first: true, people: schemas.AvailableClosed},
	} {
		settings := schemas.DefaultSettings()
		channel := settings.Channels[schemas.ChannelLiveChat]
		channel.AskEmail = c.ask
		settings.Channels[schemas.ChannelLiveChat] = channel
		f := schemas.Facts{
			Head: schemas.Head{Channel: schemas.ChannelLiveChat}, Settings: settings, EmailKnown: c.known, EmailAsked: c.asked,
		}
		reply := schemas.ComposeFacts{Facts: f, Material: schemas.Material{First: c.first}, Decision: &schemas.Decision{NotFound: c.notFound}}
		if got := AskInReply(reply); got != c.reply {
			t.Errorf("%s: asks in the reply: %v, want %v", name, got, c.reply)
		}
		if got := AskInTransfer(f, c.people); got != c.transfer {
			t.Errorf("%s: asks in the transfer: %v, want %v", name, got, c.transfer)
		}
	}
}

func TestAvailabilityOf(t *testing.T) {
	t.Parallel()
	free := schemas.Member{Presence: schemas.PresenceOnline, Capacity: 2, Load: 1}
	busy := schemas.Member{Presence: schemas.PresenceOnline, Capacity: 1, Load: 1}
	away := schemas.Member{Presence: schemas.PresenceAway, Capacity: 1}
	home := schemas.Member{Presence: schemas.PresenceOnline, Capacity: 1, Hours: schemas.Hours{
		Mode: schemas.HoursDuring, Weekly: []schemas.Interval{{Day: time.Monday, Start: 540, End: 1020}},
	}}
	for name, c := range map[string]struct {
		members []schemas.Member
		queued  int
		want    schemas.Availability
		wait    time.Duration
		open    time.Time
	}{
		"nobody at all":       {nil, 0, schemas.AvailableClosed, 0, time.Time{}},
		"one free":            {[]schemas.Member{home, away, busy, free}, 3, schemas.AvailableNow, 0, time.Time{}},
		"one busy":            {[]schemas.Member{busy, home}, 0, schemas.AvailableQueued, handlingTime, time.Time{}},
		"two busy, two queue": {[]schemas.Member{busy, busy}, 3, schemas.AvailableQueued, 2 * handlingTime, time.Time{}},
		"all away":            {[]schemas.Member{away}, 0, schemas.AvailableClosed, 0, time.Time{}},
		"back on Monday":      {[]schemas.Member{away, home}, 0, schemas.AvailableClosed, 0, mondayNine},
	} {
		got, wait, open := AvailabilityOf(schemas.PeopleFacts{Now: noon, Members: c.members, Queued: c.queued})
		if got != c.want || wait != c.wait || !open.Equal(c.open) {
			t.Errorf("%s: got %q %v %v, want %q %v %v", name, got, wait, open, c.want, c.wait, c.open)
		}
	}
}
