package schemas_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"steward/schemas"
)

func goal(change func(g *schemas.Goal)) schemas.Goal {
	g := schemas.Goal{
		Name: "sales", Title: "Sales", QualifiedAt: 20, PartialAt: 10,
		Trigger: schemas.GoalTrigger{Phrases: []string{"pricing"}, Channels: []schemas.ChannelKind{schemas.ChannelLiveChat}},
		Criteria: []schemas.Criterion{{
			Name: "team_size", Question: map[string]string{"en": "How many people work at your company?", "it": "Quanti siete?"},
			Object: schemas.ObjectContact, Property: "company_size", Type: schemas.PropertyEnum,
			Options: []schemas.CriterionOption{
				{Value: "1-50", Label: map[string]string{"en": "up to 50"}, To: 50}, {Value: "51+", Label: map[string]string{"en": "more"}, From: 51},
			},
			Rules: []schemas.GoalRule{{Op: schemas.OpEquals, Values: []string{"51+"}, Points: 20}},
		}},
		Outcomes: map[schemas.GoalVerdict]schemas.GoalOutcome{
			schemas.GoalQualified: {
				Set: map[string]string{"lifecyclestage": "lead"}, Create: schemas.ObjectDeal, Properties: map[string]string{"dealname": "x"},
				Route: "team_0192f4c07a1b7c3d8e9fa0b1c2d3e4f5", BookingURL: "https://example.com/book",
				Message: map[string]string{"en": "You qualify for a demo."},
			},
		},
	}
	change(&g)
	return g
}

func criterion(change func(c *schemas.Criterion)) func(g *schemas.Goal) {
	return func(g *schemas.Goal) { change(&g.Criteria[0]) }
}

func outcome(change func(o *schemas.GoalOutcome)) func(g *schemas.Goal) {
	return func(g *schemas.Goal) {
		o := g.Outcomes[schemas.GoalQualified]
		change(&o)
		g.Outcomes[schemas.GoalQualified] = o
	}
}

func ruleOf(t schemas.PropertyType, r schemas.GoalRule) func(g *schemas.Goal) {
	return criterion(func(c *schemas.Criterion) {
		if c.Type = t; t != schemas.PropertyEnum {
			c.Options = nil
		}
		c.Rules = []schemas.GoalRule{r, {Op: schemas.OpExists, Points: 20}}
	})
}

// wantError checks the error of a wrong setting: its kind, and that it names
// the field and the reason. An empty want expects no error.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && err == nil:
		t.Errorf("accepted, want an error with %q", want)
	case want != "" && (schemas.KindOf(err) != schemas.KindInvalid || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want an invalid with %q", err, want)
	}
}

