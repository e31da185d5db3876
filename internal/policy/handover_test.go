package policy_test

import (
	"testing"
	"time"

	"steward/internal/policy"
	"steward/schemas"
)

func TestDefers(t *testing.T) {
	t.Parallel()
	there := schemas.Member{User: "a", Presence: schemas.PresenceOnline, Capacity: 1, Hours: schemas.Hours{Mode: schemas.HoursAll}}
	away := there
	away.Presence = schemas.PresenceAway
	for _, c := range []struct {
		name    string
		owner   schemas.Owner
		verdict schemas.Verdict
		timing  schemas.RouteTiming
		member  schemas.Member
		want    bool
	}{
		{"at once", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonCustomerRequest}, schemas.RouteImmediate, away, false},
		{"no timing", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonCustomerRequest}, "", away, false},
		{"nobody there", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonCustomerRequest}, schemas.RouteWhenAvailable, away, true},
		{"somebody there", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonCustomerRequest}, schemas.RouteWhenAvailable, there, false},
		{"a task", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonCannotAnswer}, schemas.RouteKeepAgent, there, true},
		{"the agent does not have it", schemas.OwnerNone, schemas.Verdict{Reason: schemas.ReasonCannotAnswer}, schemas.RouteKeepAgent, there, false},
		{"paused", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonAgentPaused, Release: true}, schemas.RouteKeepAgent, there, false},
		{"no engine", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonSystemError}, schemas.RouteKeepAgent, there, false},
		{"budget", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonBudget}, schemas.RouteKeepAgent, there, false},
		{"another participant", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonOtherParticipant}, schemas.RouteKeepAgent, there, false},
		{"an uncertain effect", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonCannotAnswer, Uncertain: true}, schemas.RouteKeepAgent, there, false},
		{"a cry for help", schemas.OwnerAgent, schemas.Verdict{Reason: schemas.ReasonKeyword, Priority: schemas.PriorityUrgent}, schemas.RouteKeepAgent, there, false},
	} {
		f := schemas.Facts{Head: schemas.Head{Owner: c.owner}}
		p := schemas.PeopleFacts{Members: []schemas.Member{c.member}, Plan: schemas.RoutePlan{Timing: c.timing}}
		if got := policy.Defers(f, c.verdict, p); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

func TestAskable(t *testing.T) {
	t.Parallel()
	p := policy.Askable(schemas.PeopleFacts{
		Members: []schemas.Member{{User: "team"}, {User: "able", Skills: []string{"Refunds"}}, {User: "named"}},
		Plan:    schemas.RoutePlan{People: []schemas.UserID{"named"}, Skills: []string{"refunds"}},
	})
	if len(p.Members) != 2 || p.Members[0].User != "named" || p.Members[1].User != "able" {
		t.Errorf("asked are %+v, want the named one and the able one", p.Members)
	}
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	base := func() schemas.Facts {
		f := schemas.Facts{
			Exists: true, AgentOn: true, Published: true, Deployed: true, Untaken: 1, Settings: schemas.DefaultSettings(),
			Head: schemas.Head{Lifecycle: schemas.LifecycleOpen, Owner: schemas.OwnerAgent}, Replies: 3,
		}
		f.Settings.Handoff.Triggers = schemas.Triggers{TurnCap: 5, Sentiment: true}
		return f
	}
	turn := schemas.ReasonNone
	for _, c := range []struct {
		name   string
		change func(*schemas.Facts)
		guard  schemas.Guard
		want   schemas.Reason
	}{
		{"nothing", func(*schemas.Facts) {}, schemas.GuardNone, turn},
		{"safety before a wish", func(f *schemas.Facts) { f.Signals.Safety = schemas.SafetyHarm }, schemas.GuardHuman, schemas.ReasonKeyword},
		{"a wish before a topic", func(f *schemas.Facts) { f.Signals.Topic = "warranty" }, schemas.GuardHuman, schemas.ReasonCustomerRequest},
		{"topic", func(f *schemas.Facts) { f.Signals.Topic = "warranty" }, schemas.GuardNone, schemas.ReasonTopic},
		{"topic while people were asked", func(f *schemas.Facts) { f.Signals.Topic, f.Deferred = "warranty", true }, schemas.GuardNone, turn},
		{"a wish while people were asked", func(f *schemas.Facts) { f.Deferred = true }, schemas.GuardHuman, schemas.ReasonCustomerRequest},
		{"yes to the offer", func(f *schemas.Facts) { f.Offered = true }, schemas.GuardYes, schemas.ReasonCannotAnswer},
		{"yes without an offer", func(f *schemas.Facts) { f.OfferedBefore = true }, schemas.GuardYes, turn},
		{"yes to a confirmation", func(f *schemas.Facts) {
			f.Offered = true
			f.Pending = []schemas.Pending{{Kind: schemas.PendingConfirmation, State: schemas.PendingOpen}}
		}, schemas.GuardYes, turn},
		{"vip at the start", func(f *schemas.Facts) { f.Signals.VIP, f.Replies = true, 0 }, schemas.GuardNone, schemas.ReasonVIP},
		{"vip later", func(f *schemas.Facts) { f.Signals.VIP = true }, schemas.GuardNone, turn},
		{"upset once", func(f *schemas.Facts) { f.Signals.Upset = true }, schemas.GuardNone, turn},
		{"upset twice", func(f *schemas.Facts) { f.Signals.Upset, f.UpsetStreak = true, 1 }, schemas.GuardNone, schemas.ReasonSentiment},
		{"upset, and going on with a turn", func(f *schemas.Facts) { f.Signals.Upset, f.UpsetStreak, f.OpenTurn = true, 1, 4 }, schemas.GuardNone, turn},
		{"below the cap", func(f *schemas.Facts) { f.Replies = 4 }, schemas.GuardNone, turn},
		{"at the cap", func(f *schemas.Facts) { f.Replies = 5 }, schemas.GuardNone, schemas.ReasonRepeatedFailure},
		{"paused before all", func(f *schemas.Facts) { f.Paused, f.Signals.Safety = true, schemas.SafetyHarm }, schemas.GuardNone, schemas.ReasonAgentPaused},
	} {
		f := base()
		c.change(&f)
		v := policy.Next(f, c.guard)
		want := schemas.DoHandOff
		if c.want == turn {
			want = schemas.DoTurn
		}
		if v.Do != want || v.Reason != c.want {
			t.Errorf("%s: %s %s, want %s %s", c.name, v.Do, v.Reason, want, c.want)
		}
	}
}

func TestFailedAgain(t *testing.T) {
	t.Parallel()
	answer := schemas.Decision{Kind: schemas.DecisionAnswer}
	lost := schemas.Decision{Kind: schemas.DecisionAnswer, NotFound: true}
	ask := schemas.Decision{Kind: schemas.DecisionClarify}
	for _, c := range []struct {
		name     string
		d        schemas.Decision
		streak   int
		repeated bool
		triggers schemas.Triggers
		report   bool
		want     schemas.Reason
	}{
		{"first", lost, 0, false, schemas.Triggers{}, false, schemas.ReasonNone},
		{"second", ask, 1, false, schemas.Triggers{}, false, schemas.ReasonNone},
		{"third", ask, 2, false, schemas.Triggers{}, false, schemas.ReasonRepeatedFailure},
		{"an answer", answer, 9, false, schemas.Triggers{}, false, schemas.ReasonNone},
		{"own limit", ask, 0, false, schemas.Triggers{Unresolved: 1}, false, schemas.ReasonRepeatedFailure},
		{"the same again", answer, 0, true, schemas.Triggers{}, false, schemas.ReasonRepeatedFailure},
		{"the same is allowed", answer, 0, true, schemas.Triggers{AllowRepeats: true}, false, schemas.ReasonNone},
		{"only reported", ask, 5, true, schemas.Triggers{}, true, schemas.ReasonNone},
	} {
		f := schemas.ComposeFacts{Decision: &c.d, Facts: schemas.Facts{UnresolvedStreak: c.streak, Settings: schemas.DefaultSettings()}}
		f.Settings.Handoff.Triggers, f.Settings.Checks.ReportOnly = c.triggers, c.report
		if got := policy.FailedAgain(f, c.repeated); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAddOpen(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	week := schemas.Hours{Mode: schemas.HoursDuring, TimeZone: "Europe/Rome", Holidays: []string{"2026-04-06"}}
	for day := time.Monday; day <= time.Friday; day++ {
		week.Weekly = append(week.Weekly, schemas.Interval{Day: day, Start: 9 * 60, End: 18 * 60})
	}
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, rome)
	}
	for _, c := range []struct {
		name  string
		hours schemas.Hours
		from  time.Time
		d     time.Duration
		want  time.Time
	}{
		{"always", schemas.Hours{}, at(3, 6, 23, 0), 2 * time.Hour, at(3, 7, 1, 0)},
		{"inside", week, at(3, 6, 10, 0), time.Hour, at(3, 6, 11, 0)},
		{"to the last minute", week, at(3, 6, 17, 0), time.Hour, at(3, 6, 18, 0)},
		{"over the weekend", week, at(3, 6, 17, 50), 30 * time.Minute, at(3, 9, 9, 20)},
		{"from outside", week, at(3, 7, 12, 0), 30 * time.Minute, at(3, 9, 9, 30)},
		{"over two days", week, at(3, 9, 9, 0), 12 * time.Hour, at(3, 10, 12, 0)},
		{"over the change of clocks", week, at(3, 27, 17, 0), 2 * time.Hour, at(3, 30, 10, 0)},
		{"over a holiday", week, at(4, 3, 17, 0), 2 * time.Hour, at(4, 7, 10, 0)},
	} {
		if got := policy.AddOpen(c.hours, c.from, c.d); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got.In(rome), c.want)
		}
	}
	never := schemas.Hours{Mode: schemas.HoursDuring, TimeZone: "Europe/Rome"}
	if got := policy.AddOpen(never, at(3, 6, 10, 0), time.Minute); got.Before(at(3, 6, 10, 0).AddDate(1, 0, 0)) {
		t.Errorf("hours that never come: %s", got)
	}
}

