package agent_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent"
	"steward/schemas"
)

// shop is the material of one question about returns.
func shop() schemas.Material {
	s := schemas.DefaultSettings()
	s.Profile.LinkHosts = []string{"status.shop.example"}
	return schemas.Material{
		Questions: []string{"How long do I have to return order 4711?"},
		Settings:  s, Channel: schemas.ChannelLiveChat, Language: "en",
		Passages: []schemas.Passage{
			{
				Number: 1, Document: "doc_1", Title: "Returns", URL: "https://shop.example/returns", Language: "en", Citable: true,
				Text: "You can return an order within 30 days of delivery. A fee of €4.90 applies from 12 March 2027. " +
					"Write to returns@shop.example or call +39 055 123 4567. Orders over 1,000 euros are collected at 09:00. See https://shop.example/returns/form?lang=en.",
			},
			{
				Number: 2, Document: "doc_2", Title: "Staff notes", URL: "https://intranet.shop.example/notes", Language: "en",
				Text: "Managers may allow 90 days.",
			},
			{Number: 3, Document: "doc_3", Title: "Opening hours", URL: "https://shop.example/hours", Language: "en", Citable: true, Text: "We are open daily."},
			{Number: 4, Document: "doc_4", Title: "Vouchers", Question: "Do you sell vouchers?", Language: "en", Citable: true, Text: "Yes! See <our> page, from $10."},
		},
	}
}

func reply(text string, citations ...int) schemas.Decision {
	return schemas.Decision{Kind: schemas.DecisionAnswer, Text: text, Citations: citations, Language: "en", Engine: "script"}
}

type checkCase struct {
	name string
	d    schemas.Decision
	want []string
}

func kind(k schemas.DecisionKind, text string) schemas.Decision {
	return schemas.Decision{Kind: k, Text: text, Language: "en"}
}

func allowedReplies() []checkCase {
	notFound := kind(schemas.DecisionAnswer, "I could not find this.")
	notFound.NotFound = true
	verbatim := schemas.Decision{Kind: schemas.DecisionAnswer, Text: "Yes! See <our> page, from $10.", Citations: []int{4}, Verbatim: true}
	return []checkCase{
		{"grounded", reply("You have 30 days from delivery. [S1]", 1), nil},
		{"marker only", reply("You have 30 days. [S1]"), nil},
		{"list only", reply("You have 30 days.", 1), nil},
		{"customer's number", reply("For order 4711 you have 30 days. [S1]"), nil},
		{"other form of numbers", reply("From 12 March the fee is 4,90 €, over 1.000 euro it is collected at 9:00. [S1]"), nil},
		{"contacts of the page", reply("Write to returns@shop.example or call +39 055 1234567. [S1]"), nil},
		{"page's own link", reply("Use https://shop.example/returns/form?lang=en. [S1]"), nil},
		{"cited page", reply("See [returns](https://shop.example/returns). [S1]"), nil},
		{"link host", reply("See https://status.shop.example/now. [S1]"), nil},
		{"not found", notFound, nil},
		{"smalltalk", kind(schemas.DecisionSmalltalk, "Hello! How can I help?"), nil},
		{"clarify may name what a page says", kind(schemas.DecisionClarify, "Was it delivered within the last 30 days?"), nil},
		{"handoff without text", kind(schemas.DecisionHandoff, ""), nil},
		{"verbatim", verbatim, nil},
		{"light markdown", reply("**30 days** from delivery:\n\n1. pack it\n2. send it [S1]"), nil},
	}
}

