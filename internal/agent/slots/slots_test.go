package slots_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent/slots"
	"steward/schemas"
)

// A Saturday.
func now() time.Time { return time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC) }

func input(schema string) schemas.Input {
	return schemas.Input{Name: "value", Schema: json.RawMessage(schema)}
}

const (
	email    = `{"type":"string","format":"email"}`
	phone    = `{"type":"string","format":"phone"}`
	integer  = `{"type":"integer"}`
	few      = `{"type":"integer","minimum":1,"maximum":10}`
	number   = `{"type":"number"}`
	truth    = `{"type":"boolean"}`
	date     = `{"type":"string","format":"date"}`
	order    = `{"type":"string","pattern":"^[A-Z]-\\d{2,}$"}`
	loose    = `{"type":"string","pattern":"[A-Z]{2}\\d{4}"}`
	size     = `{"type":"string","enum":["small","medium","extra large","large"]}`
	delivery = `{"oneOf":[{"const":"std","title":"Standard"},{"const":"exp","title":"Express delivery"},{"const":"pick","title":"Pick up"}]}`
)

func TestFill(t *testing.T) {
	t.Parallel()
	cases := []struct {
		schema, lang, region, text, want string
	}{
		{email, "en", "", "it's Anna.Smith@Example.COM, thanks", `"Anna.Smith@example.com"`},
		{email, "en", "", "anna@localhost", ""},
		{email, "en", "", "a@x.example or b@x.example", ""},
		{email, "en", "", "a@x.example (yes, a@x.example)", `"a@x.example"`},

		{phone, "sv", "SE", "ring 070-174 06 05 tack", `"+46701740605"`},
		{phone, "it", "IT", "il mio numero è 02 1234 5678", `"+390212345678"`},
		{phone, "en", "", "call me at +1 (650) 253-0000", `"+16502530000"`},
		{phone, "en", "", "0044 20 7031 3000", `"+442070313000"`},
		{phone, "en", "", "650 253 0000", ""},
		{phone, "en", "US", "order 12345", ""},

		{integer, "en", "", "about 1,250 people", "1250"},
		{integer, "de", "", "etwa 1.250 Leute", "1250"},
		{integer, "sv", "", "ungefär 1 250 personer", "1250"},
		{integer, "en", "", "three", "3"},
		{integer, "it", "", "siamo in quattro", "4"},
		{integer, "en", "", "I want one of the blue ones", ""},
		{integer, "en", "", "50 to 60 people", ""},
		{integer, "en", "", "2.5", ""},
		{integer, "en", "", "007", "7"},
		{integer, "en", "", "A-17", ""},
		{integer, "en", "", strings.Repeat("9", 31), ""},
		{few, "en", "", "I'm 30 and take 2", "2"},
		{few, "en", "", "-5", ""},
		{number, "en", "", "$1,234.50", "1234.5"},
		{number, "de", "", "1.234,50€", "1234.5"},
		{number, "it", "", "12,5%", "12.5"},
		{number, "en", "", "1.500", "1.5"},
		{number, "de", "", "1.500", "1500"},
		{number, "de", "CH", "1'500.25", "1500.25"},
		{number, "es", "MX", "1,500.25", "1500.25"},
		{number, "en", "", "1.2.3", ""},

		{truth, "en", "", "yes, I have one", "true"},
		{truth, "en", "", "no we don't", "false"},
		{truth, "en", "", "no idea", ""},
		{truth, "en", "", "yes or no", ""},
		{truth, "de", "", "Nein, leider nicht", "false"},
		{truth, "fr", "", "Oui j'en ai", "true"},

		{size, "en", "", "Medium please", `"medium"`},
		{size, "en", "", "extra large", `"extra large"`},
		{size, "en", "", "the meduim one", ""},
		{size, "en", "", "mediums", `"medium"`},
		{size, "en", "", "the smal one", `"small"`},
		{size, "en", "", "2", `"medium"`},
		{size, "en", "", "number 3 please", `"extra large"`},
		{size, "en", "", "9", ""},
		{size, "en", "", "small or large", ""},
		{size, "en", "", "not small, large", `"large"`},
		{delivery, "en", "", "express", ""},
		{delivery, "en", "", "Express delivery", `"exp"`},
		{delivery, "en", "", "I'd like to pick up", `"pick"`},
		{`{"enum":[1,2,5]}`, "en", "", "5", "5"},
		{`{"enum":[1,2,5]}`, "en", "", "3", ""},

		{date, "en", "", "2026-12-24", `"2026-12-24"`},
		{date, "en", "", "on 05/06/2026", ""},
		{date, "en", "US", "on 05/06/2026", `"2026-05-06"`},
		{date, "en", "GB", "on 05/06/2026", `"2026-06-05"`},
		{date, "en", "", "24/12/2026", `"2026-12-24"`},
		{date, "de", "", "am 5.6.26", `"2026-06-05"`},
		{date, "it", "", "30/02/2026", ""},
		{date, "en", "", "June 5th, 2026", `"2026-06-05"`},
		{date, "en", "", "5 January", `"2027-01-05"`},
		{date, "es", "", "el 5 de junio de 2026", `"2026-06-05"`},
		{date, "sv", "", "den 5 juni 2026", `"2026-06-05"`},
		{date, "fr", "", "1er août 2026", `"2026-08-01"`},
		{date, "en", "", "today", `"2026-11-21"`},
		{date, "en", "", "the day after tomorrow", `"2026-11-23"`},
		{date, "it", "", "dopodomani", `"2026-11-23"`},
		{date, "sv", "", "i morgon", `"2026-11-22"`},
		{date, "de", "", "vorgestern", `"2026-11-19"`},
		{date, "fr", "", "aujourd'hui", `"2026-11-21"`},
		{date, "es", "", "pasado mañana", `"2026-11-23"`},
		{date, "es", "", "mañana", `"2026-11-22"`},

		{order, "en", "", "my order is A-17", `"A-17"`},
		{order, "en", "", "a-17!", `"A-17"`},
		{order, "en", "", "A-17 and B-18", ""},
		{order, "en", "", "A-1", ""},
		{order, "en", "", "XA-17", ""},
		{loose, "en", "", "the code is (AB1234).", `"AB1234"`},
		{`{"type":"string","pattern":"^[A-Z]{2}\\d{2}( ?\\d{4})+$"}`, "en", "", "it is SE35 5000 0000 thanks", `"SE35 5000 0000"`},

		{`{"type":"string","format":"uuid"}`, "en", "", "id 123e4567-e89b-12d3-a456-426614174000", `"123e4567-e89b-12d3-a456-426614174000"`},
		{"", "en", "", "  the zip\nis broken ", `"the zip is broken"`},
		{"", "en", "", strings.Repeat("x", 201), ""},
		{"", "en", "", " \u200b ", ""},
		{`{"type":["null","string"],"minLength":3}`, "en", "", "ab", ""},

		{`{"type":"object"}`, "en", "", "{}", ""},
		{`{"type":"string","pattern":"(?<=a)b"}`, "en", "", "ab", ""},
		{`not json`, "en", "", "x", ""},
	}
	for _, c := range cases {
		value, ok := slots.Fill(input(c.schema), c.text, c.lang, c.region, now())
		if string(value) != c.want || ok != (c.want != "") {
			t.Errorf("%s %q in %s %s: got %s, %v, want %s", c.schema, c.text, c.lang, c.region, value, ok, c.want)
		}
	}
}

