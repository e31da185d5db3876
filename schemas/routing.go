package schemas

import (
	"fmt"
	"strings"
	"time"
)

// RouteTiming is when a rule hands over. Spec: S50.
type RouteTiming string

// The timings. The zero value is read as RouteImmediate.
const (
	RouteImmediate RouteTiming = "immediate"
	// RouteWhenAvailable leaves the agent in charge until somebody can take it.
	RouteWhenAvailable RouteTiming = "when_available"
	// RouteKeepAgent leaves the agent in charge and gives people a task.
	RouteKeepAgent RouteTiming = "keep_agent"
)

// Valid reports whether t is one of the timings or unset.
func (t RouteTiming) Valid() bool {
	return t == "" || t == RouteImmediate || t == RouteWhenAvailable || t == RouteKeepAgent
}

// RouteUser says which single person a rule asks first.
type RouteUser string

// The choices. RouteNobody goes to the team at once.
const (
	RouteNobody        RouteUser = ""
	RouteContactOwner  RouteUser = "contact_owner"
	RoutePreviousHuman RouteUser = "previous_human"
	RouteFixedUser     RouteUser = "fixed"
)

// Valid reports whether u is one of the choices.
func (u RouteUser) Valid() bool {
	return u == RouteNobody || u == RouteContactOwner || u == RoutePreviousHuman || u == RouteFixedUser
}

// RouteRule sends some handoffs elsewhere than the settings' team. Rules are
// tried in order, and the first that matches decides. Spec: S50.
type RouteRule struct {
	// Name is shown to staff, 1 to 60 characters.
	Name   string      `json:"name"`
	Match  RouteMatch  `json:"match"`
	To     RouteTo     `json:"to"`
	Timing RouteTiming `json:"timing,omitempty"`
	// Messages replace the transfer message: language to text. Spec: S11.
	Messages map[string]string `json:"messages,omitempty"`
	// Texts replace it by who is there, before Messages: language to
	// availability to text.
	Texts    map[string]map[Availability]string `json:"texts,omitempty"`
	Disabled bool                               `json:"disabled,omitempty"`
}

// RouteMatch is which handoffs a rule is for: each list that is not empty has to
// hold for the handoff; of a list of properties each one.
type RouteMatch struct {
	Reasons []Reason `json:"reasons,omitempty"`
	// Topics and Phrases are one condition: any topic or any phrase.
	Topics     []string        `json:"topics,omitempty"`
	Phrases    []string        `json:"phrases,omitempty"`
	Languages  []string        `json:"languages,omitempty"`
	Channels   []ChannelKind   `json:"channels,omitempty"`
	Properties []RouteProperty `json:"properties,omitempty"`
}

// RouteProperty is a condition on a CRM property: its value is one of Values,
// whatever the case.
type RouteProperty struct {
	Object   ObjectType `json:"object"`
	Property string     `json:"property"`
	Values   []string   `json:"values"`
}

// RouteTo is where a rule sends a handoff: first to a person, then to a team.
type RouteTo struct {
	User RouteUser `json:"user,omitempty"`
	// UserID is set for RouteFixedUser.
	UserID UserID `json:"user_id,omitempty"`
	// Team is asked next; empty is the settings' team.
	Team TeamID `json:"team,omitempty"`
	// Skills are what a member of the team has to have, all of them.
	Skills []string `json:"skills,omitempty"`
}

