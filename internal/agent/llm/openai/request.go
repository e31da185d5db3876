package openai

import (
	"encoding/json"

	openaisdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/shared"

	"steward/internal/agent/llm"
)

func (m *Model) params(r llm.Request) openaisdk.ChatCompletionNewParams {
	p := openaisdk.ChatCompletionNewParams{Model: m.config.Model}
	// Two system messages keep the first one byte-identical, which caches.
	for _, text := range []string{r.Stable, r.PerConversation} {
		if text != "" {
			p.Messages = append(p.Messages, openaisdk.SystemMessage(text))
		}
	}
	for _, message := range llm.Transcript(r.Messages) {
		p.Messages = append(p.Messages, wireMessage(message))
	}
	if r.MaxTokens > 0 {
		if m.config.LegacyMaxTokens {
			p.MaxTokens = openaisdk.Int(int64(r.MaxTokens))
		} else {
			p.MaxCompletionTokens = openaisdk.Int(int64(r.MaxTokens))
		}
	}
	if r.Temperature != nil {
		p.Temperature = openaisdk.Float(*r.Temperature)
	}
	if m.config.PromptCacheKey && r.CacheKey != "" {
		p.PromptCacheKey = openaisdk.String(r.CacheKey)
	}
	if m.config.Tools && len(r.Tools) > 0 {
		m.addTools(&p, r.Tools)
		return p
	}
	switch m.config.JSON {
	case llm.JSONSchema:
		p.ResponseFormat = schemaFormat(r)
	case llm.JSONObject:
		p.ResponseFormat.OfJSONObject = &shared.ResponseFormatJSONObjectParam{}
	case llm.JSONNone:
	}
	return p
}

// wireMessage is a message of the prompt on the wire.
func wireMessage(m llm.Message) openaisdk.ChatCompletionMessageParamUnion {
	switch m.Role {
	case llm.RoleTool:
		return openaisdk.ToolMessage(m.Text, m.CallID)
	case llm.RoleAssistant:
		if len(m.Calls) == 0 {
			return openaisdk.AssistantMessage(m.Text)
		}
		said := openaisdk.ChatCompletionAssistantMessageParam{}
		if m.Text != "" {
			said.Content.OfString = openaisdk.String(m.Text)
		}
		for _, c := range m.Calls {
			said.ToolCalls = append(said.ToolCalls, openaisdk.ChatCompletionMessageToolCallUnionParam{
				OfFunction: &openaisdk.ChatCompletionMessageFunctionToolCallParam{
					ID: c.ID,
					Function: openaisdk.ChatCompletionMessageFunctionToolCallFunctionParam{
						Name: c.Action, Arguments: string(c.Arguments),
					},
				},
			})
		}
		return openaisdk.ChatCompletionMessageParamUnion{OfAssistant: &said}
	case llm.RoleUser:
	}
	return openaisdk.UserMessage(m.Text)
}

// addTools offers the tools. Their order is kept: a provider caches them.
func (m *Model) addTools(p *openaisdk.ChatCompletionNewParams, tools []llm.Tool) {
	for _, t := range tools {
		f := shared.FunctionDefinitionParam{Name: t.Name, Parameters: parameters(t.Schema)}
		if t.Description != "" {
			f.Description = openaisdk.String(t.Description)
		}
		if t.Strict && !m.config.NoStrict {
			f.Strict = openaisdk.Bool(true)
		}
		p.Tools = append(p.Tools, openaisdk.ChatCompletionFunctionTool(f))
	}
	p.ToolChoice.OfAuto = openaisdk.String(string(m.config.ToolChoice))
	// True is what servers do by themselves, and some refuse the field.
	if !m.config.ParallelCalls {
		p.ParallelToolCalls = openaisdk.Bool(false)
	}
}

// parameters is a schema as the SDK takes it. Below the root its members keep
// their order, in which a model fills them.
func parameters(schema json.RawMessage) shared.FunctionParameters {
	var members map[string]json.RawMessage
	if json.Unmarshal(schema, &members) != nil {
		return shared.FunctionParameters{"type": "object", "properties": map[string]any{}}
	}
	out := shared.FunctionParameters{}
	for name, value := range members {
		out[name] = value
	}
	return out
}

func schemaFormat(r llm.Request) openaisdk.ChatCompletionNewParamsResponseFormatUnion {
	schema := r.Schema
	if schema == nil {
		schema = llm.DecisionSchema()
	}
	return openaisdk.ChatCompletionNewParamsResponseFormatUnion{
		OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
				Name: "decision", Strict: openaisdk.Bool(true), Schema: schema,
			},
		},
	}
}