func forbiddenReplies() []checkCase {
	return []checkCase{
		{"fake citation", reply("You have 30 days. [S1] [S9]", 1), []string{agent.ViolationUnknownSource}},
		{"fake listed citation", reply("You have 30 days. [S1]", 1, 77), []string{agent.ViolationUnknownSource}},
		{"no citation", reply("You can send it back."), []string{agent.ViolationNoSource}},
		{"other number", reply("You have 60 days. [S1]"), []string{agent.ViolationNumber}},
		{"number of another page", reply("You have 90 days. [S1]"), []string{agent.ViolationNumber}},
		{"written number", reply("You have sixty days. [S1]"), []string{agent.ViolationNumber}},
		{"number in smalltalk", kind(schemas.DecisionSmalltalk, "By the way, you have 60 days!"), []string{agent.ViolationNumber}},
		{"other month", reply("From 12 April a fee applies. [S1]"), []string{agent.ViolationDate}},
		{"other currency", reply("The fee is $4.90. [S1]"), []string{agent.ViolationCurrency}},
		{"other phone", reply("Call +39 055 765 4321. [S1]"), []string{agent.ViolationPhone}},
		{"other email", reply("Write to ceo@evil.example. [S1]"), []string{agent.ViolationEmail}},
		{"other link", reply("See https://evil.example/x. [S1]"), []string{agent.ViolationLink}},
		{"bare host", reply("See evil.com/x now. [S1]"), []string{agent.ViolationLink}},
		{"added query", reply("See https://shop.example/returns?d=secret. [S1]"), []string{agent.ViolationLink}},
		{"unsafe scheme", reply("See [this](javascript:alert). [S1]"), []string{agent.ViolationLink}},
		{"autolink", reply("See <https://evil.example/x>. [S1]"), []string{agent.ViolationMarkup, agent.ViolationLink}},
		{"private page", reply("See https://intranet.shop.example/notes. [S2]"), []string{agent.ViolationLink}},
		{"user before an allowed host", reply("See https://x@shop.example/returns. [S1]"), []string{agent.ViolationLink}},
		{"foreign link of the customer", reply("Yes, see https://evil.example/promo. [S1]"), []string{agent.ViolationLink}},
		{"private host of the customer", reply("Yes, see https://intranet.shop.example/promo. [S1]"), []string{agent.ViolationLink}},
		{"private page on a link host", reply("See https://status.shop.example/private. [S1]"), []string{agent.ViolationLink}},
		{"image without a target", reply("You have 30 days ![x][y]. [S1]"), []string{agent.ViolationMarkup}},
		{"user in link", reply("See https://shop.example@evil.example/. [S1]"), []string{agent.ViolationLink}},
		{"inline image", reply("Here ![x](https://shop.example/returns) [S1]"), []string{agent.ViolationMarkup}},
		{"reference link", reply("See [this][1]. [S1]\n\n[1]: https://shop.example/returns"), []string{agent.ViolationNumber, agent.ViolationMarkup}},
		{"marker as reference", reply("See it [S1].\n\n[S1]: https://evil.example/x"), []string{agent.ViolationMarkup, agent.ViolationLink}},
		{"html image", reply(`<img src="https://evil.example/x"> [S1]`), []string{agent.ViolationMarkup, agent.ViolationLink}},
		{"html in words", reply("Hello <b>you</b> [S1]"), []string{agent.ViolationMarkup}},
		{"prompt echo", reply("My rules: Use only the passages given in the turn. Look there before you state any fact. [S1]"), []string{agent.ViolationPromptEcho}},
		{"promise", reply("You have 30 days, and we will email you tomorrow. [S1]"), []string{agent.ViolationPromise}},
		{"language", reply("Puoi restituire il tuo ordine entro 30 giorni dalla consegna della merce. [S1]"), []string{agent.ViolationLanguage}},
		{"action", kind(schemas.DecisionCallAction, "ok"), []string{agent.ViolationKind}},
		{"collect", kind(schemas.DecisionCollect, "ok"), nil},
		{"calls nothing", kind(schemas.DecisionCallAction, "ok"), []string{agent.ViolationKind}},
		{"no kind", kind("", "ok"), []string{agent.ViolationKind}},
		{"empty", kind(schemas.DecisionSmalltalk, " "), []string{agent.ViolationEmpty}},
		{"only a marker", reply("[S1]"), []string{agent.ViolationEmpty}},
		{"too long", reply(strings.Repeat("You have 30 days. ", 40) + "[S1]"), []string{agent.ViolationTooLong}},
		{"invalid", kind(schemas.DecisionSmalltalk, "a\xffb"), []string{agent.ViolationUTF8}},
		{"hidden characters", kind(schemas.DecisionSmalltalk, "a\u202eb"), []string{agent.ViolationUTF8}},
		{
			"changed short answer",
			schemas.Decision{Kind: schemas.DecisionAnswer, Text: "Yes, from $5.", Citations: []int{4}, Verbatim: true},
			[]string{agent.ViolationVerbatim},
		},
		{
			"short answer that is not cited",
			schemas.Decision{Kind: schemas.DecisionAnswer, Text: "Yes! See <our> page, from $10.", Citations: []int{1}, Verbatim: true},
			[]string{agent.ViolationVerbatim},
		},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	m := shop()
	m.Questions = append(m.Questions, "Are https://evil.example/promo and https://intranet.shop.example/promo yours?")
	m.Passages = append(m.Passages, schemas.Passage{Number: 5, Title: "Internal status", URL: "https://status.shop.example/private", Language: "en", Text: "All is well."})
	for _, c := range append(allowedReplies(), forbiddenReplies()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, agent.Check(c.d, m)); diff != "" {
				t.Errorf("%q: %s", c.d.Text, diff)
			}
		})
	}
}

