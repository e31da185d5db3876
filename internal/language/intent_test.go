package language

import "testing"

func TestSmallTalk(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, lang string
		want       IntentKind
	}{
		{"Hi!", "en", IntentGreeting},
		{"hello there team", "en", IntentGreeting},
		{"ok thanks bye", "en", IntentBye},
		{"ok thanks", "en", IntentThanks},
		{"OK", "en", IntentYes},
		{"yes please", "en", IntentYes},
		{"Yes, thank you!", "en", IntentYes},
		{"no thanks", "en", IntentNo},
		{"yes no", "en", IntentNone},
		{"please", "en", IntentNone},
		{"hi, where is my order", "en", IntentNone},
		{"thanks but it did not work", "en", IntentNone},
		{"Sì, grazie", "it", IntentYes},
		{"grazie mille!!", "it", IntentThanks},
		{"ciao", "it", IntentGreeting},
		{"arrivederci", "", IntentBye},
		{"Hej!", "sv", IntentGreeting},
		{"hej då", "sv", IntentBye},
		{"tack så mycket", "en", IntentThanks},
		{"nej tack", "sv", IntentNo},
		{"ja", "sv", IntentYes},
		{"Vielen Dank", "de", IntentThanks},
		{"oui merci", "fr", IntentYes},
		{"buenos días", "es", IntentGreeting},
		{"👍🏽", "en", IntentYes},
		{"?", "en", IntentNone},
		{"", "", IntentNone},
	}
	for _, tt := range tests {
		if got := Intent(tt.text, tt.lang); got != tt.want {
			t.Errorf("Intent(%q, %s) = %q, want %q", tt.text, tt.lang, got, tt.want)
		}
	}
}

func TestWishForAPerson(t *testing.T) {
	t.Parallel()
	wishes := []string{
		"I want to talk to a person", "agent please", "Human please!", "can I speak to someone?", "real person",
		"representative", "connect me with a live agent", "please transfer me to customer service",
		"let me speak with a manager", "I need a human", "is there a real person here?", "AGENT", "hello, agent please",
		"I don't want to talk to a bot", "why can't I talk to a person", "put me through to your support team",
		"get me a human being", "I would like to chat with one of your agents",
		"Vorrei parlare con un operatore", "voglio parlare con una persona vera", "una persona vera", "operatore",
		"mi passi un operatore per favore", "posso parlare con qualcuno",
		"Jag vill prata med en människa", "kundtjänst person", "kan jag få prata med någon?", "koppla mig till en medarbetare",
		"Ich möchte mit einem Menschen sprechen", "Mitarbeiter bitte", "je veux parler à un conseiller",
		"je voudrais parler à quelqu'un", "quiero hablar con una persona", "agente humano por favor",
	}
	for _, text := range wishes {
		for _, lang := range []string{"en", "sv", ""} {
			if got := Intent(text, lang); got != IntentHuman {
				t.Errorf("Intent(%q, %q) = %q, want human", text, lang, got)
			}
		}
	}
	others := []string{
		"my travel agent charged me", "is a human resources email available?", "I work in human resources",
		"I don't want to talk to a person", "please do not connect me to an agent", "can I transfer it to someone else?",
		"is the tent big enough for a person of two metres?", "how many people can sleep in it", "are you a bot?",
		"the person who delivered it was rude", "one person tent", "I talked to an agent yesterday and nothing happened",
		"can I connect to someone's account", "do you sell human hair wigs", "does this come with support",
		"senza parlare con un operatore", "quante persone ci stanno", "jag vill inte prata med en människa",
		"tält för en person", "who is your data protection representative in the EU?", "how do I get to your store",
	}
	for _, text := range others {
		if got := Intent(text, "en"); got == IntentHuman {
			t.Errorf("Intent(%q) = human", text)
		}
	}
}
