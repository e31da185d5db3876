package schemas

import (
	"cmp"
	"fmt"
	"strings"
)

// Personality is how the agent sounds. It never changes facts. Spec: S8, S9.
type Personality string

// The personalities. BrandVoice needs Profile.BrandVoice.
const (
	PersonalityFriendly     Personality = "friendly"
	PersonalityProfessional Personality = "professional"
	PersonalityCasual       Personality = "casual"
	PersonalityEmpathetic   Personality = "empathetic"
	PersonalityWitty        Personality = "witty"
	PersonalityBrandVoice   Personality = "brand_voice"
)

// Valid reports whether p is one of the personalities.
func (p Personality) Valid() bool {
	switch p {
	case PersonalityFriendly, PersonalityProfessional, PersonalityCasual,
		PersonalityEmpathetic, PersonalityWitty, PersonalityBrandVoice:
		return true
	}
	return false
}

// Profile is who the agent is.
type Profile struct {
	// Name is free text, up to 60 characters. Spec: S7.
	Name string `json:"name"`
	// Company is the name of the company it speaks for.
	Company     string      `json:"company"`
	Personality Personality `json:"personality"`
	// BrandVoice describes the voice for PersonalityBrandVoice.
	BrandVoice string `json:"brand_voice,omitempty"`
	// Languages the agent answers in, as ISO 639-1 codes; the first is the
	// default. Spec: D16.
	Languages []string `json:"languages"`
	// LinkHosts are hosts that replies may link to beside those of the cited
	// documents.
	LinkHosts []string `json:"link_hosts,omitempty"`
}

// HandoffSettings is how conversations reach people. Spec: S50, S11.
type HandoffSettings struct {
	// Team gets handoffs; empty is every active user.
	Team TeamID `json:"team,omitempty"`
	// Fallback team is asked when nobody of Team accepts; empty is none.
	Fallback TeamID `json:"fallback,omitempty"`
	// Strategy chooses among the available members. Default round_robin.
	Strategy Strategy `json:"strategy"`
	// OfferSeconds is how long one member has to accept. Default 60.
	OfferSeconds Seconds `json:"offer_seconds"`
	// IdleSeconds is how long a customer message may wait for the person who
	// accepted before the handoff is escalated. Default 600.
	IdleSeconds Seconds `json:"idle_seconds"`
	// GiveBack returns the conversation to the agent when nobody accepted and
	// the fallback is exhausted; otherwise it stays in the queue.
	GiveBack bool `json:"give_back"`
	// Phrases hand over when a customer message contains one of them.
	Phrases []string `json:"phrases,omitempty"`
	// Messages replaces texts of the transfer message: language to availability
	// (now, queued, closed) to text. Spec: S11.
	Messages map[string]map[Availability]string `json:"messages,omitempty"`
	// NotFoundLimit is the streak of unanswerable questions that hands over.
	// Default 2.
	NotFoundLimit int `json:"not_found_limit"`
	// Rules send some handoffs elsewhere: the first that matches decides.
	Rules []RouteRule `json:"rules,omitempty"`
	// Timing is when a handoff without a rule of its own is made. Default
	// immediate.
	Timing   RouteTiming `json:"timing,omitempty"`
	Triggers Triggers    `json:"triggers,omitzero"`
	Service  Service     `json:"service,omitzero"`
}

// Settings are an agent's versioned configuration: edited in the draft,
// published as an immutable number. Spec: D14.
type Settings struct {
	Profile Profile         `json:"profile"`
	Handoff HandoffSettings `json:"handoff"`
	// Channels holds the behaviour per kind of channel.
	Channels map[ChannelKind]ChannelSettings `json:"channels"`
	// Actions are calls into other systems, at most 100. Spec: S53.
	Actions []Action `json:"actions,omitempty"`
	// Guidelines are the admin's instructions. Spec: S10, D8.
	Guidelines []Guideline `json:"guidelines,omitempty"`
	// Goals qualify leads. Spec: S54.
	Goals []Goal `json:"goals,omitempty"`
	// CRM is what the agent may read and change there. Spec: S51, S52.
	CRM CRMSettings `json:"crm,omitzero"`
	// Limits bound what a turn and a conversation may cost.
	Limits Limits `json:"limits,omitzero"`
	// Checks is how strictly replies are checked.
	Checks Checks `json:"checks,omitzero"`
	// Gaps is what happens with questions that the content does not answer.
	Gaps GapSettings `json:"gaps,omitzero"`
}

// The limits of an agent whose settings name none.
const (
	defaultRounds      = 30
	defaultActions     = 30
	defaultTokens      = 150_000
	defaultTurnSeconds = 90
)

