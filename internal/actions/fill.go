package actions

import (
	"encoding/json"
	"fmt"
	"strings"

	"steward/schemas"
)

// Env is what the server knows of a conversation, for the inputs that no engine
// may fill. Empty is not known.
type Env struct {
	Contact schemas.ContactID
	// Email is the contact's address at any level, VerifiedEmail the same only
	// when it is verified.
	Email         string
	VerifiedEmail string
	Name          string
	// Language is an ISO 639-1 code.
	Language     string
	Channel      schemas.ChannelKind
	Conversation schemas.ConversationID
	// CRM are properties of the contact's record by name.
	CRM map[string]string
}

// crmPrefix is before the name of a CRM property in a path.
const crmPrefix = "crm."

// attribute returns the value of a path; ok is false for a path that there is
// not.
func (e Env) attribute(source schemas.InputSource, path string) (value string, ok bool) {
	if source == schemas.InputConversation {
		switch path {
		case "id":
			return string(e.Conversation), true
		case "channel":
			return string(e.Channel), true
		case "language":
			return e.Language, true
		}
		return "", false
	}
	switch path {
	case "id":
		return string(e.Contact), true
	case "email":
		return e.Email, true
	case "verified_email":
		return e.VerifiedEmail, true
	case "name":
		return e.Name, true
	case "language":
		return e.Language, true
	}
	name, crm := strings.CutPrefix(path, crmPrefix)
	return e.CRM[name], crm && namePattern.MatchString(name)
}

// knownPath reports whether a path names an attribute that there can be.
func knownPath(source schemas.InputSource, path string) bool {
	_, ok := Env{}.attribute(source, path)
	return ok
}

func pathHint(source schemas.InputSource) string {
	if source == schemas.InputConversation {
		return "one of id, channel, language"
	}
	return "one of id, email, verified_email, name, language, or crm. and a property"
}

// Fill adds the inputs that the server fills to the checked arguments of an
// action. Whatever args hold under the name of such an input is replaced: nobody
// but the server says whose record is meant. A secret is not among them; it is
// resolved when the call is made. The error is of KindInvalid and names the
// input: an attribute that there is not, or a required one without a value.
func Fill(a schemas.Action, args map[string]json.RawMessage, env Env) (map[string]json.RawMessage, error) {
	a = Normalise(a)
	out := map[string]json.RawMessage{}
	for _, in := range a.Inputs {
		switch in.Source {
		case schemas.InputCustomer:
			if raw, ok := args[in.Name]; ok {
				out[in.Name] = raw
			}
		case schemas.InputConstant:
			out[in.Name] = in.Value
		case schemas.InputContact, schemas.InputConversation:
			text, ok := env.attribute(in.Source, in.Path)
			switch {
			case !ok:
				return nil, refuse("input "+in.Name, "there is no attribute of the %s with this path", in.Source)
			case text == "" && in.Required:
				return nil, refuse("input "+in.Name, "the %s has no value for it", in.Source)
			case text == "":
				continue
			}
			raw, err := typed(in, text)
			if err != nil {
				return nil, refuse("input "+in.Name, "the value of the %s does not fit its schema", in.Source)
			}
			out[in.Name] = raw
		}
	}
	return out, nil
}

// typed reads an attribute, which is text, as its input's schema wants it: as
// text, else as the number or truth value that it spells.
func typed(in schemas.Input, text string) (json.RawMessage, error) {
	schema, err := compile(in.Schema)
	if err != nil {
		return nil, err
	}
	if schema.Validate(text) == nil {
		return encode(text)
	}
	value, err := parse([]byte(text), 1, 0)
	if err != nil {
		return nil, err
	}
	if err := schema.Validate(value); err != nil {
		return nil, fmt.Errorf("input %s: %w", in.Name, errNotJSON)
	}
	return encode(value)
}