func TestRoutePeopleBeforeTeam(t *testing.T) {
	t.Parallel()
	member := schemas.Member{User: "user_a", Presence: schemas.PresenceAway, Capacity: 1, Hours: schemas.Hours{Mode: schemas.HoursAll}}
	f := schemas.HandoffFacts{
		Exists: true, State: schemas.HandoffWaiting, Tier: schemas.TierPeople, Members: []schemas.Member{member},
		Settings: schemas.DefaultSettings().Handoff,
	}
	if v := policy.Route(f); v.Do != schemas.HandoffDoNextTier || v.Tier != schemas.TierTeam {
		t.Errorf("nobody of those named is there: %s %s, want the team", v.Do, v.Tier)
	}
	f.Members[0].Presence = schemas.PresenceOnline
	if v := policy.Route(f); v.Do != schemas.HandoffDoOffer || v.User != "user_a" {
		t.Errorf("somebody named is there: %s %s, want an offer", v.Do, v.User)
	}
	f.Tier, f.Plan.Skills = schemas.TierTeam, []string{"refunds"}
	if v := policy.Route(f); v.Do == schemas.HandoffDoOffer {
		t.Error("somebody without the skill was asked")
	}
}

func TestRouteDeferred(t *testing.T) {
	t.Parallel()
	member := schemas.Member{User: "user_a", Presence: schemas.PresenceOnline, Capacity: 1, Hours: schemas.Hours{Mode: schemas.HoursAll}}
	f := schemas.HandoffFacts{
		Exists: true, State: schemas.HandoffWaiting, Tier: schemas.TierTeam, Members: []schemas.Member{member}, Deferred: true,
		Settings: schemas.DefaultSettings().Handoff, Plan: schemas.RoutePlan{Timing: schemas.RouteWhenAvailable},
	}
	if v := policy.Route(f); v.Do != schemas.HandoffDoTake {
		t.Errorf("somebody is there: %s, want %s", v.Do, schemas.HandoffDoTake)
	}
	f.Plan.Timing = schemas.RouteKeepAgent
	if v := policy.Route(f); v.Do != schemas.HandoffDoWait || v.Until.IsZero() {
		t.Errorf("a task: %s until %s, want a wait", v.Do, v.Until)
	}
	f.Plan.Timing = schemas.RouteWhenAvailable
	f.Members[0].Load = 1
	f.Settings.Service.FirstResponse = 1
	f.CreatedAt = f.Now.Add(-time.Hour)
	if v := policy.Route(f); v.Do != schemas.HandoffDoWait {
		t.Errorf("nobody has room: %s, want a wait without a target", v.Do)
	}
}