// Limits bound what a turn and a conversation may cost. 0 is the default.
type Limits struct {
	// Rounds is how many decisions a turn may take, Actions how many calls.
	// Defaults 30 and 30.
	Rounds  int `json:"rounds,omitempty"`
	Actions int `json:"actions,omitempty"`
	// ConversationTokens bounds the input tokens of a conversation. Default
	// 150,000.
	ConversationTokens int `json:"conversation_tokens,omitempty"`
	// TurnSeconds is when people get a turn that is not answered. Default 90.
	TurnSeconds Seconds `json:"turn_seconds,omitempty"`
}

// Defaults are the limits with what is not set filled in.
func (l Limits) Defaults() Limits {
	return Limits{
		Rounds:             cmp.Or(l.Rounds, defaultRounds),
		Actions:            cmp.Or(l.Actions, defaultActions),
		ConversationTokens: cmp.Or(l.ConversationTokens, defaultTokens),
		TurnSeconds:        cmp.Or(l.TurnSeconds, defaultTurnSeconds),
	}
}

// Checks is how strictly replies are checked. The zero value is the product's;
// the others are for replaying what was recorded elsewhere, and for comparing.
// The gates of actions do not depend on it.
type Checks struct {
	// ReportOnly sends a reply that breaks a rule all the same; what it broke is
	// in the trace.
	ReportOnly bool `json:"report_only,omitempty"`
	// NoLimit sends replies of any length.
	NoLimit bool `json:"no_limit,omitempty"`
	// AllowRepeats runs a write again that has just run with the same arguments,
	// without asking.
	AllowRepeats bool `json:"allow_repeats,omitempty"`
	// EngineFirst leaves a wish for a person, and the admin's phrases that hand
	// over, to the engine: its decision hands over, not the words.
	EngineFirst bool `json:"engine_first,omitempty"`
}

// DefaultSettings is the configuration of a new agent.
func DefaultSettings() Settings {
	return Settings{
		Profile: Profile{
			Name: "Steward", Company: "our shop", Personality: PersonalityFriendly,
			Languages: []string{"en", "it", "sv"},
		},
		Handoff: HandoffSettings{
			Strategy: StrategyRoundRobin, OfferSeconds: 60, IdleSeconds: 600, NotFoundLimit: 2,
		},
		Channels: map[ChannelKind]ChannelSettings{ChannelLiveChat: {
			AskEmail: AskBeforeHandoff, InactivityClose: 24 * 3600,
			QuietMillis: 1500, CapMillis: 8000,
			Hours: Hours{Mode: HoursAll}, OutsideHours: OutsideHandOff,
		}},
	}
}

// Validate says what is wrong with s. With dev, timers may be as short as a
// second.
func (s Settings) Validate(dev bool) error {
	if n := len([]rune(strings.TrimSpace(s.Profile.Name))); n == 0 || n > 60 {
		return NewError(KindInvalid, "profile.name is 1 to 60 characters")
	}
	if !s.Profile.Personality.Valid() {
		return NewError(KindInvalid, fmt.Sprintf("personality %q: use friendly, professional, casual, empathetic, witty or brand_voice", s.Profile.Personality))
	}
	if s.Profile.Personality == PersonalityBrandVoice && strings.TrimSpace(s.Profile.BrandVoice) == "" {
		return NewError(KindInvalid, "personality brand_voice needs profile.brand_voice")
	}
	if len(s.Profile.Languages) == 0 {
		return NewError(KindInvalid, "profile.languages needs at least one language, such as en")
	}
	if !s.Handoff.Strategy.Valid() {
		return NewError(KindInvalid, fmt.Sprintf("handoff strategy %q: use round_robin or least_loaded", s.Handoff.Strategy))
	}
	for name, team := range map[string]TeamID{"team": s.Handoff.Team, "fallback": s.Handoff.Fallback} {
		if team == "" {
			continue
		}
		if _, err := ParseID(PrefixTeam, string(team)); err != nil {
			return NewError(KindInvalid, "handoff."+name+" is the id of a team, team_…, or empty")
		}
	}
	if s.Handoff.OfferSeconds < 1 || s.Handoff.IdleSeconds < 1 {
		return NewError(KindInvalid, "handoff.offer_seconds and idle_seconds are at least 1")
	}
	if s.Handoff.NotFoundLimit < 1 || s.Handoff.NotFoundLimit > 10 {
		return NewError(KindInvalid, "handoff.not_found_limit is 1 to 10")
	}
	if err := s.Handoff.validateRouting(); err != nil {
		return err
	}
	for kind, c := range s.Channels {
		if !kind.Valid() {
			return NewError(KindInvalid, fmt.Sprintf("unknown channel %q: only live_chat is served", kind))
		}
		if err := c.Validate(dev); err != nil {
			return err
		}
	}
	return nil
}

// For returns the behaviour on a kind of channel, the default when none is set.
func (s Settings) For(kind ChannelKind) ChannelSettings {
	if c, ok := s.Channels[kind]; ok {
		return c
	}
	return DefaultSettings().Channels[ChannelLiveChat]
}
