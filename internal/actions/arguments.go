package actions

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"steward/internal/language"
	"steward/schemas"
)

// The limits of the arguments that an engine passes.
const (
	maxArguments      = 8 << 10
	maxArgumentsDepth = 8
)

// ProblemKind is what is wrong with an argument.
type ProblemKind string

// The kinds of problem.
const (
	// ProblemMissing: a required input has no value.
	ProblemMissing ProblemKind = "missing"
	// ProblemInvalid: a value does not fit its schema, or the arguments as a whole
	// cannot be read.
	ProblemInvalid ProblemKind = "invalid"
	// ProblemUnknown: there is a member that is no input of the customer's.
	ProblemUnknown ProblemKind = "unknown"
)

// Problem is one thing that is wrong with arguments.
type Problem struct {
	// Input is empty for the arguments as a whole and for an unknown member.
	Input string      `json:"input,omitempty"`
	Kind  ProblemKind `json:"kind"`
	// Hint says what is expected, from the action's definition alone: it never
	// holds what was passed.
	Hint string `json:"hint"`
}

// CheckArguments reads what an engine passes to an action: one JSON object of at
// most 8 KiB, 8 levels and 64 members, with inputs of the customer's only, each
// fitting its schema. Text is cleaned of what cannot be seen, so that what a
// customer confirms is what is sent; null and blank text are no value. Numbers
// stay as they are written. Arguments are nil when there is a problem.
func CheckArguments(a schemas.Action, raw json.RawMessage) (args map[string]json.RawMessage, problems []Problem) {
	a = Normalise(a)
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage(`{}`)
	}
	if len(raw) > maxArguments {
		return nil, whole(fmt.Sprintf("arguments have at most %d bytes", maxArguments))
	}
	doc, err := parse(raw, maxArgumentsDepth, maxInputs)
	if err != nil {
		return nil, whole(err.Error())
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return nil, whole("arguments are one JSON object")
	}
	args = map[string]json.RawMessage{}
	known := []string{}
	for _, in := range a.Inputs {
		if in.Source != schemas.InputCustomer {
			continue
		}
		known = append(known, in.Name)
		value, problem := checkInput(in, object[in.Name])
		if problem != nil {
			problems = append(problems, *problem)
		} else if value != nil {
			args[in.Name] = value
		}
	}
	for name := range object {
		if !slices.Contains(known, name) {
			problems = append(problems, Problem{Kind: ProblemUnknown, Hint: "the only inputs are: " + strings.Join(known, ", ")})
			break
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return args, nil
}

func whole(hint string) []Problem { return []Problem{{Kind: ProblemInvalid, Hint: hint}} }

// checkInput returns the canonical value of an input, nil for none.
func checkInput(in schemas.Input, value any) (json.RawMessage, *Problem) {
	value = cleaned(value)
	if text, ok := value.(string); value == nil || ok && text == "" {
		if !in.Required {
			return nil, nil
		}
		hint := in.Instructions
		if hint == "" {
			hint = "ask the customer for it"
		}
		return nil, &Problem{Input: in.Name, Kind: ProblemMissing, Hint: hint}
	}
	schema, err := compile(in.Schema)
	if err != nil {
		return nil, &Problem{Input: in.Name, Kind: ProblemInvalid, Hint: "the input's schema cannot be used"}
	}
	if err := schema.Validate(value); err != nil {
		return nil, &Problem{Input: in.Name, Kind: ProblemInvalid, Hint: hint(err)}
	}
	out, err := encode(value)
	if err != nil {
		return nil, &Problem{Input: in.Name, Kind: ProblemInvalid, Hint: "cannot be written as JSON"}
	}
	return out, nil
}

// cleaned is a value without characters that nobody sees.
func cleaned(node any) any {
	switch n := node.(type) {
	case string:
		return language.Clean(n)
	case []any:
		out := make([]any, 0, len(n))
		for _, item := range n {
			out = append(out, cleaned(item))
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(n))
		for key, item := range n {
			out[language.Clean(key)] = cleaned(item)
		}
		return out
	}
	return node
}

// hint says what a schema expects, with words of the schema only.
func hint(err error) string {
	v, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return "does not fit its schema"
	}
	for len(v.Causes) > 0 {
		v = v.Causes[0]
	}
	switch k := v.ErrorKind.(type) {
	case *kind.Type:
		return "has to be of type " + strings.Join(k.Want, " or ")
	case *kind.Pattern:
		return "has to match " + k.Want
	case *kind.Format:
		return "has to be a valid " + k.Want
	case *kind.MinLength:
		return fmt.Sprintf("has at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has at most %d characters", k.Want)
	case *kind.Minimum:
		return "is at least " + k.Want.RatString()
	case *kind.Maximum:
		return "is at most " + k.Want.RatString()
	case *kind.Enum:
		if want, err := encode(k.Want); err == nil {
			return "has to be one of " + string(want)
		}
	}
	return "does not fit its schema"
}

