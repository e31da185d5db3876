package agent

import "strings"

// Frame says what a reply carries beside the answer.
type Frame struct {
	// Disclose opens the reply with the line that says who is speaking, on
	// the first reply of a conversation. Spec: D15.
	Disclose bool
	// LanguageModel chooses the line for a language model over that for the
	// answer finder.
	LanguageModel bool
	// Late begins with one apology for the wait.
	Late bool
	// AskEmail ends with the question for an email address, unless the answer
	// asks already. Spec: S25, D4.
	AskEmail bool
}

// Frame puts the answer between the lines that f names, one paragraph each.
// The answer itself is not changed.
func (w Wording) Frame(answer, lang string, f Frame) string {
	var parts []string
	if f.Late {
		parts = append(parts, w.Notice(NoticeLateApology, lang, WordingData{}))
	}
	if f.Disclose {
		parts = append(parts, w.Disclosure(lang, f.LanguageModel))
	}
	parts = append(parts, answer)
	if f.AskEmail && !AsksEmail(answer) {
		parts = append(parts, w.Notice(NoticeEmailAsk, lang, WordingData{}))
	}
	return strings.Join(parts, "\n\n")
}
