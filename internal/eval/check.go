package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// shownLimit bounds how much of a reply a failure repeats, in characters.
const shownLimit = 200

// Check lists the expectations of a case that a transcript does not meet, in a
// fixed order; empty means that the case passed. Spec: S55.
func Check(c schemas.EvalCase, t schemas.EvalTranscript) []schemas.EvalFailure {
	k := checker{expect: c.Expect, transcript: t}
	if t.Error != "" {
		k.fail("error", "", t.Error)
		return k.failures
	}
	if len(t.Turns) == 0 {
		k.fail("turns", strconv.Itoa(len(c.Turns)), "0")
		return k.failures
	}
	k.last = t.Turns[len(t.Turns)-1]
	k.kind()
	k.citations()
	k.texts()
	k.actions()
	k.handoff()
	k.form()
	return k.failures
}

type checker struct {
	expect     schemas.EvalExpect
	transcript schemas.EvalTranscript
	last       schemas.EvalTurn
	failures   []schemas.EvalFailure
}

func (k *checker) fail(field, want, got string) {
	k.failures = append(k.failures, schemas.EvalFailure{Field: field, Want: shown(want), Got: shown(got)})
}

func (k *checker) kind() {
	if want := k.expect.Kind; want != "" && k.last.Kind != want {
		k.fail("kind", string(want), string(k.last.Kind))
	}
}

func (k *checker) citations() {
	var cited []string
	for _, turn := range k.transcript.Turns {
		for _, s := range turn.Cited {
			cited = append(cited, string(s.Source), s.URL, s.Title)
		}
	}
	cited = slices.DeleteFunc(cited, func(s string) bool { return s == "" })
	for _, want := range k.expect.MustCite {
		if !slices.ContainsFunc(cited, func(s string) bool { return sameSource(s, want) }) {
			k.fail("must_cite", want, strings.Join(cited, ", "))
		}
	}
}

// sameSource compares ids and addresses as they are, but for a slash at the
// end, and titles as texts.
func sameSource(cited, want string) bool {
	return strings.TrimSuffix(cited, "/") == strings.TrimSuffix(strings.TrimSpace(want), "/") || plain(cited) == plain(want)
}

func (k *checker) texts() {
	reply := plain(k.last.Reply)
	for _, want := range k.expect.MustInclude {
		if !strings.Contains(reply, plain(want)) {
			k.fail("must_include", want, k.last.Reply)
		}
	}
	for _, unwanted := range k.expect.MustNotInclude {
		for _, turn := range k.transcript.Turns {
			if strings.Contains(plain(turn.Reply), plain(unwanted)) {
				k.fail("must_not_include", unwanted, turn.Reply)
				break
			}
		}
	}
}

func (k *checker) actions() {
	var called []schemas.EvalAction
	for _, turn := range k.transcript.Turns {
		called = append(called, turn.Actions...)
	}
	if k.expect.NoAction && len(called) > 0 {
		k.fail("no_action", "", describe(called...))
	}
	want := k.expect.Action
	if want == nil || slices.ContainsFunc(called, func(a schemas.EvalAction) bool { return a.Name == want.Name && hasArguments(a.Args, want.Args) }) {
		return
	}
	k.fail("action", describe(*want), describe(called...))
}

func describe(actions ...schemas.EvalAction) string {
	var out []string
	for _, a := range actions {
		out = append(out, strings.TrimSpace(a.Name+" "+string(a.Args)))
	}
	return strings.Join(out, ", ")
}

func (k *checker) handoff() {
	if want := k.expect.HandoffReason; want != schemas.ReasonNone && k.transcript.Handoff != want {
		k.fail("handoff_reason", string(want), string(k.transcript.Handoff))
	}
}

func (k *checker) form() {
	if most := k.expect.MaxChars; most > 0 {
		for _, turn := range k.transcript.Turns {
			if n := language.Graphemes(turn.Reply); n > most {
				k.fail("max_chars", strconv.Itoa(most), strconv.Itoa(n))
				break
			}
		}
	}
	if want := k.expect.Language; want != "" {
		if got := spoken(k.last); got != want {
			k.fail("language", want, got)
		}
	}
}

// spoken is the language of a reply: what its words say when they say it
// clearly, else what the engine says.
func spoken(turn schemas.EvalTurn) string {
	if lang, reliable := language.Detect(turn.Reply, nil); reliable {
		return lang
	}
	lang, _, _ := strings.Cut(strings.ToLower(turn.Language), "-")
	return lang
}

// plain is the form in which texts are compared: no case, no accents, single
// spaces.
func plain(s string) string { return strings.Join(strings.Fields(language.Fold(s)), " ") }

func shown(s string) string {
	if runes := []rune(s); len(runes) > shownLimit {
		return string(runes[:shownLimit]) + "…"
	}
	return s
}

// hasArguments reports whether a call holds at least the wanted arguments.
func hasArguments(called, want json.RawMessage) bool {
	if len(bytes.TrimSpace(want)) == 0 {
		return true
	}
	c, err := decode(called)
	if err != nil {
		return false
	}
	w, err := decode(want)
	return err == nil && holds(c, w)
}

func decode(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	// Ids are longer than a float is exact.
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode arguments: %w", err)
	}
	return v, nil
}

// holds reports whether got has at least what want has: members of objects by
// name, lists item by item.
func holds(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for name, value := range w {
			if inner, ok := g[name]; !ok || !holds(inner, value) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		return ok && slices.EqualFunc(g, w, holds)
	case json.Number:
		g, ok := got.(json.Number)
		return ok && sameNumber(g.String(), w.String())
	}
	return got == want
}

// exactDigits is how many digits a float keeps.
const exactDigits = 15

// sameNumber compares numbers in any form: 20 and 20.0 are one.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) > exactDigits || len(b) > exactDigits {
		return false
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}
