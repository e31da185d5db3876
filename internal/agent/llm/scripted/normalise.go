package scripted

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// What differs between two runs of the same test, in the order in which it is
// replaced.
var (
	uuidText = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	// timeText is a date with or without a time of day, in the forms of ISO 8601.
	timeText = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\b`)
	// markText is the random mark of quoted material, hexText any other random id.
	markText = regexp.MustCompile(`⟦(/?)[0-9a-f]+`)
	hexText  = regexp.MustCompile(`(?i)\b[0-9a-f]{12,}\b`)
	// keyText is a credential.
	keyText = regexp.MustCompile(`\b(sk-|xai-|gsk_)[A-Za-z0-9_-]{8,}|(?i:bearer) [A-Za-z0-9._~+/=-]{8,}`)
)

// redacted stands for a credential.
const redacted = "[redacted]"

// redact takes credentials out of a body: the given ones, wherever they are, and
// what looks like one.
func redact(body []byte, credentials []string) []byte {
	for _, c := range credentials {
		if len(c) >= 4 {
			body = bytes.ReplaceAll(body, []byte(c), []byte(redacted))
		}
	}
	return keyText.ReplaceAll(body, []byte(redacted))
}

// requestHash is the same for requests that say the same: dates, random marks,
// ids and the ids of calls do not count, nor does the order of members.
func requestHash(path string, body []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value map[string]any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return "", errors.New("the body is no JSON object")
	}
	n := normaliser{ids: map[string]string{}}
	n.findIDs(value["messages"])
	canonical, err := json.Marshal(n.value(value))
	if err != nil {
		return "", errors.New("the body cannot be written again")
	}
	sum := sha256.Sum256(append([]byte(endpoint(path)+"\n"), canonical...))
	return hex.EncodeToString(sum[:16]), nil
}

// endpoint is the last part of a path, so that it does not matter under which
// address an API is served.
func endpoint(path string) string {
	return path[strings.LastIndexByte(path, '/')+1:]
}

// normaliser replaces what differs between runs.
type normaliser struct {
	// ids are the ids of calls, by the place where they are first found.
	ids map[string]string
}

// findIDs numbers the ids of calls in the order of the messages.
func (n normaliser) findIDs(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n.findIDs(item)
		}
	case map[string]any:
		for _, name := range []string{"id", "tool_call_id", "tool_use_id"} {
			if id, ok := v[name].(string); ok && id != "" && n.ids[id] == "" {
				n.ids[id] = "call#" + strconv.Itoa(len(n.ids)+1)
			}
		}
		// Calls are below these, and arguments of actions are not.
		n.findIDs(v["tool_calls"])
		n.findIDs(v["content"])
	}
}

func (n normaliser) value(value any) any {
	switch v := value.(type) {
	case string:
		return n.text(v)
	case []any:
		for i := range v {
			v[i] = n.value(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = n.value(v[name])
		}
	}
	return value
}

func (n normaliser) text(s string) string {
	if place, ok := n.ids[s]; ok {
		return place
	}
	s = markText.ReplaceAllString(s, "⟦${1}mark")
	s = uuidText.ReplaceAllString(s, "uuid")
	s = timeText.ReplaceAllString(s, "time")
	return hexText.ReplaceAllString(s, "hex")
}
