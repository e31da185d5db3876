package policy

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

var goalNow = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)

const salesTeam = schemas.TeamID("team_0192f4c07a1b7c3d8e9fa0b1c2d3e4f5")

// salesGoal asks for size, budget and a wish for a demo.
func salesGoal() schemas.Goal {
	return schemas.Goal{
		Name: "sales", Title: "Sales", QualifiedAt: 30, PartialAt: 10,
		Trigger: schemas.GoalTrigger{Phrases: []string{"pricing"}, Channels: []schemas.ChannelKind{schemas.ChannelLiveChat}},
		Criteria: []schemas.Criterion{
			{
				Name: "size", Type: schemas.PropertyEnum, Required: true,
				Options: []schemas.CriterionOption{{Value: "1-50", From: 1, To: 50}, {Value: "51-200", From: 51, To: 200}, {Value: "201+", From: 201}},
				Rules: []schemas.GoalRule{
					{Op: schemas.OpIn, Values: []string{"51-200", "201+"}, Points: 20, Reason: "size fits"},
					{Op: schemas.OpEquals, Values: []string{"1-50"}, Points: -5, Reason: "small"},
				},
			},
			{
				Name: "budget", Type: schemas.PropertyNumber, MaxAsks: 1,
				Rules: []schemas.GoalRule{
					{Op: schemas.OpAtLeast, Values: []string{"1000"}, Points: 15, Reason: "budget"},
					{Op: schemas.OpAtMost, Values: []string{"10"}, Knockout: true, Reason: "no budget"},
				},
			},
			{
				Name: "use", Type: schemas.PropertyText,
				Rules: []schemas.GoalRule{
					{Op: schemas.OpExists, Points: 1},
					{Op: schemas.OpContains, Values: []string{"Support"}, Points: 4, Reason: "use fits"},
				},
			},
		},
		Outcomes: map[schemas.GoalVerdict]schemas.GoalOutcome{
			schemas.GoalQualified:   {Route: salesTeam, BookingURL: "https://example.com/book"},
			schemas.GoalUnqualified: {Message: map[string]string{"en": "Our guides may help."}},
		},
		CooldownDays: 7,
	}
}

func said(criterion, value string) schemas.GoalAnswer {
	return schemas.GoalAnswer{Criterion: criterion, Value: value, Message: "msg_1"}
}

