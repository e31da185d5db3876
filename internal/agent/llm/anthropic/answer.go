package anthropic

import (
	"net/http"
	"strings"

	anthropicsdk "github.com/anthropics/anthropic-sdk-go"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// read judges a message. The SDK reports no stop reason as an error. tools says
// whether tools were offered.
func (m *Model) read(message *anthropicsdk.Message, tools bool) (llm.Response, error) {
	if message == nil {
		return llm.Response{}, llm.NewError(llm.KindEmpty, http.StatusOK)
	}
	// The SDK reads anything as a message.
	if !strings.HasPrefix(strings.TrimSpace(message.RawJSON()), "{") {
		return llm.Response{}, llm.NewError(llm.KindMalformed, http.StatusOK)
	}
	out := llm.Response{Model: llm.Word(message.Model), Finish: llm.Word(string(message.StopReason))}
	u := message.Usage
	// The API counts tokens apart that the cache gave or took.
	out.Usage = schemas.Usage{
		Input:  llm.Tokens(int64(llm.Tokens(u.InputTokens) + llm.Tokens(u.CacheReadInputTokens) + llm.Tokens(u.CacheCreationInputTokens))),
		Cached: llm.Tokens(u.CacheReadInputTokens),
		Output: llm.Tokens(u.OutputTokens),
	}
	if kind := stopKind(message); kind != "" {
		return out, llm.NewError(kind, http.StatusOK)
	}
	decision, err := decide(message, tools)
	if err != nil {
		return out, err
	}
	decision.Engine = m.Name()
	out.Decision = decision
	return out, nil
}

// stopKind is the kind of failure that a message stands for, empty for none.
func stopKind(m *anthropicsdk.Message) llm.Kind {
	switch m.StopReason {
	case anthropicsdk.StopReasonRefusal:
		return llm.KindContentFilter
	case anthropicsdk.StopReasonModelContextWindowExceeded:
		return llm.KindContextLength
	case anthropicsdk.StopReasonMaxTokens, anthropicsdk.StopReasonPauseTurn:
		// A paused turn would go on in another call, and nothing here starts one:
		// only tools that the provider runs itself pause.
		return llm.KindTruncated
	case anthropicsdk.StopReasonEndTurn, anthropicsdk.StopReasonToolUse, anthropicsdk.StopReasonStopSequence:
	}
	if len(m.Content) == 0 {
		return llm.KindEmpty
	}
	if m.StopReason == "" {
		return llm.KindTruncated
	}
	return ""
}

// decide reads the decision of a message. Calls count whether tools were
// offered or not: the gate denies what it does not know. What a model thought
// is no part of it.
func decide(m *anthropicsdk.Message, tools bool) (schemas.Decision, error) {
	var text strings.Builder
	var calls []schemas.Call
	for _, block := range m.Content {
		switch block.Type {
		case "text":
			text.WriteString(block.Text)
		case "tool_use":
			calls = append(calls, schemas.Call{ID: block.ID, Action: block.Name, Arguments: block.Input})
		}
	}
	if !tools && len(calls) == 0 {
		return llm.ParseDecision(text.String())
	}
	return llm.DecisionOfCalls(text.String(), calls)
}
