package language

import (
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"invalid bytes and NUL", "a\xff\x00b", "ab"},
		{"line ends", " a\r\nb\rc\td\x1b[0m ", "a\nb\nc\td[0m"},
		{"zero width", "he\u200bl\u200dl\ufeffo\u00ad", "hello"},
		{"direction", "\u202eabc\u2066d\u2069", "abcd"},
		{"tag characters", "🏴\U000e0067\U000e0062\U000e007f", "🏴"},
		{"composed", "e\u0301", "é"},
		{"only invisible", "\u200b \u2060", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Clean(tt.in)
			if got != tt.want || !utf8.ValidString(got) {
				t.Errorf("Clean(%q) = %q", tt.in, got)
			}
			if again := Clean(got); again != got {
				t.Errorf("Clean is not stable: %q then %q", got, again)
			}
		})
	}
}

func TestGraphemes(t *testing.T) {
	t.Parallel()
	if got := Graphemes("e\u0301🇸🇪👍🏽a"); got != 4 {
		t.Errorf("Graphemes = %d", got)
	}
}

func TestFindEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"it's Anna.Smith+shop@Example.COM, thanks": "Anna.Smith+shop@example.com",
		"mail me: <bo@mail.example.se>.":           "bo@mail.example.se",
		"[me](mailto:x@example.org)":               "x@example.org",
		"anna@localhost":                           "",
		"follow @shop on a.b":                      "",
		"a@b@c.com":                                "",
		"x@-bad.com and x@a..com and x@1.2.3.4":    "",
		"first no@dot then yes@dot.example":        "yes@dot.example",
		"zero\u200bwidth@example.org":              "zerowidth@example.org",
		"":                                         "",
	} {
		got, ok := FindEmail(text)
		if got != want || ok != (want != "") {
			t.Errorf("FindEmail(%q) = %q, %v, want %q", text, got, ok, want)
		}
	}
}

func TestClustersKeepCharactersWhole(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "abc", "e\u0301a", "👩\u200d👩\u200d👧!", "🇸🇪🇮🇹", "\xffx"} {
		count, joined := 0, ""
		for c := range Clusters(text) {
			count++
			joined += c
		}
		if joined != text || count != Graphemes(text) {
			t.Errorf("%q: %d characters that make %q", text, count, joined)
		}
	}
	for c := range Clusters("👩\u200d👩\u200d👧!") {
		if c == "👩" {
			t.Error("a character was cut")
		}
		break
	}
}
