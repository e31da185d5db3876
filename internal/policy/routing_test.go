package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// TestRouteFor: the order of routing, and what makes a rule match. Spec: S50.
func TestRouteFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	base := schemas.RouteFacts{
		Now: now, Reason: schemas.ReasonCannotAnswer, Language: "it", Channel: schemas.ChannelLiveChat,
		Settings: schemas.HandoffSettings{Team: "team_all", Fallback: "team_back"},
	}
	with := func(change func(*schemas.RouteFacts)) schemas.RouteFacts {
		f := base
		change(&f)
		return f
	}
	to := func(m schemas.RouteMatch, to schemas.RouteTo) schemas.RouteRule {
		return schemas.RouteRule{Name: "rule", Match: m, To: to}
	}
	billing := schemas.RouteTo{Team: "team_billing"}
	plain := schemas.RoutePlan{Team: "team_all", Fallback: "team_back", Timing: schemas.RouteImmediate}
	ruled := schemas.RoutePlan{Rule: "rule", Team: "team_billing", Fallback: "team_back", Timing: schemas.RouteImmediate}
	people := func(p schemas.RoutePlan, users ...schemas.UserID) schemas.RoutePlan {
		p.People = users
		return p
	}
	vip := schemas.RouteMatch{Properties: []schemas.RouteProperty{{Object: schemas.ObjectContact, Property: "tier", Values: []string{"gold", "Platinum"}}}}
	tier := func(value string) schemas.RouteFacts {
		return with(func(f *schemas.RouteFacts) {
			f.Properties = map[schemas.ObjectType]map[string]string{schemas.ObjectContact: {"tier": value}}
		})
	}
	for name, c := range map[string]struct {
		rules []schemas.RouteRule
		facts schemas.RouteFacts
		want  schemas.RoutePlan
	}{
		"no rules": {nil, base, plain},
		"owner, then who had them": {nil, with(func(f *schemas.RouteFacts) {
			f.ContactOwner, f.PreviousHuman, f.PreviousHumanAt = "user_o", "user_p", now.Add(-time.Hour)
		}), people(plain, "user_o", "user_p")},
		"the same person once": {nil, with(func(f *schemas.RouteFacts) {
			f.ContactOwner, f.PreviousHuman, f.PreviousHumanAt = "user_o", "user_o", now
		}), people(plain, "user_o")},
		"seven days ago": {nil, with(func(f *schemas.RouteFacts) {
			f.PreviousHuman, f.PreviousHumanAt = "user_p", now.Add(-7*24*time.Hour)
		}), people(plain, "user_p")},
		"longer ago": {nil, with(func(f *schemas.RouteFacts) {
			f.PreviousHuman, f.PreviousHumanAt = "user_p", now.Add(-7*24*time.Hour-time.Second)
		}), plain},
		"never": {nil, with(func(f *schemas.RouteFacts) { f.PreviousHuman = "user_p" }), plain},
		"reason": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Reasons: []schemas.Reason{schemas.ReasonVIP, schemas.ReasonCannotAnswer}}, billing)}, base, ruled,
		},
		"other reason": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Reasons: []schemas.Reason{schemas.ReasonVIP}}, billing)}, base, plain,
		},
		"a rule asks whom it names only": {
			[]schemas.RouteRule{to(schemas.RouteMatch{}, billing)},
			with(func(f *schemas.RouteFacts) { f.ContactOwner = "user_o" }), ruled,
		},
		"topic or phrase": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Topics: []string{"invoices"}, Phrases: []string{"refund"}}, billing)},
			with(func(f *schemas.RouteFacts) { f.Phrases = []string{"Refund"} }), ruled,
		},
		"neither topic nor phrase": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Topics: []string{"invoices"}, Phrases: []string{"refund"}}, billing)},
			with(func(f *schemas.RouteFacts) { f.Topics = []string{"delivery"} }), plain,
		},
		"language with a region": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Languages: []string{"pt"}}, billing)},
			with(func(f *schemas.RouteFacts) { f.Language = "pt-BR" }), ruled,
		},
		"unknown language": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Languages: []string{"pt"}}, billing)},
			with(func(f *schemas.RouteFacts) { f.Language = "" }), plain,
		},
		"channel": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Channels: []schemas.ChannelKind{"other"}}, billing)}, base, plain,
		},
		"property":                 {[]schemas.RouteRule{to(vip, billing)}, tier("platinum"), ruled},
		"property of another kind": {[]schemas.RouteRule{to(vip, billing)}, tier("silver"), plain},
		"property not known":       {[]schemas.RouteRule{to(vip, billing)}, base, plain},
		"all conditions have to hold": {
			[]schemas.RouteRule{to(schemas.RouteMatch{Reasons: []schemas.Reason{schemas.ReasonCannotAnswer}, Languages: []string{"sv"}}, billing)}, base, plain,
		},
		"first match decides": {
			[]schemas.RouteRule{to(vip, schemas.RouteTo{Team: "team_vip"}), to(schemas.RouteMatch{}, billing), to(schemas.RouteMatch{}, schemas.RouteTo{Team: "team_late"})}, base, ruled,
		},
		"disabled": {
			[]schemas.RouteRule{{Name: "rule", To: billing, Disabled: true}}, base, plain,
		},
		"fixed user, then the settings' team": {
			[]schemas.RouteRule{to(schemas.RouteMatch{}, schemas.RouteTo{User: schemas.RouteFixedUser, UserID: "user_x"})},
			base,
			schemas.RoutePlan{Rule: "rule", People: []schemas.UserID{"user_x"}, Team: "team_all", Fallback: "team_back", Timing: schemas.RouteImmediate},
		},
		"owner who is not there": {
			[]schemas.RouteRule{to(schemas.RouteMatch{}, schemas.RouteTo{User: schemas.RouteContactOwner, Team: "team_billing"})}, base, ruled,
		},
		"the fallback is not asked twice": {
			[]schemas.RouteRule{to(schemas.RouteMatch{}, schemas.RouteTo{Team: "team_back"})},
			base,
			schemas.RoutePlan{Rule: "rule", Team: "team_back", Timing: schemas.RouteImmediate},
		},
		"timing, skills and messages": {
			[]schemas.RouteRule{{
				Name: "rule", To: schemas.RouteTo{Skills: []string{"tax"}}, Timing: schemas.RouteWhenAvailable,
				Messages: map[string]string{"it": "Un momento."},
			}},
			base,
			schemas.RoutePlan{
				Rule: "rule", Team: "team_all", Fallback: "team_back", Skills: []string{"tax"},
				Timing: schemas.RouteWhenAvailable, Messages: map[string]string{"it": "Un momento."},
			},
		},
	} {
		if diff := cmp.Diff(c.want, RouteFor(c.rules, c.facts)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSkilled(t *testing.T) {
	t.Parallel()
	members := []schemas.Member{
		{User: "a", Skills: []string{"Tax", "German"}}, {User: "b", Skills: []string{"german"}}, {User: "c"},
	}
	for name, c := range map[string]struct {
		skills []string
		want   []schemas.UserID
	}{
		"none asked": {nil, []schemas.UserID{"a", "b", "c"}},
		"one":        {[]string{" german "}, []schemas.UserID{"a", "b"}},
		"all":        {[]string{"german", "tax"}, []schemas.UserID{"a"}},
		"nobody":     {[]string{"law"}, nil},
	} {
		var got []schemas.UserID
		for _, m := range Skilled(members, c.skills) {
			got = append(got, m.User)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// The facts are not changed: routing reads them again.
	if members[0].User != "a" || len(members) != 3 {
		t.Error("the members were changed")
	}
}
