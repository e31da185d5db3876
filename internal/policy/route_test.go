package policy

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

var routeNow = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return routeNow.Add(d) }

// waitingFacts is a handoff that waits in a team of one who is free.
func waitingFacts(change func(f *schemas.HandoffFacts)) schemas.HandoffFacts {
	f := schemas.HandoffFacts{
		Now: routeNow, Exists: true, Handoff: "hand_1", State: schemas.HandoffWaiting,
		Reason: schemas.ReasonCustomerRequest, Tier: schemas.TierTeam,
		Settings:   schemas.HandoffSettings{Strategy: schemas.StrategyRoundRobin, OfferSeconds: 60, IdleSeconds: 600},
		Candidates: []schemas.Candidate{{User: "ann", Available: true}},
		AskEmail:   schemas.AskBeforeHandoff,
	}
	change(&f)
	return f
}

func team(cs ...schemas.Candidate) func(*schemas.HandoffFacts) {
	return func(f *schemas.HandoffFacts) { f.Candidates = cs }
}

var (
	routeBusy  = schemas.Candidate{User: "ann"}
	routeAsked = schemas.Candidate{User: "ann", Available: true, Asked: true}
)

func offerTo(u schemas.UserID) schemas.HandoffVerdict {
	return schemas.HandoffVerdict{Do: schemas.HandoffDoOffer, User: u, Tier: schemas.TierTeam, Until: after(time.Minute)}
}

func toldOf(tier schemas.Tier, ask bool) schemas.HandoffVerdict {
	return schemas.HandoffVerdict{
		Do: schemas.HandoffDoTell, Tier: tier,
		Notice: schemas.Notice{Event: "handoff/hand_1/told", AskEmail: ask},
	}
}

type routeCase struct {
	change func(*schemas.HandoffFacts)
	want   schemas.HandoffVerdict
}

