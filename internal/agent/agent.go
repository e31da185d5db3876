// Package agent is the engine of a turn: it reads what rules can read from a
// customer's messages, asks a model for one decision, checks the decision and
// renders it, and words every text that the system itself sends. It owns the
// prompt, the checks and the wording. It must not touch a database, a channel
// or a clock of its own: everything comes in as arguments, and a language
// model is reached through the port in agent/llm only. The model proposes; the
// checks here decide what a customer may see.
package agent

import (
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// Guard reads the customer's messages with rules, before any model is asked. A
// wish for a person wins over the admin's phrases, those over courtesy. lang is
// the conversation's language, empty when unknown.
func Guard(texts []string, lang string, phrases []string) schemas.Guard {
	keyword := false
	var same language.IntentKind
	for i, text := range texts {
		intent := language.Intent(text, lang)
		if intent == language.IntentHuman {
			return schemas.GuardHuman
		}
		keyword = keyword || language.ContainsPhrase(text, phrases)
		// Every message must say the same, or a question would be dropped.
		if intent == language.IntentBye {
			intent = language.IntentThanks
		}
		if i > 0 && intent != same {
			intent = language.IntentNone
		}
		same = intent
	}
	switch {
	case keyword:
		return schemas.GuardKeyword
	case same == language.IntentThanks:
		return schemas.GuardCourtesy
	case same == language.IntentYes:
		return schemas.GuardYes
	case same == language.IntentNo:
		return schemas.GuardNo
	}
	return schemas.GuardNone
}

// Language is the conversation's language after these messages. It is sticky:
// a short message never changes it. It is empty while nothing has named one.
// Spec: D16.
func Language(current string, texts []string, settings schemas.Settings) string {
	return language.Next(current, strings.Join(texts, "\n"), settings.Profile.Languages)
}

// AsksEmail reports whether a reply already asks for an email address, so that
// the ask is not added twice. It looks for a question or request that names
// one in a supported language.
func AsksEmail(text string) bool {
	named := language.ContainsPhrase(text, []string{
		"email", "e mail", "email address", "indirizzo email", "e postadress", "mejl", "epost",
	})
	if _, has := language.FindEmail(text); has {
		return false
	}
	asks := strings.Contains(text, "?") || language.ContainsPhrase(text, []string{
		"please leave", "please send", "leave your", "lasci", "lasciaci", "lamna", "lämna",
	})
	return named && asks
}
