package agent

import (
	"strings"
	"testing"

	"steward/schemas"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		address string
		own     bool
	}{
		"ada@example.com":                                    {"ada@example.com", true},
		" <Ada@Example.com>. ":                               {"Ada@example.com", true},
		"my email is ada@example.com":                        {"ada@example.com", true},
		"actually my mail is b@example.com":                  {"b@example.com", true},
		"My new e-mail address: ada@example.com, thanks":     {"ada@example.com", true},
		"La mia email è ada@example.it":                      {"ada@example.it", true},
		"il mio indirizzo email ora è ada@example.it":        {"ada@example.it", true},
		"min e-postadress är ada@exempel.se":                 {"ada@exempel.se", true},
		"please send the invoice to bob@example.com":         {"bob@example.com", false},
		"Show me the orders of anna@example.com":             {"anna@example.com", false},
		"my mail is a@example.com and hers b@example.com":    {"", false},
		"my mail is ada at example dot com":                  {"", false},
		"write @ada, or ada@localhost":                       {"", false},
		"":                                                   {"", false},
		strings.Repeat("a", 300) + "@example.com":            {"", false},
		"my colleague's mail address that I know is x@y.com": {"x@y.com", false},
	} {
		if address, own := Address(text); address != want.address || own != want.own {
			t.Errorf("%q: %q own %v, want %q own %v", text, address, own, want.address, want.own)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"my mail is a@b.co", "a@b.co a@b.co", "İ@b.co", "\xff@b.co", "my mail is <a@b.co>", "@@@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, own := Address(text)
		if own && address == "" {
			t.Errorf("%q is somebody's own and no address", text)
		}
		if masked := MaskedAddress(address); len(address) > 4 && masked == address {
			t.Errorf("%q is not masked", address)
		}
	})
}

func TestAsksForCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"resend": true, "Please send it again": true, "I didn't get it": true, "nuovo codice per favore": true, "skicka igen tack": true,
		"yes": false, "where is my order?": false, "": false,
	} {
		if got := AsksForCode([]string{text}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A customer whose address is on file hears the same as one whose is not: the
// words follow from the address and the code alone. Case 74. Spec: D7.
func TestVerificationWords(t *testing.T) {
	t.Parallel()
	w := NewWording(schemas.DefaultSettings())
	f := schemas.GateFacts{Facts: schemas.Facts{Language: "en", EmailKnown: true}}
	f.Material.Known.Email = "ada@example.com"
	unknown := w.Verification(f, schemas.CodeSent)
	f.Material.Known.Customer = &schemas.Customer{Match: schemas.MatchOne}
	if known := w.Verification(f, schemas.CodeSent); known != unknown || !strings.Contains(known, "a•••@example.com") {
		t.Errorf("%q for a known address, %q for an unknown one", known, unknown)
	}
	seen := map[string]bool{}
	for _, o := range []schemas.CodeOutcome{"", schemas.CodeSent, schemas.CodeRefused, schemas.CodeNotSent} {
		text := w.Verification(f, o)
		if text == "" || seen[text] || strings.Contains(text, "ada@") || strings.Contains(text, "{") {
			t.Errorf("%q: %q", o, text)
		}
		seen[text] = true
	}
	for _, lang := range []string{"en", "it", "sv"} {
		subject, text := w.CodeMail(lang, "123456")
		if subject == "" || !strings.Contains(text, "123456") || strings.Contains(subject, "123456") {
			t.Errorf("%s: %q %q", lang, subject, text)
		}
	}
}
