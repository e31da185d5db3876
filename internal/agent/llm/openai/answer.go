package openai

import (
	"encoding/json"
	"net/http"

	openaisdk "github.com/openai/openai-go/v3"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// read judges a completion. The SDK reports neither an empty choice list nor a
// cut answer as an error. tools says whether tools were offered.
func (m *Model) read(c *openaisdk.ChatCompletion, tools bool) (llm.Response, error) {
	if c == nil {
		return llm.Response{}, llm.NewError(llm.KindEmpty, http.StatusOK)
	}
	out := llm.Response{Model: llm.Word(c.Model)}
	out.Usage.Input = llm.Tokens(c.Usage.PromptTokens)
	out.Usage.Cached = llm.Tokens(c.Usage.PromptTokensDetails.CachedTokens)
	out.Usage.Output = llm.Tokens(c.Usage.CompletionTokens)
	if len(c.Choices) == 0 {
		return out, llm.NewError(llm.KindEmpty, http.StatusOK)
	}
	choice := c.Choices[0]
	out.Finish = llm.Word(choice.FinishReason)
	if choice.Message.Refusal != "" || choice.FinishReason == "content_filter" {
		return out, llm.NewError(llm.KindContentFilter, http.StatusOK)
	}
	if choice.FinishReason == "" || choice.FinishReason == "length" {
		return out, llm.NewError(llm.KindTruncated, http.StatusOK)
	}
	decision, err := decide(choice.Message, tools)
	if err != nil {
		return out, err
	}
	decision.Engine = m.Name()
	out.Decision = decision
	return out, nil
}

// decide reads the decision of a message. Calls count whether tools were
// offered or not: the gate denies what it does not know.
func decide(m openaisdk.ChatCompletionMessage, tools bool) (schemas.Decision, error) {
	if !tools && len(m.ToolCalls) == 0 {
		return llm.ParseDecision(m.Content)
	}
	var calls []schemas.Call
	for _, c := range m.ToolCalls {
		call := schemas.Call{ID: c.ID, Action: c.Function.Name, Arguments: json.RawMessage(c.Function.Arguments)}
		if c.Type == "custom" {
			call.Action, call.Arguments = c.Custom.Name, json.RawMessage(c.Custom.Input)
		}
		calls = append(calls, call)
	}
	return llm.DecisionOfCalls(m.Content, calls)
}
