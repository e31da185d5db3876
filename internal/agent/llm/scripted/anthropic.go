package scripted

import (
	"encoding/json"
	"errors"
	"net/http"
)

// anthropicBlock is one content block of a message.
type anthropicBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	ID        string          `json:"id"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
}

// parseAnthropic reads the body of a Messages call, and refuses what the real
// API refuses: no bound of the answer, empty texts, calls whose input is no
// object or that have no result in the next message.
func parseAnthropic(raw []byte) (Request, error) {
	var body struct {
		Model     string          `json:"model"`
		MaxTokens int             `json:"max_tokens"`
		System    json.RawMessage `json:"system"`
		Messages  []struct {
			Role    string          `json:"role"`
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
		Tools []struct {
			Name string `json:"name"`
		} `json:"tools"`
		ToolChoice struct {
			Type string `json:"type"`
		} `json:"tool_choice"`
		Output struct {
			Format struct {
				Type string `json:"type"`
			} `json:"format"`
		} `json:"output_config"`
		Stream bool `json:"stream"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return Request{}, errors.New("the body is not a messages request")
	}
	switch {
	case body.MaxTokens < 1:
		return Request{}, errors.New("max_tokens: field required")
	case len(body.Messages) == 0 || body.Messages[0].Role != "user":
		return Request{}, errors.New("messages: the first message must be from the user")
	case body.Stream:
		return Request{}, errors.New("streaming is not scripted")
	}
	req := Request{
		Wire: WireAnthropic, Model: body.Model, Format: body.Output.Format.Type, ToolChoice: body.ToolChoice.Type, Raw: string(raw),
	}
	for _, t := range body.Tools {
		req.Tools = append(req.Tools, t.Name)
	}
	system, err := anthropicBlocks(body.System)
	if err != nil {
		return Request{}, err
	}
	for _, b := range system {
		req.System = append(req.System, b.Text)
	}
	var entries []entry
	for _, m := range body.Messages {
		blocks, err := anthropicBlocks(m.Content)
		if err != nil {
			return Request{}, err
		}
		said, err := anthropicEntries(m.Role, blocks)
		if err != nil {
			return Request{}, err
		}
		entries = append(entries, said...)
	}
	if err := checkCalls(entries); err != nil {
		return Request{}, err
	}
	req.add(entries)
	return req, nil
}

// anthropicBlocks reads a content field: a string, or a list of blocks.
func anthropicBlocks(raw json.RawMessage) ([]anthropicBlock, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []anthropicBlock{{Type: "text", Text: text}}, nil
	}
	var out []anthropicBlock
	if json.Unmarshal(raw, &out) != nil {
		return nil, errors.New("content is neither a text nor a list of blocks")
	}
	return out, nil
}

// anthropicEntries are the entries of one message: a model's text and calls are
// one, results and texts of a user each their own.
func anthropicEntries(role string, blocks []anthropicBlock) ([]entry, error) {
	var out []entry
	model := entry{from: fromModel}
	for _, b := range blocks {
		switch {
		case b.Type == "text" && b.Text == "":
			return nil, errors.New("text content blocks must be non-empty")
		case b.Type == "text" && role == "assistant":
			model.text += b.Text
		case b.Type == "text":
			out = append(out, entry{from: fromUser, text: b.Text})
		case b.Type == "tool_use" && role == "assistant":
			var input map[string]any
			if json.Unmarshal(b.Input, &input) != nil || input == nil {
				return nil, errors.New("tool_use.input: must be an object")
			}
			model.calls = append(model.calls, b.ID)
		case b.Type == "tool_result" && role == "user":
			out = append(out, entry{from: fromTool, text: messageText(b.Content), answers: b.ToolUseID})
		default:
			return nil, errors.New("a block of a type that its role cannot have")
		}
	}
	if role == "assistant" {
		out = append(out, model)
	}
	return out, nil
}

// anthropicStop are the API's words for why a model stopped.
func anthropicStop(finish string) string {
	switch finish {
	case "stop":
		return "end_turn"
	case "length":
		return "max_tokens"
	case "content_filter":
		return "refusal"
	case "tool_calls":
		return "tool_use"
	}
	return finish
}

// message is the body of a 200 answer of Messages.
func (s Step) message(req Request) []byte {
	text, calls := s.said(req)
	content := []any{}
	if text != "" && !s.NoChoices && s.Refusal == "" {
		content = append(content, map[string]any{"type": "text", "text": text})
	}
	for _, c := range calls {
		input := c.Arguments
		if !json.Valid(input) {
			input = json.RawMessage(encode(string(input)))
		}
		content = append(content, map[string]any{"type": "tool_use", "id": c.ID, "name": c.Action, "input": input})
	}
	var stop any
	switch {
	case s.Refusal != "":
		stop = "refusal"
	case s.Finish != "":
		stop = anthropicStop(s.Finish)
	case s.NoFinish:
	case len(calls) > 0:
		stop = "tool_use"
	default:
		stop = "end_turn"
	}
	cost := s.cost(req, text)
	return []byte(encode(map[string]any{
		"id": "msg_scripted", "type": "message", "role": "assistant", "model": req.Model, "content": content,
		"stop_reason": stop, "stop_sequence": nil,
		"usage": map[string]any{
			"input_tokens": cost.Input - cost.Cached, "cache_read_input_tokens": cost.Cached,
			"cache_creation_input_tokens": 0, "output_tokens": cost.Output,
		},
	}))
}

// writeAnthropicError writes an error in the API's form. Its types follow the
// status; a prompt that is too long is told in words only.
func writeAnthropicError(w http.ResponseWriter, status int, code, message string) {
	kind := "api_error"
	switch status {
	case http.StatusBadRequest:
		kind = "invalid_request_error"
	case http.StatusUnauthorized:
		kind = "authentication_error"
	case http.StatusPaymentRequired:
		kind = "billing_error"
	case http.StatusForbidden:
		kind = "permission_error"
	case http.StatusNotFound:
		kind = "not_found_error"
	case http.StatusRequestEntityTooLarge:
		kind = "request_too_large"
	case http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case 529:
		kind = "overloaded_error"
	}
	if code == "context_length_exceeded" {
		message = "prompt is too long: 210000 tokens > 200000 maximum"
	}
	writeJSON(w, status, map[string]any{
		"type": "error", "error": map[string]any{"type": kind, "message": message}, "request_id": "req_scripted",
	})
}
