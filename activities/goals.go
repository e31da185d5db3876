package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"steward/internal/agent"
	"steward/internal/policy"
	"steward/schemas"
)

// GoalStore keeps the runs of goals.
type GoalStore interface {
	GoalDue(ctx context.Context, id schemas.ConversationID) (schemas.DueGoal, bool, error)
	GoalApplied(ctx context.Context, id schemas.ConversationID, run schemas.GoalRun, rules schemas.GoalRules) (schemas.Head, error)
}

// openGoal is the goal that an engine looks for answers to in this turn: one
// with an open run, else one that the customer's messages start. Nil for none.
func openGoal(m schemas.Material) *schemas.GoalAsk {
	for _, g := range m.Settings.Goals {
		run, has := m.GoalRuns[g.Name]
		if has && run.Score == nil {
			return askOf(g, run)
		}
		if !has && agent.StartsGoal(g.Trigger, m.Questions, m.Language) {
			return askOf(g, schemas.GoalRun{Goal: g.Name})
		}
	}
	return nil
}

func askOf(g schemas.Goal, run schemas.GoalRun) *schemas.GoalAsk {
	out := &schemas.GoalAsk{Goal: g.Title, Open: policy.OpenCriteria(g, run)}
	if next, ok := policy.NextCriterion(g, run); ok {
		out.Next = &next
	}
	return out
}

// qualifying is what a turn does about the agent's goals.
type qualifying struct {
	runs     []schemas.GoalRun
	question string
	askEmail bool
}

// qualify reads the customer's answers, scores them in code and finds the one
// question that the reply ends with. No number of an engine enters it.
// Spec: S54.
func qualify(f schemas.ComposeFacts, d schemas.Decision, text string) qualifying {
	var out qualifying
	for _, g := range f.Settings.Goals {
		run, changed := hearGoal(f, g, d)
		facts := goalFacts(f, g, d, text)
		for {
			facts.Run = run
			step := policy.DecideGoal(facts)
			switch step.Do {
			case schemas.GoalDoStart:
				started := startGoal(f, g, d)
				run, changed = &started, true
				continue
			case schemas.GoalDoDecide:
				next := *run
				next.Score, next.DecidedAt = &step.Score, f.Now
				run, changed = &next, true
				continue
			case schemas.GoalDoAsk:
				if out.question == "" {
					asked := policy.AskedGoal(*run, step.Criterion.Name)
					run, changed, out.question = &asked, true, questionOf(f, step.Criterion)
				}
			case schemas.GoalDoAskEmail:
				out.askEmail = true
			case schemas.GoalDoApply, schemas.GoalDoNothing:
			}
			break
		}
		if changed {
			out.runs = append(out.runs, *run)
		}
	}
	return out
}

// hearGoal is the open run of a goal after this turn's messages.
func hearGoal(f schemas.ComposeFacts, g schemas.Goal, d schemas.Decision) (run *schemas.GoalRun, changed bool) {
	stored, ok := f.Material.GoalRuns[g.Name]
	if !ok {
		return nil, false
	}
	if stored.Score != nil && !stored.AppliedAt.IsZero() {
		return &stored, false
	}
	heard := policy.HeardGoal(g, stored, heardOf(f, g, policy.OpenCriteria(g, stored), d))
	return &heard, true
}

func startGoal(f schemas.ComposeFacts, g schemas.Goal, d schemas.Decision) schemas.GoalRun {
	run := schemas.GoalRun{
		Key:  fmt.Sprintf("%s/%s/%d", f.Head.Conversation, g.Name, f.Material.Turn),
		Goal: g.Name, Version: f.Material.Version, Conversation: f.Head.Conversation,
	}
	return policy.HeardGoal(g, run, heardOf(f, g, g.Criteria, d))
}