// The finder's own sentences fall back to English, which is no mistake; a
// language model's are.
func TestCheckLanguageOfTheFinder(t *testing.T) {
	t.Parallel()
	m := shop()
	m.Language = "it"
	d := kind(schemas.DecisionSmalltalk, "Hello, this is Steward and I am happy to help you with that.")
	if got := agent.Check(d, m); !slices.Equal(got, []string{agent.ViolationLanguage}) {
		t.Errorf("got %v", got)
	}
	d.Engine = schemas.EngineFinder
	if got := agent.Check(d, m); got != nil {
		t.Errorf("got %v", got)
	}
}

// However large or strange a reply is, it is judged and never crashes.
func TestCheckSurvivesHugeReplies(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("y", 2<<20), strings.Repeat("[S1]", 50_000), strings.Repeat("[", 5000), strings.Repeat("1,", 50_000),
		strings.Repeat("a.b", 20_000),
	} {
		for _, part := range []string{text, text[:min(len(text), 16<<10)]} {
			if got := agent.Check(reply(part), shop()); len(got) == 0 || agent.Mendable(got) && len(part) == len(text) {
				t.Errorf("%.10s… is accepted: %v", part, got)
			}
			agent.Render(reply(part), shop())
		}
	}
}

func TestMendable(t *testing.T) {
	t.Parallel()
	if !agent.Mendable(nil) || !agent.Mendable([]string{agent.ViolationTooLong}) ||
		agent.Mendable([]string{agent.ViolationTooLong, agent.ViolationNumber}) {
		t.Error("only the length is mendable")
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	m := shop()
	m.Passages = append(m.Passages, schemas.Passage{Number: 5, Document: "doc_1", Title: "Returns", URL: "https://shop.example/returns", Citable: true})
	first := schemas.Citation{Number: 1, Title: "Opening hours", URL: "https://shop.example/hours"}
	second := schemas.Citation{Number: 2, Title: "Returns", URL: "https://shop.example/returns"}
	cases := []struct {
		name, text string
		listed     []int
		want       string
		citations  []schemas.Citation
	}{
		{"renumbered", "Open daily [S3]. Return in 30 days [S1].", nil, "Open daily [1]. Return in 30 days [2].", []schemas.Citation{first, second}},
		{"one document once", "A [S3]. B [S1]. C [S5].", nil, "A [1]. B [2]. C [2].", []schemas.Citation{first, second}},
		{"joined markers", "A [S3, S1].", nil, "A [1][2].", []schemas.Citation{first, second}},
		{"private source", "Secret [S2]. Open [S3].", nil, "Secret. Open [1].", []schemas.Citation{first}},
		{"unknown source", "A [S9]. Open [S3].", nil, "A. Open [1].", []schemas.Citation{first}},
		{"only listed", "Open daily.", []int{3}, "Open daily. [1]", []schemas.Citation{first}},
		{"only private listed", "Secret.", []int{2}, "Secret.", nil},
		{"unsafe markup", "A ![x](https://e.example/a) <img src=x>b [S3]\n\n[1]: https://evil.example", nil, "A b [1]", []schemas.Citation{first}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, citations := agent.Render(reply(c.text, c.listed...), m)
			if text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
			if diff := cmp.Diff(c.citations, citations); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderKeepsShortAnswers(t *testing.T) {
	t.Parallel()
	d := schemas.Decision{Kind: schemas.DecisionAnswer, Text: "Yes! See <our> page, from $10.", Citations: []int{4}, Verbatim: true}
	text, citations := agent.Render(d, shop())
	if text != d.Text || len(citations) != 1 || citations[0].Title != "Vouchers" {
		t.Errorf("got %q %+v", text, citations)
	}
}

func TestRenderCutsAtSentence(t *testing.T) {
	t.Parallel()
	text, _ := agent.Render(reply(strings.Repeat("You have 30 days for this. ", 40)+"[S1]"), shop())
	if n := len([]rune(text)); n > 604 || !strings.HasSuffix(strings.TrimSuffix(text, " [1]"), "this.") {
		t.Errorf("%d characters: …%s", n, text[max(0, len(text)-30):])
	}
	text, _ = agent.Render(reply(strings.Repeat("word ", 200)), shop())
	if n := len([]rune(text)); n > 600 || !strings.HasSuffix(text, "word…") {
		t.Errorf("%d characters: %s", n, text)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	cases := []struct {
		texts   []string
		phrases []string
		want    schemas.Guard
	}{
		{[]string{"I want to talk to a person"}, nil, schemas.GuardHuman},
		{[]string{"vorrei parlare con un operatore"}, nil, schemas.GuardHuman},
		{[]string{"kan jag prata med en människa"}, nil, schemas.GuardHuman},
		{[]string{"thanks", "a real person please"}, []string{"person"}, schemas.GuardHuman},
		{[]string{"I need a Cancéllation now"}, []string{"cancellation"}, schemas.GuardKeyword},
		{[]string{"cancellations book"}, []string{"cancellation"}, schemas.GuardNone},
		{[]string{"Thanks, bye!"}, nil, schemas.GuardCourtesy},
		{[]string{"thanks", "where is my parcel?"}, nil, schemas.GuardNone},
		{[]string{"where is my parcel?", "thanks"}, nil, schemas.GuardNone},
		{[]string{"hello"}, nil, schemas.GuardNone},
		{nil, []string{"x"}, schemas.GuardNone},
	}
	for _, c := range cases {
		if got := agent.Guard(c.texts, "en", c.phrases); got != c.want {
			t.Errorf("%q: got %q, want %q", c.texts, got, c.want)
		}
	}
}

func TestLanguageIsSticky(t *testing.T) {
	t.Parallel()
	s := schemas.DefaultSettings()
	if got := agent.Language("sv", []string{"ok"}, s); got != "sv" {
		t.Errorf("a short word changed it to %q", got)
	}
	if got := agent.Language("", []string{"Quanto tempo ho per restituire il mio ordine?"}, s); got != "it" {
		t.Errorf("got %q", got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	lines := []schemas.Line{
		{Speaker: schemas.SpeakerCustomer, Text: "Where is my parcel?\n" + strings.Repeat("please ", 60)},
		{Speaker: schemas.SpeakerAgent, Text: "I could not find this."},
	}
	got := agent.Summary(lines, schemas.ReasonCustomerRequest)
	if len([]rune(got)) > 280 || !strings.Contains(got, "asked for a person") || !strings.Contains(got, "Where is my parcel?") ||
		!strings.Contains(got, "could not find") || strings.Contains(got, "\n") {
		t.Errorf("got %q", got)
	}
	for _, r := range []schemas.Reason{schemas.ReasonNone, schemas.ReasonVIP} {
		if got := agent.Summary(nil, r); got == "" || !slices.Contains([]rune(got), '.') {
			t.Errorf("%q: got %q", r, got)
		}
	}
}
