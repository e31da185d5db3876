package eval

import (
	"cmp"
	"slices"
	"strings"

	"steward/schemas"
)

// ErrorGone: the past conversation is not there any more.
const ErrorGone = "gone"

// Past lists in what a conversation that was played again differs from how it
// was, turn by turn and in a fixed order; empty means that every turn is the
// same. Spec: D23.
func Past(was, now schemas.EvalTranscript) []schemas.EvalFailure {
	var out []schemas.EvalFailure
	for i, then := range was.Turns {
		if i >= len(now.Turns) {
			out = append(out, schemas.EvalFailure{Turn: then.Turn, Field: string(schemas.PastNotPlayed), Got: notPlayed(now)})
			continue
		}
		out = append(out, pastTurn(then, now.Turns[i])...)
	}
	if len(was.Turns) == 0 {
		out = append(out, schemas.EvalFailure{Field: string(schemas.PastNotPlayed), Got: now.Error})
	}
	return out
}

// notPlayed is why a turn was not reached.
func notPlayed(now schemas.EvalTranscript) string {
	if now.Error == "" && now.Handoff != schemas.ReasonNone {
		return string(schemas.PastHandedOver)
	}
	return now.Error
}

func pastTurn(was, now schemas.EvalTurn) []schemas.EvalFailure {
	var out []schemas.EvalFailure
	differs := func(d schemas.PastDifference, want, got string) {
		out = append(out, schemas.EvalFailure{Turn: was.Turn, Field: string(d), Want: shown(want), Got: shown(got)})
	}
	then, people := was.Kind == schemas.DecisionHandoff, now.Kind == schemas.DecisionHandoff
	switch {
	case people && !then:
		differs(schemas.PastHandedOver, string(was.Kind), string(now.Kind))
	case then && !people:
		differs(schemas.PastNotHandedOver, string(was.Kind), string(now.Kind))
	case was.Kind != now.Kind:
		differs(schemas.PastKind, string(was.Kind), string(now.Kind))
	}
	// A turn that only one of the two answered has nothing to compare it with.
	if then == people {
		if strings.TrimSpace(was.Reply) != strings.TrimSpace(now.Reply) {
			differs(schemas.PastText, was.Reply, now.Reply)
		}
		if a, b := sourcesOf(was), sourcesOf(now); !slices.Equal(a, b) {
			differs(schemas.PastSources, strings.Join(a, ", "), strings.Join(b, ", "))
		}
	}
	if !slices.EqualFunc(was.Actions, now.Actions, sameCall) {
		differs(schemas.PastActions, describe(was.Actions...), describe(now.Actions...))
	}
	if missing := slices.DeleteFunc(slices.Clone(now.Actions), func(a schemas.EvalAction) bool { return !a.NotRecorded }); len(missing) > 0 {
		differs(schemas.PastNotRecorded, "", describe(missing...))
	}
	return out
}

// sameCall compares what was called with what, also where it is not shown.
func sameCall(a, b schemas.EvalAction) bool {
	return a.Name == b.Name && hasArguments(a.Exact, b.Exact) && hasArguments(b.Exact, a.Exact)
}

// sourcesOf are the cited sources of a turn, each once: which of them is cited
// first makes no difference.
func sourcesOf(t schemas.EvalTurn) []string {
	var out []string
	for _, s := range t.Cited {
		out = append(out, cmp.Or(s.URL, s.Title, string(s.Source)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Totals count the turns and conversations of a run of past conversations that
// are the same, and those with each kind of difference.
func Totals(results []schemas.EvalResult) []schemas.EvalTotal {
	order := []schemas.PastDifference{
		schemas.PastSame, schemas.PastHandedOver, schemas.PastNotHandedOver, schemas.PastKind, schemas.PastText,
		schemas.PastActions, schemas.PastSources, schemas.PastNotRecorded, schemas.PastNotPlayed,
	}
	counts := map[schemas.PastDifference]*schemas.EvalTotal{}
	for _, d := range order {
		counts[d] = &schemas.EvalTotal{Difference: d}
	}
	for _, r := range results {
		if r.Was == nil {
			continue
		}
		turns := map[int]bool{}
		seen := map[schemas.PastDifference]bool{}
		for _, f := range r.Failures {
			c := counts[schemas.PastDifference(f.Field)]
			if c == nil {
				continue
			}
			c.Turns++
			turns[f.Turn] = true
			if !seen[c.Difference] {
				c.Conversations++
			}
			seen[c.Difference] = true
		}
		same := counts[schemas.PastSame]
		for _, t := range r.Was.Turns {
			if !turns[t.Turn] {
				same.Turns++
			}
		}
		if r.Passed() {
			same.Conversations++
		}
	}
	var out []schemas.EvalTotal
	for _, d := range order {
		out = append(out, *counts[d])
	}
	return out
}
