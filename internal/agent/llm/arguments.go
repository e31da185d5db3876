package llm

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// Limits of what can be stored as JSON in Postgres without an error, with room
// to spare.
const (
	// maxDepth is how deep the arguments of a call may be nested.
	maxDepth = 32
	// maxDigits and maxExponent bound a number in arguments.
	maxDigits   = 64
	maxExponent = 300
)

// malformedKey is the only member of the object that stands for malformed
// arguments when a call is told to a provider again.
const malformedKey = "malformed_arguments"

// arguments reads what a model gave as the arguments of a call. A JSON object
// comes back in one form, with sorted members and without white space; so does
// one that is written as a JSON string, as some models do. Nothing at all, or
// null, is the empty object. Everything else comes back as a JSON string that
// holds what was given: no schema of arguments takes a string, so the gate
// answers invalid_arguments. What came back comes back the same.
func arguments(raw []byte) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	text := string(raw)
	if raw[0] == '"' && json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if object, ok := object(text); ok {
		return object
	}
	return quoted(text)
}

// object is a JSON object in one form; false for anything else, and for what
// cannot be stored.
func object(text string) (json.RawMessage, bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value map[string]any
	if decoder.Decode(&value) != nil || value == nil || !storable(value, maxDepth) {
		return nil, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, false
	}
	out, err := encode(value)
	return out, err == nil
}

// quoted is text as a JSON string that Postgres stores.
func quoted(text string) json.RawMessage {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", `\u0000`)
	out, err := encode(text)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return out
}

// encode is value as JSON, with <, > and & as they are: models read it.
func encode(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// storable reports whether Postgres takes the value as jsonb: no zero bytes, no
// numbers beyond its range, no endless nesting.
func storable(value any, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v := value.(type) {
	case string:
		return !strings.Contains(v, "\x00")
	case json.Number:
		return storableNumber(v.String())
	case []any:
		for _, item := range v {
			if !storable(item, depth-1) {
				return false
			}
		}
	case map[string]any:
		for name, item := range v {
			if strings.Contains(name, "\x00") || !storable(item, depth-1) {
				return false
			}
		}
	}
	return true
}

func storableNumber(s string) bool {
	if len(s) > maxDigits {
		return false
	}
	_, exponent, ok := strings.Cut(strings.ToLower(s), "e")
	if !ok {
		return true
	}
	n, err := strconv.Atoi(exponent)
	return err == nil && n <= maxExponent && n >= -maxExponent
}

// ArgumentsObject is the arguments of a call as an object, as every provider
// takes them in the messages of earlier rounds. Malformed ones, which a Call
// holds as a JSON string, are the object {"malformed_arguments": "..."}.
func ArgumentsObject(raw json.RawMessage) json.RawMessage {
	clean := arguments(raw)
	if clean[0] == '{' {
		return clean
	}
	var text string
	if json.Unmarshal(clean, &text) != nil {
		return json.RawMessage("{}")
	}
	out, err := encode(map[string]string{malformedKey: text})
	if err != nil {
		return json.RawMessage("{}")
	}
	return out
}
