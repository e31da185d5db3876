package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// transferTool is the tool that gives the customer to people.
const transferTool = "transfer_to_human_agents"

// story is one conversation to replay.
type story struct {
	// id names it in reports.
	id    string
	turns []turn
	// goodbye is true when the customer had the last word, which nobody answered:
	// the chat is then ended in its place.
	goodbye bool
}

// turn is a message of the customer with what the agent did about it.
type turn struct {
	say   string
	steps []step
}

// step is one message of the agent: a text, a call, or a text beside a call.
type step struct {
	text string
	call *call
}

// call is one call of a tool.
type call struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	// result is what the tool answered in the recording.
	result string
}

// calls are the calls of a story in their order.
func (s story) calls() []call {
	var out []call
	for _, t := range s.turns {
		for _, st := range t.steps {
			if st.call != nil {
				out = append(out, *st.call)
			}
		}
	}
	return out
}

// texts are what the agent says in its order. beside counts those that were said
// beside a call.
func (s story) texts() (texts []string, beside int) {
	for _, t := range s.turns {
		for _, st := range t.steps {
			if st.text == "" {
				continue
			}
			texts = append(texts, st.text)
			if st.call != nil {
				beside++
			}
		}
	}
	return texts, beside
}

// handsOff reports whether the customer ends with people.
func (s story) handsOff() bool {
	return slices.ContainsFunc(s.calls(), func(c call) bool { return c.Name == transferTool })
}

// closing is what the model says when a recording ends with a call: the recorded
// agent was stopped there, but a turn has to end. It is no recorded text.
const closing = "The recording ends here."

// open reports whether the turn has no end of its own in the recording.
func (t turn) open() bool {
	if len(t.steps) == 0 {
		return false
	}
	last := t.steps[len(t.steps)-1]
	return last.call != nil && last.call.Name != transferTool
}

// sameArguments compares arguments as values. A member that is an empty text is
// the same as none: a call has no value for it either way.
func sameArguments(a, b json.RawMessage) bool {
	x, errX := members(a)
	y, errY := members(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

func members(raw json.RawMessage) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	var out map[string]any
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("read arguments: %w", err)
	}
	for name, value := range out {
		if value == "" {
			delete(out, name)
		}
	}
	return out, nil
}