// heardOf reads answers from the customer's own words; what an engine proposes
// counts only when the words bear it out.
func heardOf(f schemas.ComposeFacts, g schemas.Goal, open []schemas.Criterion, d schemas.Decision) schemas.GoalHeard {
	said := strings.Join(f.Material.Questions, "\n")
	asking := f.Material.GoalRuns[g.Name].Asking
	var out schemas.GoalHeard
	for _, c := range open {
		proposed := slices.IndexFunc(d.Answers, func(a schemas.GoalAnswer) bool { return a.Criterion == c.Name })
		value, ok, unclear := agent.NormaliseAnswer(c, said, f.Language)
		switch {
		case c.Name == asking && agent.RefusesAnswer(said):
			out.Answers = append(out.Answers, schemas.GoalAnswer{Criterion: c.Name, Message: f.Material.Asked, Refused: true})
		case ok && (c.Name == asking || proposed >= 0 && c.Type != schemas.PropertyText):
			out.Answers = append(out.Answers, schemas.GoalAnswer{Criterion: c.Name, Value: value, Message: f.Material.Asked})
		case proposed >= 0 && agent.BearsOut(said, d.Answers[proposed].Value):
			if value, ok, _ := agent.NormaliseAnswer(c, d.Answers[proposed].Value, f.Language); ok {
				out.Answers = append(out.Answers, schemas.GoalAnswer{Criterion: c.Name, Value: value, Message: f.Material.Asked})
			}
		case unclear && c.Name == asking:
			out.Unclear = true
		}
	}
	return out
}

func goalFacts(f schemas.ComposeFacts, g schemas.Goal, d schemas.Decision, text string) schemas.GoalFacts {
	return schemas.GoalFacts{
		Now: f.Now, Goal: g, Channel: f.Head.Channel, LastRun: f.Material.GoalsDecided[g.Name],
		Triggered:    agent.StartsGoal(g.Trigger, f.Material.Questions, f.Language),
		QuestionOpen: d.NotFound || d.Kind == schemas.DecisionClarify || d.Kind == schemas.DecisionCollect,
		AskedNow:     strings.HasSuffix(strings.TrimSpace(text), "?") && !asksNext(f, text),
		EmailKnown:   f.EmailKnown, EmailAsked: f.EmailAsked,
	}
}

// asksNext: the answer finder ends its reply with the next question itself.
func asksNext(f schemas.ComposeFacts, text string) bool {
	for _, g := range f.Settings.Goals {
		for _, c := range g.Criteria {
			if strings.HasSuffix(strings.TrimSpace(text), questionOf(f, c)) {
				return true
			}
		}
	}
	return false
}

func questionOf(f schemas.ComposeFacts, c schemas.Criterion) string {
	text, _ := agent.Script(c.Question, agent.ScopeOf(f.Material))
	return text
}

// ApplyGoal applies the outcome of the conversation's decided goal, once.
// Spec: S54.
func (a *Conversations) ApplyGoal(ctx context.Context, in schemas.ApplyGoalInput) (schemas.ApplyGoalResult, error) {
	due, ok, err := a.Goals.GoalDue(ctx, in.Conversation)
	if err != nil || !ok {
		return schemas.ApplyGoalResult{}, failure(ctx, err)
	}
	a.fault("apply_goal.before")
	rules := schemas.GoalRules{Rules: conversationRules(), Team: routeOfGoal(due), Outcome: func(f schemas.Facts, run schemas.GoalRun, people schemas.PeopleFacts) schemas.GoalTold {
		return outcomeOfGoal(f, due.Goal, run, people)
	}}
	head, err := a.Goals.GoalApplied(ctx, in.Conversation, due.Run, rules)
	a.fault("apply_goal.after_commit")
	return schemas.ApplyGoalResult{Verdict: due.Run.Score.Verdict, Head: head}, failure(ctx, err)
}

// routeOfGoal is the team that a verdict's outcome names.
func routeOfGoal(due schemas.DueGoal) schemas.TeamID {
	return due.Goal.Outcomes[due.Run.Score.Verdict].Route
}

// outcomeOfGoal says what an outcome does in the conversation: people who are
// there get it, else the customer reads the message and where to book.
func outcomeOfGoal(f schemas.Facts, g schemas.Goal, run schemas.GoalRun, people schemas.PeopleFacts) schemas.GoalTold {
	availability, _, _ := policy.AvailabilityOf(people)
	outcome := g.Outcomes[run.Score.Verdict]
	if outcome.Route != "" && availability == schemas.AvailableNow {
		return schemas.GoalTold{HandOff: &schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonQualified, Team: outcome.Route}}
	}
	scope := agent.GuidelineScope{Channel: f.Head.Channel, Language: f.Language}
	if len(f.Settings.Profile.Languages) > 0 {
		scope.First = f.Settings.Profile.Languages[0]
	}
	text, _ := agent.Script(outcome.Message, scope)
	if outcome.BookingURL != "" {
		text = strings.TrimSpace(text + " " + outcome.BookingURL)
	}
	return schemas.GoalTold{Notice: schemas.Notice{Event: "goal/" + run.Key, Text: text}}
}
