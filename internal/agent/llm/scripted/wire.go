package scripted

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"steward/schemas"
)

// parseRequest reads the body of a Chat Completions call.
func parseRequest(raw []byte) (Request, error) {
	var body struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string          `json:"role"`
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
		Format struct {
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
	req := Request{Model: body.Model, Format: body.Format.Type, Raw: string(raw)}
	for _, m := range body.Messages {
		text := messageText(m.Content)
		if m.Role == "system" || m.Role == "developer" {
			req.System = append(req.System, text)
		} else {
			req.Messages = append(req.Messages, text)
		}
	}
	return req, nil
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

// completion is the body of a 200 answer.
func (s Step) completion(req Request) []byte {
	finish := s.Finish
	if finish == "" && !s.NoFinish {
		finish = "stop"
	}
	message := map[string]any{"role": "assistant", "content": s.content()}
	if s.Refusal != "" {
		message["refusal"], message["content"] = s.Refusal, nil
	}
	choices := []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}}
	if s.NoChoices {
		choices = []any{}
	}
	prompt, answer := len(req.Raw)/4, len(s.content())/4
	body, err := json.Marshal(map[string]any{
		"id": "scripted", "object": "chat.completion", "created": 0, "model": req.Model, "choices": choices,
		"usage": map[string]any{
			"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer,
			"prompt_tokens_details": map[string]any{"cached_tokens": 0},
		},
	})
	if err != nil {
		return nil
	}
	return body
}

var (
	// A prompt marks a block as ⟦key name …⟧ text ⟦/key⟧.
	customerBlock = regexp.MustCompile(`(?s)⟦([0-9a-f]+) CUSTOMER⟧\n?(.*?)⟦/`)
	passageBlock  = regexp.MustCompile(`(?s)⟦([0-9a-f]+) S(\d+)[^⟧]*⟧\n?(.*?)⟦/`)
	sentenceEnd   = regexp.MustCompile(`[.!?](\s|$)`)
)

// Question is the customer's part of a prompt's last message, or all of it
// when nothing in it is marked.
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

// QuoteFirst is a Fallback that answers with the first sentence of the first
// passage in the prompt and cites it; without passages it found nothing.
func QuoteFirst(req Request) (Step, bool) {
	block := passageBlock.FindStringSubmatch(req.Last())
	if block == nil {
		return Step{Decision: &schemas.Decision{
			Kind: schemas.DecisionAnswer, Text: "I did not find this in our pages.", NotFound: true, Language: "en",
		}}, true
	}
	number, err := strconv.Atoi(block[2])
	if err != nil {
		return Step{}, false
	}
	quote := strings.TrimSpace(block[3])
	if _, answer, ok := strings.Cut(quote, "\nAnswer: "); ok && strings.HasPrefix(quote, "Question: ") {
		quote = answer
	}
	if end := sentenceEnd.FindStringIndex(quote); end != nil {
		quote = quote[:end[0]+1]
	}
	return Answer(quote+" [S"+block[2]+"]", number), true
}