func TestScoreGoal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []schemas.GoalAnswer
		want    schemas.GoalScore
	}{
		"nothing known": {nil, schemas.GoalScore{Verdict: schemas.GoalIncomplete, Missing: []string{"size"}}},
		"qualified": {
			[]schemas.GoalAnswer{said("size", "51-200"), said("budget", "1000")},
			schemas.GoalScore{Verdict: schemas.GoalQualified, Points: 35, Reasons: []string{"size fits", "budget"}},
		},
		"partially": {
			[]schemas.GoalAnswer{said("size", "201+"), said("budget", "500")},
			schemas.GoalScore{Verdict: schemas.GoalPartial, Points: 20, Reasons: []string{"size fits"}},
		},
		"required missing is never qualified": {
			[]schemas.GoalAnswer{said("budget", "99999"), said("use", "support desk")},
			schemas.GoalScore{Verdict: schemas.GoalIncomplete, Points: 20, Reasons: []string{"budget", "use fits"}, Missing: []string{"size"}},
		},
		"knock-out wins over points": {
			[]schemas.GoalAnswer{said("size", "201+"), said("budget", "10")},
			schemas.GoalScore{Verdict: schemas.GoalUnqualified, Points: 20, Reasons: []string{"size fits", "no budget"}},
		},
		"knock-out before the required answer": {
			[]schemas.GoalAnswer{said("budget", "0")},
			schemas.GoalScore{Verdict: schemas.GoalUnqualified, Reasons: []string{"no budget"}, Missing: []string{"size"}},
		},
		"too few points but more could come": {
			[]schemas.GoalAnswer{said("size", "1-50")},
			schemas.GoalScore{Verdict: schemas.GoalIncomplete, Points: -5, Reasons: []string{"small"}},
		},
		"too few points and nothing can come": {
			[]schemas.GoalAnswer{said("size", "1-50"), said("budget", "500"), said("use", "toys")},
			schemas.GoalScore{Verdict: schemas.GoalUnqualified, Points: -4, Reasons: []string{"small"}},
		},
		"refused is unknown": {
			[]schemas.GoalAnswer{{Criterion: "size", Refused: true}, said("budget", "2000")},
			schemas.GoalScore{Verdict: schemas.GoalIncomplete, Points: 15, Reasons: []string{"budget"}, Missing: []string{"size"}},
		},
		"a value outside the form is unknown": {
			[]schemas.GoalAnswer{said("size", "about sixty"), said("budget", "NaN"), said("use", "  ")},
			schemas.GoalScore{Verdict: schemas.GoalIncomplete, Missing: []string{"size"}},
		},
		"the latest message counts": {
			[]schemas.GoalAnswer{{Criterion: "size", Value: "201+", Message: "msg_2"}, {Criterion: "size", Value: "1-50", Message: "msg_1"}},
			schemas.GoalScore{Verdict: schemas.GoalPartial, Points: 20, Reasons: []string{"size fits"}},
		},
		"said counts before known": {
			[]schemas.GoalAnswer{said("size", "1-50"), {Criterion: "size", Value: "201+"}},
			schemas.GoalScore{Verdict: schemas.GoalIncomplete, Points: -5, Reasons: []string{"small"}},
		},
		"a question of another goal": {
			[]schemas.GoalAnswer{said("colour", "blue")},
			schemas.GoalScore{Verdict: schemas.GoalIncomplete, Missing: []string{"size"}},
		},
		"text without regard to case": {
			[]schemas.GoalAnswer{said("size", "201+"), said("use", "SUPPORT and sales")},
			schemas.GoalScore{Verdict: schemas.GoalPartial, Points: 25, Reasons: []string{"size fits", "use fits"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, ScoreGoal(salesGoal(), c.answers)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestScoreGoalProperties: neither the order of the answers nor an unknown one
// changes a score.
func TestScoreGoalProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	values := map[string][]string{
		"size": {"1-50", "51-200", "201+", "many"}, "budget": {"0", "10", "999.5", "1e3", "5000", "?"},
		"use": {"support", "toys", " "}, "other": {"x"},
	}
	names := []string{"size", "budget", "use", "other"}
	verdicts := map[schemas.GoalVerdict]int{}
	for range 20_000 {
		var answers []schemas.GoalAnswer
		for range r.IntN(7) {
			name := names[r.IntN(len(names))]
			answers = append(answers, schemas.GoalAnswer{
				Criterion: name, Value: values[name][r.IntN(len(values[name]))],
				Message: schemas.MessageID([]string{"", "msg_1", "msg_2"}[r.IntN(3)]), Refused: r.IntN(6) == 0,
			})
		}
		want := ScoreGoal(salesGoal(), answers)
		verdicts[want.Verdict]++
		r.Shuffle(len(answers), func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
		if diff := cmp.Diff(want, ScoreGoal(salesGoal(), answers)); diff != "" {
			t.Fatalf("another order of %+v: %s", answers, diff)
		}
		unknown := schemas.GoalAnswer{Criterion: names[r.IntN(3)], Message: "msg_9", Refused: r.IntN(2) == 0}
		if diff := cmp.Diff(want, ScoreGoal(salesGoal(), append(answers, unknown))); diff != "" {
			t.Fatalf("an unknown answer added to %+v: %s", answers, diff)
		}
	}
	if len(verdicts) != 4 {
		t.Errorf("the answers reached %v, want all four verdicts", verdicts)
	}
}

func TestNextCriterion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  schemas.GoalRun
		want string
	}{
		"the first":                {schemas.GoalRun{}, "size"},
		"a known one is skipped":   {schemas.GoalRun{Answers: []schemas.GoalAnswer{{Criterion: "size", Value: "1-50"}}}, "budget"},
		"asked once, asked again":  {schemas.GoalRun{Asks: map[string]int{"size": 1}}, "size"},
		"asked twice is enough":    {schemas.GoalRun{Asks: map[string]int{"size": 2}}, "budget"},
		"its own number of asks":   {schemas.GoalRun{Asks: map[string]int{"size": 2, "budget": 1}}, "use"},
		"all asked":                {schemas.GoalRun{Asks: map[string]int{"size": 2, "budget": 1, "use": 2}}, ""},
		"refused":                  {schemas.GoalRun{Refused: true}, ""},
		"one passed over":          {schemas.GoalRun{Ignored: 1}, "size"},
		"two passed over":          {schemas.GoalRun{Ignored: 2}, ""},
		"a bad value is not known": {schemas.GoalRun{Answers: []schemas.GoalAnswer{said("size", "big")}}, "size"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := NextCriterion(salesGoal(), c.run)
			if got.Name != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got.Name, ok, c.want)
			}
		})
	}
}

