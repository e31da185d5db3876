package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Wire is the API that a request speaks.
type Wire string

// The wires.
const (
	WireOpenAI    Wire = "openai"
	WireAnthropic Wire = "anthropic"
)

// Request is one call that the server received.
type Request struct {
	Wire Wire
	// Model is the model asked for.
	Model string
	// System is the system messages, Messages all others, in order: what people
	// and the model said, and results of calls.
	System   []string
	Messages []string
	// Question is what the customer asks, Results are what calls of this turn
	// gave, in order. Without tools they are the blocks ⟦key RESULT …⟧.
	Question string
	Results  []string
	// Tools are the names of the tools on offer, in order, and ToolChoice what
	// is said about them.
	Tools      []string
	ToolChoice string
	// Format is the type of the answer asked for, such as json_schema; empty when
	// not sent.
	Format string
	// Authorization is the header as sent, or the key of x-api-key.
	Authorization string
	// Raw is the whole body.
	Raw string
}

// Last is the text of the last message.
func (r Request) Last() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1]
}

// speaker is who an entry is from.
type speaker int

const (
	fromUser speaker = iota
	fromModel
	fromTool
)

// entry is one thing said in a prompt, whatever the wire.
type entry struct {
	from speaker
	text string
	// calls are the ids of a model's calls; answers is the id that a result is
	// for.
	calls   []string
	answers string
}

// add fills in what the entries say.
func (r *Request) add(entries []entry) {
	for _, e := range entries {
		r.Messages = append(r.Messages, e.text)
	}
	t := readTurn(entries)
	r.Question, r.Results = t.question, t.results
}

// readTurn finds the question, which is the last marked one, or else the last
// thing that a user said, and the results after it.
func readTurn(entries []entry) turn {
	at := -1
	for i, e := range entries {
		if e.from == fromUser && (customerBlock.MatchString(e.text) || at < 0 || !customerBlock.MatchString(entries[at].text)) {
			at = i
		}
	}
	if at < 0 {
		return turn{}
	}
	t := turn{question: Question(entries[at].text)}
	for _, e := range entries[at:] {
		switch e.from {
		case fromTool:
			t.results = append(t.results, e.text)
		case fromUser:
			for _, block := range resultBlock.FindAllStringSubmatch(e.text, -1) {
				t.results = append(t.results, strings.TrimSpace(block[2]))
			}
		case fromModel:
		}
	}
	return t
}

// checkCalls refuses what real servers refuse: a call without a result right
// after it, a result of no call, and an id that is used twice.
func checkCalls(entries []entry) error {
	var open []string
	seen := map[string]bool{}
	for i, e := range entries {
		if e.from == fromTool {
			at := slices.Index(open, e.answers)
			if at < 0 {
				return fmt.Errorf("message %d: a result of no call before it", i)
			}
			open = slices.Delete(open, at, at+1)
			continue
		}
		if len(open) > 0 {
			return fmt.Errorf("message %d: %d calls before it have no result", i, len(open))
		}
		for _, id := range e.calls {
			if id == "" || seen[id] {
				return fmt.Errorf("message %d: an id of a call is empty or used twice", i)
			}
			seen[id] = true
		}
		open = slices.Clone(e.calls)
	}
	if len(open) > 0 {
		return errors.New("the last calls have no result")
	}
	return nil
}

// messageText reads a content field: a string, or a list of text parts.
func messageText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return ""
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

var (
	// A prompt marks a block as ⟦key name …⟧ text ⟦/key⟧.
	customerBlock = regexp.MustCompile(`(?s)⟦([0-9a-f]+) CUSTOMER⟧\n?(.*?)⟦/`)
	resultBlock   = regexp.MustCompile(`(?s)⟦([0-9a-f]+) RESULT[^⟧]*⟧\n?(.*?)⟦/`)
	passageBlock  = regexp.MustCompile(`(?s)⟦([0-9a-f]+) S(\d+)[^⟧]*⟧\n?(.*?)⟦/`)
	sentenceEnd   = regexp.MustCompile(`[.!?](\s|$)`)
)

// Question is the customer's part of a prompt's message, or all of it when
// nothing in it is marked.
func Question(message string) string {
	blocks := customerBlock.FindAllStringSubmatch(message, -1)
	if len(blocks) == 0 {
		return message
	}
	texts := make([]string, 0, len(blocks))
	for _, b := range blocks {
		texts = append(texts, strings.TrimSpace(b[2]))
	}
	return strings.Join(texts, "\n")
}