func TestGoalValidate(t *testing.T) {
	t.Parallel()
	const long = "a name that is a great deal longer than the forty-eight characters allowed"
	for name, c := range map[string]struct {
		change func(g *schemas.Goal)
		want   string
	}{
		"as it is":        {func(*schemas.Goal) {}, ""},
		"name":            {func(g *schemas.Goal) { g.Name = "Sales!" }, "goals.name"},
		"long name":       {func(g *schemas.Goal) { g.Name = long }, "goals.name"},
		"title":           {func(g *schemas.Goal) { g.Title = " " }, "goals.sales.title"},
		"empty phrase":    {func(g *schemas.Goal) { g.Trigger.Phrases = []string{""} }, "trigger.phrases"},
		"many phrases":    {func(g *schemas.Goal) { g.Trigger.Phrases = make([]string, 51) }, "trigger.phrases: at most 50"},
		"unknown channel": {func(g *schemas.Goal) { g.Trigger.Channels = []schemas.ChannelKind{"fax"} }, `trigger.channels: unknown channel "fax"`},
		"channel twice": {func(g *schemas.Goal) {
			g.Trigger.Channels = append(g.Trigger.Channels, schemas.ChannelLiveChat)
		}, "twice"},
		"no criteria":        {func(g *schemas.Goal) { g.Criteria = nil }, "criteria: 1 to 5"},
		"six criteria":       {func(g *schemas.Goal) { g.Criteria = make([]schemas.Criterion, 6) }, "there are 6"},
		"name twice":         {func(g *schemas.Goal) { g.Criteria = append(g.Criteria, g.Criteria[0]) }, "used twice"},
		"unreachable":        {func(g *schemas.Goal) { g.QualifiedAt = 21 }, "qualified_at: is 21, and the rules give at most 20"},
		"partial above":      {func(g *schemas.Goal) { g.PartialAt = 21 }, "partial_at"},
		"partial far below":  {func(g *schemas.Goal) { g.PartialAt = -1_000_000 }, "partial_at"},
		"cooldown":           {func(g *schemas.Goal) { g.CooldownDays = 366 }, "cooldown_days"},
		"unknown verdict":    {func(g *schemas.Goal) { g.Outcomes["great"] = schemas.GoalOutcome{} }, `outcomes: "great"`},
		"criterion name":     {criterion(func(c *schemas.Criterion) { c.Name = "1" }), "criteria.name"},
		"no first language":  {criterion(func(c *schemas.Criterion) { delete(c.Question, "en") }), `question: is needed in the agent's first language, "en"`},
		"no language":        {criterion(func(c *schemas.Criterion) { c.Question["english"] = "Size?" }), `question: "english" is no language`},
		"empty question":     {criterion(func(c *schemas.Criterion) { c.Question["it"] = "" }), "question.it"},
		"long question":      {criterion(func(c *schemas.Criterion) { c.Question["en"] = strings.Repeat("é", 501) }), "question.en"},
		"type":               {criterion(func(c *schemas.Criterion) { c.Type = schemas.PropertyDate }), ".type"},
		"object alone":       {criterion(func(c *schemas.Criterion) { c.Property = "" }), ".property"},
		"object":             {criterion(func(c *schemas.Criterion) { c.Object = "thing" }), ".object"},
		"property":           {criterion(func(c *schemas.Criterion) { c.Property = "Company Size" }), ".property"},
		"asks":               {criterion(func(c *schemas.Criterion) { c.MaxAsks = 3 }), ".max_asks"},
		"one option":         {criterion(func(c *schemas.Criterion) { c.Options = c.Options[:1] }), "options: an enum has 2 to 20, there are 1"},
		"options of text":    {criterion(func(c *schemas.Criterion) { c.Type = schemas.PropertyText }), "only an enum has options"},
		"option without":     {criterion(func(c *schemas.Criterion) { c.Options[0].Value = "" }), "options.value"},
		"option twice":       {criterion(func(c *schemas.Criterion) { c.Options[0].Value = "51+" }), `"51+" is used twice`},
		"label twice":        {criterion(func(c *schemas.Criterion) { c.Options[0].Label["en"] = "More " }), "two options"},
		"bounds reversed":    {criterion(func(c *schemas.Criterion) { c.Options[1].To = 3 }), "from is more than to"},
		"overlap at a bound": {criterion(func(c *schemas.Criterion) { c.Options[1].From = 50 }), "overlap"},
		"many rules":         {criterion(func(c *schemas.Criterion) { c.Rules = make([]schemas.GoalRule, 21) }), "rules: at most 20"},
		"create":             {outcome(func(o *schemas.GoalOutcome) { o.Create = schemas.ObjectContact }), ".create"},
		"properties alone":   {outcome(func(o *schemas.GoalOutcome) { o.Create = "" }), ".properties"},
		"set":                {outcome(func(o *schemas.GoalOutcome) { o.Set["Life Cycle"] = "x" }), `.set: "Life Cycle"`},
		"route":              {outcome(func(o *schemas.GoalOutcome) { o.Route = "sales" }), ".route"},
		"booking http":       {outcome(func(o *schemas.GoalOutcome) { o.BookingURL = "http://example.com/book" }), ".booking_url"},
		"booking no host":    {outcome(func(o *schemas.GoalOutcome) { o.BookingURL = "https:///book" }), ".booking_url"},
		"booking user":       {outcome(func(o *schemas.GoalOutcome) { o.BookingURL = "https://a:b@example.com" }), ".booking_url"},
		"message language":   {outcome(func(o *schemas.GoalOutcome) { o.Message = map[string]string{"it": "Ciao"} }), ".message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, goal(c.change).Validate([]string{"en", "it"}), c.want)
		})
	}
}

func TestGoalRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t    schemas.PropertyType
		rule schemas.GoalRule
		want string
	}{
		{schemas.PropertyNumber, schemas.GoalRule{Op: schemas.OpAtLeast, Values: []string{"10"}, Points: 1}, ""},
		{schemas.PropertyNumber, schemas.GoalRule{Op: schemas.OpIn, Values: []string{"1", "2.5"}, Points: 1}, ""},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpContains, Values: []string{"shop"}, Points: 1}, ""},
		{schemas.PropertyBoolean, schemas.GoalRule{Op: schemas.OpEquals, Values: []string{"true"}, Knockout: true}, ""},
		{schemas.PropertyEnum, schemas.GoalRule{Op: schemas.OpIn, Values: []string{"1-50", "51+"}, Points: -3}, ""},
		{schemas.PropertyEnum, schemas.GoalRule{Op: schemas.OpAtLeast, Values: []string{"51+"}, Points: 1}, "gte does not fit an answer of type enum"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpAtMost, Values: []string{"5"}, Points: 1}, "does not fit"},
		{schemas.PropertyNumber, schemas.GoalRule{Op: schemas.OpContains, Values: []string{"5"}, Points: 1}, "does not fit"},
		{schemas.PropertyBoolean, schemas.GoalRule{Op: schemas.OpIn, Values: []string{"true"}, Points: 1}, "does not fit"},
		{schemas.PropertyNumber, schemas.GoalRule{Op: "about", Values: []string{"5"}, Points: 1}, "rules.0.op"},
		{schemas.PropertyNumber, schemas.GoalRule{Op: schemas.OpEquals, Values: []string{"many"}, Points: 1}, "rules.0.values"},
		{schemas.PropertyNumber, schemas.GoalRule{Op: schemas.OpEquals, Values: []string{"NaN"}, Points: 1}, "rules.0.values"},
		{schemas.PropertyBoolean, schemas.GoalRule{Op: schemas.OpEquals, Values: []string{"yes"}, Points: 1}, "rules.0.values"},
		{schemas.PropertyEnum, schemas.GoalRule{Op: schemas.OpEquals, Values: []string{"500"}, Points: 1}, "rules.0.values"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpEquals, Points: 1}, "eq takes one"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpIn, Points: 1}, "in takes 1 to 20"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpExists, Values: []string{"x"}, Points: 1}, "exists takes none"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpContains, Values: []string{" "}, Points: 1}, "rules.0.values"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpExists}, "does nothing"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpExists, Points: 1001}, "rules.0.points"},
		{schemas.PropertyText, schemas.GoalRule{Op: schemas.OpExists, Points: 1, Reason: strings.Repeat("x", 201)}, "rules.0.reason"},
	} {
		t.Run(fmt.Sprint(c.t, c.rule), func(t *testing.T) {
			t.Parallel()
			wantError(t, goal(ruleOf(c.t, c.rule)).Validate([]string{"en"}), c.want)
		})
	}
}

