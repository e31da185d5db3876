package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// stopMark is how the simulated customer of the recordings leaves.
const stopMark = "###STOP###"

// maxLine bounds one line of a recording in bytes.
const maxLine = 8 << 20

// message is one message of a recording.
type message struct {
	Role    string  `json:"role"`
	Content *string `json:"content"`
	Calls   []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
	CallID string `json:"tool_call_id"`
}

// expected is what a recording holds according to its own list, against which
// the reading of it is checked.
type expected struct {
	Users  int    `json:"user_messages"`
	Agents int    `json:"agent_messages"`
	Calls  []call `json:"tool_calls"`
}

// readAirline reads trajectories.jsonl and checks it against expected.jsonl.
func readAirline(folder fs.FS) ([]story, error) {
	type recording struct {
		Task    int       `json:"task_id"`
		Trial   int       `json:"trial"`
		Traffic []message `json:"traj"`
	}
	recordings, err := readLines[recording](folder, "trajectories.jsonl")
	if err != nil {
		return nil, err
	}
	lists, err := readLines[expected](folder, "expected.jsonl")
	if err != nil {
		return nil, err
	}
	if len(lists) != len(recordings) || len(lists) == 0 {
		return nil, fmt.Errorf("%d recordings and %d lists of what to expect", len(recordings), len(lists))
	}
	var out []story
	for i, r := range recordings {
		s, err := readStory(r.Traffic)
		if err == nil {
			s.id = fmt.Sprintf("airline task %d trial %d", r.Task, r.Trial)
			err = agrees(s, lists[i])
		}
		if err != nil {
			return nil, fmt.Errorf("recording %d: %w", i, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func readLines[T any](folder fs.FS, name string) ([]T, error) {
	file, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open recordings: %w", err)
	}
	defer func() { _ = file.Close() }()
	var out []T
	lines := bufio.NewScanner(io.Reader(file))
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s: line %d is not what it should be: %w", name, n, err)
		}
		out = append(out, v)
	}
	return out, lines.Err()
}

// readStory reads the messages of one recording.
func readStory(messages []message) (story, error) {
	var s story
	for i, m := range messages {
		text := ""
		if m.Content != nil {
			text = strings.TrimSpace(*m.Content)
		}
		var last *turn
		if len(s.turns) > 0 {
			last = &s.turns[len(s.turns)-1]
		}
		switch {
		case m.Role == "system" && i == 0:
		case m.Role == "user":
			s.turns = append(s.turns, turn{say: text})
		case last == nil:
			return s, errors.New("the customer does not speak first")
		case m.Role == "assistant":
			st, err := readStep(m, text)
			if err != nil {
				return s, err
			}
			last.steps = append(last.steps, st)
		case m.Role == "tool":
			if len(last.steps) == 0 || last.steps[len(last.steps)-1].call == nil {
				return s, errors.New("a result without a call")
			}
			if m.Content != nil {
				last.steps[len(last.steps)-1].call.result = *m.Content
			}
		default:
			return s, fmt.Errorf("a message of the unknown role %q", m.Role)
		}
	}
	return s.ended()
}

func readStep(m message, text string) (step, error) {
	switch {
	case len(m.Calls) > 1:
		return step{}, errors.New("a message with more than one call")
	case len(m.Calls) == 0 && text == "":
		return step{}, errors.New("a message that says and calls nothing")
	case len(m.Calls) == 0:
		return step{text: text}, nil
	}
	f := m.Calls[0].Function
	if !json.Valid([]byte(f.Arguments)) {
		return step{}, fmt.Errorf("a call of %s whose arguments are no JSON", f.Name)
	}
	return step{text: text, call: &call{Name: f.Name, Arguments: json.RawMessage(f.Arguments)}}, nil
}

// ended takes the last word of a customer whom nobody answers off the story.
func (s story) ended() (story, error) {
	if n := len(s.turns); n > 0 && len(s.turns[n-1].steps) == 0 {
		s.goodbye, s.turns = true, s.turns[:n-1]
	}
	for i, t := range s.turns {
		switch {
		case len(t.steps) == 0:
			return s, errors.New("a customer whom nobody answers")
		case strings.Contains(t.say, stopMark):
			return s, errors.New("a customer who goes on after leaving")
		case t.open() && i < len(s.turns)-1:
			return s, errors.New("a turn that ends with a call")
		}
	}
	return s, nil
}

// agrees checks a story against the list of what its recording holds.
func agrees(s story, want expected) error {
	users := len(s.turns)
	if s.goodbye {
		users++
	}
	texts, beside := s.texts()
	same := slices.EqualFunc(s.calls(), want.Calls, func(a, b call) bool {
		return a.Name == b.Name && sameArguments(a.Arguments, b.Arguments)
	})
	if users != want.Users || len(texts)-beside != want.Agents || !same {
		return errors.New("it does not hold what the list of it says")
	}
	return nil
}
