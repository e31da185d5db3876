package actions

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

// The limits of an answer.
const (
	maxAnswerDepth   = 64
	maxAnswerMembers = 200_000
)

// wholeAnswer is the name of the one value of an action without outputs.
const wholeAnswer = "result"

// answer is what a system said, read.
type answer struct {
	// empty: there is no body. json: root holds what it says; else it is text.
	empty bool
	json  bool
	root  any
}

func answer0() answer { return answer{empty: true} }

// newAnswer reads a body as JSON or as text; nothing else is read. Without a
// type it is JSON when it can be read so.
func newAnswer(contentType, encoding string, body []byte) (answer, schemas.RunError) {
	if len(bytes.TrimSpace(body)) == 0 {
		return answer0(), schemas.RunErrorNone
	}
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return answer{}, schemas.RunErrorMalformed
	}
	media, _, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return answer{}, schemas.RunErrorMalformed
	}
	isJSON := media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
	isText := media == "text/plain" || media == "text/csv" || media == "text/markdown"
	if media != "" && media != "text/json" && !isJSON && !isText {
		return answer{}, schemas.RunErrorMalformed
	}
	if !isText {
		root, err := parse(body, maxAnswerDepth, maxAnswerMembers)
		if err == nil {
			return answer{json: true, root: root}, schemas.RunErrorNone
		}
		if media != "" {
			return answer{}, schemas.RunErrorMalformed
		}
	}
	if !utf8.Valid(body) {
		return answer{}, schemas.RunErrorMalformed
	}
	return answer{root: string(body)}, schemas.RunErrorNone
}

// at follows a dotted path.
func (a answer) at(path string) (any, bool) {
	if path == "" {
		return a.root, !a.empty
	}
	if !a.json {
		return nil, false
	}
	node := a.root
	for _, step := range strings.Split(path, ".") {
		switch n := node.(type) {
		case map[string]any:
			next, ok := n[step]
			if !ok {
				return nil, false
			}
			node = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n) {
				return nil, false
			}
			node = n[i]
		default:
			return nil, false
		}
	}
	return node, true
}

// fulfils reports whether the answer has the value that means success.
func (a answer) fulfils(s *schemas.Success) bool {
	if s == nil || s.Path == "" {
		return true
	}
	got, ok := a.at(s.Path)
	if !ok {
		return false
	}
	want, err := decode(s.Equals)
	if err != nil {
		return false
	}
	x, errX := encode(got)
	y, errY := encode(want)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// values maps the outputs of an action. An output that the answer does not have
// is left out; an answer that has none of them is malformed.
func (a answer) values(action schemas.Action, hidden []string) ([]schemas.RunValue, schemas.RunError) {
	if len(action.Outputs) == 0 {
		if a.empty {
			return nil, schemas.RunErrorNone
		}
		w := wash{hidden: hidden, email: true}
		return a.value(nil, schemas.Output{Name: wholeAnswer, Visibility: schemas.VisibleModel}, w), schemas.RunErrorNone
	}
	var out []schemas.RunValue
	for _, o := range action.Outputs {
		out = a.value(out, o, wash{hidden: hidden, plain: o.Plain, link: o.Link, mask: o.Mask})
	}
	if len(out) == 0 {
		return nil, schemas.RunErrorMalformed
	}
	return out, schemas.RunErrorNone
}

func (a answer) value(out []schemas.RunValue, o schemas.Output, w wash) []schemas.RunValue {
	node, ok := a.at(o.Path)
	if !ok || node == nil {
		return out
	}
	link := false
	if w.link {
		link = isLink(node)
		w.link = link
	}
	raw, err := encode(w.node(node))
	if err != nil {
		return out
	}
	return append(out, schemas.RunValue{Name: o.Name, Visibility: o.Visibility, Value: json.RawMessage(raw), Link: link})
}

// isLink reports whether a value is an address that a reply may hold.
func isLink(node any) bool {
	text, ok := node.(string)
	if !ok || control(text) || strings.ContainsAny(text, " <>\"") {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
