package agent_test

import (
	"slices"
	"strconv"
	"testing"

	"steward/internal/agent"
	"steward/schemas"
)

func sizes(bounds ...float64) schemas.Criterion {
	c := schemas.Criterion{Name: "size", Type: schemas.PropertyEnum}
	for i := 0; i+1 < len(bounds); i += 2 {
		c.Options = append(c.Options, schemas.CriterionOption{
			Value: string(rune('a' + i/2)), From: bounds[i], To: bounds[i+1],
		})
	}
	return c
}

var (
	team     = sizes(1, 50, 51, 200, 201, 0)
	fromFive = sizes(0, 49, 50, 200, 500, 0)
	business = schemas.Criterion{Name: "business", Type: schemas.PropertyEnum, Options: []schemas.CriterionOption{
		{Value: "retail", Label: map[string]string{"en": "Retail", "it": "Negozio"}},
		{Value: "online", Label: map[string]string{"en": "Online retail", "it": "Negozio online"}},
		{Value: "agency", Label: map[string]string{"en": "Marketing agency", "it": "Agenzia di marketing", "sv": "Byrå"}},
		{Value: "other", Label: map[string]string{"en": "Something else", "it": "Altro"}},
	}}
	number  = schemas.Criterion{Name: "seats", Type: schemas.PropertyNumber}
	boolean = schemas.Criterion{Name: "demo", Type: schemas.PropertyBoolean}
	free    = schemas.Criterion{Name: "use", Type: schemas.PropertyText}
)

// unclear and nothing stand for an ambiguous answer and for none.
const unclear, nothing = "?", ""

type answerCase struct {
	text, lang, want string
}

func checkAnswers(t *testing.T, c schemas.Criterion, cases []answerCase) {
	t.Helper()
	for _, a := range cases {
		value, ok, ambiguous := agent.NormaliseAnswer(c, a.text, a.lang)
		got := value
		if ambiguous {
			got = unclear
		}
		if got != a.want || ok != (a.want != unclear && a.want != nothing) {
			t.Errorf("%s %q in %s: got %q %v %v, want %q", c.Name, a.text, a.lang, value, ok, ambiguous, a.want)
		}
	}
}

func TestNormaliseSpans(t *testing.T) {
	t.Parallel()
	checkAnswers(t, team, []answerCase{
		{"60", "en", "b"},
		{"We are about 60 people", "en", "b"},
		{"50 to 60 people", "en", unclear},
		{"55 to 60 people", "en", "b"},
		{"55-60", "en", "b"},
		{"between 55 and 60", "en", "b"},
		{"siamo tra 60 e 80", "it", "b"},
		{"mellan 60 och 80 personer", "sv", "b"},
		{"zwischen 60 und 80", "de", "b"},
		{"entre 60 et 80", "fr", "b"},
		{"entre 60 y 80", "es", "b"},
		{"more than 200", "en", "c"},
		{"200+", "en", unclear},
		{"250+", "en", "c"},
		{"piu di 200", "it", "c"},
		{"över 200", "sv", "c"},
		{"mehr als 200", "de", "c"},
		{"less than 51", "en", "a"},
		{"at least 60", "en", unclear},
		{"at least 300", "en", "c"},
		{"up to 50", "en", "a"},
		{"up to 60", "en", unclear},
		{"1,200 employees", "en", "c"},
		{"1.200 dipendenti", "it", "c"},
		{"1 200 anställda", "sv", "c"},
		{"1.5k", "en", "c"},
		{"2 mila persone", "it", "c"},
		{"10 in Rome and 300 in Milan", "en", unclear},
		{"1", "en", "a"},
		{"2", "en", unclear},
		{"0.5", "en", unclear},
		{"b", "en", "b"},
		{"our plan B2 costs", "en", nothing},
		{"where is my order?", "en", nothing},
		{"", "en", nothing},
	})
	checkAnswers(t, fromFive, []answerCase{
		{"50 to 60 people", "en", "b"},
		{"300", "en", unclear},
		{"150 to 300", "en", unclear},
		{"fewer than 50", "en", "a"},
	})
}

func TestNormaliseOptions(t *testing.T) {
	t.Parallel()
	checkAnswers(t, business, []answerCase{
		{"Retail", "en", "retail"},
		{"we do retail", "en", "retail"},
		{"online retail", "en", "online"},
		{"retail, and it is online", "en", "online"},
		{"We're a marketing agency from Rome", "en", "agency"},
		{"marketing agencies", "en", "agency"},
		{"marketng agency", "en", "agency"},
		{"raitel", "en", nothing},
		{"reatil", "en", "retail"},
		{"siamo un'agenzia di marketing", "it", "agency"},
		{"un negozio", "it", "retail"},
		{"byra", "sv", "agency"},
		{"3", "en", "agency"},
		{"option 3", "en", "agency"},
		{"numero 4", "it", "other"},
		{"7", "en", nothing},
		{"we are not a marketing agency", "en", unclear},
		{"marketing agency or something else", "en", unclear},
		{"a bakery", "en", nothing},
		{"I'd rather not say", "en", nothing},
	})
}

