package schemas

import (
	"cmp"
	"fmt"
	"strings"
)

// The limits of triggers whose settings name none.
const (
	defaultUnresolved = 3
	maxTurnCap        = 20
	maxTopics         = 50
)

// Triggers say when a conversation goes to people, beside a wish for a person,
// the phrases and the streak of unanswerable questions of HandoffSettings. The
// zero value is the product's. Spec: S50, D6.
type Triggers struct {
	// Keywords hand over like Phrases, in conversations held in their language:
	// ISO 639-1 code to phrases.
	Keywords map[string][]string `json:"keywords,omitempty"`
	// Topics hand over when a message is about one, at most 50.
	Topics []HandoffTopic `json:"topics,omitempty"`
	// OfferFirst offers a person when the content has no answer, and hands over
	// when the customer accepts or at the next question without an answer.
	OfferFirst bool `json:"offer_first,omitempty"`
	// Unresolved is after how many turns in a row that resolved nothing people
	// take over. Default 3.
	Unresolved int `json:"unresolved,omitempty"`
	// AllowRepeats leaves the same question, asked again after an answer, with
	// the agent.
	AllowRepeats bool `json:"allow_repeats,omitempty"`
	// TurnCap is how many replies the agent gives in one engagement, 1 to 20; 0
	// is no cap.
	TurnCap int `json:"turn_cap,omitempty"`
	// Sentiment hands over customers who are upset two turns in a row.
	Sentiment bool `json:"sentiment,omitempty"`
	// VIP hands over customers of whom one of the properties has one of its
	// values, at their first message.
	VIP []RouteProperty `json:"vip,omitempty"`
	// NoSafety leaves abuse, self-harm and threats of legal steps to the agent.
	NoSafety bool `json:"no_safety,omitempty"`
}

// HandoffTopic is a subject that people deal with.
type HandoffTopic struct {
	// Name is what routing rules name, 1 to 60 characters.
	Name string `json:"name"`
	// Phrases and Examples find it: words that have to occur, and whole messages
	// that a message is like.
	Phrases  []string `json:"phrases,omitempty"`
	Examples []string `json:"examples,omitempty"`
	// RouteOnly: the topic only chooses where a handoff goes, and makes none.
	RouteOnly bool `json:"route_only,omitempty"`
}

// UnresolvedLimit is Unresolved with the default filled in.
func (t Triggers) UnresolvedLimit() int { return cmp.Or(t.Unresolved, defaultUnresolved) }

// Validate says what is wrong with t.
func (t Triggers) Validate() error {
	wrong := func(field, reason string) error {
		return NewError(KindInvalid, "handoff.triggers."+field+": "+reason)
	}
	if t.TurnCap < 0 || t.TurnCap > maxTurnCap {
		return wrong("turn_cap", "1 to 20 replies, or 0 for no cap")
	}
	if t.Unresolved < 0 || t.Unresolved > 10 {
		return wrong("unresolved", "1 to 10 turns, or 0 for the default of 3")
	}
	for lang, phrases := range t.Keywords {
		if lang == "" || len(phrases) == 0 || blank(phrases) {
			return wrong("keywords", "for each language code a list of phrases that are not empty")
		}
	}
	if len(t.Topics) > maxTopics {
		return wrong("topics", "at most 50")
	}
	for _, topic := range t.Topics {
		if n := len([]rune(strings.TrimSpace(topic.Name))); n == 0 || n > 60 {
			return wrong("topics", "a name has 1 to 60 characters")
		}
		if len(topic.Phrases)+len(topic.Examples) == 0 || blank(topic.Phrases) || blank(topic.Examples) {
			return wrong("topics", fmt.Sprintf("%q needs phrases or examples that are not empty", topic.Name))
		}
	}
	for _, p := range t.VIP {
		if !p.Object.Valid() || p.Property == "" || len(p.Values) == 0 {
			return wrong("vip", "each needs an object, a property and at least one value")
		}
	}
	return nil
}

func blank(list []string) bool {
	for _, s := range list {
		if strings.TrimSpace(s) == "" {
			return true
		}
	}
	return false
}

// Safety is what a customer's message says that people have to see at once.
type Safety string

// The kinds, from the most urgent.
const (
	SafetyNone  Safety = ""
	SafetyHarm  Safety = "self_harm"
	SafetyAbuse Safety = "abuse"
	SafetyLegal Safety = "legal_threat"
)

// Priority is that of a handoff for s.
func (s Safety) Priority() Priority {
	switch s {
	case SafetyHarm:
		return PriorityUrgent
	case SafetyAbuse, SafetyLegal:
		return PriorityHigh
	case SafetyNone:
	}
	return PriorityNormal
}

// Signals is what else rules read from a customer's messages; like a Guard it is
// all that leaves the activity that reads them.
type Signals struct {
	Safety Safety
	// Topic is the first of the settings' topics that a message is about, without
	// those for routing only.
	Topic string
	// Upset: a message has words of anger or disappointment.
	Upset bool
	// VIP: one of the properties of the settings holds.
	VIP bool
}

// Service is what people get and owe once a conversation is theirs.
type Service struct {
	// FirstResponse is within which time a person answers first, NextResponse
	// within which each later message; 0 is no target. At 80 % people are warned.
	FirstResponse Seconds `json:"first_response,omitempty"`
	NextResponse  Seconds `json:"next_response,omitempty"`
	// Hours are those in which the time runs. Default always.
	Hours Hours `json:"hours,omitzero"`
	// Copilot drafts an answer for the person after each customer message.
	Copilot bool `json:"copilot,omitempty"`
	// WriteSummary asks the model for the summary that people read.
	WriteSummary bool `json:"write_summary,omitempty"`
}

// Validate says what is wrong with s.
func (s Service) Validate() error {
	if s.FirstResponse < 0 || s.NextResponse < 0 {
		return NewError(KindInvalid, "handoff.service: a target is a number of seconds, or 0 for none")
	}
	if s.Hours.Mode == "" {
		return nil
	}
	return s.Hours.Validate()
}

// validateRouting checks the parts of s that say where handoffs go and when.
func (s HandoffSettings) validateRouting() error {
	if !s.Timing.Valid() {
		return NewError(KindInvalid, "handoff.timing: use immediate, when_available or keep_agent")
	}
	for _, r := range s.Rules {
		if err := r.Validate(); err != nil {
			return err
		}
	}
	if err := s.Triggers.Validate(); err != nil {
		return err
	}
	return s.Service.Validate()
}
