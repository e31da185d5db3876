package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"steward/bench/lines"
	"steward/internal/agent/llm/extractive"
	"steward/internal/language"
	"steward/schemas"
)

// set is a collection of paragraphs with questions about them.
type set struct {
	lang       string
	paragraphs []paragraph
	questions  []question
}

type paragraph struct {
	ID   string `json:"_id"`
	Text string `json:"text"`
}

type question struct {
	ID      string   `json:"_id"`
	Text    string   `json:"text"`
	Answers []string `json:"answers"`
	// in is the paragraph that the question is about.
	in string
}

func readSet(dir, lang string) (*set, error) {
	s := &set{lang: lang}
	err := lines.Each(filepath.Join(dir, "corpus.jsonl"), func(line string) error {
		var p paragraph
		err := json.Unmarshal([]byte(line), &p)
		s.paragraphs = append(s.paragraphs, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	in := make(map[string]string)
	err = lines.Each(filepath.Join(dir, "qrels.tsv"), func(line string) error {
		if f := strings.Fields(line); len(f) == 3 {
			in[f[0]] = f[1]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, lines.Each(filepath.Join(dir, "queries.jsonl"), func(line string) error {
		var q question
		err := json.Unmarshal([]byte(line), &q)
		q.in = in[q.ID]
		s.questions = append(s.questions, q)
		return err
	})
}

// article is the article that a paragraph is part of.
func article(id string) string {
	name, _, _ := strings.Cut(id, "p")
	return name + "p"
}

// outcome counts what became of the questions of a set.
type outcome struct {
	asked, bm25, first, answered, right, hinted, removed int
	took                                                 time.Duration
}

// sentences prints the row of one collection.
func sentences(ctx context.Context, s *set, o options) error {
	if s.lang == "en" {
		fmt.Printf("\n**Sentences of pages, XQuAD** (%d paragraphs, %d questions a language; %d candidates by BM25 over stems in memory)\n\n", len(s.paragraphs), len(s.questions), o.candidates)
		fmt.Println("| language | right sentence, plain BM25 | right sentence, finder | answered | right among answered | wrong answer given | page named only | answered though article removed | time per question |")
		fmt.Println("|---|---|---|---|---|---|---|---|---|")
	}
	var texts []string
	for _, p := range s.paragraphs {
		texts = append(texts, p.Text)
	}
	x, finder, yardstick := newIndex(s.lang, false, texts), extractive.New(extractive.Options{}), newYardstick(s)
	var t outcome
	for _, q := range s.questions {
		t.asked++
		if holds(yardstick.best(q.Text), q.Answers) {
			t.bm25++
		}
		found := s.passages(x.search(q.Text, o.candidates, func(int) bool { return true }))
		if holds(finder.BestSentence(q.Text, s.lang, found), q.Answers) {
			t.first++
		}
		d, err := ask(ctx, finder, s.lang, q.Text, found, &t.took)
		if err != nil {
			return err
		}
		switch {
		case quoted(d, found):
			t.answered++
			if holds(d.Text, q.Answers) {
				t.right++
			}
		case !d.NotFound:
			t.hinted++
		}
		without := s.passages(x.search(q.Text, o.candidates, func(i int) bool { return article(s.paragraphs[i].ID) != article(q.in) }))
		if d, err = ask(ctx, finder, s.lang, q.Text, without, &t.took); err != nil {
			return err
		}
		if quoted(d, without) {
			t.removed++
		}
	}
	fmt.Printf("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", s.lang, share(t.bm25, t.asked), share(t.first, t.asked), share(t.answered, t.asked),
		share(t.right, t.answered), share(t.answered-t.right, t.asked), share(t.hinted, t.asked), share(t.removed, t.asked), perQuestion(t.took, 2*t.asked))
	return nil
}

func (s *set) passages(found []int) []schemas.Passage {
	out := make([]schemas.Passage, 0, len(found))
	for i, p := range found {
		out = append(out, schemas.Passage{
			Number: i + 1, Document: schemas.DocumentID(s.paragraphs[p].ID), Text: s.paragraphs[p].Text, Language: s.lang, Citable: true,
		})
	}
	return out
}

func holds(text string, answers []string) bool {
	return slices.ContainsFunc(answers, func(a string) bool { return strings.Contains(text, a) })
}

// quoted reports whether d quotes a passage, and does not only name a page.
func quoted(d schemas.Decision, found []schemas.Passage) bool {
	if d.Kind != schemas.DecisionAnswer || d.NotFound || len(d.Citations) == 0 {
		return false
	}
	first, _, _ := strings.Cut(d.Text, " [S")
	return slices.ContainsFunc(found, func(p schemas.Passage) bool {
		return strings.Contains(strings.Join(strings.Fields(p.Text), " "), strings.Join(strings.Fields(first), " "))
	})
}

// yardstick is plain BM25 over lower-case words of every sentence: what a
// search engine that knows no more than sentences would answer.
type yardstick struct {
	sentences []string
	search    *index
}

func newYardstick(s *set) *yardstick {
	y := &yardstick{}
	for _, p := range s.paragraphs {
		y.sentences = append(y.sentences, language.Sentences(p.Text)...)
	}
	y.search = newIndex("", false, y.sentences)
	return y
}

func (y *yardstick) best(question string) string {
	if found := y.search.search(question, 1, func(int) bool { return true }); len(found) > 0 {
		return y.sentences[found[0]]
	}
	return ""
}