func checkRoutes(t *testing.T, cases map[string]routeCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Route(waitingFacts(c.change))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRouteOffers(t *testing.T) {
	t.Parallel()
	offered := func(deadline time.Time, cs ...schemas.Candidate) func(*schemas.HandoffFacts) {
		return func(f *schemas.HandoffFacts) {
			f.State, f.Offered, f.Deadline, f.Candidates = schemas.HandoffOffered, "ann", deadline, cs
		}
	}
	checkRoutes(t, map[string]routeCase{
		"no such handoff": {func(f *schemas.HandoffFacts) { f.Exists = false }, schemas.HandoffVerdict{Do: schemas.HandoffDoEnd}},
		"returned":        {func(f *schemas.HandoffFacts) { f.State = schemas.HandoffReturned }, schemas.HandoffVerdict{Do: schemas.HandoffDoEnd}},
		"closed":          {func(f *schemas.HandoffFacts) { f.State = schemas.HandoffClosed }, schemas.HandoffVerdict{Do: schemas.HandoffDoEnd}},

		"offer": {func(*schemas.HandoffFacts) {}, offerTo("ann")},
		"round robin takes the one offered longest ago": {team(
			schemas.Candidate{User: "ann", Available: true, LastOffered: after(-time.Minute)},
			schemas.Candidate{User: "bob", Available: true, LastOffered: after(-time.Hour), Load: 4}), offerTo("bob")},
		"round robin takes the one never offered": {team(
			schemas.Candidate{User: "ann", Available: true, LastOffered: after(-time.Hour)},
			schemas.Candidate{User: "bob", Available: true}), offerTo("bob")},
		"equal ones go by id": {team(
			schemas.Candidate{User: "bob", Available: true}, schemas.Candidate{User: "ann", Available: true}), offerTo("ann")},
		"least loaded": {func(f *schemas.HandoffFacts) {
			f.Settings.Strategy = schemas.StrategyLeastLoaded
			f.Candidates = []schemas.Candidate{
				{User: "ann", Available: true, Load: 2, LastOffered: after(-time.Hour)},
				{User: "bob", Available: true, Load: 1, LastOffered: after(-time.Minute)},
				{User: "cem", Available: true, Load: 1, LastOffered: after(-2 * time.Minute)},
			}
		}, offerTo("cem")},
		"only available and not asked": {team(routeAsked, schemas.Candidate{User: "bob"},
			schemas.Candidate{User: "cem", Available: true, LastOffered: routeNow}), offerTo("cem")},

		"offered waits": {offered(after(time.Second), routeBusy), schemas.HandoffVerdict{
			Do: schemas.HandoffDoWait, Tier: schemas.TierTeam, User: "ann", Until: after(time.Second),
		}},
		"offered for long looks again": {offered(after(24*time.Hour), routeBusy), schemas.HandoffVerdict{
			Do: schemas.HandoffDoWait, Tier: schemas.TierTeam, User: "ann", Until: after(12 * time.Hour),
		}},
		"timed out goes to the next":   {offered(routeNow, routeAsked, schemas.Candidate{User: "bob", Available: true}), offerTo("bob")},
		"timed out is not asked again": {offered(routeNow, schemas.Candidate{User: "ann", Available: true}), toldOf(schemas.TierTeam, true)},
	})
}

func TestRouteWithoutAnybody(t *testing.T) {
	t.Parallel()
	shared := schemas.HandoffVerdict{Do: schemas.HandoffDoNextTier, Tier: schemas.TierShared}
	giveBack := func(reason schemas.Reason) func(*schemas.HandoffFacts) {
		return func(f *schemas.HandoffFacts) {
			f.Settings.GiveBack, f.FallbackTold, f.Reason, f.Candidates = true, true, reason, []schemas.Candidate{routeAsked}
		}
	}
	gaveBack := schemas.HandoffVerdict{
		Do: schemas.HandoffDoGiveBack, Tier: schemas.TierTeam,
		Notice: schemas.Notice{Event: "handoff/hand_1/given_back"},
	}
	checkRoutes(t, map[string]routeCase{
		"team exhausted, fallback": {
			func(f *schemas.HandoffFacts) { f.HasFallback, f.Candidates = true, []schemas.Candidate{routeAsked} },
			schemas.HandoffVerdict{Do: schemas.HandoffDoNextTier, Tier: schemas.TierFallback},
		},
		"nobody online, fallback": {
			func(f *schemas.HandoffFacts) { f.HasFallback, f.Candidates = true, []schemas.Candidate{routeBusy} },
			schemas.HandoffVerdict{Do: schemas.HandoffDoNextTier, Tier: schemas.TierFallback},
		},
		"empty team tells":         {team(), toldOf(schemas.TierTeam, true)},
		"tells without known":      {func(f *schemas.HandoffFacts) { f.EmailKnown, f.Candidates = true, nil }, toldOf(schemas.TierTeam, false)},
		"tells without asked":      {func(f *schemas.HandoffFacts) { f.EmailAsked, f.Candidates = true, nil }, toldOf(schemas.TierTeam, false)},
		"tells without never":      {func(f *schemas.HandoffFacts) { f.AskEmail, f.Candidates = schemas.AskNever, nil }, toldOf(schemas.TierTeam, false)},
		"told, shared":             {func(f *schemas.HandoffFacts) { f.FallbackTold, f.Candidates = true, nil }, shared},
		"given back":               {giveBack(schemas.ReasonCustomerRequest), gaveBack},
		"paused is not given back": {giveBack(schemas.ReasonAgentPaused), shared},
		"off is not given back":    {giveBack(schemas.ReasonAgentOff), shared},
		"fallback exhausted tells": {func(f *schemas.HandoffFacts) {
			f.Tier, f.HasFallback, f.Candidates = schemas.TierFallback, true, nil
		}, schemas.HandoffVerdict{
			Do: schemas.HandoffDoTell, Tier: schemas.TierFallback,
			Notice: schemas.Notice{Event: "handoff/hand_1/told", AskEmail: true},
		}},
	})
}

func TestRouteInTheSharedQueue(t *testing.T) {
	t.Parallel()
	inShared := func(cs ...schemas.Candidate) func(*schemas.HandoffFacts) {
		return func(f *schemas.HandoffFacts) {
			f.Tier, f.FallbackTold, f.Candidates = schemas.TierShared, true, cs
		}
	}
	sharedWait := func(d time.Duration) schemas.HandoffVerdict {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: schemas.TierShared, Until: after(d)}
	}
	checkRoutes(t, map[string]routeCase{
		"shared offers to who comes online": {
			inShared(schemas.Candidate{User: "ann", Available: true}),
			schemas.HandoffVerdict{Do: schemas.HandoffDoOffer, User: "ann", Tier: schemas.TierShared, Until: after(time.Minute)},
		},
		"shared looks for presence":       {inShared(routeBusy), sharedWait(5 * time.Minute)},
		"shared waits for hours":          {inShared(schemas.Candidate{User: "ann", NextOpen: after(time.Hour)}, schemas.Candidate{User: "bob", NextOpen: after(2 * time.Hour)}), sharedWait(time.Hour)},
		"shared never sleeps over 12 h":   {inShared(schemas.Candidate{User: "ann", NextOpen: after(60 * time.Hour)}), sharedWait(12 * time.Hour)},
		"shared does not spin":            {inShared(schemas.Candidate{User: "ann", NextOpen: after(-time.Hour)}), sharedWait(5 * time.Minute)},
		"shared with all asked is a list": {inShared(routeAsked), sharedWait(12 * time.Hour)},
	})
}