func TestHeardGoal(t *testing.T) {
	t.Parallel()
	goal := salesGoal()
	run := AskedGoal(schemas.GoalRun{Key: "k"}, "size")
	again := AskedGoal(run, "size")
	if run.Asks["size"] != 1 || again.Asks["size"] != 2 || run.Asking != "size" {
		t.Fatalf("asked once %+v, twice %+v", run, again)
	}
	run = HeardGoal(goal, run, schemas.GoalHeard{})
	if run.Ignored != 1 || run.Asking != "" {
		t.Errorf("passed over: %+v", run)
	}
	if idle := HeardGoal(goal, run, schemas.GoalHeard{}); idle.Ignored != 1 {
		t.Errorf("a message that follows no question counts as passing over: %+v", idle)
	}
	if unclear := HeardGoal(goal, AskedGoal(run, "size"), schemas.GoalHeard{Unclear: true}); unclear.Ignored != 0 || len(unclear.Answers) != 0 {
		t.Errorf("an unclear answer: %+v", unclear)
	}
	run = HeardGoal(goal, AskedGoal(run, "size"), schemas.GoalHeard{Answers: []schemas.GoalAnswer{said("size", "1-50")}})
	if run.Ignored != 0 || len(run.Answers) != 1 {
		t.Errorf("answered: %+v", run)
	}
	fixed := schemas.GoalAnswer{Criterion: "size", Value: "201+", Message: "msg_2"}
	run = HeardGoal(goal, run, schemas.GoalHeard{Answers: []schemas.GoalAnswer{fixed, {Criterion: "budget", Refused: true, Message: "msg_2"}}})
	want := []schemas.GoalAnswer{fixed, {Criterion: "budget", Refused: true, Message: "msg_2"}}
	if diff := cmp.Diff(want, run.Answers); diff != "" || !run.Refused {
		t.Errorf("corrected and refused: %v %s", run.Refused, diff)
	}
	run = HeardGoal(goal, run, schemas.GoalHeard{})
	if diff := cmp.Diff(want, run.Answers); diff != "" || !run.Refused {
		t.Errorf("a refusal is forgotten: %v %s", run.Refused, diff)
	}
}

// goalFacts is a triggered goal on a quiet turn; change makes the case.
func goalFacts(change func(f *schemas.GoalFacts)) schemas.GoalFacts {
	f := schemas.GoalFacts{
		Now: goalNow, Goal: salesGoal(), Channel: schemas.ChannelLiveChat, Triggered: true,
		Present: true, Hours: schemas.Hours{Mode: schemas.HoursAll},
	}
	change(&f)
	return f
}

func decided(score schemas.GoalScore, answers ...schemas.GoalAnswer) *schemas.GoalRun {
	return &schemas.GoalRun{Key: "run", Answers: answers, Score: &score, DecidedAt: goalNow}
}

