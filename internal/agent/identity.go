package agent

import (
	"regexp"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// ownAddress are the words by which somebody says that an address is theirs, just
// before it.
var ownAddress = regexp.MustCompile(`(?i)\b(?:my|our|mia|mio|min|mitt)\s(?:[\pL-]+\s){0,2}?(?:e-?mail|mail|e-?post|e-?mailadress|e-?postadress|mejl|mejladress|posta)(?:\s[\pL-]+){0,2}?(?:\s(?:is|are|è|e|är|now|adesso|ora|nu))?\s*:?\s*$`)

// Address finds the one email address in a customer's message; two are none. own
// is true when the message says that it is theirs, or holds nothing else.
func Address(text string) (address string, own bool) {
	address, ok := language.FindEmail(text)
	if !ok {
		return "", false
	}
	at := strings.Index(strings.ToLower(text), strings.ToLower(address))
	if at < 0 {
		return "", false
	}
	before, after := text[:at], text[at+len(address):]
	if _, second := language.FindEmail(after); second {
		return "", false
	}
	rest := strings.Trim(before+after, " \t\r\n<>.!:;,")
	return address, rest == "" || ownAddress.MatchString(strings.TrimRight(before, "<"))
}

// AsksForCode reports whether a customer wants another code sent.
func AsksForCode(texts []string) bool {
	return language.ContainsPhrase(strings.Join(texts, "\n"), []string{
		"resend", "send again", "send it again", "new code", "another code", "no code", "did not get the code", "didn t get the code",
		"didn t get it", "did not arrive", "didn t arrive", "nothing arrived", "code has not arrived",
		"invia di nuovo", "inviamelo di nuovo", "rimanda", "mandalo di nuovo", "nuovo codice", "altro codice", "non e arrivato", "non ho ricevuto",
		"skicka igen", "skicka om", "ny kod", "en kod till", "fick ingen kod", "ingen kod", "har inte kommit", "kom aldrig",
	})
}

// MaskedAddress is an email address as it may be shown: its first letter and its
// domain.
func MaskedAddress(address string) string {
	at := strings.LastIndex(address, "@")
	if at < 1 {
		return "•••"
	}
	return string([]rune(address)[:1]) + "•••" + address[at:]
}

// Verification words what a customer hears who has to prove who they are, by how
// the proof of their address stands. sent is what became of a code, empty when
// none was to be sent. Spec: D7.
func (w Wording) Verification(f schemas.GateFacts, sent schemas.CodeOutcome) string {
	lang := f.Language
	d := WordingData{Address: MaskedAddress(f.Material.Known.Email), Tries: f.Check.Left}
	first := w.Notice(NoticeVerify, lang, WordingData{})
	again := f.Resume != nil
	key := NoticeCodeWaiting
	switch {
	case sent == schemas.CodeSent:
		key = NoticeCodeSent
	case sent == schemas.CodeRefused:
		key, again = NoticeCodeRefused, true
	case sent == schemas.CodeNotSent:
		key, again = NoticeCodeNotSent, true
	case !f.EmailKnown:
		key = NoticeVerifyAddress
	case f.Check.News == schemas.NewsCodeWrong:
		key, again = NoticeCodeWrong, true
	}
	if sent == schemas.CodeSent && f.Check.News == schemas.NewsCodeExpired {
		return w.Notice(NoticeCodeExpired, lang, d) + " " + w.Notice(key, lang, d)
	}
	if again {
		return w.Notice(key, lang, d)
	}
	return first + " " + w.Notice(key, lang, d)
}

// CodeMail words the mail that a code goes out in.
func (w Wording) CodeMail(lang, code string) (subject, text string) {
	d := WordingData{Code: code}
	return w.Notice(NoticeCodeSubject, lang, d), w.Notice(NoticeCodeText, lang, d)
}
