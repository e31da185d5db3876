package schemas

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of guidelines, as counts and as characters of a text.
const (
	MaxGuidelines      = 100
	guidelineRunes     = 2000
	scriptRunes        = 1000
	maxKeywords        = 100
	maxPatterns        = 20
	maxExamples        = 50
	patternRunes       = 500
	maxPriority        = 1000
	minThreshold       = 0.3
	placeholderMark    = "{{"
	placeholderMarkEnd = "}}"
)

// DefaultThreshold is how near a text has to be to an example of a guideline.
const DefaultThreshold = 0.6

// placeholder is an attribute of the contact in an instruction.
var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z][A-Za-z0-9_.]{0,99})\s*\}\}`)

// ValidateGuidelines says what is wrong with an agent's guidelines. languages
// are the agent's; every script is needed in the first. Spec: S10, D8.
func ValidateGuidelines(guidelines []Guideline, languages []string) error {
	if len(guidelines) > MaxGuidelines {
		return wrongField("guidelines", fmt.Sprintf("at most %d are possible", MaxGuidelines))
	}
	seen := map[string]bool{}
	for i, g := range guidelines {
		if err := g.Validate(); err != nil {
			return err
		}
		key := strings.ToLower(strings.TrimSpace(g.Title))
		if seen[key] {
			return wrongField(fmt.Sprintf("guidelines.%d.title", i), fmt.Sprintf("%q is used twice", clipped(g.Title)))
		}
		seen[key] = true
		if err := needTexts("guidelines."+clipped(g.Title)+".script", g.Script, languages, scriptRunes, false); err != nil {
			return err
		}
	}
	return nil
}

// Validate says what is wrong with g, by field. Spec: S10, D8.
func (g Guideline) Validate() error {
	if err := needText("guidelines.title", g.Title, titleRunes); err != nil {
		return err
	}
	at := "guidelines." + clipped(g.Title)
	if !g.Kind.Valid() {
		return wrongField(at+".kind", "use tone, response_style, avoid_topic, script, clarify, handoff or policy")
	}
	if !g.Enforcement.Valid() {
		return wrongField(at+".enforcement", "use prompt, before or after")
	}
	if strings.TrimSpace(g.Instruction) == "" {
		return wrongField(at+".instruction", "is needed")
	}
	if n := utf8.RuneCountInString(g.When) + utf8.RuneCountInString(g.Instruction); n > guidelineRunes {
		return wrongField(at+".instruction", fmt.Sprintf("has %d characters with when, at most %d are possible", n, guidelineRunes))
	}
	if rest := placeholder.ReplaceAllString(g.When+" "+g.Instruction, ""); strings.Contains(rest, placeholderMark) || strings.Contains(rest, placeholderMarkEnd) {
		return wrongField(at+".instruction", "a placeholder is {{name}} with a name of letters, digits, dots and underscores")
	}
	if err := knownChannels(at+".channels", g.Channels); err != nil {
		return err
	}
	if g.Priority < -maxPriority || g.Priority > maxPriority {
		return wrongField(at+".priority", fmt.Sprintf("is -%d to %d", maxPriority, maxPriority))
	}
	if err := g.Match.validate(at + ".match"); err != nil {
		return err
	}
	return g.validateHandling(at)
}

// validateHandling checks that what happens on a match has what it needs.
func (g Guideline) validateHandling(at string) error {
	switch {
	case g.Handling != "" && !g.Handling.Valid():
		return wrongField(at+".handling", "use refuse, script, hand_off, clarify or continue")
	case g.Enforcement == EnforcePrompt && !g.Match.Empty():
		return wrongField(at+".match", "is for before and after: a guideline of the prompt is not matched in code")
	case g.Enforcement != EnforcePrompt && g.Match.Empty():
		return wrongField(at+".match", "needs keywords, patterns or examples, or the guideline never matches")
	case g.Enforcement != EnforcePrompt && g.Handling == "":
		return wrongField(at+".handling", "is needed for before and after")
	case g.Enforcement == EnforceAfter && g.Handling == HandleContinue:
		return wrongField(at+".handling", "continue after the reply would change nothing: use refuse, script, hand_off or clarify")
	case g.Kind == GuidelineAvoid && g.Handling == "":
		return wrongField(at+".handling", "a topic to avoid says how it is handled")
	case g.Kind == GuidelineAvoid && g.Handling == HandleContinue:
		return wrongField(at+".handling", "a topic to avoid cannot be continued: use refuse, script, hand_off or clarify")
	case (g.Kind == GuidelineScript || g.Handling == HandleScript) && len(g.Script) == 0:
		return wrongField(at+".script", "is needed: it is what is sent")
	case (g.Kind == GuidelineClarify && g.Enforcement != EnforcePrompt || g.Handling == HandleClarify) && len(g.Script) == 0:
		return wrongField(at+".script", "is needed: it is the question that is asked")
	case g.Kind == GuidelineHandoff && g.Enforcement != EnforcePrompt && g.Handling != HandleHandOff:
		return wrongField(at+".handling", "a handoff guideline hands over: use hand_off")
	}
	for lang, text := range g.Script {
		if err := needTexts(at+".script", map[string]string{lang: text}, nil, scriptRunes, false); err != nil {
			return err
		}
		if strings.Contains(text, placeholderMark) {
			return wrongField(at+".script", "is sent unchanged, so it cannot hold placeholders")
		}
	}
	return nil
}

// Empty reports whether m never matches.
func (m GuidelineMatch) Empty() bool {
	return len(m.Keywords) == 0 && len(m.Patterns) == 0 && len(m.Examples) == 0
}

func (m GuidelineMatch) validate(at string) error {
	for _, list := range []struct {
		field string
		texts []string
		most  int
		limit int
	}{
		{".keywords", m.Keywords, maxKeywords, phraseRunes},
		{".patterns", m.Patterns, maxPatterns, patternRunes},
		{".examples", m.Examples, maxExamples, questionRunes},
	} {
		if len(list.texts) > list.most {
			return wrongField(at+list.field, fmt.Sprintf("at most %d are possible", list.most))
		}
		for _, text := range list.texts {
			if err := needText(at+list.field, text, list.limit); err != nil {
				return err
			}
		}
	}
	for _, p := range m.Patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return wrongField(at+".patterns", fmt.Sprintf("%q is no RE2 expression", clipped(p)))
		}
		if re.MatchString("") {
			return wrongField(at+".patterns", fmt.Sprintf("%q matches every text", clipped(p)))
		}
	}
	if m.Threshold != 0 && (m.Threshold < minThreshold || m.Threshold > 1) {
		return wrongField(at+".threshold", fmt.Sprintf("is %.1f to 1, or 0 for %.1f", minThreshold, DefaultThreshold))
	}
	return nil
}

// Attributes are the names of the contact's attributes that g takes.
func (g Guideline) Attributes() []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(g.When+" "+g.Instruction, -1) {
		names = append(names, m[1])
	}
	return names
}

// Fill returns g with its attributes in place. It is false when one has no
// value: such a guideline does not hold.
func (g Guideline) Fill(value func(name string) string) (Guideline, bool) {
	ok := true
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(m string) string {
			v := value(placeholder.FindStringSubmatch(m)[1])
			ok = ok && v != ""
			return v
		})
	}
	g.When, g.Instruction = fill(g.When), fill(g.Instruction)
	return g, ok
}

// On reports whether g is in use on a kind of channel.
func (g Guideline) On(channel ChannelKind) bool {
	if g.Disabled {
		return false
	}
	for _, c := range g.Channels {
		if c == channel {
			return true
		}
	}
	return len(g.Channels) == 0
}

// MatchKind is how a guideline was found in a text.
type MatchKind string

// The ways.
const (
	MatchKeyword MatchKind = "keyword"
	MatchPattern MatchKind = "pattern"
	MatchExample MatchKind = "example"
)

// GuidelineHit is a guideline that a text matched. It holds no customer text.
type GuidelineHit struct {
	// Index is the guideline's place in the settings.
	Index       int           `json:"index"`
	Title       string        `json:"title"`
	Kind        GuidelineKind `json:"kind"`
	Enforcement Enforcement   `json:"enforcement"`
	Handling    Handling      `json:"handling"`
	By          MatchKind     `json:"by"`
	// Script is what is sent, unchanged, in the customer's language, else in the
	// agent's first; empty leaves a refusal to the built-in wording.
	Script string `json:"script,omitempty"`
	// Language is that of Script, empty without one.
	Language string `json:"language,omitempty"`
}