// A schema may not reach other schemas, which the library would read from disk,
// nor name numbers that take minutes to write out.
func TestHostileSchemas(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{
		`{"type":"string","$ref":"file:///etc/passwd"}`,
		`{"type":"string","allOf":[{"$ref":"https://example.org/x.json"}]}`,
		`{"type":"string","$ref":"#"}`,
		`{"type":"string","$dynamicRef":"#x"}`,
		`{"type":"string","maxLength":1e999999999}`,
		`{"$schema":"https://example.org/other","type":"string"}`,
		`{"type":"string","description":"` + strings.Repeat("x", 9000) + `"}`,
	} {
		if value, ok := slots.Fill(input(schema), "hello", "en", "", now()); ok {
			t.Errorf("%.60s: got %s", schema, value)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	inputs := []schemas.Input{
		{Name: "order", Title: "Order number", Schema: json.RawMessage(order)},
		{Name: "email", Schema: json.RawMessage(email)},
		{Name: "quantity", Title: "Quantity of tickets", Schema: json.RawMessage(few)},
		{Name: "size", Schema: json.RawMessage(size)},
		{Name: "day", Schema: json.RawMessage(date)},
		{Name: "agree", Schema: json.RawMessage(truth)},
		{Name: "note"},
	}
	cases := []struct {
		text, rest string
		want       map[string]string
	}{
		{"Where is order a-17?", "Where is order ?", map[string]string{"order": `"A-17"`}},
		{"yes, tomorrow", "yes, tomorrow", map[string]string{}},
		{"I have 2 problems", "I have 2 problems", map[string]string{}},
		{"send 2 tickets for 2026-12-24 to a@x.example", "send tickets for to", map[string]string{
			"quantity": "2", "day": `"2026-12-24"`, "email": `"a@x.example"`,
		}},
		{"a large one", "a one", map[string]string{"size": `"large"`}},
	}
	for _, c := range cases {
		found := slots.Reader{Lang: "en", Now: now()}.Find(inputs, c.text)
		got := map[string]string{}
		for name, value := range found.Values {
			got[name] = string(value)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || found.Rest != c.rest {
			t.Errorf("%q: rest %q %s", c.text, found.Rest, diff)
		}
	}
}

// A value that two inputs could claim goes to neither.
func TestContestedValues(t *testing.T) {
	t.Parallel()
	inputs := []schemas.Input{{Name: "from", Schema: json.RawMessage(date)}, {Name: "until", Schema: json.RawMessage(date)}}
	if found := (slots.Reader{}).Find(inputs, "on 2026-12-24"); len(found.Values) > 0 || found.Rest != "on 2026-12-24" {
		t.Errorf("got %+v", found)
	}
}

func TestTalk(t *testing.T) {
	t.Parallel()
	cases := []struct {
		lang, text       string
		cancels, refuses bool
	}{
		{"en", "Cancel", true, false},
		{"en", "please cancel that", true, false},
		{"en", "Forget it!", true, false},
		{"en", "cancel my order", false, false},
		{"en", "don't cancel", false, false},
		{"it", "lascia perdere, grazie", true, false},
		{"it", "forget it", true, false},
		{"sv", "Glöm det", true, false},
		{"de", "Vergiss es", true, false},
		{"fr", "Laissez tomber", true, false},
		{"es", "Olvídalo", true, false},
		{"fi", "never mind", true, false},
		{"en", "I'd rather not say", false, true},
		{"sv", "vill helst inte säga", false, true},
		{"it", "non lo so", false, true},
		{"en", "private beach", false, false},
	}
	for _, c := range cases {
		r := slots.Reader{Lang: c.lang}
		if r.Cancels(c.text) != c.cancels || r.Refuses(c.text) != c.refuses {
			t.Errorf("%s %q: cancels %v, refuses %v", c.lang, c.text, r.Cancels(c.text), r.Refuses(c.text))
		}
	}
}

func TestCorrection(t *testing.T) {
	t.Parallel()
	cases := []struct{ lang, text, rest string }{
		{"en", "No, it's A-18", "A-18"},
		{"en", "sorry, I meant A-18", "A-18"},
		{"en", "actually A-18", "A-18"},
		{"en", "no", ""},
		{"en", "no it's", ""},
		{"it", "no, è A-18", "A-18"},
		{"sv", "nej, det är A-18", "A-18"},
		{"de", "Nein, ich meinte A-18", "A-18"},
		{"fr", "Non, c'est A-18", "A-18"},
		{"es", "No, es A-18", "A-18"},
		{"es", "no es A-18", ""},
	}
	for _, c := range cases {
		rest, ok := slots.Reader{Lang: c.lang}.Correction(c.text)
		if rest != c.rest || ok != (c.rest != "") {
			t.Errorf("%s %q: %q, %v", c.lang, c.text, rest, ok)
		}
	}
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	cases := []struct{ lang, text, value, old string }{
		{"en", "yes, but 20 instead of 10", "yes, but 20", "10"},
		{"de", "20 statt 10", "20", "10"},
		{"es", "20 en vez de 10", "20", "10"},
		{"en", "instead of 10", "", ""},
		{"en", "20 instead of", "", ""},
	}
	for _, c := range cases {
		value, old, ok := slots.Reader{Lang: c.lang}.Replacement(c.text)
		if value != c.value || old != c.old || ok != (c.old != "") {
			t.Errorf("%s %q: %q, %q, %v", c.lang, c.text, value, old, ok)
		}
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"1,500, and do you ship?": "and do you ship?", "about 1,500 I think": "about I think", "1500": ""} {
		value, rest, ok := slots.Reader{Lang: "en"}.Take(input(integer), text)
		if string(value) != "1500" || rest != want || !ok {
			t.Errorf("%q: %s, %q, %v", text, value, rest, ok)
		}
	}
}

// The value behind a title is ours: a customer who was not asked does not name it.
func TestValuesBehindTitles(t *testing.T) {
	t.Parallel()
	pick := []schemas.Input{{Name: "delivery", Schema: json.RawMessage(delivery)}}
	if found := (slots.Reader{}).Find(pick, "I got an exp date"); len(found.Values) > 0 {
		t.Errorf("got %+v", found)
	}
	if value, ok := slots.Fill(pick[0], "exp", "en", "", now()); string(value) != `"exp"` || !ok {
		t.Errorf("got %s", value)
	}
}

func TestOpenAndChoices(t *testing.T) {
	t.Parallel()
	if !slots.Open(input("")) || slots.Open(input(order)) || slots.Open(input("{")) {
		t.Error("only free text is open")
	}
	if diff := cmp.Diff([]string{"Standard", "Express delivery", "Pick up"}, slots.Choices(input(delivery))); diff != "" {
		t.Error(diff)
	}
	if slots.Choices(input(email)) != nil {
		t.Error("an address has no list")
	}
}

// Whatever a customer writes and an admin configures, a value is JSON, and
// nothing fails.
func FuzzFill(f *testing.F) {
	for _, schema := range []string{"", email, phone, integer, few, number, truth, date, order, loose, size, delivery} {
		for _, text := range []string{
			"my order is A-17, 1.234,50 on 5 June 2026", "+46 70 174 06 05", "yes", "2", "x@y.example", "no, it's 20 instead of 10",
			"\xff\u202e１２ ½ ٣", "day after tomorrow 31/02/2026", "-0,", "€", ".,", "1er",
		} {
			f.Add(schema, text, "de", "SE")
		}
	}
	f.Fuzz(func(t *testing.T, schema, text, lang, region string) {
		r := slots.Reader{Lang: lang, Region: region, Now: now()}
		one := input(schema)
		if value, ok := r.Fill(one, text); ok != json.Valid(value) {
			t.Errorf("%q from %q: %q, %v", schema, text, value, ok)
		}
		for _, value := range r.Find([]schemas.Input{one, input(date)}, text).Values {
			if !json.Valid(value) {
				t.Errorf("%q from %q: %q", schema, text, value)
			}
		}
		r.Correction(text)
		r.Replacement(text)
		r.Cancels(text)
		slots.Choices(one)
	})
}