func TestDecideGoalStarts(t *testing.T) {
	t.Parallel()
	applied := func(ago time.Duration) *schemas.GoalRun {
		return &schemas.GoalRun{Key: "old", DecidedAt: goalNow.Add(-ago), AppliedAt: goalNow.Add(-ago)}
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		change func(f *schemas.GoalFacts)
		want   schemas.GoalDo
	}{
		"triggered":            {func(*schemas.GoalFacts) {}, schemas.GoalDoStart},
		"not triggered":        {func(f *schemas.GoalFacts) { f.Triggered = false }, schemas.GoalDoNothing},
		"disabled":             {func(f *schemas.GoalFacts) { f.Goal.Disabled = true }, schemas.GoalDoNothing},
		"another channel":      {func(f *schemas.GoalFacts) { f.Channel = schemas.ChannelEmail }, schemas.GoalDoNothing},
		"any channel":          {func(f *schemas.GoalFacts) { f.Channel, f.Goal.Trigger.Channels = schemas.ChannelEmail, nil }, schemas.GoalDoStart},
		"open complaint":       {func(f *schemas.GoalFacts) { f.Complaint = true }, schemas.GoalDoNothing},
		"open ticket":          {func(f *schemas.GoalFacts) { f.OpenTicket = true }, schemas.GoalDoNothing},
		"negative":             {func(f *schemas.GoalFacts) { f.Negative = true }, schemas.GoalDoNothing},
		"ending":               {func(f *schemas.GoalFacts) { f.Ending = true }, schemas.GoalDoNothing},
		"asked six days ago":   {func(f *schemas.GoalFacts) { f.LastRun = goalNow.Add(-6 * day) }, schemas.GoalDoNothing},
		"asked seven days ago": {func(f *schemas.GoalFacts) { f.LastRun = goalNow.Add(-7 * day) }, schemas.GoalDoStart},
		"default cooldown": {func(f *schemas.GoalFacts) {
			f.Goal.CooldownDays, f.LastRun = 0, goalNow.Add(-29*day)
		}, schemas.GoalDoNothing},
		"correction after the outcome": {func(f *schemas.GoalFacts) { f.Run = applied(day) }, schemas.GoalDoNothing},
		"and after the cooldown":       {func(f *schemas.GoalFacts) { f.Run = applied(8 * day) }, schemas.GoalDoStart},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := DecideGoal(goalFacts(c.change)); got.Do != c.want {
				t.Errorf("got %q, want %q", got.Do, c.want)
			}
		})
	}
}

