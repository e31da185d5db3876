package policy

import (
	"cmp"
	"slices"
	"time"

	"steward/schemas"
)

// Bounds of a wait, so that a lost signal or a change of somebody's presence
// is noticed. Settled: rule 22.
const (
	shortestLook = 5 * time.Minute
	longestLook  = 12 * time.Hour
)

// Route decides the next step of a handoff. Spec: S50, D19. Settled: rule 20.
//
// The chain is: the people whom the plan names, then each available member of
// the team with its skills once, then each of the fallback team, then the
// customer is told once that nobody is free, then the conversation goes back to
// the agent or stays in the shared queue. There the
// candidates get one more offer each as they become available.
//
// A team of which nobody is online is passed like one that was asked in vain:
// the customer hears at once that nobody is free, and nothing is lost, because
// the shared queue offers to everybody who comes online later.
func Route(f schemas.HandoffFacts) schemas.HandoffVerdict {
	if !f.Exists || f.State.Ended() {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoEnd}
	}
	if f.Candidates == nil {
		members := f.Members
		if f.Tier == schemas.TierTeam {
			members = Skilled(members, f.Plan.Skills)
		}
		f.Candidates = Candidates(f.Now, members)
	}
	return watch(f, routeState(f))
}

// routeState decides by where the handoff stands.
func routeState(f schemas.HandoffFacts) schemas.HandoffVerdict {
	switch {
	case f.State == schemas.HandoffAccepted:
		return routeAccepted(f)
	case f.Deferred:
		return routeDeferred(f)
	case f.State == schemas.HandoffOffered && f.Deadline.After(f.Now):
		return schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: f.Tier, User: f.Offered, Until: look12(f, f.Deadline)}
	}
	return routeOn(f)
}

// Candidates are the members of a team as routing sees them at a moment: a
// member is available who is online, inside their hours and below their
// capacity.
func Candidates(now time.Time, members []schemas.Member) []schemas.Candidate {
	out := make([]schemas.Candidate, 0, len(members))
	for _, m := range members {
		open := OpenAt(m.Hours, now)
		c := schemas.Candidate{
			User: m.User, Load: m.Load, LastOffered: m.LastOffered, Asked: m.Asked,
			Available: open && m.Presence == schemas.PresenceOnline && m.Load < m.Capacity,
		}
		if !open {
			// A member whose hours never come is looked for like one who is away.
			c.NextOpen, _ = NextOpen(m.Hours, now)
		}
		out = append(out, c)
	}
	return out
}

// routeAccepted watches whether the person who accepted answers the customer.
// One escalation is made for one wait.
func routeAccepted(f schemas.HandoffFacts) schemas.HandoffVerdict {
	wait := schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: f.Tier, User: f.Accepted, Until: f.Now.Add(longestLook)}
	if f.WaitingSince.IsZero() || !f.EscalatedAt.Before(f.WaitingSince) {
		return wait
	}
	due := f.WaitingSince.Add(f.Settings.IdleSeconds.Duration())
	if due.After(f.Now) {
		wait.Until = look12(f, due)
		return wait
	}
	wait.Do = schemas.HandoffDoEscalate
	wait.Until = time.Time{}
	return wait
}

// routeOn finds whom to ask next, or what to do when nobody is left in the
// tier.
func routeOn(f schemas.HandoffFacts) schemas.HandoffVerdict {
	if c, ok := choose(f); ok {
		return schemas.HandoffVerdict{
			Do: schemas.HandoffDoOffer, User: c.User, Tier: f.Tier,
			Until: f.Now.Add(f.Settings.OfferSeconds.Duration()),
		}
	}
	if f.Tier == schemas.TierPeople {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoNextTier, Tier: schemas.TierTeam}
	}
	if f.Tier != schemas.TierFallback && f.Tier != schemas.TierShared && f.HasFallback {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoNextTier, Tier: schemas.TierFallback}
	}
	if !f.FallbackTold {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoTell, Tier: f.Tier, Notice: schemas.Notice{
			Event: "handoff/" + string(f.Handoff) + "/told", AskEmail: askToReach(f),
		}}
	}
	if f.Settings.GiveBack && mayGiveBack(f.Reason) {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoGiveBack, Tier: f.Tier, Notice: schemas.Notice{
			Event: "handoff/" + string(f.Handoff) + "/given_back",
		}}
	}
	if f.Tier != schemas.TierShared {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoNextTier, Tier: schemas.TierShared}
	}
	return schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: f.Tier, Until: nextLook(f)}
}

// choose picks among those who can be asked. Ties go to the lower id, so that
// the same facts always give the same verdict.
func choose(f schemas.HandoffFacts) (schemas.Candidate, bool) {
	var free []schemas.Candidate
	for _, c := range f.Candidates {
		timedOut := f.State == schemas.HandoffOffered && c.User == f.Offered
		if c.Available && !c.Asked && !timedOut {
			free = append(free, c)
		}
	}
	if len(free) == 0 {
		return schemas.Candidate{}, false
	}
	return slices.MinFunc(free, func(a, b schemas.Candidate) int {
		load := 0
		if f.Settings.Strategy == schemas.StrategyLeastLoaded {
			load = cmp.Compare(a.Load, b.Load)
		}
		return cmp.Or(load, a.LastOffered.Compare(b.LastOffered), cmp.Compare(a.User, b.User))
	}), true
}

// mayGiveBack reports whether the agent may get the conversation back although
// nobody took it. It may not where admission keeps the agent out: a pause is
// ended by resume, the others by whoever set them. Spec: D1, D2.
func mayGiveBack(r schemas.Reason) bool {
	switch r {
	case schemas.ReasonAgentPaused, schemas.ReasonAgentOff, schemas.ReasonOutOfCredits,
		schemas.ReasonOutsideHours, schemas.ReasonNotDeployed, schemas.ReasonNotPublished, schemas.ReasonIgnoreList:
		return false
	}
	return true
}

// askToReach reports whether the customer is asked for an email address along
// with hearing that nobody is free: it is the way to reach them later, so only
// never, a known address or an earlier question stop it. Spec: S25.
func askToReach(f schemas.HandoffFacts) bool {
	return f.AskEmail != schemas.AskNever && !f.EmailKnown && !f.EmailAsked
}

// nextLook is when somebody may have become available: the earliest begin of
// somebody's hours, or five minutes from now when only presence or load is in the
// way, which no clock foretells.
func nextLook(f schemas.HandoffFacts) time.Time {
	next := f.Now.Add(longestLook)
	for _, c := range f.Candidates {
		if c.Asked {
			continue
		}
		if c.NextOpen.IsZero() {
			return f.Now.Add(shortestLook)
		}
		if c.NextOpen.Before(next) {
			next = c.NextOpen
		}
	}
	if soonest := f.Now.Add(shortestLook); next.Before(soonest) {
		return soonest
	}
	return next
}

// look12 caps a wait.
func look12(f schemas.HandoffFacts, until time.Time) time.Time {
	if far := f.Now.Add(longestLook); until.After(far) {
		return far
	}
	return until
}
