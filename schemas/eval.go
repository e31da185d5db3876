package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Limits of evaluation suites, as counts and as characters.
const (
	MaxEvalCases   = 1000
	maxEvalTurns   = 20
	maxEvalTexts   = 50
	evalNameRunes  = 100
	evalTextRunes  = 500
	evalTurnRunes  = 8000
	evalReplyRunes = 10_000
)

// EvalSuite is a list of cases that an agent is measured with. Spec: S55, D23.
type EvalSuite struct {
	Name  string     `json:"name"`
	Cases []EvalCase `json:"cases"`
}

// EvalCase is a question or a conversation with what must come of it.
type EvalCase struct {
	// Name is unique in the suite.
	Name string `json:"name"`
	// Turns are the customer's messages, each sent after the reply to the one
	// before.
	Turns    []string      `json:"turns"`
	Locale   string        `json:"locale,omitempty"`
	Channel  ChannelKind   `json:"channel"`
	Identity IdentityLevel `json:"identity"`
	Expect   EvalExpect    `json:"expect"`
	// Must: a new version that breaks it is not to be published.
	Must bool `json:"must,omitempty"`
}

// Validate says what is wrong with the suite. Names of cases are unique.
func (s EvalSuite) Validate() error {
	if err := needText("suite.name", s.Name, evalNameRunes); err != nil {
		return err
	}
	if len(s.Cases) > MaxEvalCases {
		return wrongField("suite.cases", fmt.Sprintf("at most %d are possible", MaxEvalCases))
	}
	seen := map[string]bool{}
	for _, c := range s.Cases {
		if err := c.Validate(); err != nil {
			return err
		}
		if seen[c.Name] {
			return wrongField("name", fmt.Sprintf("%q is used twice", clipped(c.Name)))
		}
		seen[c.Name] = true
	}
	return nil
}

// Validate says what is wrong with the case, by field.
func (c EvalCase) Validate() error {
	if err := needText("name", c.Name, evalNameRunes); err != nil {
		return err
	}
	if n := len(c.Turns); n < 1 || n > maxEvalTurns {
		return wrongField("turns", fmt.Sprintf("1 to %d are needed, there are %d", maxEvalTurns, n))
	}
	for _, t := range c.Turns {
		if err := needText("turns", t, evalTurnRunes); err != nil {
			return err
		}
	}
	if !measurable(c.Channel) {
		return wrongField("channel", fmt.Sprintf("unknown channel %q", clipped(string(c.Channel))))
	}
	if !c.Identity.Valid() {
		return wrongField("identity", "use anonymous, claimed_email, matched_email, verified_email or authenticated")
	}
	if c.Locale != "" && (len(c.Locale) > 35 || !isLanguageCode(c.Locale[:min(2, len(c.Locale))])) {
		return wrongField("locale", "begins with a language code such as en")
	}
	return c.Expect.Validate()
}

// EvalExpect is what must come of a case; an empty field expects nothing.
type EvalExpect struct {
	// Kind is that of the last turn's decision.
	Kind DecisionKind `json:"kind,omitempty"`
	// MustCite are sources cited in any turn: by id, by address or by title.
	MustCite []string `json:"must_cite,omitempty"`
	// MustInclude are texts in the last reply, MustNotInclude texts in no reply.
	// Case, accents and spacing do not matter.
	MustInclude    []string `json:"must_include,omitempty"`
	MustNotInclude []string `json:"must_not_include,omitempty"`
	// Action is one that was called with at least these arguments.
	Action *EvalAction `json:"action,omitempty"`
	// NoAction: none was called.
	NoAction bool `json:"no_action,omitempty"`
	// HandoffReason is why the conversation reached people.
	HandoffReason Reason `json:"handoff_reason,omitempty"`
	// MaxChars is the longest that any reply may be, as a reader counts.
	MaxChars int `json:"max_chars,omitempty"`
	// Language is that of the last reply, as an ISO 639-1 code.
	Language string `json:"language,omitempty"`
}

// Validate says what is wrong with the expectations, by field. A case that
// expects nothing would always pass, so it is wrong.
func (e EvalExpect) Validate() error {
	if reflect.ValueOf(e).IsZero() {
		return wrongField("expect", "at least one expectation is needed, or the case always passes")
	}
	if e.Kind != "" && !e.Kind.Valid() {
		return wrongField("kind", fmt.Sprintf("unknown kind %q", clipped(string(e.Kind))))
	}
	for field, texts := range map[string][]string{"must_cite": e.MustCite, "must_include": e.MustInclude, "must_not_include": e.MustNotInclude} {
		if len(texts) > maxEvalTexts {
			return wrongField(field, fmt.Sprintf("at most %d are possible", maxEvalTexts))
		}
		for _, t := range texts {
			if err := needText(field, t, evalTextRunes); err != nil {
				return err
			}
		}
	}
	if e.Action != nil {
		if err := e.Action.validate(); err != nil {
			return err
		}
		if e.NoAction {
			return wrongField("no_action", "and action exclude each other")
		}
	}
	if !e.HandoffReason.Valid() {
		return wrongField("handoff_reason", fmt.Sprintf("unknown reason %q", clipped(string(e.HandoffReason))))
	}
	if e.MaxChars < 0 || e.MaxChars > evalReplyRunes {
		return wrongField("max_chars", fmt.Sprintf("is 1 to %d, or 0 for any", evalReplyRunes))
	}
	if e.Language != "" && !isLanguageCode(e.Language) {
		return wrongField("language", "is a code such as en")
	}
	return nil
}

