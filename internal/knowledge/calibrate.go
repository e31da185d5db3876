package knowledge

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"steward/internal/language"
	"steward/schemas"
)

// DefaultThreshold is the coverage below which a question counts as not
// answered, for content that is not calibrated.
const DefaultThreshold = 0.3

const (
	// A calibrated threshold stays within these, whatever the samples say.
	minThreshold  = 0.2
	maxThreshold  = 0.4
	thresholdStep = 0.01
	// minKept is the share of answerable queries that a threshold must let
	// through: to deny an answer that is there is worse than to show a model
	// passages of no use, which it can tell.
	minKept = 0.95
	// minCut is the share of unanswerable queries below which a threshold is
	// not worth having.
	minCut = 0.5
	// nearBest is how much of the cut is given up for a lower threshold.
	nearBest = 0.05
	// minSamples of each kind are needed. With halfTrust of them a threshold
	// rises half of the way from the default to what they ask for.
	minSamples = 30
	halfTrust  = 50

	ownWords     = 4
	foreignWords = 4
	// commonShare is the share of chunks with a word beyond which it names no
	// topic.
	commonShare = 0.25
	// choiceWords are enough words to choose from.
	choiceWords = 2 * ownWords
)

// PseudoQuery is a query made from a chunk, for calibration.
type PseudoQuery struct {
	Text     string
	Chunk    schemas.ChunkID
	Document schemas.DocumentID
	Language string
}

// PseudoQueries makes up to most queries from chunks, at most one from each, in
// the order of the chunks' ids: equal input gives equal queries.
//
// A customer asks with some words of the page and some of their own. A query
// has four words of its chunk: from the heading and the sentences that tell
// most, spread over rare and common ones, without the rarest quarter, which
// customers do not know. To these come none to four words of other documents,
// in turn, one of each, which the chunk does not have: the customer's own.
func PseudoQueries(chunks []schemas.Chunk, f Frequencies, most int) []PseudoQuery {
	chunks = slices.Clone(chunks)
	slices.SortFunc(chunks, func(a, b schemas.Chunk) int { return cmp.Compare(a.ID, b.ID) })
	words := make([][]string, len(chunks))
	for i, c := range chunks {
		words[i] = tellingWords(c, f)
	}
	var out []PseudoQuery
	for i, c := range chunks {
		if len(out) == most {
			break
		}
		if len(words[i]) < ownWords {
			continue
		}
		query := spreadOver(words[i], ownWords)
		query = append(query, foreign(chunks, words, i, len(out)%(foreignWords+1))...)
		out = append(out, PseudoQuery{Text: strings.Join(query, " "), Chunk: c.ID, Document: c.Document, Language: c.Language})
	}
	return out
}

// tellingWords are the words of a chunk that a customer might ask with, the
// rarest first: those of its heading and of the sentences that tell most, until
// there are enough to choose from.
func tellingWords(c schemas.Chunk, f Frequencies) []string {
	head := c.Headings
	if at := strings.LastIndex(head, headingJoin); at >= 0 {
		head = head[at+len(headingJoin):]
	}
	if head == "" {
		head = c.Title
	}
	sentences := language.Sentences(c.Text)
	slices.SortStableFunc(sentences, func(a, b string) int {
		return cmp.Compare(f.tells(b, c.Language), f.tells(a, c.Language))
	})
	// A word that many chunks have names no topic.
	common := Frequencies{f.Chunks, map[string]int{"": int(commonShare * float64(f.Chunks))}}.IDF("")
	var words []string
	for _, s := range append([]string{head}, sentences...) {
		if len(words) >= choiceWords {
			break
		}
		for _, w := range language.Words(s) {
			if strings.ContainsFunc(w, unicode.IsLetter) && len([]rune(w)) > 1 && f.tells(w, c.Language) >= common &&
				language.Next("", w, []string{c.Language}) == "" {
				words = append(words, w)
			}
		}
		words = distinct(words, len(words))
	}
	slices.SortStableFunc(words, func(a, b string) int {
		return cmp.Compare(f.tells(b, c.Language), f.tells(a, c.Language))
	})
	return words[min(len(words)/4, max(len(words)-ownWords, 0)):]
}

