package eval

import (
	"maps"
	"slices"

	"steward/schemas"
)

// group is all tries of one case in a run, in their order.
type group struct {
	passed  bool
	must    bool
	replies []schemas.EvalTranscript
}

func groups(run schemas.EvalRun) map[string]group {
	out := map[string]group{}
	for _, r := range run.Results {
		g, seen := out[r.Case]
		g.passed = (g.passed || !seen) && r.Passed()
		g.must = g.must || r.Must
		g.replies = append(g.replies, r.Transcript)
		out[r.Case] = g
	}
	return out
}

// Compare sets a new run beside an older one of the same suite, case by case. A
// case passes a run when all its tries do. Spec: S55, D23.
func Compare(older, newer schemas.EvalRun) schemas.EvalComparison {
	var out schemas.EvalComparison
	before, after := groups(older), groups(newer)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		now := after[name]
		was, both := before[name]
		if now.must && !now.passed && (!both || was.passed) {
			out.Blocks = append(out.Blocks, name)
		}
		switch {
		case !both:
			out.Added = append(out.Added, name)
			continue
		case was.passed && now.passed:
			out.Kept = append(out.Kept, name)
		case was.passed:
			out.Broken = append(out.Broken, name)
		case now.passed:
			out.Fixed = append(out.Fixed, name)
		default:
			out.Failing = append(out.Failing, name)
		}
		if !slices.EqualFunc(was.replies, now.replies, sameReplies) {
			out.Changed = append(out.Changed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			out.Removed = append(out.Removed, name)
		}
	}
	return out
}

// sameReplies reports whether customers would have seen the same.
func sameReplies(a, b schemas.EvalTranscript) bool {
	return a.Handoff == b.Handoff && a.Error == b.Error && slices.EqualFunc(a.Turns, b.Turns, func(x, y schemas.EvalTurn) bool {
		return x.Kind == y.Kind && x.Reply == y.Reply && slices.Equal(x.Cited, y.Cited) && describe(x.Actions...) == describe(y.Actions...)
	})
}

// PassK estimates how likely a case passes k times out of k, over all cases
// that were tried at least k times: for c passes in n tries, the share of
// choices of k tries that hold passes only. One good try says little about an
// agent that customers meet every day. ok is false when no case was tried often
// enough.
func PassK(results []schemas.EvalResult, k int) (share float64, cases int, ok bool) {
	if k < 1 {
		return 0, 0, false
	}
	type tries struct{ all, passed int }
	counts := map[string]tries{}
	for _, r := range results {
		t := counts[r.Case]
		t.all++
		if r.Passed() {
			t.passed++
		}
		counts[r.Case] = t
	}
	sum := 0.0
	// In a fixed order, so that equal results give equal sums.
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if t := counts[name]; t.all >= k {
			cases++
			sum += allOf(t.passed, t.all, k)
		}
	}
	if cases == 0 {
		return 0, 0, false
	}
	return sum / float64(cases), cases, true
}

// allOf is the chance that k of n tries, of which c passed, all passed.
func allOf(c, n, k int) float64 {
	chance := 1.0
	for i := range k {
		chance *= float64(max(0, c-i)) / float64(n-i)
	}
	return chance
}