func (a EvalAction) validate() error {
	if !goalName.MatchString(a.Name) {
		return wrongField("action", "is the name of an action: small letters, digits and underscores")
	}
	if len(a.Args) == 0 {
		return nil
	}
	if args := bytes.TrimSpace(a.Args); !json.Valid(args) || args[0] != '{' {
		return wrongField("action_args", "is a JSON object")
	}
	return nil
}

// measurable reports whether a kind of channel is known: what is to be served
// can be measured before.
func measurable(k ChannelKind) bool {
	return k.Valid() || slices.Contains([]ChannelKind{ChannelWhatsApp, ChannelMessenger, ChannelEmail, ChannelCalling, ChannelCustom}, k)
}

// EvalAction is a call of an action. Args is a JSON object.
type EvalAction struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
	// NotRecorded: the call was played again and had no result then.
	NotRecorded bool `json:"not_recorded,omitempty"`
	// Exact are the arguments before anything of them was hidden. They are for
	// comparing only and are never stored.
	Exact json.RawMessage `json:"-"`
}

// EvalTranscript is what came of one try of a case.
type EvalTranscript struct {
	Turns []EvalTurn `json:"turns"`
	// Handoff is why the conversation reached people, empty when it did not.
	Handoff Reason `json:"handoff,omitempty"`
	// Error is a fixed word for a try that broke off; empty for none.
	Error string `json:"error,omitempty"`
}

// EvalTurn is one turn of a transcript.
type EvalTurn struct {
	// Turn is its number in a past conversation, Question what the customer wrote
	// in it.
	Turn     int    `json:"turn,omitempty"`
	Question string `json:"question,omitempty"`

	Kind    DecisionKind `json:"kind"`
	Reply   string       `json:"reply"`
	Cited   []EvalSource `json:"cited,omitempty"`
	Actions []EvalAction `json:"actions,omitempty"`
	// Language is what the engine says that it wrote in.
	Language string `json:"language,omitempty"`
}

// EvalSource is a source that a reply cited.
type EvalSource struct {
	Source SourceID `json:"source"`
	URL    string   `json:"url,omitempty"`
	Title  string   `json:"title,omitempty"`
}

// EvalFailure is one expectation that a try did not meet, or one difference to a
// past conversation.
type EvalFailure struct {
	// Turn is the number of the turn of a past conversation; 0 in a suite.
	Turn int `json:"turn,omitempty"`
	// Field is the name of the expectation, as in the JSON of EvalExpect; of a past
	// conversation the PastDifference.
	Field string `json:"field"`
	// Want and Got are short texts for the admin's screen.
	Want string `json:"want"`
	Got  string `json:"got"`
}

// EvalResult is one try of one case.
type EvalResult struct {
	// Case is its name in the suite, or the id of a past conversation.
	Case string `json:"case"`
	Must bool   `json:"must,omitempty"`
	// Repeat counts tries of the case from 1.
	Repeat     int            `json:"repeat"`
	Failures   []EvalFailure  `json:"failures,omitempty"`
	Transcript EvalTranscript `json:"transcript"`
	// Was is the past conversation; nil in a suite.
	Was *EvalTranscript `json:"was,omitempty"`
}

// Passed reports whether every expectation was met.
func (r EvalResult) Passed() bool { return len(r.Failures) == 0 }

// EvalRun is one pass of a suite over one version of an agent.
type EvalRun struct {
	Suite string `json:"suite"`
	// Version is the agent's, 0 for the draft. Engine, Model, Prompt and Content
	// say what answered: a name, a model's id, and hashes of the stable prompt
	// and of the content.
	Version int          `json:"version"`
	Engine  string       `json:"engine"`
	Model   string       `json:"model,omitempty"`
	Prompt  string       `json:"prompt,omitempty"`
	Content string       `json:"content,omitempty"`
	Started time.Time    `json:"started,omitzero"`
	Results []EvalResult `json:"results"`
}

// EvalComparison is a new run against an older one, case by case. A case
// passes a run when all its tries do. Names are sorted.
type EvalComparison struct {
	// Fixed failed before and pass now, Broken the other way round.
	Fixed  []string `json:"fixed,omitempty"`
	Broken []string `json:"broken,omitempty"`
	// Kept passed in both runs, Failing in neither.
	Kept    []string `json:"kept,omitempty"`
	Failing []string `json:"failing,omitempty"`
	// Added and Removed are in one run only.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// Changed gave other replies, passed or not.
	Changed []string `json:"changed,omitempty"`
	// Blocks are cases that must pass and do not in the new run although they
	// did, or are new.
	Blocks []string `json:"blocks,omitempty"`
}

// MayPublish reports whether no case that must pass has got worse.
func (c EvalComparison) MayPublish() bool { return len(c.Blocks) == 0 }
