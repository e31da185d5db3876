package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"steward/bench/lines"
)

// set is a collection with questions and judgements, in the form of BEIR.
type set struct {
	name string
	// language of its texts; empty: detected.
	language  string
	documents []document
	questions []question
}

type document struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

type question struct {
	ID   string `json:"_id"`
	Text string `json:"text"`
	// grades of the documents that answer it.
	grades map[string]int
}

func readSet(name, dir string) (*set, error) {
	s := &set{name: name}
	err := lines.Each(filepath.Join(dir, "corpus.jsonl"), func(line string) error {
		var d document
		err := json.Unmarshal([]byte(line), &d)
		s.documents = append(s.documents, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	byID := make(map[string]int)
	err = lines.Each(filepath.Join(dir, "queries.jsonl"), func(line string) error {
		q := question{grades: make(map[string]int)}
		err := json.Unmarshal([]byte(line), &q)
		byID[q.ID] = len(s.questions)
		s.questions = append(s.questions, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, lines.Each(filepath.Join(dir, "qrels.tsv"), func(line string) error {
		f := strings.Split(line, "\t")
		grade, err := strconv.Atoi(f[len(f)-1])
		if err != nil || len(f) < 3 {
			return nil // the head of the table
		}
		at, ok := byID[f[0]]
		if !ok {
			return fmt.Errorf("qrels.tsv names the unknown question %s", f[0])
		}
		s.questions[at].grades[f[len(f)-2]] = grade
		return nil
	})
}
