package slots

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"steward/schemas"
)

const (
	// maxString is the longest free text, in characters as a reader counts them.
	maxString = 200
	// maxSchema bounds the schema of one input, in bytes.
	maxSchema = 8 << 10
	// maxOptions is the longest list of choices.
	maxOptions = 200
)

var (
	errReference = errors.New("references to other schemas are not followed")
	errVast      = fmt.Errorf("a number of the schema has more than %d characters or an exponent", maxDigits)
	errSize      = fmt.Errorf("the schema is longer than %d bytes", maxSchema)
)

// kind is how a value is recognised.
type kind int

const (
	kindNone kind = iota
	kindText
	kindEmail
	kindPhone
	kindInteger
	kindNumber
	kindBoolean
	kindEnum
	kindDate
	kindPattern
	// kindToken is any other format without spaces, such as uri and uuid.
	kindToken
)

// option is one choice of a list.
type option struct {
	value json.RawMessage
	// text is the value as words, title what the customer reads.
	text, title string
}

// shape is what a schema asks for.
type shape struct {
	kind    kind
	input   schemas.Input
	options []option
	// full matches a whole value, part any of it.
	full, part *regexp.Regexp
	schema     *jsonschema.Schema
}

// keywords are the parts of a schema that choose a recogniser. Everything else
// counts when the value is validated.
type keywords struct {
	Type    any               `json:"type"`
	Format  string            `json:"format"`
	Pattern string            `json:"pattern"`
	Enum    []json.RawMessage `json:"enum"`
	Const   json.RawMessage   `json:"const"`
	OneOf   []choice          `json:"oneOf"`
	AnyOf   []choice          `json:"anyOf"`
}

type choice struct {
	Const json.RawMessage `json:"const"`
	Title string          `json:"title"`
}

// shapeOf reads the schema of an input. An input whose schema cannot be read
// takes no value.
func shapeOf(input schemas.Input) (*shape, bool) {
	raw := input.Schema
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage(`{"type":"string","maxLength":200}`)
	}
	var k keywords
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, false
	}
	s := &shape{input: input, options: optionsOf(k)}
	s.kind = kindOf(k, s.options)
	if s.kind == kindNone {
		return nil, false
	}
	var err error
	if s.schema, err = compile(raw); err != nil {
		return nil, false
	}
	if s.kind == kindPattern {
		if s.part, err = regexp.Compile(k.Pattern); err != nil {
			return nil, false
		}
		if s.full, err = regexp.Compile(`^(?:` + k.Pattern + `)$`); err != nil {
			return nil, false
		}
	}
	return s, true
}

func kindOf(k keywords, options []option) kind {
	if len(options) > 0 {
		return kindEnum
	}
	switch typeOf(k.Type) {
	case "integer":
		return kindInteger
	case "number":
		return kindNumber
	case "boolean":
		return kindBoolean
	case "string", "":
	default:
		return kindNone
	}
	switch strings.ToLower(k.Format) {
	case "email", "idn-email":
		return kindEmail
	case "phone", "tel", "phone-number", "e164":
		return kindPhone
	case "date":
		return kindDate
	case "date-time", "time", "uri", "uuid", "hostname", "ipv4", "ipv6":
		return kindToken
	}
	if k.Pattern != "" {
		return kindPattern
	}
	return kindText
}

// typeOf is the first type that is not null.
func typeOf(t any) string {
	switch t := t.(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if name, ok := one.(string); ok && name != "null" {
				return name
			}
		}
	}
	return ""
}

func optionsOf(k keywords) []option {
	var out []option
	add := func(value json.RawMessage, title string) {
		text := plain(value)
		if text == "" || len(out) == maxOptions {
			return
		}
		if title == "" {
			title = text
		}
		out = append(out, option{value, text, title})
	}
	for _, v := range k.Enum {
		add(v, "")
	}
	for _, c := range append(k.OneOf, k.AnyOf...) {
		add(c.Const, c.Title)
	}
	add(k.Const, "")
	return out
}

// plain is a JSON string or number as words, empty for anything else.
func plain(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(value, &n) == nil {
		return n.String()
	}
	return ""
}

// closed refuses every reference to another schema: the library's own loader
// reads files.
type closed struct{}

func (closed) Load(string) (any, error) { return nil, errReference }

func compile(raw json.RawMessage) (*jsonschema.Schema, error) {
	if len(raw) > maxSchema {
		return nil, errSize
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if refers(doc) {
		return nil, errReference
	}
	if vast(doc) {
		return nil, errVast
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(closed{})
	c.AssertFormat()
	if err := c.AddResource("input.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("input.json")
}

// refers reports a reference anywhere in a schema.
func refers(doc any) bool {
	switch d := doc.(type) {
	case map[string]any:
		for key, value := range d {
			switch key {
			case "$ref", "$dynamicRef", "$recursiveRef":
				return true
			}
			if refers(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(d, refers)
	}
	return false
}

// vast reports a number that would take long to compute with: the library
// writes "1e999999999" out.
func vast(doc any) bool {
	switch d := doc.(type) {
	case json.Number:
		return len(d) > maxDigits || strings.ContainsAny(d.String(), "eE")
	case map[string]any:
		for _, value := range d {
			if vast(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(d, vast)
	}
	return false
}

func (s *shape) valid(value json.RawMessage) bool {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	return err == nil && s.schema.Validate(doc) == nil
}
