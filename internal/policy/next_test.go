package policy

import (
	"testing"
	"time"

	"steward/schemas"
)

// noon is a Friday at noon, UTC.
var noon = time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)

// facts are those of a conversation that the agent may have, changed by with.
func facts(with func(*schemas.Facts)) schemas.Facts {
	f := schemas.Facts{
		Now: noon, Exists: true, AgentOn: true, Published: true, Deployed: true, Settings: schemas.DefaultSettings(),
		Head: schemas.Head{
			Channel: schemas.ChannelLiveChat, Owner: schemas.OwnerAgent, Lifecycle: schemas.LifecycleWaitingCustomer, Engagement: 1,
		},
	}
	with(&f)
	return f
}

func closed(f *schemas.Facts) {
	f.Head.Lifecycle, f.Head.Owner = schemas.LifecycleClosed, schemas.OwnerNone
	f.Head.Deadline, f.Head.DeadlineKind = noon.Add(time.Hour), schemas.DeadlineOutcome
	f.Replies = 1
}

func queued(f *schemas.Facts) {
	f.Head.Owner, f.Head.Lifecycle = schemas.OwnerQueue, schemas.LifecycleWaitingHuman
	f.Head.Handoff, f.HandoffStarted, f.HandoffState = "hand_1", true, schemas.HandoffWaiting
	f.Head.HandoffReason = schemas.ReasonCustomerRequest
}

func withHuman(f *schemas.Facts) {
	queued(f)
	f.Head.Owner, f.HandoffState = schemas.OwnerHuman, schemas.HandoffAccepted
}

// shutUntil closes the channel until Monday at nine, and has customers wait.
func shutUntil(f *schemas.Facts) {
	c := f.Settings.Channels[schemas.ChannelLiveChat]
	c.Hours = schemas.Hours{Mode: schemas.HoursDuring, Weekly: []schemas.Interval{{Day: time.Monday, Start: 540, End: 1020}}}
	c.OutsideHours = schemas.OutsideWait
	f.Settings.Channels = map[schemas.ChannelKind]schemas.ChannelSettings{schemas.ChannelLiveChat: c}
}

var mondayNine = time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)

func all(changes ...func(*schemas.Facts)) func(*schemas.Facts) {
	return func(f *schemas.Facts) {
		for _, c := range changes {
			c(f)
		}
	}
}

func asked(f *schemas.Facts) { f.Untaken, f.OldestUntaken = 1, noon.Add(-time.Second) }
func none(f *schemas.Facts) {
	f.Head.Owner, f.Head.Lifecycle = schemas.OwnerNone, schemas.LifecycleOpen
}
func paused(f *schemas.Facts)    { f.Paused = true }
func ends(f *schemas.Facts)      { f.Controls = []schemas.ControlKind{schemas.ControlEnd} }
func woken(f *schemas.Facts)     { f.Controls = []schemas.ControlKind{schemas.ControlWake} }
func unstarted(f *schemas.Facts) { f.HandoffStarted = false }

func dueFor(kind schemas.DeadlineKind) func(*schemas.Facts) {
	return func(f *schemas.Facts) { f.Head.Deadline, f.Head.DeadlineKind = noon, kind }
}

func waiting(f *schemas.Facts) {
	shutUntil(f)
	f.Head.Owner, f.Head.Lifecycle = schemas.OwnerQueue, schemas.LifecycleWaitingHuman
	f.Head.Deadline, f.Head.DeadlineKind, f.OpensAt = mondayNine, schemas.DeadlineHours, mondayNine
}

