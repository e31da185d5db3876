package llm

import (
	"encoding/json"
	"slices"
	"strings"

	"steward/schemas"
)

// invalidName stands for the name of a call that no provider could have been
// offered, so that no request repeats it.
const invalidName = "invalid_name"

// command is one command that ends a turn, as a tool.
type command struct {
	kind        schemas.DecisionKind
	description string
	// cites: the reply rests on passages. explains: staff are told why.
	cites, explains bool
}

// commands are sorted by name, so that a prompt is the same for every call.
func commands() []command {
	return []command{
		{
			kind:        schemas.DecisionAnswer,
			description: "Answer the customer from the passages and the results of actions. Set not_found when they do not hold the answer.",
			cites:       true,
		},
		{kind: schemas.DecisionClarify, description: "Ask the customer one question, because the message can be read in several ways."},
		{kind: schemas.DecisionCollect, description: "Ask the customer for the inputs that an action still needs."},
		{
			kind:        schemas.DecisionHandoff,
			description: "Pass the conversation to a person, because the customer asks for one or nothing here can help.",
			explains:    true,
		},
		{
			kind:        schemas.DecisionRefuse,
			description: "Decline what is outside of this service, politely and without the wished content.",
			explains:    true,
		},
		{kind: schemas.DecisionResolved, description: "Close politely, because the customer has said that the matter is settled."},
		{kind: schemas.DecisionSmalltalk, description: "Reply to a greeting, thanks or small talk that asks for no information."},
	}
}

// CommandTools are the commands that end a turn as tools, sorted by name. Their
// schemas keep to the subset that all providers enforce: an object with every
// field required, no other fields, null for a missing value, no lengths or
// ranges. Properties are written in a fixed order.
func CommandTools() []Tool {
	var tools []Tool
	for _, c := range commands() {
		tools = append(tools, Tool{Name: string(c.kind), Description: c.description, Schema: c.schema(), Strict: true})
	}
	return tools
}

// Reserved reports whether no action may have this name, because a decision is
// told by it.
func Reserved(name string) bool {
	return name == invalidName || schemas.DecisionKind(name).Valid()
}

// isCommand reports whether name is that of a command's tool.
func isCommand(name string) bool {
	return slices.ContainsFunc(commands(), func(c command) bool { return string(c.kind) == name })
}

// The fields of commands, in the form of a JSON Schema.
const (
	textField      = `"text":{"type":"string","description":"What is said to the customer, in the customer's language, with markers such as [S1] after what a passage supports."}`
	citationsField = `"citations":{"type":"array","items":{"type":"integer"},"description":"The numbers of the passages that the text rests on."}`
	notFoundField  = `"not_found":{"type":"boolean","description":"True when the passages do not answer the question."}`
	languageField  = `"language":{"type":"string","description":"ISO 639-1 code of the text."}`
	reasonField    = `"reason":{"type":["string","null"],"description":"Why, in a few words for staff. The customer does not see it."}`
	answersField   = `"answers":{"type":"array","description":"What the customer said in this turn about the open criteria of the goal; empty without a goal.",` +
		`"items":{"type":"object","properties":{` +
		`"criterion":{"type":"string","description":"The name of the criterion."},` +
		`"value":{"type":["string","null"],"description":"What the customer said; null when the customer would not say."}},` +
		`"required":["criterion","value"],"additionalProperties":false}}`
)

// schema is the JSON Schema of the command's arguments.
func (c command) schema() json.RawMessage {
	var names, fields []string
	add := func(name, field string) {
		names, fields = append(names, `"`+name+`"`), append(fields, field)
	}
	add("text", textField)
	if c.cites {
		add("citations", citationsField)
		add("not_found", notFoundField)
	}
	add("language", languageField)
	if c.explains {
		add("reason", reasonField)
	}
	add("answers", answersField)
	return json.RawMessage(`{"type":"object","properties":{` + strings.Join(fields, ",") +
		`},"required":[` + strings.Join(names, ",") + `],"additionalProperties":false}`)
}