func TestDecideGoalAsksAndDecides(t *testing.T) {
	t.Parallel()
	open := func(run schemas.GoalRun) func(f *schemas.GoalFacts) {
		return func(f *schemas.GoalFacts) { run.Key = "run"; f.Run = &run }
	}
	full := []schemas.GoalAnswer{said("size", "201+"), said("budget", "5000"), said("use", "support")}
	with := func(run schemas.GoalRun, change func(f *schemas.GoalFacts)) func(f *schemas.GoalFacts) {
		return func(f *schemas.GoalFacts) { open(run)(f); change(f) }
	}
	for name, c := range map[string]struct {
		change  func(f *schemas.GoalFacts)
		do      schemas.GoalDo
		ask     string
		verdict schemas.GoalVerdict
	}{
		"asks the first":             {open(schemas.GoalRun{}), schemas.GoalDoAsk, "size", ""},
		"skips what is known":        {open(schemas.GoalRun{Answers: full[:1]}), schemas.GoalDoAsk, "budget", ""},
		"customer's question first":  {with(schemas.GoalRun{}, func(f *schemas.GoalFacts) { f.QuestionOpen = true }), schemas.GoalDoNothing, "", ""},
		"one question in a turn":     {with(schemas.GoalRun{}, func(f *schemas.GoalFacts) { f.AskedNow = true }), schemas.GoalDoNothing, "", ""},
		"not in a complaint":         {with(schemas.GoalRun{}, func(f *schemas.GoalFacts) { f.Complaint = true }), schemas.GoalDoNothing, "", ""},
		"not when negative":          {with(schemas.GoalRun{}, func(f *schemas.GoalFacts) { f.Negative = true }), schemas.GoalDoNothing, "", ""},
		"all answered":               {open(schemas.GoalRun{Answers: full}), schemas.GoalDoDecide, "", schemas.GoalQualified},
		"refused":                    {open(schemas.GoalRun{Refused: true}), schemas.GoalDoDecide, "", schemas.GoalIncomplete},
		"passed over twice":          {open(schemas.GoalRun{Ignored: 2, Answers: full[:1]}), schemas.GoalDoDecide, "", schemas.GoalPartial},
		"knock-out ends at once":     {open(schemas.GoalRun{Answers: []schemas.GoalAnswer{said("budget", "5")}}), schemas.GoalDoDecide, "", schemas.GoalUnqualified},
		"the conversation ends":      {with(schemas.GoalRun{Answers: full[:2]}, func(f *schemas.GoalFacts) { f.Ending = true }), schemas.GoalDoDecide, "", schemas.GoalQualified},
		"email first":                {with(schemas.GoalRun{Answers: full}, func(f *schemas.GoalFacts) { f.Goal.AskEmail = true }), schemas.GoalDoAskEmail, "", ""},
		"email later":                {with(schemas.GoalRun{Answers: full}, func(f *schemas.GoalFacts) { f.Goal.AskEmail, f.AskedNow = true, true }), schemas.GoalDoNothing, "", ""},
		"email asked":                {with(schemas.GoalRun{Answers: full}, func(f *schemas.GoalFacts) { f.Goal.AskEmail, f.EmailAsked = true, true }), schemas.GoalDoDecide, "", schemas.GoalQualified},
		"email known":                {with(schemas.GoalRun{Answers: full}, func(f *schemas.GoalFacts) { f.Goal.AskEmail, f.EmailKnown = true, true }), schemas.GoalDoDecide, "", schemas.GoalQualified},
		"no email after a refusal":   {with(schemas.GoalRun{Refused: true}, func(f *schemas.GoalFacts) { f.Goal.AskEmail = true }), schemas.GoalDoDecide, "", schemas.GoalIncomplete},
		"no email after a knock-out": {with(schemas.GoalRun{Answers: []schemas.GoalAnswer{said("budget", "5")}}, func(f *schemas.GoalFacts) { f.Goal.AskEmail = true }), schemas.GoalDoDecide, "", schemas.GoalUnqualified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := DecideGoal(goalFacts(c.change))
			if got.Do != c.do || got.Criterion.Name != c.ask || got.Score.Verdict != c.verdict {
				t.Errorf("got %q %q %q, want %q %q %q", got.Do, got.Criterion.Name, got.Score.Verdict, c.do, c.ask, c.verdict)
			}
			if got.Do != schemas.GoalDoNothing && got.Key != "run" {
				t.Errorf("key %q", got.Key)
			}
		})
	}
}

