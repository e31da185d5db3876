package language

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnalyze(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, lang string
		want             []string
	}{
		{"english stems", "Returned orders, RETURNING!", "en", []string{"return", "order", "return"}},
		{"region is ignored", "orders", "en-GB", []string{"order"}},
		{"swedish inflection", "Beställningarna", "sv", []string{"bestallning"}},
		{"swedish plain", "lösenord", "sv", []string{"losenord"}},
		{"italian elision and accents", "L'unità più città", "it", []string{"l", "unit", "piu", "citt"}},
		{"unknown language keeps words", "Orders ĉevaloj", "eo", []string{"orders", "cevaloj"}},
		{"decomposed equals composed", "cafe\u0301", "", []string{"cafe"}},
		{"compatibility forms", "ﬁle Ⅸ ①", "", []string{"file", "ix", "1"}},
		{"soft hyphen inside a word", "Rück\u00adsendung", "", []string{"rucksendung"}},
		{"han pairs", "退货政策", "zh", []string{"退货", "货政", "政策"}},
		{"katakana beside latin", "iPhoneケース", "ja", []string{"iphone", "ケー", "ース"}},
		{"one ideograph", "茶", "zh", []string{"茶"}},
		{"nothing", " \t!?… ", "en", nil},
		{"invalid bytes", "a\xffb", "", []string{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Analyze(tt.text, tt.lang)); diff != "" {
				t.Errorf("terms (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGrams(t *testing.T) {
	t.Parallel()
	got := Grams("Écru at " + strings.Repeat("x", 200))
	want := []string{"_ecr", "ecru", "cru_", "_at_"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("grams (-want +got):\n%s", diff)
	}
}

func TestFoldAndWords(t *testing.T) {
	t.Parallel()
	if got := Fold("  ÀÉÎ Straße İ "); got != "  aei straße i " {
		t.Errorf("Fold = %q", got)
	}
	if diff := cmp.Diff([]string{"what", "s", "up", "42"}, Words("What's up?? 42")); diff != "" {
		t.Error(diff)
	}
}

func TestContainsPhrase(t *testing.T) {
	t.Parallel()
	phrases := []string{"Gift Card", "  ", "città"}
	for text, want := range map[string]bool{
		"my GIFT-CARD is lost": true, "gift cards": false, "in CITTA!": true, "": false, "giftcard": false,
	} {
		if got := ContainsPhrase(text, phrases); got != want {
			t.Errorf("ContainsPhrase(%q) = %v", text, got)
		}
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, seed := range []string{"hello", "\xff\xfe", "ǅ ͅ", "退x货", strings.Repeat("e\u0301", 80), "ー゛"} {
		f.Add(seed, "en")
		f.Add(seed, "tr")
	}
	f.Fuzz(func(t *testing.T, text, lang string) {
		for _, term := range append(Analyze(text, lang), Grams(text)...) {
			if term == "" || strings.ContainsAny(term, " \t\n") {
				t.Errorf("term %q of %q", term, text)
			}
		}
		Sentences(text)
		Intent(text, lang)
	})
}