func TestNext(t *testing.T) {
	t.Parallel()
	turnBy := noon.Add(90 * time.Second)
	for name, c := range map[string]struct {
		facts func(*schemas.Facts)
		guard schemas.Guard
		want  schemas.Verdict
	}{
		"gone":                   {func(f *schemas.Facts) { f.Exists = false }, "", schemas.Verdict{Do: schemas.DoEnd}},
		"erased":                 {all(closed, func(f *schemas.Facts) { f.Head.CloseReason = schemas.CloseErased }), "", schemas.Verdict{Do: schemas.DoEnd}},
		"unknown owner":          {func(f *schemas.Facts) { f.Head.Owner = "?" }, "", schemas.Verdict{Do: schemas.DoEnd}},
		"handoff to start":       {all(queued, unstarted, asked), "", schemas.Verdict{Do: schemas.DoStartHandoff}},
		"closed, thanks":         {all(closed, asked), schemas.GuardCourtesy, schemas.Verdict{Do: schemas.DoThank}},
		"closed, question":       {all(closed, asked), "", schemas.Verdict{Do: schemas.DoReopen}},
		"closed, wants a person": {all(closed, asked), schemas.GuardHuman, schemas.Verdict{Do: schemas.DoReopen}},
		"closed, control":        {all(closed, woken), "", schemas.Verdict{Do: schemas.DoSettle}},
		"closed, waits":          {closed, "", schemas.Verdict{Do: schemas.DoWait}},
		"closed, unsent at the outcome": {
			all(closed, dueFor(schemas.DeadlineOutcome), func(f *schemas.Facts) { f.Head.Unsent = 1 }), "", schemas.Verdict{Do: schemas.DoWait},
		},
		"closed, outcome due": {
			all(closed, dueFor(schemas.DeadlineOutcome)), "", schemas.Verdict{Do: schemas.DoOutcome, Outcome: schemas.OutcomeResolvedAssumed},
		},
		"closed, over":         {all(closed, func(f *schemas.Facts) { f.Head.Deadline = time.Time{} }), "", schemas.Verdict{Do: schemas.DoEnd}},
		"new, admitted":        {all(none, asked), "", schemas.Verdict{Do: schemas.DoAdmit}},
		"new, paused":          {all(none, asked, paused), "", schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonAgentPaused, Release: true}},
		"new, off":             {all(none, asked, func(f *schemas.Facts) { f.AgentOn = false }), "", schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonAgentOff}},
		"new, waits for hours": {all(none, asked, shutUntil), "", schemas.Verdict{Do: schemas.DoWaitHours, Reason: schemas.ReasonOutsideHours, Until: mondayNine}},
		"new, never opens": {all(none, asked, shutUntil, func(f *schemas.Facts) {
			c := f.Settings.Channels[schemas.ChannelLiveChat]
			c.Hours.Weekly = nil
			f.Settings.Channels[schemas.ChannelLiveChat] = c
		}), "", schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonOutsideHours}},
		"agent, question":       {asked, "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, open turn":      {func(f *schemas.Facts) { f.OpenTurn = 3 }, "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, late question":  {all(asked, func(f *schemas.Facts) { f.OldestUntaken = noon.Add(-LateAfter - time.Second) }), "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy, Late: true}},
		"agent, not quite late": {all(asked, func(f *schemas.Facts) { f.OldestUntaken = noon.Add(-LateAfter) }), "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, paused":         {all(asked, paused), schemas.GuardHuman, schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonAgentPaused, Release: true}},
		"agent, paused, quiet":  {paused, "", schemas.Verdict{Do: schemas.DoWait}},
		"agent, wants a person": {asked, schemas.GuardHuman, schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonCustomerRequest}},
		"agent, phrase":         {asked, schemas.GuardKeyword, schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonKeyword}},
		"agent, thanks":         {asked, schemas.GuardCourtesy, schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, end":            {ends, "", schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}},
		"agent, end and unsent": {all(ends, func(f *schemas.Facts) { f.Head.Unsent = 1 }), "", schemas.Verdict{Do: schemas.DoWait}},
		"agent, end and asked":  {all(ends, asked), "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, off, question":  {all(asked, func(f *schemas.Facts) { f.AgentOn = false }), "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, reminder":       {dueFor(schemas.DeadlineReminder), "", schemas.Verdict{Do: schemas.DoRemind}},
		"agent, inactivity":     {dueFor(schemas.DeadlineInactivity), "", schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseInactivity}},
		"agent, unanswered":     {all(dueFor(schemas.DeadlineInactivity), func(f *schemas.Facts) { f.Unanswered = true }), "", schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonUnanswered}},
		"agent, asked at close": {all(dueFor(schemas.DeadlineInactivity), asked), "", schemas.Verdict{Do: schemas.DoTurn, Until: turnBy}},
		"agent, control":        {woken, "", schemas.Verdict{Do: schemas.DoSettle}},
		"agent, nothing":        {func(*schemas.Facts) {}, "", schemas.Verdict{Do: schemas.DoWait}},
		"queue, end":            {all(queued, ends), "", schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}},
		"queue, control":        {all(queued, woken, asked), "", schemas.Verdict{Do: schemas.DoSettle}},
		"queue, message":        {all(queued, asked), schemas.GuardHuman, schemas.Verdict{Do: schemas.DoWait}},
		"hours, nothing":        {all(waiting, asked), "", schemas.Verdict{Do: schemas.DoWait}},
		"hours, end":            {all(waiting, ends), "", schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}},
		"hours, control":        {all(waiting, woken), "", schemas.Verdict{Do: schemas.DoSettle}},
		"hours, wants a person": {all(waiting, asked), schemas.GuardHuman, schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonCustomerRequest}},
		"hours, paused":         {all(waiting, paused), "", schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonAgentPaused, Release: true}},
		"hours, opened":         {all(waiting, func(f *schemas.Facts) { f.Settings = schemas.DefaultSettings() }), "", schemas.Verdict{Do: schemas.DoAdmit}},
		"human, end":            {all(withHuman, ends, asked), "", schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}},
		"human, message":        {all(withHuman, asked), schemas.GuardHuman, schemas.Verdict{Do: schemas.DoLeave}},
		"human, control":        {all(withHuman, woken), "", schemas.Verdict{Do: schemas.DoSettle}},
		"human, nothing":        {withHuman, "", schemas.Verdict{Do: schemas.DoWait}},
		"human, old inactivity": {all(withHuman, dueFor(schemas.DeadlineInactivity)), "", schemas.Verdict{Do: schemas.DoWait}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Next(facts(c.facts), c.guard); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestNextResume: only what nobody took comes back, and only when the agent may
// have it. Spec: D2.
func TestNextResume(t *testing.T) {
	t.Parallel()
	by := func(f *schemas.Facts) { f.Head.HandoffReason = schemas.ReasonAgentPaused }
	admitted := func(f *schemas.Facts) { f.Admitted = true }
	for name, c := range map[string]struct {
		facts func(*schemas.Facts)
		want  schemas.Do
	}{
		"waiting":                  {all(queued, by, admitted), schemas.DoResume},
		"offered":                  {all(queued, by, admitted, func(f *schemas.Facts) { f.HandoffState = schemas.HandoffOffered }), schemas.DoResume},
		"accepted":                 {all(queued, by, admitted, func(f *schemas.Facts) { f.HandoffState = schemas.HandoffAccepted }), schemas.DoWait},
		"still paused":             {all(queued, by, admitted, paused), schemas.DoWait},
		"another reason":           {all(queued, admitted), schemas.DoWait},
		"had it, off now":          {all(queued, by, admitted, func(f *schemas.Facts) { f.AgentOn = false }), schemas.DoResume},
		"never had it, off now":    {all(queued, by, func(f *schemas.Facts) { f.AgentOn = false }), schemas.DoWait},
		"never had it, may have":   {all(queued, by), schemas.DoResume},
		"never had it, shut now":   {all(queued, by, shutUntil), schemas.DoWaitHours},
		"resume, but it has ended": {all(queued, by, ends), schemas.DoClose},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Next(facts(c.facts), schemas.GuardNone); got.Do != c.want {
				t.Errorf("got %q, want %q", got.Do, c.want)
			}
		})
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	steps := []struct {
		mend func(*schemas.Facts)
		want schemas.Reason
	}{
		{func(*schemas.Facts) {}, schemas.ReasonNotPublished},
		{func(f *schemas.Facts) { f.Published = true }, schemas.ReasonNotDeployed},
		{func(f *schemas.Facts) { f.Deployed = true }, schemas.ReasonAgentPaused},
		{func(f *schemas.Facts) { f.Paused = false }, schemas.ReasonAgentOff},
		{func(f *schemas.Facts) { f.AgentOn = true }, schemas.ReasonOutOfCredits},
		{func(f *schemas.Facts) { f.OutOfCredits = false }, schemas.ReasonOutsideHours},
		{func(f *schemas.Facts) { f.Settings = schemas.DefaultSettings() }, schemas.ReasonNone},
	}
	// Each mended reason shows the next one: the order is the precedence.
	f := facts(all(none, shutUntil))
	f.Published, f.Deployed, f.Paused, f.AgentOn, f.OutOfCredits = false, false, true, false, true
	for _, s := range steps {
		s.mend(&f)
		if got := Admit(f); got != s.want {
			t.Fatalf("got %q, want %q", got, s.want)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts schemas.Facts
		want  schemas.Outcome
	}{
		"came back":     {schemas.Facts{Returned: true, ByHuman: true, Replies: 1}, schemas.OutcomeNone},
		"by a person":   {schemas.Facts{ByHuman: true, Resolved: true, Replies: 1}, schemas.OutcomeHandedOff},
		"in the queue":  {schemas.Facts{Head: schemas.Head{Handoff: "hand_1"}}, schemas.OutcomeHandedOff},
		"unanswered":    {schemas.Facts{Unanswered: true, Replies: 1, Resolved: true}, schemas.OutcomeUnanswered},
		"nobody spoke":  {schemas.Facts{}, schemas.OutcomeAbandoned},
		"rated well":    {schemas.Facts{Replies: 1, Resolved: true}, schemas.OutcomeResolvedConfirmed},
		"nothing known": {schemas.Facts{Replies: 1}, schemas.OutcomeResolvedAssumed},
	} {
		if got := OutcomeOf(c.facts); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
