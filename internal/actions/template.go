package actions

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// placeholder is {input}. Other braces are text.
var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9_]{0,47})\}`)

// placeholders lists the names that a template uses, each once.
func placeholders(template string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// alone returns the name of a template that is one placeholder and nothing
// else.
func alone(template string) (string, bool) {
	m := placeholder.FindStringSubmatch(template)
	if m == nil || m[0] != template {
		return "", false
	}
	return m[1], true
}

// values are the inputs of a call by name, as JSON.
type values map[string]json.RawMessage

// has reports whether an input has a value; null is none.
func (v values) has(name string) bool {
	raw := bytes.TrimSpace(v[name])
	return len(raw) > 0 && string(raw) != "null"
}

// text is a value as it stands in an address or a header: the text of a
// string, the literal of a number or truth value, JSON for anything else. A
// missing value is empty.
func (v values) text(name string) string {
	if !v.has(name) {
		return ""
	}
	raw := bytes.TrimSpace(v[name])
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	return string(raw)
}

// scalar reports whether a value is neither an object nor a list.
func (v values) scalar(name string) bool {
	raw := bytes.TrimSpace(v[name])
	return len(raw) > 0 && raw[0] != '{' && raw[0] != '['
}

// fill replaces the placeholders in one pass, so that a value is never read as
// a template.
func (v values) fill(template string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(m string) string {
		text := v.text(m[1 : len(m)-1])
		if escape != nil {
			text = escape(text)
		}
		return text
	})
}

// optional fills a template; ok is false when it is one placeholder without a
// value, which leaves the whole member out.
func (v values) optional(template string) (text string, ok bool) {
	if name, only := alone(template); only && !v.has(name) {
		return "", false
	}
	return v.fill(template, nil), true
}

// body fills a JSON template. A string that is one placeholder becomes the
// typed value; a member or item without a value is left out. Values reach the
// text through encoding/json only.
func (v values) body(template json.RawMessage) ([]byte, error) {
	node, err := decode(template)
	if err != nil {
		return nil, err
	}
	filled, ok, err := v.node(node)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, nil
	}
	return encode(filled)
}

func (v values) node(n any) (out any, ok bool, err error) {
	switch n := n.(type) {
	case string:
		return v.leaf(n)
	case []any:
		list := make([]any, 0, len(n))
		for _, item := range n {
			filled, ok, err := v.node(item)
			if err != nil {
				return nil, false, err
			}
			if ok {
				list = append(list, filled)
			}
		}
		return list, true, nil
	case map[string]any:
		object := make(map[string]any, len(n))
		for key, item := range n {
			filled, ok, err := v.node(item)
			if err != nil {
				return nil, false, err
			}
			if ok {
				object[key] = filled
			}
		}
		return object, true, nil
	}
	return n, true, nil
}

func (v values) leaf(template string) (any, bool, error) {
	name, only := alone(template)
	if !only {
		return v.fill(template, nil), true, nil
	}
	if !v.has(name) {
		return nil, false, nil
	}
	typed, err := decode(v[name])
	return typed, err == nil, err
}

var errNotJSON = errors.New("not one JSON value")

// decode reads one JSON value with its numbers as they are written.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, errNotJSON
	}
	if d.More() || len(bytes.TrimSpace(raw[d.InputOffset():])) > 0 {
		return nil, errNotJSON
	}
	return out, nil
}

// encode writes a value in the one canonical form: keys sorted, no space,
// numbers as they came, no HTML escapes.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, errNotJSON
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// eachString calls fn for every string and every key of a JSON value.
func eachString(node any, fn func(text string, key bool)) {
	switch n := node.(type) {
	case string:
		fn(n, false)
	case []any:
		for _, item := range n {
			eachString(item, fn)
		}
	case map[string]any:
		for key, item := range n {
			fn(key, true)
			eachString(item, fn)
		}
	}
}

// control reports whether text holds a character that ends a line or a header.
func control(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
