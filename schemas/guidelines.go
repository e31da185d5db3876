package schemas

// GuidelineKind is what a guideline is about.
type GuidelineKind string

// The kinds. Spec: S10, D8.
const (
	GuidelineTone    GuidelineKind = "tone"
	GuidelineStyle   GuidelineKind = "response_style"
	GuidelineAvoid   GuidelineKind = "avoid_topic"
	GuidelineScript  GuidelineKind = "script"
	GuidelineClarify GuidelineKind = "clarify"
	GuidelineHandoff GuidelineKind = "handoff"
	GuidelinePolicy  GuidelineKind = "policy"
)

// Valid reports whether k is one of the kinds.
func (k GuidelineKind) Valid() bool {
	switch k {
	case GuidelineTone, GuidelineStyle, GuidelineAvoid, GuidelineScript, GuidelineClarify, GuidelineHandoff, GuidelinePolicy:
		return true
	}
	return false
}

// Enforcement is where a guideline holds.
type Enforcement string

// The enforcements. EnforcePrompt only shapes words; EnforceBefore also matches
// the customer's messages in code before an engine is asked, EnforceAfter also
// the reply before it is sent.
const (
	EnforcePrompt Enforcement = "prompt"
	EnforceBefore Enforcement = "before"
	EnforceAfter  Enforcement = "after"
)

// Valid reports whether e is one of the enforcements.
func (e Enforcement) Valid() bool {
	return e == EnforcePrompt || e == EnforceBefore || e == EnforceAfter
}

// Handling is what happens when a guideline matches in code. Spec: D8.
type Handling string

// The handlings.
const (
	HandleRefuse   Handling = "refuse"
	HandleScript   Handling = "script"
	HandleHandOff  Handling = "hand_off"
	HandleClarify  Handling = "clarify"
	HandleContinue Handling = "continue"
)

// Valid reports whether h is one of the handlings.
func (h Handling) Valid() bool {
	switch h {
	case HandleRefuse, HandleScript, HandleHandOff, HandleClarify, HandleContinue:
		return true
	}
	return false
}

// Guideline is an instruction of the admin, at most 100 per agent. It is part
// of the versioned settings.
type Guideline struct {
	Title string        `json:"title"`
	Kind  GuidelineKind `json:"kind"`
	// When says in words when it applies, Instruction what to do then; together
	// at most 2,000 characters. {{name}} takes an attribute of the contact; a
	// guideline with an unknown one is left out.
	When        string      `json:"when,omitempty"`
	Instruction string      `json:"instruction"`
	Enforcement Enforcement `json:"enforcement"`
	// Match is how it is found in code; empty for EnforcePrompt.
	Match GuidelineMatch `json:"match,omitzero"`
	// Handling and Script are for a match. A script, by language, is sent
	// unchanged.
	Handling Handling          `json:"handling,omitempty"`
	Script   map[string]string `json:"script,omitempty"`
	Channels []ChannelKind     `json:"channels,omitempty"`
	// Priority orders them, the highest first; equal ones stay in their order.
	Priority int  `json:"priority,omitempty"`
	Disabled bool `json:"disabled,omitempty"`
}

// GuidelineMatch finds a guideline's topic in a text.
type GuidelineMatch struct {
	// Keywords match whole words, without regard to case and accents.
	Keywords []string `json:"keywords,omitempty"`
	// Patterns are RE2 expressions.
	Patterns []string `json:"patterns,omitempty"`
	// Examples are texts; one as near as Threshold (cosine, default 0.6) matches.
	Examples  []string `json:"examples,omitempty"`
	Threshold float64  `json:"threshold,omitempty"`
}