func TestRouteAccepted(t *testing.T) {
	t.Parallel()
	accepted := func(since, escalated time.Time) func(*schemas.HandoffFacts) {
		return func(f *schemas.HandoffFacts) {
			f.State, f.Accepted, f.WaitingSince, f.EscalatedAt = schemas.HandoffAccepted, "ann", since, escalated
		}
	}
	acceptedWait := func(until time.Duration) schemas.HandoffVerdict {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: schemas.TierTeam, User: "ann", Until: after(until)}
	}
	escalate := schemas.HandoffVerdict{Do: schemas.HandoffDoEscalate, Tier: schemas.TierTeam, User: "ann"}
	checkRoutes(t, map[string]routeCase{
		"accepted, nobody waits":     {accepted(time.Time{}, time.Time{}), acceptedWait(12 * time.Hour)},
		"accepted, customer waits":   {accepted(after(-time.Minute), time.Time{}), acceptedWait(9 * time.Minute)},
		"accepted, waited too long":  {accepted(after(-10*time.Minute), time.Time{}), escalate},
		"accepted, escalated before": {accepted(after(-time.Hour), after(-2*time.Hour)), escalate},
		"accepted, escalated now":    {accepted(after(-time.Hour), after(-time.Minute)), acceptedWait(12 * time.Hour)},
	})
}

// TestRouteEnds applies verdicts until one waits without an offer, gives back
// or ends. Presence and offers change at random on the way.
func TestRouteEnds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		walkRoute(t, rand.New(rand.NewPCG(seed, 7)))
	}
}

type routeWalk struct {
	f     schemas.HandoffFacts
	asked map[string]bool
	tells int
}

func walkRoute(t *testing.T, r *rand.Rand) {
	t.Helper()
	reasons := []schemas.Reason{schemas.ReasonCustomerRequest, schemas.ReasonAgentPaused}
	w := routeWalk{asked: map[string]bool{}, f: waitingFacts(func(f *schemas.HandoffFacts) {
		f.Reason = reasons[r.IntN(2)]
		f.HasFallback = r.IntN(2) == 0
		f.Settings.GiveBack = r.IntN(2) == 0
		f.Settings.Strategy = []schemas.Strategy{schemas.StrategyRoundRobin, schemas.StrategyLeastLoaded}[r.IntN(2)]
	})}
	users := []schemas.UserID{"ann", "bob", "cem", "dee"}
	for range 3*len(users) + 6 {
		w.shuffle(r, users)
		v := Route(w.f)
		if !w.apply(t, r, v) {
			return
		}
	}
	t.Fatalf("still routing: %+v", w.f)
}

