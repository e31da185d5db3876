package policy

import (
	"slices"
	"strings"
	"time"

	"steward/schemas"
)

// previousWithin is how long a person who had the customer before is asked
// first.
const previousWithin = 7 * 24 * time.Hour

// RouteFor decides where a handoff goes: the first rule that matches, else the
// settings. Without a rule the owner of the contact and whoever had the customer
// within a week are asked before the team; a rule asks only whom it names. The
// order is always people, team, fallback team, shared queue. Spec: S50, D19.
func RouteFor(rules []schemas.RouteRule, f schemas.RouteFacts) schemas.RoutePlan {
	plan := schemas.RoutePlan{
		Team: f.Settings.Team, Fallback: f.Settings.Fallback, Timing: schemas.RouteImmediate,
	}
	if f.Settings.Timing != "" {
		plan.Timing = f.Settings.Timing
	}
	for _, r := range rules {
		if r.Disabled || !matches(r.Match, f) {
			continue
		}
		plan.Rule, plan.Skills, plan.Messages, plan.Texts = r.Name, r.To.Skills, r.Messages, r.Texts
		plan.People = people(r.To, f)
		if r.To.Team != "" {
			plan.Team = r.To.Team
		}
		if r.Timing != "" {
			plan.Timing = r.Timing
		}
		if plan.Fallback == plan.Team {
			plan.Fallback = ""
		}
		return plan
	}
	plan.People = distinct(f.ContactOwner, previous(f))
	return plan
}

// people are those that a rule names. One that names nobody whom there is goes
// on to its team.
func people(to schemas.RouteTo, f schemas.RouteFacts) []schemas.UserID {
	switch to.User {
	case schemas.RouteContactOwner:
		return distinct(f.ContactOwner)
	case schemas.RoutePreviousHuman:
		return distinct(previous(f))
	case schemas.RouteFixedUser:
		return distinct(to.UserID)
	case schemas.RouteNobody:
	}
	return nil
}

// previous is who had the customer within the last week, that moment included.
func previous(f schemas.RouteFacts) schemas.UserID {
	if f.PreviousHumanAt.IsZero() || f.Now.Sub(f.PreviousHumanAt) > previousWithin {
		return ""
	}
	return f.PreviousHuman
}

func distinct(users ...schemas.UserID) []schemas.UserID {
	var out []schemas.UserID
	for _, u := range users {
		if u != "" && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

// matches reports whether each condition that is set holds. One without any
// condition matches every handoff.
func matches(m schemas.RouteMatch, f schemas.RouteFacts) bool {
	if len(m.Reasons) > 0 && !slices.Contains(m.Reasons, f.Reason) {
		return false
	}
	if len(m.Channels) > 0 && !slices.Contains(m.Channels, f.Channel) {
		return false
	}
	if len(m.Languages) > 0 && !anyFold(m.Languages, base(f.Language)) && !anyFold(m.Languages, f.Language) {
		return false
	}
	if len(m.Topics)+len(m.Phrases) > 0 && !overlap(m.Topics, f.Topics) && !overlap(m.Phrases, f.Phrases) {
		return false
	}
	for _, p := range m.Properties {
		value, known := f.Properties[p.Object][p.Property]
		if !known || !anyFold(p.Values, value) {
			return false
		}
	}
	return true
}

// base is the language of a tag without its region: pt of pt-BR.
func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

// anyFold reports whether list holds s, whatever the case and the space around.
func anyFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(item string) bool {
		return strings.EqualFold(strings.TrimSpace(item), strings.TrimSpace(s))
	})
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return anyFold(b, s) })
}

// Skilled are the members that have every one of the skills, in their order. No
// skills keep all of them. When nobody has them the team is passed, as one is of
// which nobody is there.
func Skilled(members []schemas.Member, skills []string) []schemas.Member {
	out := make([]schemas.Member, 0, len(members))
	for _, m := range members {
		able := true
		for _, s := range skills {
			able = able && anyFold(m.Skills, s)
		}
		if able {
			out = append(out, m)
		}
	}
	return out
}
