package scripted

import (
	"encoding/json"
	"errors"
	"net/http"

	"steward/schemas"
)

// parseOpenAI reads the body of a Chat Completions call.
func parseOpenAI(raw []byte) (Request, error) {
	var body struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string          `json:"role"`
			Content json.RawMessage `json:"content"`
			Calls   []struct {
				ID string `json:"id"`
			} `json:"tool_calls"`
			CallID string `json:"tool_call_id"`
		} `json:"messages"`
		Tools []struct {
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
		} `json:"tools"`
		ToolChoice string `json:"tool_choice"`
		Format     struct {
			Type string `json:"type"`
		} `json:"response_format"`
		Stream bool `json:"stream"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return Request{}, errors.New("the body is not a chat completion request")
	}
	if len(body.Messages) == 0 {
		return Request{}, errors.New("the request has no messages")
	}
	if body.Stream {
		return Request{}, errors.New("streaming is not scripted")
	}
	req := Request{Wire: WireOpenAI, Model: body.Model, Format: body.Format.Type, ToolChoice: body.ToolChoice, Raw: string(raw)}
	for _, t := range body.Tools {
		req.Tools = append(req.Tools, t.Function.Name)
	}
	var entries []entry
	for _, m := range body.Messages {
		e := entry{text: messageText(m.Content), answers: m.CallID}
		switch m.Role {
		case "system", "developer":
			req.System = append(req.System, e.text)
			continue
		case "assistant":
			e.from = fromModel
			for _, c := range m.Calls {
				e.calls = append(e.calls, c.ID)
			}
		case "tool":
			e.from = fromTool
		}
		entries = append(entries, e)
	}
	if err := checkCalls(entries); err != nil {
		return Request{}, err
	}
	req.add(entries)
	return req, nil
}

// completion is the body of a 200 answer of Chat Completions.
func (s Step) completion(req Request) []byte {
	text, calls := s.said(req)
	finish := s.Finish
	if finish == "" && !s.NoFinish {
		finish = "stop"
		if len(calls) > 0 {
			finish = "tool_calls"
		}
	}
	message := map[string]any{"role": "assistant", "content": text}
	if len(calls) > 0 {
		message["tool_calls"] = toolCalls(calls)
		message["content"] = optional(text, text != "")
	}
	if s.Refusal != "" {
		message["refusal"], message["content"] = s.Refusal, nil
	}
	choices := []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}}
	if s.NoChoices {
		choices = []any{}
	}
	cost := s.cost(req, text)
	return []byte(encode(map[string]any{
		"id": "scripted", "object": "chat.completion", "created": 0, "model": req.Model, "choices": choices,
		"usage": map[string]any{
			"prompt_tokens": cost.Input, "completion_tokens": cost.Output, "total_tokens": cost.Input + cost.Output,
			"prompt_tokens_details": map[string]any{"cached_tokens": cost.Cached},
		},
	}))
}

func toolCalls(calls []schemas.Call) []any {
	out := make([]any, 0, len(calls))
	for _, c := range calls {
		out = append(out, map[string]any{
			"id": c.ID, "type": "function",
			"function": map[string]any{"name": c.Action, "arguments": string(c.Arguments)},
		})
	}
	return out
}

func writeOpenAIError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]any{
		"error": map[string]any{"message": message, "type": "scripted", "code": code, "param": ""},
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A caller that hangs up is part of many scripts.
	_ = json.NewEncoder(w).Encode(body)
}
