package policy

import (
	"slices"

	"steward/schemas"
)

// MayDefer reports whether the agent may keep a conversation that goes to people
// for this reason. Where the agent cannot or must not answer, it may not.
// Spec: S50, D1.
func MayDefer(v schemas.Verdict) bool {
	if v.Priority == schemas.PriorityHigh || v.Priority == schemas.PriorityUrgent || v.Uncertain || v.Release {
		return false
	}
	switch v.Reason {
	case schemas.ReasonCustomerRequest, schemas.ReasonKeyword, schemas.ReasonTopic, schemas.ReasonCannotAnswer,
		schemas.ReasonRepeatedFailure, schemas.ReasonSentiment, schemas.ReasonVIP, schemas.ReasonSensitiveAction,
		schemas.ReasonUnsupportedContent, schemas.ReasonVerificationFailed:
		return true
	}
	return false
}

// Defers reports whether a handoff leaves the agent in charge: when its plan
// says so and, for one that waits for somebody to be there, nobody is. p are the
// people whom the plan asks first. Spec: S50.
func Defers(f schemas.Facts, v schemas.Verdict, p schemas.PeopleFacts) bool {
	if f.Head.Owner != schemas.OwnerAgent || !MayDefer(v) {
		return false
	}
	switch p.Plan.Timing {
	case schemas.RouteKeepAgent:
		return true
	case schemas.RouteWhenAvailable:
		a, _, _ := AvailabilityOf(p)
		return a != schemas.AvailableNow
	case schemas.RouteImmediate:
	}
	return false
}

// Askable are the people whom a plan asks first: those it names, and those of
// the team that have its skills.
func Askable(p schemas.PeopleFacts) schemas.PeopleFacts {
	var named, team []schemas.Member
	for _, m := range p.Members {
		if slices.Contains(p.Plan.People, m.User) {
			named = append(named, m)
		} else {
			team = append(team, m)
		}
	}
	p.Members = append(named, Skilled(team, p.Plan.Skills)...)
	return p
}

// routeDeferred decides about a handoff of which the agent still has the
// conversation: it is taken from the agent once somebody can have it, unless it
// is a task that somebody takes by themselves.
func routeDeferred(f schemas.HandoffFacts) schemas.HandoffVerdict {
	if f.Plan.Timing == schemas.RouteKeepAgent {
		return schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: f.Tier, Until: f.Now.Add(longestLook)}
	}
	// Whoever is asked first may be away while the others are there.
	for _, c := range f.Candidates {
		if c.Available {
			return schemas.HandoffVerdict{Do: schemas.HandoffDoTake, Tier: f.Tier, Notice: schemas.Notice{
				Event: "handoff/" + string(f.Handoff) + "/taken",
			}}
		}
	}
	return schemas.HandoffVerdict{Do: schemas.HandoffDoWait, Tier: f.Tier, Until: nextLook(f)}
}
