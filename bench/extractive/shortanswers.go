package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"steward/internal/agent/llm/extractive"
	"steward/schemas"
)

// readIntents reads the questions of BANKING77 by intent.
func readIntents(path string) (map[string][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read banking77: %w", err)
	}
	out := make(map[string][]string)
	for _, row := range rows[1:] {
		if len(row) != 2 {
			return nil, fmt.Errorf("read banking77: a row has %d columns, want text and category", len(row))
		}
		out[row[1]] = append(out[row[1]], row[0])
	}
	return out, nil
}

// phrasing is one phrasing of a short answer.
type phrasing struct{ intent, answer, text string }

// draw takes n phrasings of each intent; the rest are questions.
func draw(intents map[string][]string, n int, random *rand.Rand) (examples, questions []phrasing) {
	for number, intent := range slices.Sorted(maps.Keys(intents)) {
		answer := fmt.Sprintf("A%d.", number)
		texts := slices.Clone(intents[intent])
		random.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		for i, text := range texts {
			if i < n {
				examples = append(examples, phrasing{intent, answer, text})
			} else {
				questions = append(questions, phrasing{intent, answer, text})
			}
		}
	}
	return examples, questions
}

// tally counts what became of questions.
type tally struct {
	candidates                                                          int
	asked, searched, first, sent, right, offered, offeredRight, removed int
	took                                                                time.Duration
}

// shortAnswers prints the table of BANKING77.
func shortAnswers(ctx context.Context, intents map[string][]string, o options) error {
	fmt.Printf("\n**Short answers, BANKING77** (%d intents, mean of %d draws, seed %d; %d candidates by BM25 over stems and 4-grams in memory)\n\n", len(intents), o.draws, o.seed, o.candidates)
	fmt.Println("| examples per answer | top-1 (search alone) | top-1 | sent | right among sent | asked back | right one among choices | sent although removed | time per question |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, n := range []int{1, 5, 10} {
		random := rand.New(rand.NewPCG(o.seed, uint64(n)))
		t := tally{candidates: o.candidates}
		for range o.draws {
			examples, questions := draw(intents, n, random)
			if err := measure(ctx, examples, questions, &t); err != nil {
				return err
			}
		}
		fmt.Printf("| %d | %s | %s | %s | %s | %s | %s | %s | %s |\n", n, share(t.searched, t.asked), share(t.first, t.asked),
			share(t.sent, t.asked), share(t.right, t.sent), share(t.offered, t.asked), share(t.offeredRight, t.offered),
			share(t.removed, t.asked), perQuestion(t.took, 2*t.asked))
	}
	return nil
}

// measure asks every question, with and without its answer.
func measure(ctx context.Context, examples, questions []phrasing, t *tally) error {
	var texts []string
	for _, e := range examples {
		texts = append(texts, e.text)
	}
	x := newIndex("en", true, texts)
	finder := extractive.New(extractive.Options{})
	for _, q := range questions {
		t.asked++
		found := passages(examples, x.search(q.text, t.candidates, func(int) bool { return true }))
		if len(found) > 0 && found[0].Document == schemas.DocumentID(q.intent) {
			t.searched++
		}
		if near := finder.Similar(q.text, found); len(near) > 0 && near[0].Passage.Document == schemas.DocumentID(q.intent) {
			t.first++
		}
		d, err := ask(ctx, finder, "en", q.text, found, &t.took)
		if err != nil {
			return err
		}
		switch {
		case d.Verbatim:
			t.sent++
			if d.Text == q.answer {
				t.right++
			}
		case d.Kind == schemas.DecisionClarify:
			t.offered++
			if offers(d, examples, q.intent) {
				t.offeredRight++
			}
		}
		without := x.search(q.text, t.candidates, func(i int) bool { return examples[i].intent != q.intent })
		if d, err = ask(ctx, finder, "en", q.text, passages(examples, without), &t.took); err != nil {
			return err
		}
		if d.Verbatim {
			t.removed++
		}
	}
	return nil
}
