package livechat

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"steward/schemas"
)

func TestCleanText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want string
		kind             schemas.ErrorKind
	}{
		{name: "plain", text: "Where is my order?", want: "Where is my order?"},
		{name: "spaces around", text: "  hi\n", want: "hi"},
		{name: "NUL", text: "a\x00b", want: "ab"},
		{name: "invalid UTF-8", text: "a\xff\xfeb", want: "ab"},
		{name: "bidi override", text: "\u202Eabc\u202C", want: "abc"},
		{name: "empty", text: "", kind: schemas.KindInvalid},
		{name: "only invisible", text: "\u200B\u200D \x00", kind: schemas.KindInvalid},
		{name: "at the limit", text: strings.Repeat("é", MaxText), want: strings.Repeat("é", MaxText)},
		{name: "over the limit", text: strings.Repeat("é", MaxText+1), kind: schemas.KindTooLarge},
		{name: "long graphemes count once", text: strings.Repeat("🇸🇪", MaxText), want: strings.Repeat("🇸🇪", MaxText)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := CleanText(c.text)
			if c.kind != "" {
				if schemas.KindOf(err) != c.kind {
					t.Fatalf("error %v, want kind %s", err, c.kind)
				}
				return
			}
			if err != nil || got != c.want {
				t.Fatalf("got %.40q, %v", got, err)
			}
		})
	}
}

func TestNaughtyStringsComeOutCleanOrAreRefused(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/naughty/blns.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 515 {
		t.Fatalf("%d strings, want 515", len(all))
	}
	for i, s := range all {
		got, err := CleanText(s)
		if err != nil {
			if schemas.KindOf(err) == schemas.KindInternal {
				t.Errorf("string %d: refused without a kind: %v", i, err)
			}
			continue
		}
		if got == "" || !utf8.ValidString(got) || strings.ContainsRune(got, 0) {
			t.Errorf("string %d: came out as %q", i, got)
		}
		if again, err := CleanText(got); err != nil || again != got {
			t.Errorf("string %d: cleaning again gives %q, %v", i, again, err)
		}
	}
}

func TestCleanEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"boss@bank.com": "boss@bank.com", " Ada@Example.ORG ": "Ada@example.org",
		"": "", "boss": "", "boss@bank": "", "a@b.com, c@d.com": "", "mail me at a@b.com": "",
		"<a@b.com>": "", "a@b..com": "", "a@b.com\nbcc: c@d.com": "",
	} {
		got, err := CleanEmail(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("CleanEmail(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestSendShowsOnce(t *testing.T) {
	t.Parallel()
	got, err := New().Send(t.Context(), schemas.Part{Conversation: "conv_1"})
	if err != nil || got.Result != schemas.SentDone || !New().Capabilities().Repeatable {
		t.Fatalf("got %+v, %v", got, err)
	}
}
