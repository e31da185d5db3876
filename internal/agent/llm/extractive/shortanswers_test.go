package extractive_test

import (
	"fmt"
	"math"
	"testing"

	"steward/internal/agent/llm/extractive"
	"steward/schemas"
)

// phrasings are short answers: each row is one answer with its questions.
func phrasings(answers ...[]string) []schemas.Passage {
	var out []schemas.Passage
	for i, questions := range answers {
		for _, q := range questions {
			p := short(len(out)+1, q, fmt.Sprintf("Answer %d.", i))
			p.Document = schemas.DocumentID(fmt.Sprintf("doc_%d", i))
			out = append(out, p)
		}
	}
	return out
}

// A word that every answer at hand has says nothing about which one is meant.
func TestWhatAllAnswersShareDecidesNothing(t *testing.T) {
	t.Parallel()
	const question = "my card was stolen"
	alone := extractive.New(extractive.Options{}).Similar(question, phrasings([]string{"Is my card insured?"}))
	among := extractive.New(extractive.Options{}).Similar(question, phrasings(
		[]string{"Is my card insured?"}, []string{"When does my card arrive?"}, []string{"How do I activate my card?"}, []string{"Can I freeze my card?"},
	))
	if len(alone) != 1 || math.Abs(alone[0].Certainty-alone[0].Similarity) > 1e-9 {
		t.Errorf("alone %+v", alone)
	}
	for _, m := range among {
		if m.Certainty > 0.2 || m.Similarity < 0.3 {
			t.Errorf("%s: certain %.2f, similar %.2f", m.Passage.Question, m.Certainty, m.Similarity)
		}
	}
	m := material("en", question)
	m.Passages = phrasings([]string{"Is my card insured?"}, []string{"When does my card arrive?"}, []string{"How do I activate my card?"})
	if d := ask(t, extractive.Options{}, m); d.Kind != schemas.DecisionClarify {
		t.Errorf("got %+v", d)
	}
}

// The phrasings of one answer are one match, do not weaken each other, and
// together come before a single one that is as near.
func TestPhrasingsOfOneAnswer(t *testing.T) {
	t.Parallel()
	found := extractive.New(extractive.Options{}).Similar("when will the parcel arrive", phrasings(
		[]string{"When will the parcel leave?"},
		[]string{"When will the parcel come?", "When does a parcel arrive?", "What day will my parcel arrive?"},
	))
	if len(found) != 2 || found[0].Passage.Text != "Answer 1." || found[0].Certainty < 0.5 {
		t.Errorf("got %+v", found)
	}
}

// Of two answers that are nearly as near, neither is sent.
func TestRivals(t *testing.T) {
	t.Parallel()
	m := material("en", "can I return shoes")
	m.Passages = phrasings([]string{"Can I return shoes bought online?"}, []string{"Can I return shoes bought in a store?"}, []string{"Do you sell hats?"})
	if d := ask(t, extractive.Options{}, m); d.Kind != schemas.DecisionClarify {
		t.Errorf("got %+v", d)
	}
	m.Questions = []string{"can I return shoes bought online"}
	if d := ask(t, extractive.Options{}, m); !d.Verbatim || d.Text != "Answer 0." {
		t.Errorf("got %+v", d)
	}
}

// An answer about more than was asked is offered, not sent.
func TestAnswersAboutMore(t *testing.T) {
	t.Parallel()
	m := material("en", "lost password")
	m.Passages = phrasings([]string{"Lost password of a colleague who has left the company in anger"})
	if d := ask(t, extractive.Options{}, m); d.Verbatim {
		t.Errorf("got %+v", d)
	}
	m.Questions = []string{"Lost password of a colleague who left the company in anger"}
	if d := ask(t, extractive.Options{}, m); !d.Verbatim {
		t.Errorf("got %+v", d)
	}
}

func TestBestSentence(t *testing.T) {
	t.Parallel()
	f := extractive.New(extractive.Options{})
	m := material("en", "")
	if got := f.BestSentence("When are refunds paid?", "en", m.Passages); got != "Refunds are paid to the card you used." {
		t.Errorf("got %q", got)
	}
	if got := f.BestSentence("zebra", "en", m.Passages); got != "" {
		t.Errorf("got %q", got)
	}
}
