package extractive_test

import (
	"slices"
	"strings"
	"testing"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/agent/llm/extractive"
	"steward/schemas"
)

const returns = `# Returns and refunds

How long do I have to return an order?

You can return any order within 30 days of delivery. This does not apply to sale items, which cannot be returned.

Refunds are paid to the card you used. They take 5 to 10 working days.

How do I start a return?

Open your order in your account and choose "Return". Print the label and hand the parcel in at any post office.`

func page(n int, title, lang, text string) schemas.Passage {
	return schemas.Passage{
		Number: n, Document: schemas.DocumentID(title), Title: title, URL: "https://shop.example/" + strings.ToLower(title),
		Text: text, Language: lang, Citable: true,
	}
}

func short(n int, question, answer string) schemas.Passage {
	return schemas.Passage{Number: n, Document: schemas.DocumentID(question), Title: question, Question: question, Text: answer, Language: "en", Citable: true}
}

func material(lang, question string) schemas.Material {
	return schemas.Material{
		Questions: []string{question}, Settings: schemas.DefaultSettings(), Channel: schemas.ChannelLiveChat, Language: lang,
		Passages: []schemas.Passage{
			page(1, "Returns", "en", returns),
			page(2, "Shipping", "en", "We ship to Italy and Sweden. Delivery takes 2 to 4 working days. Shipping is free from 50 euros."),
			page(3, "Opening", "en", "Our shop is open Monday to Friday from 9 to 18. On Saturday we close at 13."),
		},
	}
}

func ask(t *testing.T, o extractive.Options, m schemas.Material) schemas.Decision {
	t.Helper()
	out, err := extractive.New(o).Generate(t.Context(), llm.Request{Material: m})
	if err != nil {
		t.Fatal(err)
	}
	if v := agent.Check(out.Decision, m); len(v) > 0 {
		t.Errorf("%q breaks %v", out.Decision.Text, v)
	}
	return out.Decision
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		question, want string
		cites          []int
	}{
		{"How long do I have to return an order?", "You can return any order within 30 days of delivery. This does not apply to sale items, which cannot be returned. [S1]", []int{1}},
		{"how many days can i return my order", "within 30 days", []int{1}},
		{"When are refunds paid?", "Refunds are paid to the card you used. They take 5 to 10 working days. [S1]", []int{1}},
		{"Do you ship to Sweden?", "We ship to Italy and Sweden.", []int{2}},
		{"Is the shop open on Saturday?", "On Saturday we close at 13.", []int{3}},
		{"Do you ship to Sweden? And when are refunds paid?", "Refunds are paid", []int{2, 1}},
	}
	for _, c := range cases {
		d := ask(t, extractive.Options{}, material("en", c.question))
		if d.Kind != schemas.DecisionAnswer || d.NotFound || !strings.Contains(d.Text, c.want) || !slices.Equal(d.Citations, c.cites) {
			t.Errorf("%s: %+v", c.question, d)
		}
	}
}

