package policy

import "steward/schemas"

// gapSimilarity is how alike two questions are that ask the same, on the scale
// of the measure given to GroupGap: 1 for the same words. Two questions of one
// form that differ in the word that matters ("ship to Norway", "ship to
// Sweden") come to about a half and have to stay apart, since one answer would
// serve only one of them; the price is a second group for some paraphrases.
const gapSimilarity = 0.55

// GroupGap finds the group that a question without an answer belongs to: the
// most similar one in its language, the first of equals. ok is false when it
// opens a group of its own. near measures two texts of one language, from 0 to
// 1; reading text is not for this package. Spec: S57.
func GroupGap(question schemas.GapQuestion, groups []schemas.GapQuestion, near func(a, b, lang string) float64) (index int, ok bool) {
	best := gapSimilarity
	for i, g := range groups {
		if g.Language != question.Language {
			continue
		}
		if s := near(question.Text, g.Text, g.Language); s > best || s == best && !ok {
			index, best, ok = i, s, true
		}
	}
	return index, ok
}