// Validate says what is wrong with r.
func (r RouteRule) Validate() error {
	if n := len([]rune(strings.TrimSpace(r.Name))); n == 0 || n > 60 {
		return NewError(KindInvalid, "route name: 1 to 60 characters")
	}
	wrong := func(field, reason string) error {
		return NewError(KindInvalid, fmt.Sprintf("route %q: %s: %s", r.Name, field, reason))
	}
	if !r.Timing.Valid() {
		return wrong("timing", "use immediate, when_available or keep_agent")
	}
	if !r.To.User.Valid() {
		return wrong("to.user", "use contact_owner, previous_human or fixed, or leave it empty")
	}
	if _, err := ParseID(PrefixUser, string(r.To.UserID)); (r.To.User == RouteFixedUser) != (err == nil) {
		return wrong("to.user_id", "the id of a user, user_…, for a fixed user, and empty for the others")
	}
	if r.To.Team != "" {
		if _, err := ParseID(PrefixTeam, string(r.To.Team)); err != nil {
			return wrong("to.team", "the id of a team, team_…, or empty")
		}
	}
	for _, reason := range r.Match.Reasons {
		if reason == ReasonNone || !reason.Valid() {
			return wrong("match.reasons", fmt.Sprintf("%q is no reason of a handoff", reason))
		}
	}
	for _, c := range r.Match.Channels {
		if !c.Valid() {
			return wrong("match.channels", fmt.Sprintf("unknown channel %q", c))
		}
	}
	for _, p := range r.Match.Properties {
		if !p.Object.Valid() || p.Property == "" || len(p.Values) == 0 {
			return wrong("match.properties", "each needs an object, a property and at least one value")
		}
	}
	for _, list := range [][]string{r.Match.Topics, r.Match.Phrases, r.Match.Languages, r.To.Skills} {
		for _, s := range list {
			if strings.TrimSpace(s) == "" {
				return wrong("match", "topics, phrases, languages and skills are not empty")
			}
		}
	}
	for lang, text := range r.Messages {
		if lang == "" || strings.TrimSpace(text) == "" {
			return wrong("messages", "a text for each language code")
		}
	}
	for lang, texts := range r.Texts {
		for a, text := range texts {
			if lang == "" || !a.Valid() || strings.TrimSpace(text) == "" {
				return wrong("texts", "for each language code a text for now, queued or closed")
			}
		}
	}
	return nil
}

// RouteFacts is what routing rules decide on.
type RouteFacts struct {
	Now    time.Time
	Reason Reason
	// Topics are those that the conversation was found to be about, Phrases
	// those of the rules that the customer used, as they are written in the
	// rules; whoever reads customer text finds both.
	Topics   []string
	Phrases  []string
	Language string
	Channel  ChannelKind
	// Properties are the customer's, by kind of record and name.
	Properties map[ObjectType]map[string]string
	// ContactOwner is the customer's owner in the CRM, PreviousHuman who last
	// had a conversation with them and until when. Empty when there is none,
	// or when they are no active user.
	ContactOwner    UserID
	PreviousHuman   UserID
	PreviousHumanAt time.Time
	Settings        HandoffSettings
}

// RoutePlan is where a handoff goes, in this order: the people, the team, the
// fallback team, the shared queue.
type RoutePlan struct {
	// Rule is the name of the rule that decided; empty when none did.
	Rule   string   `json:"rule,omitempty"`
	People []UserID `json:"people,omitempty"`
	// Team is empty for every active user. Skills filter its members.
	Team     TeamID      `json:"team,omitempty"`
	Skills   []string    `json:"skills,omitempty"`
	Fallback TeamID      `json:"fallback,omitempty"`
	Timing   RouteTiming `json:"timing,omitempty"`
	// Messages replace the transfer message: language to text. Texts go before
	// them, by who is there.
	Messages map[string]string                  `json:"messages,omitempty"`
	Texts    map[string]map[Availability]string `json:"texts,omitempty"`
}

// Member is a person who may take conversations, as stored. Whether they are
// available is decided from it by policy.
type Member struct {
	User     UserID
	Name     string
	Presence Presence
	Capacity int
	Hours    Hours
	// Load counts the conversations they have now.
	Load        int
	LastOffered time.Time
	// Asked is true when the handoff at hand was offered to them in its tier.
	Asked bool
	// Skills are what they can do, in the admin's words.
	Skills []string
}

// PeopleFacts says whether people can take a conversation now.
type PeopleFacts struct {
	Now     time.Time
	Members []Member
	// Queued counts conversations that wait for people.
	Queued int
	// Plan is where the handoff goes.
	Plan RoutePlan
	// Deferred: the agent keeps the conversation for now. Again: people had been
	// asked before.
	Deferred bool
	Again    bool
}