// TestNobodyIsToldTheVerdict: the words of an outcome do not judge a customer.
func TestNobodyIsToldTheVerdict(t *testing.T) {
	t.Parallel()
	for text, bad := range map[string]bool{
		"Thanks, our guides may help you further.": false, "Sorry, you do not qualify.": true, "You are unqualified": true,
		"Lei non è qualificato.": true, "Du är okvalificerad": true, "Sie sind nicht qualifiziert": true, "Está descalificado": true,
		"The quality of our guides is high": false,
	} {
		err := goal(func(g *schemas.Goal) {
			g.Outcomes[schemas.GoalUnqualified] = schemas.GoalOutcome{Message: map[string]string{"en": text}}
		}).Validate([]string{"en"})
		if (err != nil) != bad {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestProtectedCharacteristics(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, question string
		bad            bool
	}{
		{"en", "How many people work at your company?", false},
		{"en", "What is the age of your website?", false},
		{"en", "Do you sell in the European Union?", false},
		{"en", "Is it a race bike or a city bike?", false},
		{"en", "How old are you?", true},
		{"en", "What is your AGE?", true},
		{"en", "Which religion do you practise?", true},
		{"en", "Are you a member of a trade union?", true},
		{"en", "What are your political views?", true},
		{"en", "Do you have a disability?", true},
		{"en", "Are you pregnant?", true},
		{"it", "Quanti dipendenti avete?", false},
		{"it", "Quanti anni ha?", true},
		{"it", "È iscritto a un sindacato?", true},
		{"it", "Qual è il suo orientamento sessuale?", true},
		{"sv", "Hur många anställda har ni? Fler än sex?", false},
		{"sv", "Hur gammal är du?", true},
		{"sv", "Vilken är din ålder?", true},
		{"sv", "Är du med i facket eller fackförbundet?", true},
		{"de", "Wie viele Mitarbeiter haben Sie?", false},
		{"de", "Welches Geschlecht haben Sie?", true},
		{"de", "Sind Sie Gewerkschaftsmitglied?", true},
		{"fr", "Combien de personnes êtes-vous ?", false},
		{"fr", "Quel âge avez-vous ?", true},
		{"fr", "Êtes-vous syndiqué ?", true},
		{"es", "¿Cuántas personas trabajan en su empresa?", false},
		{"es", "¿Cuál es su religión?", true},
		{"es", "¿Qué edad tiene?", true},
		{"nl", "What is your gender?", true},
	} {
		err := goal(criterion(func(cr *schemas.Criterion) { cr.Question[c.lang] = c.question })).Validate([]string{"en"})
		if bad := err != nil && strings.Contains(err.Error(), "protected characteristic"); bad != c.bad || (err != nil) != c.bad {
			t.Errorf("%s %q: %v", c.lang, c.question, err)
		}
	}
	for name, bad := range map[string]bool{"age": true, "customer_gender": true, "eta": true, "team_size": false, "language": false, "storage": false} {
		if err := goal(criterion(func(c *schemas.Criterion) { c.Name = name })).Validate([]string{"en"}); (err != nil) != bad {
			t.Errorf("name %q: %v", name, err)
		}
		if err := goal(criterion(func(c *schemas.Criterion) { c.Property = name })).Validate([]string{"en"}); (err != nil) != bad {
			t.Errorf("property %q of a contact: %v", name, err)
		}
	}
	company := goal(criterion(func(c *schemas.Criterion) { c.Object, c.Property = schemas.ObjectCompany, "age" }))
	wantError(t, company.Validate([]string{"en"}), "")
	label := goal(criterion(func(c *schemas.Criterion) { c.Options[0].Label = maps.Clone(map[string]string{"en": "Homosexual"}) }))
	wantError(t, label.Validate([]string{"en"}), "protected characteristic")
}

func TestValidateGoals(t *testing.T) {
	t.Parallel()
	same := func(*schemas.Goal) {}
	other := func(g *schemas.Goal) { g.Name = "support" }
	wantError(t, schemas.ValidateGoals(nil, []string{"en"}), "")
	wantError(t, schemas.ValidateGoals([]schemas.Goal{goal(same), goal(other)}, []string{"en"}), "")
	wantError(t, schemas.ValidateGoals([]schemas.Goal{goal(same), goal(same)}, []string{"en"}), `"sales" is used twice`)
	wantError(t, schemas.ValidateGoals(make([]schemas.Goal, 21), []string{"en"}), "at most 20")
	wantError(t, schemas.ValidateGoals([]schemas.Goal{goal(func(g *schemas.Goal) { g.Title = "" })}, []string{"en"}), "title")
}
