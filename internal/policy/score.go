package policy

import (
	"slices"
	"strconv"
	"strings"

	"steward/schemas"
)

// ScoreGoal is what a goal's rules make of the answers. A value outside its
// criterion's form is no answer; a refused or unknown one gives no points and
// takes none. Of several answers to one question the latest message counts, and
// what the customer said counts before what the CRM had. The order of the
// answers means nothing. Spec: S54.
//
// Somebody is unqualified by a knock-out, or when no answer still missing could
// lift them: silence alone never rules a customer out.
func ScoreGoal(goal schemas.Goal, answers []schemas.GoalAnswer) schemas.GoalScore {
	known := knownAnswers(goal, answers)
	score := schemas.GoalScore{}
	knockout, possible := false, 0
	for _, c := range goal.Criteria {
		a, ok := known[c.Name]
		if !ok {
			possible += c.MostPoints()
			if c.Required {
				score.Missing = append(score.Missing, c.Name)
			}
			continue
		}
		for _, r := range c.Rules {
			if !ruleMatches(c, r, a.Value) {
				continue
			}
			score.Points += r.Points
			knockout = knockout || r.Knockout
			if r.Reason != "" {
				score.Reasons = append(score.Reasons, r.Reason)
			}
		}
	}
	switch {
	case knockout:
		score.Verdict = schemas.GoalUnqualified
	case len(known) == 0 || len(score.Missing) > 0:
		score.Verdict = schemas.GoalIncomplete
	case score.Points >= goal.QualifiedAt:
		score.Verdict = schemas.GoalQualified
	case score.Points >= goal.PartialAt:
		score.Verdict = schemas.GoalPartial
	case score.Points+possible >= goal.PartialAt:
		score.Verdict = schemas.GoalIncomplete
	default:
		score.Verdict = schemas.GoalUnqualified
	}
	return score
}

// knownAnswers are the usable answers by criterion.
func knownAnswers(goal schemas.Goal, answers []schemas.GoalAnswer) map[string]schemas.GoalAnswer {
	known := make(map[string]schemas.GoalAnswer, len(goal.Criteria))
	for _, c := range goal.Criteria {
		for _, a := range answers {
			if a.Criterion != c.Name || a.Refused || strings.TrimSpace(a.Value) == "" || !c.Answers(a.Value) {
				continue
			}
			if before, ok := known[c.Name]; !ok || later(a, before) {
				known[c.Name] = a
			}
		}
	}
	return known
}

// later reports whether a counts instead of b. Ids of messages rise with time;
// the empty one of a CRM value is below all. Equal ids fall back to the value,
// so that the order of the list never decides.
func later(a, b schemas.GoalAnswer) bool {
	if a.Message != b.Message {
		return a.Message > b.Message
	}
	return a.Value > b.Value
}

func ruleMatches(c schemas.Criterion, r schemas.GoalRule, value string) bool {
	switch r.Op {
	case schemas.OpExists:
		return true
	case schemas.OpEquals, schemas.OpIn:
		return slices.ContainsFunc(r.Values, func(want string) bool { return equalValues(c.Type, value, want) })
	case schemas.OpContains:
		return slices.ContainsFunc(r.Values, func(want string) bool {
			return strings.Contains(strings.ToLower(value), strings.ToLower(strings.TrimSpace(want)))
		})
	case schemas.OpAtLeast, schemas.OpAtMost:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || len(r.Values) != 1 {
			return false
		}
		bound, err := strconv.ParseFloat(r.Values[0], 64)
		if err != nil {
			return false
		}
		return r.Op == schemas.OpAtLeast && n >= bound || r.Op == schemas.OpAtMost && n <= bound
	}
	return false
}

func equalValues(t schemas.PropertyType, a, b string) bool {
	switch t {
	case schemas.PropertyNumber:
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		return errX == nil && errY == nil && x == y
	case schemas.PropertyEnum, schemas.PropertyBoolean:
		return a == b
	case schemas.PropertyText, schemas.PropertyDate, schemas.PropertyDateTime:
	}
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}
