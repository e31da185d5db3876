package policy

import (
	"maps"
	"slices"

	"steward/schemas"
)

// maxIgnored is how many questions in a row a customer may pass over before
// nothing more is asked.
const maxIgnored = 2

// NextCriterion is the question that a run asks next, in the order of the
// criteria: one without an answer that may still be asked. There is none after
// a refusal, or after two questions that the customer passed over. Spec: S54.
func NextCriterion(goal schemas.Goal, run schemas.GoalRun) (schemas.Criterion, bool) {
	if run.Refused || run.Ignored >= maxIgnored {
		return schemas.Criterion{}, false
	}
	known := knownAnswers(goal, run.Answers)
	for _, c := range goal.Criteria {
		if _, ok := known[c.Name]; !ok && run.Asks[c.Name] < c.Asks() {
			return c, true
		}
	}
	return schemas.Criterion{}, false
}

// OpenCriteria are those without an answer, in order: what an engine looks for
// in a customer's messages.
func OpenCriteria(goal schemas.Goal, run schemas.GoalRun) []schemas.Criterion {
	known := knownAnswers(goal, run.Answers)
	var open []schemas.Criterion
	for _, c := range goal.Criteria {
		if _, ok := known[c.Name]; !ok {
			open = append(open, c)
		}
	}
	return open
}

// DecideGoal is the next step of a goal in a conversation. The caller applies
// the step and asks again until it is GoalDoNothing or one that ends the turn
// with a question. Spec: S54.
func DecideGoal(f schemas.GoalFacts) schemas.GoalStep {
	if f.Goal.Disabled || len(f.Goal.Trigger.Channels) > 0 && !slices.Contains(f.Goal.Trigger.Channels, f.Channel) {
		return schemas.GoalStep{}
	}
	run := f.Run
	if run == nil || !run.AppliedAt.IsZero() {
		return startGoal(f)
	}
	if run.Score != nil {
		return applyGoal(f, *run)
	}
	score := ScoreGoal(f.Goal, run.Answers)
	next, open := NextCriterion(f.Goal, *run)
	out := score.Verdict == schemas.GoalUnqualified
	switch {
	case f.Ending || !open || out:
		if f.Goal.AskEmail && !f.EmailKnown && !f.EmailAsked && !out && !run.Refused && !f.Ending {
			return askEmail(f)
		}
		return schemas.GoalStep{Do: schemas.GoalDoDecide, Score: score, Key: run.Key}
	case mayAsk(f):
		return schemas.GoalStep{Do: schemas.GoalDoAsk, Criterion: next, Key: run.Key}
	}
	return schemas.GoalStep{}
}

// startGoal: a goal begins with what its trigger names, not among worries, and
// not again before its cooldown has passed. A correction after the outcome is
// such a new run.
func startGoal(f schemas.GoalFacts) schemas.GoalStep {
	since := f.LastRun
	if f.Run != nil && f.Run.DecidedAt.After(since) {
		since = f.Run.DecidedAt
	}
	rests := !since.IsZero() && f.Now.Before(since.Add(f.Goal.Cooldown()))
	if !f.Triggered || Worried(f) || f.Ending || rests {
		return schemas.GoalStep{}
	}
	return schemas.GoalStep{Do: schemas.GoalDoStart}
}

// applyGoal: the verdict stands; what the customer has corrected since is
// scored again before anything is done. Settled: rule 4.
func applyGoal(f schemas.GoalFacts, run schemas.GoalRun) schemas.GoalStep {
	if score := ScoreGoal(f.Goal, run.Answers); !sameScore(score, *run.Score) {
		return schemas.GoalStep{Do: schemas.GoalDoDecide, Score: score, Key: run.Key}
	}
	step := schemas.GoalStep{
		Do: schemas.GoalDoApply, Key: run.Key, Score: *run.Score,
		Outcome: f.Goal.Outcomes[run.Score.Verdict],
	}
	if step.Outcome.Route != "" && f.Present && OpenAt(f.Hours, f.Now) {
		step.Live = true
		return step
	}
	step.Booking = step.Outcome.BookingURL
	return step
}

func sameScore(a, b schemas.GoalScore) bool {
	return a.Verdict == b.Verdict && a.Points == b.Points && slices.Equal(a.Reasons, b.Reasons) && slices.Equal(a.Missing, b.Missing)
}

func askEmail(f schemas.GoalFacts) schemas.GoalStep {
	if !mayAsk(f) {
		return schemas.GoalStep{}
	}
	return schemas.GoalStep{Do: schemas.GoalDoAskEmail, Key: f.Run.Key}
}

// mayAsk: the customer's own question first, one question in a turn, none among
// worries.
func mayAsk(f schemas.GoalFacts) bool {
	return !Worried(f) && !f.QuestionOpen && !f.AskedNow && !f.Ending
}

// Worried reports whether the customer has other worries than to be qualified.
func Worried(f schemas.GoalFacts) bool { return f.OpenTicket || f.Complaint || f.Negative }

// AskedGoal is the run after a criterion was asked.
func AskedGoal(run schemas.GoalRun, criterion string) schemas.GoalRun {
	asks := maps.Clone(run.Asks)
	if asks == nil {
		asks = map[string]int{}
	}
	asks[criterion]++
	run.Asks, run.Asking = asks, criterion
	return run
}

// HeardGoal is the run after the customer has written. A message without an
// answer to the question asked last passes it over; one with any answer shows
// that the customer goes along. A later value replaces an earlier one, and
// nothing replaces a value by an unknown. Spec: S54.
func HeardGoal(goal schemas.Goal, run schemas.GoalRun, heard schemas.GoalHeard) schemas.GoalRun {
	said := knownAnswers(goal, heard.Answers)
	all := append(slices.Clone(run.Answers), heard.Answers...)
	known := knownAnswers(goal, all)
	run.Answers = nil
	for _, c := range goal.Criteria {
		refused := slices.IndexFunc(all, func(a schemas.GoalAnswer) bool { return a.Criterion == c.Name && a.Refused })
		if a, ok := known[c.Name]; ok {
			run.Answers = append(run.Answers, a)
		} else if refused >= 0 {
			run.Answers = append(run.Answers, schemas.GoalAnswer{Criterion: c.Name, Message: all[refused].Message, Refused: true})
			run.Refused = true
		}
	}
	switch {
	case len(said) > 0 || heard.Unclear:
		run.Ignored = 0
	case run.Asking != "":
		run.Ignored++
	}
	run.Asking = ""
	return run
}
