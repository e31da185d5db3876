package agent

import (
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

// summaryLength bounds a summary, in characters.
const summaryLength = 280

// reasonText says to staff why a conversation reached them.
func reasonText(r schemas.Reason) string {
	switch r {
	case schemas.ReasonCustomerRequest:
		return "The customer asked for a person."
	case schemas.ReasonKeyword:
		return "A handoff phrase was used."
	case schemas.ReasonCannotAnswer:
		return "The agent found no answer."
	case schemas.ReasonRepeatedFailure:
		return "The agent failed more than once."
	case schemas.ReasonSystemError:
		return "The agent could not work."
	case schemas.ReasonAgentPaused:
		return "The agent is paused."
	case schemas.ReasonAgentOff:
		return "The agent is off."
	case schemas.ReasonOutsideHours:
		return "Outside the agent's hours."
	case schemas.ReasonOutOfCredits:
		return "No credits are left."
	case schemas.ReasonNotDeployed, schemas.ReasonNotPublished:
		return "The agent is not live here."
	case schemas.ReasonUnanswered:
		return "A question went unanswered."
	case schemas.ReasonQualified:
		return "A qualified lead."
	case schemas.ReasonManual:
		return "Handed over by staff."
	}
	if r == schemas.ReasonNone {
		return "Handed over."
	}
	return "Reason: " + strings.ReplaceAll(string(r), "_", " ") + "."
}

// Summary tells the person who takes over why, what was asked last and what
// was tried, in at most 280 characters. lines are the conversation, oldest
// first; it is stored in Postgres and never enters a history.
func Summary(lines []schemas.Line, reason schemas.Reason) string {
	question, tried := "", ""
	for _, l := range lines {
		switch l.Speaker {
		case schemas.SpeakerCustomer:
			question = l.Text
		case schemas.SpeakerAgent:
			tried = l.Text
		}
	}
	parts := []string{reasonText(reason)}
	if question != "" {
		parts = append(parts, "Last message: “"+shorten(question, 120)+"”.")
	}
	if tried != "" {
		parts = append(parts, "Agent's last reply: “"+shorten(tried, 80)+"”.")
	} else {
		parts = append(parts, "The agent has not replied.")
	}
	return shorten(strings.Join(parts, " "), summaryLength)
}

// shorten puts text on one line of at most n characters, cut between words.
func shorten(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	cut := string([]rune(text)[:n-1])
	if space := strings.LastIndexByte(cut, ' '); space > len(cut)/2 {
		cut = cut[:space]
	}
	return cut + "…"
}