// tells is the mean idf of a text's terms.
func (f Frequencies) tells(text, lang string) float64 {
	terms := language.Analyze(text, lang)
	sum := 0.0
	for _, term := range terms {
		sum += f.IDF(term)
	}
	return sum / float64(max(len(terms), 1))
}

// spreadOver picks n of words at equal distances.
func spreadOver(words []string, n int) []string {
	out := make([]string, 0, n+foreignWords)
	for k := range n {
		out = append(out, words[k*len(words)/n])
	}
	return out
}

// foreign picks n words that chunk i does not have, each of another document.
func foreign(chunks []schemas.Chunk, words [][]string, i, n int) []string {
	own := setOf(language.Words(chunks[i].Title + " " + chunks[i].Headings + " " + chunks[i].Text))
	used := map[schemas.DocumentID]bool{chunks[i].Document: true}
	var out []string
	for step := 1; step < len(chunks) && len(out) < n; step++ {
		j := (i + step) % len(chunks)
		if used[chunks[j].Document] {
			continue
		}
		for _, w := range words[j] {
			if !own[w] {
				out = append(out, w)
				own[w], used[chunks[j].Document] = true, true
				break
			}
		}
	}
	return out
}

// Samples judges what a search found for the query, best first and more than an
// engine gets: as it is, where the answer is there, and without the document
// that the query was made from, where it is not.
func (q PseudoQuery) Samples(found []schemas.Passage, idf func(term string) float64) []CalibrationSample {
	rest := slices.DeleteFunc(slices.Clone(found), func(p schemas.Passage) bool { return p.Document == q.Document })
	best := func(list []schemas.Passage) float64 {
		return Coverage(q.Text, []string{q.Language}, idf, list[:min(len(list), maxPassages)])
	}
	return []CalibrationSample{{Coverage: best(found), Answerable: true}, {Coverage: best(rest)}}
}

// CalibrationSample is how well the content covers one query.
type CalibrationSample struct {
	Coverage   float64
	Answerable bool
}

// Calibrate chooses the coverage below which a question counts as not answered:
// the lowest one that cuts off nearly as many of the unanswerable queries as
// can be while 95 of 100 answerable ones pass. It lies between 0.2 and 0.4, and
// above the default only as far as the number of samples bears: people ask with
// fewer words of a page than queries made from it. ok is false when there are
// too few samples, or when no threshold tells the two kinds apart:
// DefaultThreshold is the one to use then.
func Calibrate(samples []CalibrationSample) (threshold float64, ok bool) {
	var with, without []float64
	for _, s := range samples {
		if s.Answerable {
			with = append(with, s.Coverage)
		} else {
			without = append(without, s.Coverage)
		}
	}
	if len(with) < minSamples || len(without) < minSamples {
		return DefaultThreshold, false
	}
	type choice struct{ at, cut float64 }
	var choices []choice
	best := 0.0
	for step := 0; ; step++ {
		at := minThreshold + float64(step)*thresholdStep
		if at > maxThreshold+thresholdStep/2 || 1-below(with, at) < minKept {
			break
		}
		cut := below(without, at)
		choices, best = append(choices, choice{at, cut}), max(best, cut)
	}
	if best < minCut {
		return DefaultThreshold, false
	}
	for _, c := range choices {
		if c.cut >= best-nearBest {
			n := float64(min(len(with), len(without)))
			return min(c.at, DefaultThreshold+max(c.at-DefaultThreshold, 0)*n/(n+halfTrust)), true
		}
	}
	return DefaultThreshold, false
}

// below is the share of values below a limit.
func below(values []float64, limit float64) float64 {
	n := 0
	for _, v := range values {
		if v < limit {
			n++
		}
	}
	return float64(n) / float64(len(values))
}
