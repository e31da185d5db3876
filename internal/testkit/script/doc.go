// Package script runs conversation scripts: files that read like a
// conversation and are played in virtual time against the real workflows,
// activities, store and rules. Only the model, the channel's network step and
// the relay are stand-ins, and each behaves as the real one may.
//
// Each line is one step; docs/how-to/conversation-scripts.md lists the verbs.
// A new case is a new file.
package script

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// line is one step of a script.
type line struct {
	// number is the line's number in the file, from 1.
	number int
	verb   string
	rest   string
	// during are steps that happen while the model works on this line's answer.
	during []line
}

// script is a parsed file.
type script struct {
	path     string
	start    time.Time
	settings []line
	actions  []line
	users    []line
	records  []line
	desks    []line
	steps    []line
}

// defaultStart is a Friday at noon in Rome, so that a script about hours starts
// on a known weekday.
const defaultStart = "2026-03-06T12:00:00+01:00"

// verbs are the words a line can begin with, longest first where one is the
// beginning of another.
var verbs = []string{
	"customer repeats", "customer:", "model:", "model notfound:", "model clarify:", "model handoff", "model smalltalk:",
	"model cites nothing:", "model fails", "model calls:", "result", "called:", "called nothing", "acted", "goals", "pending",
	"approves:", "refuses:", "reports", "button", "agent:", "agent ~", "system:", "system ~", "human:", "human says",
	"takes over:", "gives back:", "accepts:", "declines:", "closes:", "presence", "customer ends", "email:",
	"rates:", "visitor:", "pause", "resume", "switch off", "switch on", "publish", "deployed", "removed", "relay",
	"wait", "at", "silence", "state", "earlier", "handoff", "offers", "turns", "turn took", "runs", "search fails", "content gone",
	"mailed", "mail fails", "crm", "record", "prompt has", "prompt lacks", "code is nowhere", "send fails", "send unknown", "send lost", "send once", "database fails", "open", "ends",
	"trace", "sweep", "preview draft", "preview version", "tries:", "tried ~", "tried", "edits", "closes gap", "opens gap", "mail server", "told by mail:", "told nothing by mail", "gaps", "asks",
	"desk:", "desk repeats", "desk later", "desk fails", "desk unknown", "desk lost", "desk told:", "desk told ~", "desk silence", "note ~", "no notes",
}

// isDeskVerb reports whether the word after desk makes a verb; any other names a
// destination.
func isDeskVerb(word string) bool {
	switch word {
	case "repeats", "later", "fails", "unknown", "lost", "told:", "told", "silence":
		return true
	}
	return false
}

// parse reads a script. Lines that are indented happen during the model line
// above them.
func parse(path string) (script, error) {
	file, err := os.Open(path)
	if err != nil {
		return script{}, fmt.Errorf("open script: %w", err)
	}
	defer func() { _ = file.Close() }()
	return parseText(path, file)
}

// parseText reads a script from its text; path is its name in messages.
func parseText(path string, text io.Reader) (script, error) {
	s := script{path: path}
	var err error
	if s.start, err = time.Parse(time.RFC3339, defaultStart); err != nil {
		return s, err
	}
	scan := bufio.NewScanner(text)
	for n := 1; scan.Scan(); n++ {
		if err := s.add(n, scan.Text()); err != nil {
			return s, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := scan.Err(); err != nil {
		return s, fmt.Errorf("read script: %w", err)
	}
	if len(s.steps) == 0 || !isEnd(s.steps[len(s.steps)-1].verb) {
		return s, fmt.Errorf("%s: the last line says how it ends: open, or ends <lifecycle> [outcome]", path)
	}
	return s, nil
}

func isEnd(verb string) bool { return verb == "open" || verb == "ends" }

func (s *script) add(n int, text string) error {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || strings.HasPrefix(trimmed, "#") {
		return nil
	}
	word, rest, _ := strings.Cut(trimmed, " ")
	switch word {
	case "settings":
		s.settings = append(s.settings, line{number: n, verb: word, rest: rest})
		return nil
	case "action":
		s.actions = append(s.actions, line{number: n, verb: word, rest: rest})
		return nil
	case "record":
		if strings.HasPrefix(rest, "{") {
			s.records = append(s.records, line{number: n, verb: word, rest: rest})
			return nil
		}
	case "desk":
		if name, _, _ := strings.Cut(rest, " "); !isDeskVerb(name) {
			s.desks = append(s.desks, line{number: n, verb: word, rest: rest})
			return nil
		}
	case "user":
		s.users = append(s.users, line{number: n, verb: word, rest: rest})
		return nil
	case "start":
		at, err := time.Parse(time.RFC3339, rest)
		s.start = at
		return err
	}
	l, err := step(n, trimmed)
	if err != nil {
		return err
	}
	if text[0] != ' ' && text[0] != '\t' {
		s.steps = append(s.steps, l)
		return nil
	}
	if len(s.steps) == 0 || !strings.HasPrefix(s.steps[len(s.steps)-1].verb, "model") {
		return fmt.Errorf("an indented line belongs under a model line")
	}
	last := &s.steps[len(s.steps)-1]
	last.during = append(last.during, l)
	return nil
}

func step(n int, text string) (line, error) {
	best := ""
	for _, v := range verbs {
		if strings.HasPrefix(text, v) && len(v) > len(best) {
			best = v
		}
	}
	if best == "" {
		return line{}, fmt.Errorf("unknown verb in %q", text)
	}
	return line{number: n, verb: strings.TrimSuffix(best, ":"), rest: strings.TrimSpace(text[len(best):])}, nil
}