// Of two questions the one without an answer is named.
func TestOneOfTwoQuestions(t *testing.T) {
	t.Parallel()
	for question, missing := range map[string]string{
		"Do you ship to Sweden? And can I bring my dog on the airplane?": "And can I bring my dog on the airplane?",
		"Can I bring my dog on the airplane? Do you ship to Sweden?":     "Can I bring my dog on the airplane?",
		"Do you ship to Sweden? And when are refunds paid?":              "",
		"Do you ship to Sweden?":                                         "",
	} {
		d := ask(t, extractive.Options{}, material("en", question))
		if !strings.Contains(d.Text, "We ship to Italy and Sweden.") || strings.Contains(d.Text, "nothing about") != (missing != "") ||
			!strings.HasSuffix(d.Text, missing) {
			t.Errorf("%s: %q", question, d.Text)
		}
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	m := material("en", "Can I bring my dog on the airplane?")
	first := ask(t, extractive.Options{}, m)
	if !first.NotFound || first.Kind != schemas.DecisionAnswer || len(first.Citations) > 0 || !strings.Contains(first.Text, "other words") {
		t.Errorf("got %+v", first)
	}
	m.NotFoundStreak = 1
	if second := ask(t, extractive.Options{}, m); !second.NotFound || second.Text == first.Text {
		t.Errorf("the hint is repeated: %+v", second)
	}
	m.Passages = nil
	if d := ask(t, extractive.Options{}, m); !d.NotFound {
		t.Errorf("got %+v", d)
	}
}

// Some of the words are there: name the page, quote nothing.
func TestHint(t *testing.T) {
	t.Parallel()
	m := material("en", "refund voucher")
	d := ask(t, extractive.Options{}, m)
	if d.NotFound || d.Text != "This page may help: Returns [S1]" {
		t.Errorf("got %+v", d)
	}
	for i := range m.Passages {
		m.Passages[i].Citable = false
	}
	if d := ask(t, extractive.Options{}, m); !d.NotFound {
		t.Errorf("a private page is named: %+v", d)
	}
}

func TestShortAnswers(t *testing.T) {
	t.Parallel()
	m := material("en", "do you sell gift vouchers")
	m.Passages = append(m.Passages, short(4, "Do you sell gift vouchers?", "Yes, from 10 EUR.\n"), short(5, "How do I redeem a gift voucher?", "In the basket."))
	d := ask(t, extractive.Options{}, m)
	if !d.Verbatim || d.Text != "Yes, from 10 EUR.\n" || !slices.Equal(d.Citations, []int{4}) {
		t.Errorf("got %+v", d)
	}
	m.Questions = []string{"my voucher from grandma disappeared yesterday"}
	d = ask(t, extractive.Options{}, m)
	if d.Verbatim {
		t.Errorf("a weak match is sent: %+v", d)
	}
	m.Questions = []string{"voucher from my grandma"}
	d = ask(t, extractive.Options{}, m)
	if d.Kind != schemas.DecisionClarify || !strings.Contains(d.Text, "1. ") || !strings.Contains(d.Text, "redeem a gift voucher?") {
		t.Errorf("got %+v", d)
	}
}

func TestOtherLanguage(t *testing.T) {
	t.Parallel()
	m := material("it", "Saturday shop open?")
	d := ask(t, extractive.Options{}, m)
	if !strings.HasPrefix(d.Text, "Ho trovato questo in inglese:\n") || !strings.Contains(d.Text, "On Saturday we close at 13. [S3]") {
		t.Errorf("got %+v", d)
	}
	m = material("it", "Entro quanti giorni posso restituire un ordine?")
	m.Passages = append(m.Passages, page(4, "Resi", "it", "Puoi restituire un ordine entro 30 giorni dalla consegna. Gli articoli in saldo sono esclusi."))
	d = ask(t, extractive.Options{}, m)
	if !strings.HasPrefix(d.Text, "Puoi restituire un ordine entro 30 giorni dalla consegna. Gli articoli") || d.Language != "it" {
		t.Errorf("got %+v", d)
	}
}

func TestUnknownLanguageOfAPage(t *testing.T) {
	t.Parallel()
	m := material("en", "When will refunds be paid?")
	for i := range m.Passages {
		m.Passages[i].Language = ""
	}
	if d := ask(t, extractive.Options{}, m); !strings.HasPrefix(d.Text, "Refunds are paid to the card you used.") {
		t.Errorf("got %+v", d)
	}
}

func TestSmallTalk(t *testing.T) {
	t.Parallel()
	for text, kind := range map[string]schemas.DecisionKind{
		"Hello!": schemas.DecisionSmalltalk, "thanks a lot": schemas.DecisionResolved, "bye": schemas.DecisionResolved,
		"yes": schemas.DecisionSmalltalk, "can I talk to a real person": schemas.DecisionHandoff,
	} {
		if d := ask(t, extractive.Options{}, material("en", text)); d.Kind != kind {
			t.Errorf("%s: %+v", text, d)
		}
	}
}

func TestFollowUp(t *testing.T) {
	t.Parallel()
	m := material("en", "and to Sweden?")
	m.History = []schemas.Line{
		{Speaker: schemas.SpeakerCustomer, Text: "Do you ship to Italy?"},
		{Speaker: schemas.SpeakerAgent, Text: "Yes."},
		{Speaker: schemas.SpeakerCustomer, Text: "thanks"},
	}
	if d := ask(t, extractive.Options{}, m); !strings.Contains(d.Text, "We ship to Italy and Sweden.") {
		t.Errorf("got %+v", d)
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	o := extractive.Options{Strict: true}
	if d := ask(t, o, material("en", "How long do I have to return an order?")); d.Kind != schemas.DecisionAnswer || len(d.Citations) != 1 {
		t.Errorf("got %+v", d)
	}
	for _, q := range []string{"Can I bring my dog on the airplane?", "refund voucher"} {
		if d := ask(t, o, material("en", q)); d.Kind != schemas.DecisionHandoff {
			t.Errorf("%s: %+v", q, d)
		}
	}
}

// Pages with markup or foreign links are named, not quoted.
func TestUnsafePagesAreNotQuoted(t *testing.T) {
	t.Parallel()
	m := material("en", "How do I track my parcel?")
	m.Passages = []schemas.Passage{page(1, "Tracking", "en", `Track your parcel <img src="https://evil.example/x"> at https://evil.example/track.`)}
	if d := ask(t, extractive.Options{}, m); strings.Contains(d.Text, "evil") || d.NotFound {
		t.Errorf("got %+v", d)
	}
}

type shares map[string]float64

func (s shares) Share(_, term string) (float64, bool) { v, ok := s[term]; return v, ok }

// A word that is everywhere in the content decides nothing.
func TestFrequencies(t *testing.T) {
	t.Parallel()
	m := material("en", "acme delivery acme")
	m.Passages = []schemas.Passage{page(1, "About", "en", "Acme was founded by two brothers long ago in Turin.")}
	o := extractive.Options{Frequencies: shares{"acm": 1, "deliveri": 0.01}}
	if d := ask(t, o, m); !d.NotFound {
		t.Errorf("got %+v", d)
	}
}
