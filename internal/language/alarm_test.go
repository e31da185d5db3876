package language_test

import (
	"testing"

	"steward/internal/language"
)

func TestAlarming(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]language.Alarm{
		"I want to die":                             language.AlarmHarm,
		"Sto pensando di farmi del male.":           language.AlarmHarm,
		"Jag tänker ta livet av mig":                language.AlarmHarm,
		"Fuck you all, where is my parcel?":         language.AlarmAbuse,
		"Siete un PEZZO DI MERDA":                   language.AlarmAbuse,
		"Dra åt helvete!":                           language.AlarmAbuse,
		"You will hear from my lawyer.":             language.AlarmLegal,
		"Procederò per vie legali":                  language.AlarmLegal,
		"Jag kommer att polisanmäla er":             language.AlarmLegal,
		"I want to die, and my lawyer knows":        language.AlarmHarm,
		"My phone died and I want a refund":         language.AlarmNone,
		"This is killing me, where is my order?":    language.AlarmNone,
		"Is the sword made of real steel?":          language.AlarmNone,
		"I am a lawyer, do you sell suits?":         language.AlarmNone,
		"Vorrei un abito da avvocata":               language.AlarmNone,
		"Har ni böcker om rätten till reklamation?": language.AlarmNone,
	} {
		if got := language.Alarming(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestUpset(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"This is ridiculous.":                  true,
		"È inaccettabile, sono delusa":         true,
		"Jag är så besviken på er":             true,
		"Det är oacceptabelt!":                 true,
		"I'm not angry, just asking":           false,
		"Non sono arrabbiato":                  false,
		"Jag är inte arg":                      false,
		"I was not angry, but now I'm furious": true,
		"How long do I have to return it?":     false,
		"":                                     false,
	} {
		if got := language.Upset(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

func TestComplains(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"I want to make a complaint":   true,
		"Vorrei fare un reclamo":       true,
		"Jag vill reklamera min jacka": true,
		"Jag har ett klagomål":         true,
		"I do not want to complain":    false,
		"No complaints at all":         false,
		"This is ridiculous.":          false,
		"What is the price?":           false,
	} {
		if got := language.Complains(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}
