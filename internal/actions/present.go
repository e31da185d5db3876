package actions

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

// cutMark stands where something was left out.
const cutMark = "…[cut]"

// quotedMark is the mark as a value, objectMark as a member.
const (
	quotedMark = `"` + cutMark + `"`
	objectMark = quotedMark + ":true"
)

// ForEngine is what an engine may read of a result: the values for the customer
// and for the engine, as one JSON object in the order of the definition, at most
// as long as the action allows. What is too long is cut with a mark inside of
// the value, so that the text stays JSON. Hidden values are never in it; without
// values it is empty. It is untrusted text.
func ForEngine(a schemas.Action, r schemas.RunResult) string {
	var parts []part
	whole := 1
	for _, v := range visible(r, schemas.VisibleCustomer, schemas.VisibleModel) {
		name, err := encode(v.Name)
		if err != nil {
			continue
		}
		node, err := decode(v.Value)
		if err != nil {
			continue
		}
		parts = append(parts, part{prefix: string(name) + ":", node: node})
		whole += len(name) + len(v.Value) + len(":,")
	}
	if len(parts) == 0 {
		return ""
	}
	mark := objectMark
	limit := resultBytes(a)
	if whole <= limit {
		mark = ""
	}
	return shortenParts(parts, "{}", mark, limit)
}

// ForCustomer is what the customer may read of a result: one line for each of
// the customer's values, as "Name: value", without markup, at most as long as
// the action allows. It is empty when there is none.
func ForCustomer(a schemas.Action, r schemas.RunResult) string {
	limit := resultBytes(a)
	var lines []string
	for _, v := range visible(r, schemas.VisibleCustomer) {
		node, err := decode(v.Value)
		if err != nil {
			continue
		}
		text := inWords(node)
		if !v.Link {
			text = unmarked(text)
		}
		lines = append(lines, words(v.Name)+": "+text)
	}
	return cutText(strings.Join(lines, "\n"), limit)
}

// Links are the values of a result that a reply may hold as links, whoever may
// read them but nobody.
func Links(r schemas.RunResult) []string {
	var out []string
	for _, v := range visible(r, schemas.VisibleCustomer, schemas.VisibleModel) {
		var link string
		if v.Link && json.Unmarshal(v.Value, &link) == nil {
			out = append(out, link)
		}
	}
	return out
}

func visible(r schemas.RunResult, to ...schemas.Visibility) []schemas.RunValue {
	var out []schemas.RunValue
	for _, v := range r.Values {
		if slices.Contains(to, v.Visibility) {
			out = append(out, v)
		}
	}
	return out
}

func resultBytes(a schemas.Action) int {
	a = Normalise(a)
	switch {
	case a.HTTP != nil:
		return min(max(a.HTTP.ResultBytes, 1), maxResult)
	case a.MCP != nil:
		return min(max(a.MCP.ResultBytes, 1), maxResult)
	}
	return defaultResult
}

// shorten writes as much of a value as fits; ok is false when not even a mark
// does. Every part is written once for each level above it, and an answer has few
// levels.
func shorten(node any, limit int) (string, bool) {
	whole, err := encode(node)
	if err != nil {
		return "", false
	}
	if len(whole) <= limit {
		return string(whole), true
	}
	if len(quotedMark) > limit {
		return "", false
	}
	switch n := node.(type) {
	case string:
		return shortenText(n, limit), true
	case []any:
		parts := make([]part, 0, len(n))
		for _, item := range n {
			parts = append(parts, part{node: item})
		}
		return shortenParts(parts, "[]", quotedMark, limit), true
	case map[string]any:
		parts := make([]part, 0, len(n))
		for _, key := range slices.Sorted(maps.Keys(n)) {
			name, err := encode(key)
			if err != nil {
				return "", false
			}
			parts = append(parts, part{prefix: string(name) + ":", node: n[key]})
		}
		return shortenParts(parts, "{}", objectMark, limit), true
	}
	return quotedMark, true
}

// part is an item of a list, or a member of an object with its name.
type part struct {
	prefix string
	node   any
}

// shortenParts writes as many parts as fit and then the mark, if there is one.
func shortenParts(parts []part, braces, mark string, limit int) string {
	if len(mark)+len(braces) > limit {
		return quotedMark
	}
	written := []string{}
	size := len(braces) + len(mark)
	for _, p := range parts {
		text, ok := shorten(p.node, limit-size-len(p.prefix)-len(","))
		if !ok {
			break
		}
		written = append(written, p.prefix+text)
		size += len(p.prefix) + len(text) + len(",")
	}
	if mark != "" {
		written = append(written, mark)
	}
	return braces[:1] + strings.Join(written, ",") + braces[1:]
}

func shortenText(s string, limit int) string {
	// Escapes make a text longer than it looks, so the cut is searched for.
	low, high := 0, min(len(s), limit)
	for low < high {
		middle := (low + high + 1) / 2
		text, err := encode(cutRunes(s, middle) + cutMark)
		if err == nil && len(text) <= limit {
			low = middle
		} else {
			high = middle - 1
		}
	}
	text, err := encode(cutRunes(s, low) + cutMark)
	if err != nil {
		return quotedMark
	}
	return string(text)
}

// cutRunes is the beginning of a text, at most n bytes, in whole characters.
func cutRunes(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return cutRunes(s, max(0, limit-len(cutMark))) + cutMark
}

// words is a name as people read it: Order status for order_status.
func words(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// inWords is a JSON value as people read it.
func inWords(node any) string {
	switch n := node.(type) {
	case string:
		return n
	case []any:
		parts := make([]string, 0, len(n))
		for _, item := range n {
			parts = append(parts, inWords(item))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		parts := make([]string, 0, len(n))
		for _, key := range slices.Sorted(maps.Keys(n)) {
			parts = append(parts, key+": "+inWords(n[key]))
		}
		return strings.Join(parts, ", ")
	case nil:
		return "-"
	}
	text, err := encode(node)
	if err != nil {
		return ""
	}
	return string(text)
}
