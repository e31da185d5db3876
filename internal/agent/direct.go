package agent

import (
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// exactWords is how many words a question needs to be recognised as exactly
// that of a short answer: fewer can follow from what was said before.
const exactWords = 3

// Direct is what needs no model: the company's own answer to exactly what the
// customer asks, sent unchanged, and thanks for an answer. ok is false when an
// engine has to decide. Spec: S18.
func Direct(m schemas.Material) (d schemas.Decision, ok bool) {
	switch {
	case m.Settings.Checks.EngineFirst || m.Resumed || len(m.Rounds) > 0 || len(m.Waiting) > 0 || m.Frame != nil:
		return d, false
	case Thanks(m):
		return schemas.Decision{
			Kind: schemas.DecisionResolved, Language: m.Language, Engine: schemas.EngineFinder,
			Text: NewWording(m.Settings).Notice(NoticeCourtesy, m.Language, WordingData{}),
		}, true
	}
	return exactAnswer(m)
}

// Thanks reports whether the customer only thanks for what was said, so that
// there is nothing to look for. Thanks for a question are an answer to it.
func Thanks(m schemas.Material) bool {
	if Guard(m.Questions, m.Language, nil) != schemas.GuardCourtesy || len(m.History) == 0 {
		return false
	}
	last := m.History[len(m.History)-1]
	return last.Speaker == schemas.SpeakerAgent && !strings.Contains(last.Text, "?")
}

// exactAnswer is the short answer whose question is the customer's, word for
// word. Two different ones to the same question are for an engine.
func exactAnswer(m schemas.Material) (d schemas.Decision, ok bool) {
	if len(m.Questions) != 1 {
		return d, false
	}
	asked := language.Words(m.Questions[0])
	if len(asked) < exactWords {
		return d, false
	}
	for _, p := range m.Passages {
		if p.Question == "" || !slices.Equal(language.Words(p.Question), asked) {
			continue
		}
		if ok && p.Text != d.Text {
			return schemas.Decision{}, false
		}
		if !ok {
			d = schemas.Decision{
				Kind: schemas.DecisionAnswer, Text: p.Text, Citations: []int{p.Number}, Verbatim: true,
				Language: p.Language, Engine: schemas.EngineFinder,
			}
			ok = true
		}
	}
	return d, ok
}
