package extractive_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func people() schemas.Criterion {
	return schemas.Criterion{
		Name: "people", Type: schemas.PropertyEnum, Question: map[string]string{"en": "How many people work at your company?"},
		Options: []schemas.CriterionOption{
			{Value: "small", Label: map[string]string{"en": "1 to 50"}, From: 1, To: 50},
			{Value: "middle", Label: map[string]string{"en": "51 to 200"}, From: 51, To: 200},
			{Value: "large", Label: map[string]string{"en": "more than 200"}, From: 201},
		},
	}
}

func criterion(name string, kind schemas.PropertyType, question string) schemas.Criterion {
	return schemas.Criterion{Name: name, Type: kind, Question: map[string]string{"en": question}}
}

// asking is the material of a turn in which a goal is open; last is what the
// agent said last, next the criterion to ask.
func asking(last, text string, next int) schemas.Material {
	m := material("en", text)
	open := []schemas.Criterion{
		people(),
		criterion("budget", schemas.PropertyNumber, "What is your budget in euros?"),
		criterion("decides", schemas.PropertyBoolean, "Do you decide about the purchase?"),
		criterion("need", schemas.PropertyText, "What do you want to use it for?"),
		criterion("start", schemas.PropertyDate, "When do you want to start?"),
	}
	m.Goal = &schemas.GoalAsk{Goal: "lead", Open: open}
	if next >= 0 {
		m.Goal.Next = &open[next]
	}
	if last != "" {
		m.History = []schemas.Line{{Speaker: schemas.SpeakerCustomer, Text: "Hello"}, {Speaker: schemas.SpeakerAgent, Text: last}}
	}
	return m
}

// Case 112: the customer's question first, then one of ours.
func TestGoalQuestionAfterTheAnswer(t *testing.T) {
	t.Parallel()
	d := propose(t, asking("", "Do you ship to Sweden?", 0))
	if !strings.HasPrefix(d.Text, "We ship to Italy and Sweden.") || !strings.HasSuffix(d.Text, "\n\nHow many people work at your company?") {
		t.Errorf("got %+v", d)
	}
	if d := propose(t, asking("", "Can I bring my dog on the airplane?", 0)); !d.NotFound || strings.Contains(d.Text, "people") {
		t.Errorf("a question without an answer is met by one of ours: %+v", d)
	}
	if d := propose(t, asking("", "Do you ship to Sweden?", -1)); strings.Contains(d.Text, "people") {
		t.Errorf("got %+v", d)
	}
	// A result of an action is an answer too.
	m := after("Where is order A-17?", statusCall(), schemas.CallResult{Status: schemas.CallOK, Detail: `{"status":"sent"}`, Shown: []string{"status"}})
	m.Goal = asking("", "", 0).Goal
	if d := propose(t, m); d.Text != "Status: sent\n\nHow many people work at your company?" {
		t.Errorf("got %+v", d)
	}
}

// Cases 114 and 117: numbers choose an option, an ambiguous one is asked again,
// a refusal is kept.
func TestGoalAnswers(t *testing.T) {
	t.Parallel()
	const howMany, budget = "We do. [S1]\n\nHow many people work at your company?", "What is your budget in euros?"
	cases := []struct {
		last, text string
		want       []schemas.GoalAnswer
		reply      string
	}{
		{howMany, "about 60 people", []schemas.GoalAnswer{{Criterion: "people", Value: "middle"}}, "What is your budget"},
		{howMany, "60 to 80", []schemas.GoalAnswer{{Criterion: "people", Value: "middle"}}, "What is your budget"},
		{howMany, "50 to 60 people", nil, "How many people"},
		{howMany, "more than 200", []schemas.GoalAnswer{{Criterion: "people", Value: "large"}}, "What is your budget"},
		{howMany, "I'd rather not say", []schemas.GoalAnswer{{Criterion: "people", Refused: true}}, "What is your budget"},
		{budget, "1,500", []schemas.GoalAnswer{{Criterion: "budget", Value: "1500"}}, "How many people"},
		{"Do you decide about the purchase?", "yes I do", []schemas.GoalAnswer{{Criterion: "decides", Value: "true"}}, "How many people"},
		{"What do you want to use it for?", "for our small bakery", []schemas.GoalAnswer{{Criterion: "need", Value: "for our small bakery"}}, "How many people"},
		{"What do you want to use it for?", "thanks", nil, ""},
		{"", "we start on 2027-01-10", []schemas.GoalAnswer{{Criterion: "start", Value: "2027-01-10"}}, ""},
		{"Anything else?", "60", nil, ""},
	}
	for _, c := range cases {
		d := propose(t, asking(c.last, c.text, 0))
		if diff := cmp.Diff(c.want, d.Answers); diff != "" || !strings.Contains(d.Text, c.reply) {
			t.Errorf("after %q %q: %q %s", c.last, c.text, d.Text, diff)
		}
	}
	d := propose(t, asking(budget, "1,500, and do you ship to Sweden?", 0))
	if len(d.Answers) != 1 || !strings.Contains(d.Text, "We ship to Italy and Sweden.") {
		t.Errorf("got %+v", d)
	}
}
