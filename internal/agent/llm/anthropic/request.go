package anthropic

import (
	"encoding/json"

	anthropicsdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"steward/internal/agent/llm"
)

func (m *Model) params(r llm.Request) anthropicsdk.MessageNewParams {
	p := anthropicsdk.MessageNewParams{
		Model: m.config.Model, MaxTokens: defaultMaxTokens, System: system(r), Messages: messages(r.Messages),
	}
	if r.MaxTokens > 0 {
		p.MaxTokens = int64(r.MaxTokens)
	}
	if r.Temperature != nil {
		p.Temperature = anthropicsdk.Float(*r.Temperature)
	}
	if len(r.Tools) > 0 {
		p.Tools, p.ToolChoice = m.tools(r.Tools), m.choice()
	} else if !m.config.NoStrict {
		p.OutputConfig.Format = answerFormat(r.Schema)
	}
	return p
}

// system is the rules. The stable part ends a prefix that the provider caches.
func system(r llm.Request) []anthropicsdk.TextBlockParam {
	var out []anthropicsdk.TextBlockParam
	if r.Stable != "" {
		out = append(out, anthropicsdk.TextBlockParam{
			Text: r.Stable, CacheControl: anthropicsdk.NewCacheControlEphemeralParam(),
		})
	}
	if r.PerConversation != "" {
		out = append(out, anthropicsdk.TextBlockParam{Text: r.PerConversation})
	}
	return out
}

// messages are those of the prompt. Results of calls come from the user, and
// consecutive messages of one role are one message: the API wants all results
// of a message's calls in the very next one.
func messages(given []llm.Message) []anthropicsdk.MessageParam {
	var out []anthropicsdk.MessageParam
	for _, message := range llm.Transcript(given) {
		role := anthropicsdk.MessageParamRoleUser
		if message.Role == llm.RoleAssistant {
			role = anthropicsdk.MessageParamRoleAssistant
		}
		content := blocks(message)
		switch {
		case len(content) == 0:
		case len(out) > 0 && out[len(out)-1].Role == role:
			last := &out[len(out)-1]
			last.Content = append(last.Content, content...)
		default:
			out = append(out, anthropicsdk.MessageParam{Role: role, Content: content})
		}
	}
	return out
}

// blocks are the content of one message. The API refuses empty texts.
func blocks(m llm.Message) []anthropicsdk.ContentBlockParamUnion {
	if m.Role == llm.RoleTool {
		result := anthropicsdk.ToolResultBlockParam{ToolUseID: m.CallID}
		if m.Text != "" {
			result.Content = []anthropicsdk.ToolResultBlockParamContentUnion{{OfText: &anthropicsdk.TextBlockParam{Text: m.Text}}}
		}
		return []anthropicsdk.ContentBlockParamUnion{{OfToolResult: &result}}
	}
	var out []anthropicsdk.ContentBlockParamUnion
	if m.Text != "" {
		out = append(out, anthropicsdk.NewTextBlock(m.Text))
	}
	for _, c := range m.Calls {
		out = append(out, anthropicsdk.NewToolUseBlock(c.ID, c.Arguments, c.Action))
	}
	return out
}

// tools offers the tools in their order. The last one ends a prefix that the
// provider caches.
func (m *Model) tools(tools []llm.Tool) []anthropicsdk.ToolUnionParam {
	out := make([]anthropicsdk.ToolUnionParam, 0, len(tools))
	for i, t := range tools {
		tool := anthropicsdk.ToolParam{
			Name:        t.Name,
			InputSchema: param.Override[anthropicsdk.ToolInputSchemaParam](t.Schema),
		}
		if t.Description != "" {
			tool.Description = anthropicsdk.String(t.Description)
		}
		if t.Strict && !m.config.NoStrict {
			tool.Strict = anthropicsdk.Bool(true)
		}
		if i == len(tools)-1 {
			tool.CacheControl = anthropicsdk.NewCacheControlEphemeralParam()
		}
		out = append(out, anthropicsdk.ToolUnionParam{OfTool: &tool})
	}
	return out
}

// choice says that a tool must be called, and how many.
func (m *Model) choice() anthropicsdk.ToolChoiceUnionParam {
	single := anthropicsdk.Bool(!m.config.ParallelCalls)
	if m.config.AutoTools {
		return anthropicsdk.ToolChoiceUnionParam{OfAuto: &anthropicsdk.ToolChoiceAutoParam{DisableParallelToolUse: single}}
	}
	return anthropicsdk.ToolChoiceUnionParam{OfAny: &anthropicsdk.ToolChoiceAnyParam{DisableParallelToolUse: single}}
}

// answerFormat holds an answer without tools to a schema.
func answerFormat(schema json.RawMessage) anthropicsdk.JSONOutputFormatParam {
	if schema == nil {
		schema = llm.DecisionSchema()
	}
	return param.Override[anthropicsdk.JSONOutputFormatParam](struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	}{"json_schema", schema})
}