func TestDecideGoalApplies(t *testing.T) {
	t.Parallel()
	full := []schemas.GoalAnswer{said("size", "201+"), said("budget", "5000")}
	score := ScoreGoal(salesGoal(), full)
	shut := schemas.Hours{Mode: schemas.HoursDuring, Weekly: []schemas.Interval{{Day: time.Sunday, Start: 0, End: 60}}}
	for name, c := range map[string]struct {
		change func(f *schemas.GoalFacts)
		want   schemas.GoalStep
	}{
		"live inside the hours": {
			func(*schemas.GoalFacts) {},
			schemas.GoalStep{Do: schemas.GoalDoApply, Key: "run", Score: score, Outcome: salesGoal().Outcomes[schemas.GoalQualified], Live: true},
		},
		"booking outside the hours": {
			func(f *schemas.GoalFacts) { f.Hours = shut },
			schemas.GoalStep{Do: schemas.GoalDoApply, Key: "run", Score: score, Outcome: salesGoal().Outcomes[schemas.GoalQualified], Booking: "https://example.com/book"},
		},
		"booking when nobody is there": {
			func(f *schemas.GoalFacts) { f.Present = false },
			schemas.GoalStep{Do: schemas.GoalDoApply, Key: "run", Score: score, Outcome: salesGoal().Outcomes[schemas.GoalQualified], Booking: "https://example.com/book"},
		},
		"corrected before the outcome": {
			func(f *schemas.GoalFacts) {
				f.Run.Answers = []schemas.GoalAnswer{full[0], {Criterion: "budget", Value: "5", Message: "msg_2"}}
			},
			schemas.GoalStep{Do: schemas.GoalDoDecide, Key: "run", Score: schemas.GoalScore{
				Verdict: schemas.GoalUnqualified, Points: 20, Reasons: []string{"size fits", "no budget"},
			}},
		},
		"applied once": {func(f *schemas.GoalFacts) { f.Run.AppliedAt = goalNow }, schemas.GoalStep{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := goalFacts(func(f *schemas.GoalFacts) { f.Run = decided(score, full...) })
			c.change(&f)
			if diff := cmp.Diff(c.want, DecideGoal(f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGoalComesToAnEnd plays random customers: no goal asks without end, none
// asks twice in a turn, and each outcome is applied once.
func TestGoalComesToAnEnd(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 5_000 {
		f := goalFacts(func(f *schemas.GoalFacts) { f.Goal.AskEmail = r.IntN(2) == 0 })
		applied, asks := 0, 0
		for turn := range 12 {
			f.AskedNow, f.Complaint, f.Ending = false, r.IntN(8) == 0, turn == 11
			if f.Run != nil && f.Run.AppliedAt.IsZero() && f.Run.Score == nil {
				run := HeardGoal(f.Goal, *f.Run, randomHeard(r, turn))
				f.Run = &run
			}
			for step := DecideGoal(f); step.Do != schemas.GoalDoNothing; step = DecideGoal(f) {
				switch step.Do {
				case schemas.GoalDoStart:
					f.Run = &schemas.GoalRun{Key: "run"}
				case schemas.GoalDoAsk:
					run := AskedGoal(*f.Run, step.Criterion.Name)
					f.Run, f.AskedNow = &run, true
					asks++
				case schemas.GoalDoAskEmail:
					f.EmailAsked, f.AskedNow = true, true
				case schemas.GoalDoDecide:
					score := step.Score
					f.Run.Score, f.Run.DecidedAt = &score, f.Now
				case schemas.GoalDoApply:
					applied++
					f.Run.AppliedAt = f.Now
				case schemas.GoalDoNothing:
				}
			}
		}
		if asks > 5 {
			t.Fatalf("asked %d times, and the criteria allow 5", asks)
		}
		if f.Run != nil && applied != 1 {
			t.Fatalf("applied %d times: %+v", applied, *f.Run)
		}
	}
}

func randomHeard(r *rand.Rand, turn int) schemas.GoalHeard {
	message := schemas.MessageID("msg_" + strconv.Itoa(turn))
	switch r.IntN(5) {
	case 0:
		return schemas.GoalHeard{}
	case 1:
		return schemas.GoalHeard{Unclear: true}
	case 2:
		return schemas.GoalHeard{Answers: []schemas.GoalAnswer{{Criterion: "budget", Value: "2000", Message: message}}}
	case 3:
		return schemas.GoalHeard{Answers: []schemas.GoalAnswer{{Criterion: "size", Value: "201+", Message: message}}}
	}
	return schemas.GoalHeard{Answers: []schemas.GoalAnswer{{Criterion: "use", Refused: r.IntN(4) == 0, Value: "support", Message: message}}}
}