// shuffle draws anew who is free.
func (w *routeWalk) shuffle(r *rand.Rand, users []schemas.UserID) {
	w.f.Candidates = nil
	for _, u := range users {
		w.f.Candidates = append(w.f.Candidates, schemas.Candidate{
			User: u, Available: r.IntN(3) > 0, Load: r.IntN(4), Asked: w.asked[string(w.f.Tier)+string(u)],
		})
	}
}

func (w *routeWalk) apply(t *testing.T, r *rand.Rand, v schemas.HandoffVerdict) (on bool) {
	t.Helper()
	switch v.Do {
	case schemas.HandoffDoOffer:
		i := slices.IndexFunc(w.f.Candidates, func(c schemas.Candidate) bool { return c.User == v.User })
		if i < 0 || !w.f.Candidates[i].Available || w.f.Candidates[i].Asked {
			t.Fatalf("offered to %q of %+v", v.User, w.f.Candidates)
		}
		w.asked[string(w.f.Tier)+string(v.User)] = true
		w.f.State, w.f.Offered, w.f.Deadline = schemas.HandoffOffered, v.User, v.Until
		if r.IntN(2) == 0 {
			w.f.State, w.f.Offered = schemas.HandoffWaiting, ""
		}
		w.f.Now = v.Until
	case schemas.HandoffDoNextTier:
		if v.Tier == w.f.Tier || w.f.Tier == schemas.TierShared || v.Tier == schemas.TierFallback && !w.f.HasFallback {
			t.Fatalf("from tier %s to %s", w.f.Tier, v.Tier)
		}
		w.f.Tier = v.Tier
	case schemas.HandoffDoTell:
		if w.tells++; w.tells > 1 {
			t.Fatal("told twice")
		}
		w.f.FallbackTold = true
	case schemas.HandoffDoGiveBack:
		if !w.f.Settings.GiveBack || w.f.Reason == schemas.ReasonAgentPaused {
			t.Fatalf("given back: %+v", w.f)
		}
		return false
	case schemas.HandoffDoWait:
		if !v.Until.After(w.f.Now) || v.Until.After(w.f.Now.Add(12*time.Hour)) {
			t.Fatalf("waits until %v at %v", v.Until, w.f.Now)
		}
		return false
	default:
		t.Fatalf("unexpected step %s", v.Do)
	}
	return true
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	// Monday 10:00 UTC.
	shut := week("", iv(time.Tuesday, 540, 1020))
	cases := map[string]struct {
		member schemas.Member
		want   schemas.Candidate
	}{
		"free":         {schemas.Member{Presence: schemas.PresenceOnline, Capacity: 2, Load: 1}, schemas.Candidate{Available: true, Load: 1}},
		"full":         {schemas.Member{Presence: schemas.PresenceOnline, Capacity: 2, Load: 2}, schemas.Candidate{Load: 2}},
		"away":         {schemas.Member{Presence: schemas.PresenceAway, Capacity: 2}, schemas.Candidate{}},
		"out of hours": {schemas.Member{Presence: schemas.PresenceOnline, Capacity: 2, Hours: shut}, schemas.Candidate{NextOpen: after(23 * time.Hour)}},
		"asked":        {schemas.Member{Presence: schemas.PresenceOnline, Capacity: 2, Asked: true}, schemas.Candidate{Available: true, Asked: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Candidates(routeNow, []schemas.Member{c.member})
			if diff := cmp.Diff([]schemas.Candidate{c.want}, got); diff != "" {
				t.Error(diff)
			}
			f := waitingFacts(func(f *schemas.HandoffFacts) { f.Candidates, f.Members = nil, []schemas.Member{c.member} })
			if got := Route(f).Do == schemas.HandoffDoOffer; got != (c.want.Available && !c.want.Asked) {
				t.Errorf("offered = %v", got)
			}
		})
	}
}
