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
// comes back in one form, with sorted members and without white space. Nothing
// at all, or null, is the empty object. Everything else comes back as a JSON string that
// holds what was given: no schema of arguments takes a string, so the gate
// answers invalid_arguments.
func arguments(raw []byte) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	err := decoder.Decode(&object)
	if err == nil && object != nil && storable(object, maxDepth) {
		if _, err = decoder.Token(); err == io.EOF {
			if out, err := encode(object); err == nil {
				return out
			}
		}
	}
	return quoted(string(raw))
}

// quoted is text as a JSON string that Postgres stores.
func quoted(text string) json.RawMessage {
	out, err := encode(strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", ""))
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
	if json.Unmarshal(clean, &text) == nil {
		// What a Call holds is a string already; anything else was one step earlier.
		var inner string
		if json.Unmarshal([]byte(text), &inner) == nil {
			text = inner
		}
	}
	out, err := encode(map[string]string{malformedKey: text})
	if err != nil {
		return json.RawMessage("{}")
	}
	return out
}
