package agent_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent"
	"steward/internal/language"
	"steward/schemas"
)

func TestStripMarkdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ markdown, want string }{
		{"Plain text.", "Plain text."},
		{"**Bold**, *soft*, __both__ and `code *x*`.", "Bold, soft, both and code *x*."},
		{"# Title\n\nText\nin two lines.", "Title\n\nText\nin two lines."},
		{"You need:\n- a *card*\n- a code\n  - six digits\n\nThen go.", "You need:\n- a card\n- a code\n  - six digits\n\nThen go."},
		{"2. second\n3. third", "2. second\n3. third"},
		{"See [our page](https://example.com/a) now.", "See our page (https://example.com/a) now."},
		{"See [https://example.com/a](https://example.com/a).", "See https://example.com/a."},
		{"See [page][1].\n\n[1]: https://example.com/b", "See page (https://example.com/b)."},
		{"[x](javascript:alert(1)) [y](data:text/html,z)", "x y"},
		{"<https://example.com>", "https://example.com"},
		{"![logo](https://example.com/x.png)Hi", "Hi"},
		{"a <b>bold</b> word\n\n<script>alert(1)</script>", "a bold word"},
		{"It is 30 days [1] and 5 * 3 * 2.", "It is 30 days [1] and 5 * 3 * 2."},
		{"2 &lt; 3 \\*really\\* snake_case_name", "2 < 3 *really* snake_case_name"},
		{"> quoted\n> twice", "quoted\ntwice"},
		{"```\nlet x\n```", "let x"},
		{"one\n\n---\n\ntwo", "one\n\ntwo"},
		{"", ""},
	} {
		if diff := cmp.Diff(c.want, agent.StripMarkdown(c.markdown)); diff != "" {
			t.Errorf("%q: %s", c.markdown, diff)
		}
	}
}

// TestForVoice: nothing on a call that cannot be read aloud.
func TestForVoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ reply, want string }{
		{"We open at **9** [1].", "We open at 9."},
		{"See [our page](https://example.com/a).", "See our page."},
		{"Go to https://example.com/a_(b)?x=1, then call.", "Go to, then call."},
		{"More on www.example.com.", "More on."},
		{"You need:\n1. a card\n2. a code\n\nThen go!", "You need: a card. a code. Then go!"},
		{"Great 🎉 → done ✅", "Great done."},
		{"[S1, S2]", ""},
	} {
		if diff := cmp.Diff(c.want, agent.ForVoice(c.reply)); diff != "" {
			t.Errorf("%q: %s", c.reply, diff)
		}
	}
}

func TestForChannel(t *testing.T) {
	t.Parallel()
	const reply = "You **need**:\n\n- a [card](https://example.com/card)\n- a code"
	for kind, want := range map[schemas.ChannelKind]string{
		schemas.ChannelLiveChat:  reply,
		schemas.ChannelEmail:     reply,
		schemas.ChannelWhatsApp:  "You need:\n\n- a card (https://example.com/card)\n- a code",
		schemas.ChannelMessenger: "You need:\n\n- a card (https://example.com/card)\n- a code",
		schemas.ChannelCustom:    "You need:\n\n- a card (https://example.com/card)\n- a code",
		schemas.ChannelCalling:   "You need: a card. a code.",
		"pigeon":                 "You need:\n\n- a card (https://example.com/card)\n- a code",
	} {
		if diff := cmp.Diff(want, agent.ForChannel(reply, kind)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

// TestForChannelCuts: a long reply ends after a sentence, within the channel's
// length, and no address is cut in two.
func TestForChannelCuts(t *testing.T) {
	t.Parallel()
	const address = "https://example.com/a/rather/long/path?with=a&query=too"
	for _, kind := range []schemas.ChannelKind{
		schemas.ChannelLiveChat, schemas.ChannelWhatsApp, schemas.ChannelMessenger,
		schemas.ChannelEmail, schemas.ChannelCalling, schemas.ChannelCustom,
	} {
		most := kind.Limits().Characters
		for _, before := range []int{0, 1, 7, 20, 33} {
			text := strings.Repeat("é", before) + " " + strings.Repeat("All of it is at "+address+" for you. ", 80)
			got := agent.ForChannel(text, kind)
			if n := language.Graphemes(got); n > most || n < most/2 {
				t.Errorf("%s: %d characters, want at most %d and not much less", kind, n, most)
			}
			if rest := strings.ReplaceAll(got, address, ""); strings.Contains(rest, "http") {
				t.Errorf("%s: an address was cut: %q", kind, rest[len(rest)-80:])
			}
			if !strings.HasSuffix(got, ".") {
				t.Errorf("%s: does not end with a sentence: %q", kind, got[len(got)-20:])
			}
		}
	}
}

func FuzzStripMarkdown(f *testing.F) {
	for _, s := range []string{"**a** [b](https://c)", "- a\n  - b\n\n1. c", "![x][y]\n\n[y]: z", "<b>&amp;\\*", "\xff`", "> - # a", "⟦"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, got := range map[string]string{"plain": agent.StripMarkdown(text), "voice": agent.ForVoice(text)} {
			if utf8.ValidString(text) && !utf8.ValidString(got) {
				t.Errorf("%s: invalid text out of %q", name, text)
			}
			if strings.Contains(got, "![") && !strings.Contains(text, "\\") && !strings.Contains(text, "&") && !strings.Contains(text, "`") && !strings.Contains(text, "![") {
				t.Errorf("%s: an image out of %q", name, text)
			}
		}
		if got := agent.ForVoice(text); strings.Contains(got, "\n") || strings.Contains(strings.ToLower(got), "https://") {
			t.Errorf("a line break or an address is read aloud: %q", got)
		}
	})
}
