package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"steward/schemas"
)

// connection is the name of the connection to the tools.
const connection = "tau"

// The headers by which the tools know what is called.
const (
	headerKey          = "Idempotency-Key"
	headerConversation = "X-Conversation"
)

// definition is one function in the form of OpenAI.
type definition struct {
	Function struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Parameters  struct {
			Properties map[string]json.RawMessage `json:"properties"`
			Required   []string                   `json:"required"`
		} `json:"parameters"`
	} `json:"function"`
}

// readTools makes an action of every tool in tools.json. changes are the tools
// that change something.
func readTools(folder fs.FS, changes func(name string) bool, confirm schemas.Confirm) ([]schemas.Action, error) {
	raw, err := fs.ReadFile(folder, "tools.json")
	if err != nil {
		return nil, fmt.Errorf("read tools: %w", err)
	}
	var list []definition
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read tools: %w", err)
	}
	var out []schemas.Action
	for _, d := range list {
		a, err := d.action(changes(d.Function.Name), confirm)
		if err != nil {
			return nil, fmt.Errorf("tool %s: %w", d.Function.Name, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// itemDetails is a tool that three gold actions of the repaired tasks call and
// that tools.json does not have yet.
func itemDetails() (schemas.Action, error) {
	var d definition
	d.Function.Name, d.Function.Description = "get_item_details", "Get the inventory details of an item."
	d.Function.Parameters.Properties = map[string]json.RawMessage{
		"item_id": json.RawMessage(`{"type":"string","description":"The item id, such as '6086499569'."}`),
	}
	d.Function.Parameters.Required = []string{"item_id"}
	return d.action(false, schemas.ConfirmNever)
}

// action is the tool as an action: a POST with the arguments, which the tools
// know again by the key.
func (d definition) action(changes bool, confirm schemas.Confirm) (schemas.Action, error) {
	f := d.Function
	a := schemas.Action{
		Name: f.Name, Title: title(f.Name), Description: f.Description, Kind: schemas.ActionHTTP,
		Effect: schemas.EffectRead, Confirm: schemas.ConfirmNever, Protection: schemas.ProtectNone,
		HandOff: f.Name == transferTool, PerHour: 10_000,
	}
	if changes {
		a.Effect, a.Confirm = schemas.EffectWrite, confirm
	}
	body := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.Parameters.Properties)) {
		schema := f.Parameters.Properties[name]
		a.Inputs = append(a.Inputs, schemas.Input{
			Name: name, Title: title(name), Schema: schema,
			Required: slices.Contains(f.Parameters.Required, name) && !mayBeEmpty(schema),
		})
		body[name] = "{" + name + "}"
	}
	a.Inputs = append(a.Inputs, schemas.Input{Name: "conversation", Source: schemas.InputConversation, Path: "id"})
	raw, err := json.Marshal(body)
	a.HTTP = &schemas.HTTPCall{
		Connection: connection, Method: "POST", Path: "/tools/" + f.Name, Body: raw,
		Headers: map[string]string{headerConversation: "{conversation}"}, IdempotencyHeader: headerKey,
		TimeoutSeconds: 20, ResultBytes: 64 << 10,
	}
	return a, err
}

// mayBeEmpty reports whether a tool says that an empty text is a value, as for
// the second line of an address. An action has no value then, so it cannot be
// required.
func mayBeEmpty(schema json.RawMessage) bool {
	var s struct{ Type, Description string }
	return json.Unmarshal(schema, &s) == nil && s.Type == "string" && strings.Contains(s.Description, " or ''")
}

func title(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// changesFlights reports whether a tool of the airline changes something.
func changesFlights(name string) bool {
	for _, verb := range []string{"book_", "update_", "cancel_", "send_"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

// profile is the replay's own settings: texts are checked and reported, never
// refused or cut, a repeated write is not asked about, words hand nothing over.
// The gates of actions stay as they are.
func profile(actions []schemas.Action) func(*schemas.Settings) {
	return func(s *schemas.Settings) {
		s.Actions = actions
		s.Checks = schemas.Checks{ReportOnly: true, NoLimit: true, AllowRepeats: true, EngineFirst: true}
		s.Limits = schemas.Limits{ConversationTokens: 1 << 30, TurnSeconds: 15 * 60, Rounds: 100, Actions: 100}
		s.Handoff.NotFoundLimit = 10
		chat := s.Channels[schemas.ChannelLiveChat]
		chat.AskEmail = schemas.AskNever
		s.Channels[schemas.ChannelLiveChat] = chat
	}
}

// reach is the connection to tools on loopback.
func reach(tools *url.URL) schemas.Connection {
	return schemas.Connection{
		Name: connection, BaseURL: tools.String(), Auth: schemas.AuthNone, PrivateHosts: []string{tools.Host},
	}
}