// parse reads one JSON value and refuses what would be read differently
// elsewhere: repeated keys, broken text, numbers without end.
func parse(raw []byte, depth, members int) (any, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("not valid UTF-8")
	}
	p := parser{decoder: json.NewDecoder(bytes.NewReader(raw)), depth: depth, members: members}
	p.decoder.UseNumber()
	out, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return out, nil
}

// parser reads JSON by its tokens.
type parser struct {
	decoder *json.Decoder
	depth   int
	// members is how many more members of objects there may be.
	members int
}

func (p *parser) value(level int) (any, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, errNotJSON
	}
	switch t := token.(type) {
	case json.Delim:
		if level >= p.depth {
			return nil, fmt.Errorf("at most %d levels of objects and lists", p.depth)
		}
		if t == '{' {
			return p.object(level + 1)
		}
		return p.list(level + 1)
	case json.Number:
		if !plainNumber(t) {
			return nil, errors.New("a number is too long")
		}
	}
	return token, nil
}

func (p *parser) object(level int) (any, error) {
	out := map[string]any{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return nil, errNotJSON
		}
		key, ok := token.(string)
		if !ok {
			return nil, errNotJSON
		}
		if _, twice := out[key]; twice {
			return nil, errors.New("a member appears twice")
		}
		if p.members--; p.members < 0 {
			return nil, errors.New("too many members")
		}
		if out[key], err = p.value(level); err != nil {
			return nil, err
		}
	}
	if _, err := p.decoder.Token(); err != nil {
		return nil, errNotJSON
	}
	return out, nil
}

func (p *parser) list(level int) (any, error) {
	out := []any{}
	for p.decoder.More() {
		item, err := p.value(level)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	if _, err := p.decoder.Token(); err != nil {
		return nil, errNotJSON
	}
	return out, nil
}

// Digest is the SHA-256 of an action's whole definition with its defaults, in
// hexadecimal digits. Any change of the definition changes it.
func Digest(a schemas.Action) string {
	// A definition that cannot be written has no digest, and no call either.
	definition, err := json.Marshal(Normalise(a))
	if err != nil {
		return ""
	}
	doc, err := decode(definition)
	if err != nil {
		return ""
	}
	canonical, err := encode(doc)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// Hash binds a confirmation or an approval to its content: the SHA-256 of the
// action's name, the digest of its definition and the arguments, in hexadecimal
// digits. It never names a call. Settled: rule 4.
func Hash(a schemas.Action, args map[string]json.RawMessage) string {
	canonical, err := canonicalArguments(args)
	if err != nil {
		return ""
	}
	digest := Digest(a)
	if digest == "" {
		return ""
	}
	h := sha256.New()
	for _, part := range []string{a.Name, digest, string(canonical)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func canonicalArguments(args map[string]json.RawMessage) ([]byte, error) {
	object := make(map[string]any, len(args))
	for name, raw := range args {
		value, err := decode(raw)
		if err != nil {
			return nil, err
		}
		object[name] = value
	}
	return encode(object)
}
