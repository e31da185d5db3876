package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// maxLine is the longest line of a file, in bytes.
const maxLine = 4 << 20

func readSet(name, dir string) (*set, error) {
	s := &set{name: name}
	err := eachLine(filepath.Join(dir, "corpus.jsonl"), func(line string) error {
		var d document
		err := json.Unmarshal([]byte(line), &d)
		s.documents = append(s.documents, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	byID := make(map[string]int)
	err = eachLine(filepath.Join(dir, "queries.jsonl"), func(line string) error {
		q := question{grades: make(map[string]int)}
		err := json.Unmarshal([]byte(line), &q)
		byID[q.ID] = len(s.questions)
		s.questions = append(s.questions, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, eachLine(filepath.Join(dir, "qrels.tsv"), func(line string) error {
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

func eachLine(path string, f func(line string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := f(lines.Text()); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
	}
	return lines.Err()
}