func TestNormaliseNumbers(t *testing.T) {
	t.Parallel()
	checkAnswers(t, number, []answerCase{
		{"12", "en", "12"},
		{"about 12 seats", "en", "12"},
		{"1,500", "en", "1500"},
		{"1,500", "it", "1.5"},
		{"1.500", "it", "1500"},
		{"1.500", "en", "1.5"},
		{"1.500,75", "de", "1500.75"},
		{"1,500.75", "en", "1500.75"},
		{"1,500.75", "de", "1500.75"},
		{"1 500", "sv", "1500"},
		{"1\u202f500,5 €", "fr", "1500.5"},
		{"2'500", "de", "2500"},
		{"1,2,3", "en", nothing},
		{"12.34.56", "en", nothing},
		{"-3", "en", "-3"},
		{"3k", "en", "3000"},
		{"３０", "en", "30"},
		{"12 or 13", "en", unclear},
		{"12 now, 40 later", "en", unclear},
		{"more than 10", "en", unclear},
		{"a dozen", "en", nothing},
		{"A-17", "en", nothing},
		{"prefer not to say 12", "en", nothing},
	})
}

func TestNormaliseYesAndNo(t *testing.T) {
	t.Parallel()
	checkAnswers(t, boolean, []answerCase{
		{"yes", "en", "true"},
		{"Yes, we would like one", "en", "true"},
		{"yes we do", "en", "true"},
		{"no thanks", "en", "false"},
		{"sì, volentieri", "it", "true"},
		{"no grazie", "it", "false"},
		{"ja tack", "sv", "true"},
		{"nej", "sv", "false"},
		{"nein, danke", "de", "false"},
		{"oui", "fr", "true"},
		{"claro que sí", "es", "true"},
		{"yes, no", "en", unclear},
		{"maybe", "en", nothing},
		{"what would it cost?", "en", nothing},
	})
}

func TestNormaliseText(t *testing.T) {
	t.Parallel()
	checkAnswers(t, free, []answerCase{
		{"  Customer   support\nfor a shop ", "en", "Customer support for a shop"},
		{"thanks!", "en", nothing},
		{"What do you mean?", "en", nothing},
		{"🙂", "en", nothing},
		{"I prefer not to say", "en", nothing},
		{string(slices.Repeat([]byte("x"), 201)), "en", nothing},
	})
}

func TestRefusesAnswer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"I'd rather not say": true, "Preferisco non dirlo": true, "Det vill jag helst inte säga": true, "Keine Angabe": true,
		"Ça ne vous regarde pas": true, "Prefiero no decirlo": true, "we are 60": false, "not many": false, "": false,
	} {
		if got := agent.RefusesAnswer(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestStartsGoal(t *testing.T) {
	t.Parallel()
	pricing := schemas.GoalTrigger{Phrases: []string{"pricing", "quanto costa"}}
	for _, c := range []struct {
		trigger schemas.GoalTrigger
		texts   []string
		want    bool
	}{
		{pricing, []string{"hi", "What is your Pricing?"}, true},
		{pricing, []string{"Quanto costa?"}, true},
		{pricing, []string{"repricing"}, false},
		{pricing, nil, false},
		{schemas.GoalTrigger{}, []string{"Where is my order?"}, true},
		{schemas.GoalTrigger{}, []string{"hello", "thanks"}, false},
	} {
		if got := agent.StartsGoal(c.trigger, c.texts, "en"); got != c.want {
			t.Errorf("%v %q: %v, want %v", c.trigger.Phrases, c.texts, got, c.want)
		}
	}
}

// FuzzNormaliseAnswer: whatever a customer writes, a value is one that the
// criterion knows, and never beside a doubt.
func FuzzNormaliseAnswer(f *testing.F) {
	for _, s := range []string{"50 to 60", "1.500,75", "not retail", "-", "2'500k+", "> 200", "yes, no", "９ ٣", "\xff1,1"} {
		f.Add(s, "en")
		f.Add(s, "it")
	}
	f.Fuzz(func(t *testing.T, text, lang string) {
		for _, c := range []schemas.Criterion{team, business, number, boolean, free} {
			value, ok, ambiguous := agent.NormaliseAnswer(c, text, lang)
			if ok && ambiguous {
				t.Errorf("%s: %q is both certain and ambiguous", c.Name, text)
			}
			if ok != (value != "") || ok && !c.Answers(value) {
				t.Errorf("%s: %q gives %q, %v", c.Name, text, value, ok)
			}
			if c.Type == schemas.PropertyNumber && ok {
				if _, err := strconv.ParseFloat(value, 64); err != nil {
					t.Errorf("%q gives the number %q", text, value)
				}
			}
		}
	})
}

func TestWorries(t *testing.T) {
	t.Parallel()
	line := func(speaker schemas.Speaker, text string) schemas.Line {
		return schemas.Line{Speaker: speaker, Text: text}
	}
	complaint := line(schemas.SpeakerCustomer, "I have a complaint")
	for name, c := range map[string]struct {
		history   []schemas.Line
		says      string
		complaint bool
		negative  bool
	}{
		"calm":                     {nil, "What is the price?", false, false},
		"complains":                {nil, "I have a complaint", true, false},
		"threatens":                {nil, "You will hear from my lawyer", true, false},
		"angry":                    {nil, "This is ridiculous", false, true},
		"complained":               {[]schemas.Line{complaint, line(schemas.SpeakerAgent, "I see.")}, "What is the price?", true, false},
		"was angry":                {[]schemas.Line{line(schemas.SpeakerCustomer, "This is ridiculous")}, "What is the price?", false, false},
		"a person has seen to it":  {[]schemas.Line{complaint, line(schemas.SpeakerHuman, "Sorted.")}, "What is the price?", false, false},
		"the agent has complaints": {[]schemas.Line{line(schemas.SpeakerAgent, "For a complaint write to us")}, "What is the price?", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complaint, negative := agent.Worries(schemas.Material{History: c.history, Questions: []string{c.says}})
			if complaint != c.complaint || negative != c.negative {
				t.Errorf("complaint %v, negative %v; want %v, %v", complaint, negative, c.complaint, c.negative)
			}
		})
	}
}
