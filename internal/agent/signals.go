package agent

import (
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// repeatedFrom is from which likeness on two questions, or two answers, count as
// the same, and repeatedWords how many words a question needs to be one.
const (
	repeatedFrom  = 0.8
	repeatedWords = 3
)

// Signals reads what else people have to know of the customer's messages. The
// texts do not leave it. Spec: S50, D6.
func Signals(f schemas.Facts) schemas.Signals {
	t := f.Settings.Handoff.Triggers
	out := schemas.Signals{VIP: HasProperty(t.VIP, f.Properties)}
	for _, text := range f.Texts {
		if !t.NoSafety && out.Safety == schemas.SafetyNone {
			out.Safety = safety(language.Alarming(text))
		}
		out.Upset = out.Upset || t.Sentiment && language.Upset(text)
	}
	for _, topic := range Topics(t.Topics, f.Texts, f.Language) {
		if i := slices.IndexFunc(t.Topics, func(s schemas.HandoffTopic) bool { return s.Name == topic }); !t.Topics[i].RouteOnly {
			out.Topic = topic
			break
		}
	}
	return out
}

func safety(a language.Alarm) schemas.Safety {
	switch a {
	case language.AlarmHarm:
		return schemas.SafetyHarm
	case language.AlarmAbuse:
		return schemas.SafetyAbuse
	case language.AlarmLegal:
		return schemas.SafetyLegal
	case language.AlarmNone:
	}
	return schemas.SafetyNone
}

// Keywords are the phrases that hand over a conversation held in lang: those for
// every language and those of its own.
func Keywords(h schemas.HandoffSettings, lang string) []string {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	return append(slices.Clone(h.Phrases), h.Triggers.Keywords[base]...)
}

// Topics are the names of the topics that one of texts is about, in their order:
// by a phrase, or by likeness to an example, as guidelines match.
func Topics(topics []schemas.HandoffTopic, texts []string, lang string) []string {
	var out []string
	for _, topic := range topics {
		match := schemas.GuidelineMatch{Keywords: topic.Phrases, Examples: topic.Examples}
		for _, text := range texts {
			if _, ok := matchText(match, language.Clean(text), lang); ok {
				out = append(out, topic.Name)
				break
			}
		}
	}
	return out
}

// NamedTopic is the first topic whose name a reason of the engine has in it,
// empty for none.
func NamedTopic(topics []schemas.HandoffTopic, reason string) string {
	for _, topic := range topics {
		if language.ContainsPhrase(reason, []string{topic.Name}) {
			return topic.Name
		}
	}
	return ""
}

// UsedPhrases are those of phrases that occur in one of texts, as they are
// written.
func UsedPhrases(phrases, texts []string) []string {
	var out []string
	for _, phrase := range phrases {
		if slices.ContainsFunc(texts, func(text string) bool { return language.ContainsPhrase(text, []string{phrase}) }) {
			out = append(out, phrase)
		}
	}
	return out
}

// HasProperty reports whether one of the conditions holds, whatever the case.
func HasProperty(conditions []schemas.RouteProperty, have map[schemas.ObjectType]map[string]string) bool {
	return slices.ContainsFunc(conditions, func(p schemas.RouteProperty) bool {
		value, known := have[p.Object][p.Property]
		return known && slices.ContainsFunc(p.Values, func(v string) bool {
			return strings.EqualFold(strings.TrimSpace(v), strings.TrimSpace(value))
		})
	})
}

// Repeated reports whether a decision would give an answer once more that has
// not helped: the customer asks what they asked before, and hears what they
// heard.
func Repeated(m schemas.Material, d schemas.Decision) bool {
	if d.Kind != schemas.DecisionAnswer || strings.TrimSpace(d.Text) == "" {
		return false
	}
	asked := false
	for i := 0; i < len(m.History); i++ {
		line := m.History[i]
		switch {
		case line.Speaker == schemas.SpeakerCustomer:
			asked = slices.ContainsFunc(m.Questions, func(q string) bool {
				return len(language.Words(q)) >= repeatedWords && language.Similarity(q, line.Text, m.Language) >= repeatedFrom
			})
		case asked && line.Speaker == schemas.SpeakerAgent:
			text := marker.ReplaceAllString(d.Text, "")
			for _, said := range strings.Split(line.Text, "\n\n") {
				if language.Similarity(text, said, m.Language) >= repeatedFrom {
					return true
				}
			}
		}
	}
	return false
}
