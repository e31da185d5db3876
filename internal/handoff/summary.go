package handoff

import (
	"slices"
	"strings"

	"steward/schemas"
)

// Most entries that a summary lists of each kind.
const (
	maxTried = 3
	maxAsked = 3
	maxData  = 12
)

// SummaryFacts is what a summary is made of.
type SummaryFacts struct {
	Reason schemas.Reason
	// Lines are the conversation, oldest first.
	Lines []schemas.Line
	// Citations are those of the agent's answers.
	Citations []schemas.Citation
	Actions   []schemas.ActionRun
	// Collected are values that the customer gave, such as a goal's answers.
	Collected []schemas.Datum
	// Asking is what the agent was asking for when it handed over; empty for
	// nothing.
	Asking string
	// Language is that of the people who read it. Default English.
	Language string
}

// Summary tells people what a conversation is about, without a model: the
// latest question, what the agent answered and showed, what nobody has answered
// yet, and what to do next by the reason. Spec: S50.
func Summary(f SummaryFacts) schemas.HandoffSummary {
	out := schemas.HandoffSummary{
		Problem:       short(problem(f.Lines)),
		Tried:         tried(f),
		Asked:         asked(f),
		SuggestedNext: short(wordsOf(f.Language).next(f.Reason)),
	}
	for _, d := range f.Collected {
		if strings.TrimSpace(d.Value) != "" && len(out.DataCollected) < maxData {
			out.DataCollected = append(out.DataCollected, schemas.Datum{Name: short(d.Name), Value: short(d.Value)})
		}
	}
	return out
}

// problem is the customer's latest question, else their latest message that is
// longer than a wish for a person usually is, else the latest of all.
func problem(lines []schemas.Line) string {
	latest, long := "", ""
	for _, l := range slices.Backward(lines) {
		if l.Speaker != schemas.SpeakerCustomer || strings.TrimSpace(l.Text) == "" {
			continue
		}
		if isQuestion(l.Text) {
			return l.Text
		}
		if latest == "" {
			latest = l.Text
		}
		if long == "" && len(strings.Fields(l.Text)) > 6 {
			long = l.Text
		}
	}
	if long != "" {
		return long
	}
	return latest
}

// isQuestion reports whether a text asks something, by its mark: the Latin, the
// Arabic, the Greek and the full-width one.
func isQuestion(text string) bool { return strings.ContainsAny(text, "?\u037e\u061f\uff1f") }

// tried are the agent's latest answers and what they rest on.
func tried(f SummaryFacts) []string {
	var out []string
	for _, l := range slices.Backward(f.Lines) {
		if l.Speaker == schemas.SpeakerAgent && strings.TrimSpace(l.Text) != "" && len(out) < maxTried {
			out = append(out, short(l.Text))
		}
	}
	slices.Reverse(out)
	var titles []string
	for _, c := range f.Citations {
		if c.Title != "" && !slices.Contains(titles, c.Title) {
			titles = append(titles, c.Title)
		}
	}
	if len(titles) > 0 {
		out = append(out, short(wordsOf(f.Language).sources+": "+strings.Join(titles, "; ")))
	}
	for _, a := range f.Actions {
		out = append(out, short(wordsOf(f.Language).action+": "+a.Action+" ("+string(a.State)+")"))
	}
	return out
}

// asked are the questions without an answer: those of the customer after the
// agent's last answer, and the one that the agent was asking.
func asked(f SummaryFacts) []string {
	var out []string
	for _, l := range slices.Backward(f.Lines) {
		if l.Speaker == schemas.SpeakerAgent || l.Speaker == schemas.SpeakerHuman {
			break
		}
		if l.Speaker == schemas.SpeakerCustomer && isQuestion(l.Text) && len(out) < maxAsked {
			out = append(out, short(l.Text))
		}
	}
	slices.Reverse(out)
	if strings.TrimSpace(f.Asking) != "" {
		out = append(out, short(f.Asking))
	}
	return out
}

// short puts text on one line of at most SummaryLength characters.
func short(text string) string {
	return Cut(strings.Join(strings.Fields(text), " "), Limit{Max: schemas.SummaryLength})
}

// Render is a summary as plain text in lang, marked as written by software.
// Empty parts are left out.
func Render(s schemas.HandoffSummary, lang string) string {
	w := wordsOf(lang)
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			b.WriteString(label + ": " + text + "\n")
		}
	}
	list := func(label string, items []string) {
		if len(items) == 0 {
			return
		}
		b.WriteString(label + ":\n")
		for _, item := range items {
			b.WriteString("- " + item + "\n")
		}
	}
	line(w.problem, s.Problem)
	list(w.tried, s.Tried)
	list(w.asked, s.Asked)
	data := make([]string, 0, len(s.DataCollected))
	for _, d := range s.DataCollected {
		data = append(data, d.Name+": "+d.Value)
	}
	list(w.data, data)
	line(w.suggested, s.SuggestedNext)
	b.WriteString("(" + w.mark + ")")
	return b.String()
}
