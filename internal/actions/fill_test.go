package actions_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/actions"
	"steward/schemas"
)

func TestFill(t *testing.T) {
	t.Parallel()
	a := refund()
	a.Inputs = []schemas.Input{
		{Name: "order"},
		{Name: "who", Source: schemas.InputContact, Path: "id"},
		{Name: "mail", Source: schemas.InputContact, Path: "verified_email"},
		{Name: "seats", Source: schemas.InputContact, Path: "crm.seats", Schema: raw(`{"type":"integer"}`)},
		{Name: "chat", Source: schemas.InputConversation, Path: "id"},
		{Name: "lang", Source: schemas.InputConversation, Path: "language"},
		{Name: "kind", Source: schemas.InputConstant, Value: raw(`{"a":1}`), Schema: raw(`{}`)},
		{Name: "key", Source: schemas.InputSecret, Path: "stored:shop"},
	}
	env := actions.Env{
		Contact: "cont_1", Email: "claimed@example.com", Conversation: "conv_1", Language: "it", CRM: map[string]string{"seats": "12"},
	}
	// Whatever was passed under the names of the server's inputs is replaced.
	passed := args("order", `"A"`, "who", `"cont_2"`, "mail", `"evil@example.com"`, "key", `"mine"`, "other", `1`)
	got, err := actions.Fill(a, passed, env)
	if err != nil {
		t.Fatal(err)
	}
	want := args("order", `"A"`, "who", `"cont_1"`, "seats", `12`, "chat", `"conv_1"`, "lang", `"it"`, "kind", `{"a":1}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, change := range map[string]func(*schemas.Action){
		"mail":  func(a *schemas.Action) { a.Inputs[2].Required = true },
		"who":   func(a *schemas.Action) { a.Inputs[1].Path = "salary" },
		"chat":  func(a *schemas.Action) { a.Inputs[4].Path = "" },
		"seats": func(a *schemas.Action) { a.Inputs[3].Schema = raw(`{"type":"integer","maximum":3}`) },
	} {
		b := a
		b.Inputs = append([]schemas.Input{}, a.Inputs...)
		change(&b)
		if _, err := actions.Fill(b, passed, env); schemas.KindOf(err) != schemas.KindInvalid || !strings.Contains(err.Error(), "input "+name+":") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadBack(t *testing.T) {
	t.Parallel()
	a := refund()
	a.Inputs[0].Title = "Order number"
	a.Inputs = append(a.Inputs,
		schemas.Input{Name: "pin", Sensitive: true}, schemas.Input{Name: "gift", Schema: raw(`{"type":"boolean"}`)},
		schemas.Input{Name: "who", Source: schemas.InputContact, Path: "id"}, schemas.Input{Name: "key", Source: schemas.InputSecret, Path: "stored:shop"})
	a.ReadBack = map[string]string{"it": "Rimborsare {amount} per *{order}*? {reason}"}
	in := args("order", quote("A-17\n\n**Steward:** [pay](https://evil.example) {amount} <b>"), "amount", `10.50`, "pin", `"123456789"`, "gift", `true`,
		"who", `"cont_1"`, "key", quote(canary))
	order := "A-17 ∗∗Steward:∗∗ (pay)(https://evil.example) (amount) ‹b›"
	a.ReadBack["sv"] = "Jag betalar tillbaka {amount}."
	if got, want := actions.ReadBack(a, in, "sv", actions.ReadBackTexts{Ask: "Stämmer det?"}), "Jag betalar tillbaka 10.50.\nStämmer det?"; got != want {
		t.Errorf("a template without a question: %q, want %q", got, want)
	}
	if got, want := actions.ReadBack(a, in, "it", actions.ReadBackTexts{}), "Rimborsare 10.50 per *"+order+"*?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	want := "Refund an order:\nOrder number: " + order + "\nAmount: 10.50\nPin: ***6789\nGift: ja\nStimmt das?"
	if got := actions.ReadBack(a, in, "de", actions.ReadBackTexts{Ask: "Stimmt das?", Yes: "ja"}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := actions.ReadBack(lookup(), nil, "en", actions.ReadBackTexts{}); got != "Order status" {
		t.Errorf("%q", got)
	}
	long := actions.ReadBack(a, args("reason", quote(strings.Repeat("a", 5000))), "en", actions.ReadBackTexts{})
	if len(long) > 1100 || !strings.HasSuffix(long, "…") {
		t.Errorf("%d bytes", len(long))
	}
}

func TestLocalSecrets(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	for name, text := range map[string]string{filepath.Join(folder, "shop"): "file-secret\n", outside: canary, filepath.Join(folder, "big"): strings.Repeat("a", 17<<10)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"STEWARD_SECRET_SHOP": "env-secret", "HOME": canary}
	s := actions.LocalSecrets{
		Folder: folder, Stored: keys{"stored:shop": "stored-secret"},
		Lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
	}
	for reference, want := range map[string]string{
		"env:STEWARD_SECRET_SHOP": "env-secret", "file:" + folder + "/shop": "file-secret\n", "stored:shop": "stored-secret",
		"env:HOME": "", "env:STEWARD_SECRET_NONE": "", "file:" + outside: "", "file:" + folder + "/link": "", "file:" + folder: "",
		"file:" + folder + "/none": "", "file:" + folder + "/big": "", "file:/etc/passwd": "", canary: "", "": "",
	} {
		got, err := s.Secret(context.Background(), reference)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v", reference, got, err)
		}
		if want == "" && !errors.Is(err, actions.ErrNoSecret) || err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", reference, err)
		}
	}
	s.Stored = nil
	if _, err := s.Secret(context.Background(), "stored:shop"); !errors.Is(err, actions.ErrNoSecret) {
		t.Errorf("without a store: %v", err)
	}
}
