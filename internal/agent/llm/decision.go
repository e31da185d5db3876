package llm

import (
	_ "embed"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

//go:embed decision.schema.json
var decisionSchema string

// DecisionSchema is the JSON Schema that models answer with. It keeps to the
// subset that all providers take: an object at the root, every field required,
// no other fields, no lengths or ranges.
func DecisionSchema() json.RawMessage { return json.RawMessage(decisionSchema) }

// maxDecisionBytes bounds the JSON of one decision. The longest allowed reply
// is far below it.
const maxDecisionBytes = 64 << 10

// ParseDecision reads a model's JSON. A code fence or words around the object
// are dropped, because servers without a JSON mode add them. Fields that are
// missing or of another type are an Error of KindMalformed. Fields that only
// this program may set, such as verbatim and engine, are never read.
func ParseDecision(text string) (schemas.Decision, error) {
	if strings.TrimSpace(text) == "" {
		return schemas.Decision{}, NewError(KindEmpty, 0)
	}
	malformed := NewError(KindMalformed, 0)
	if len(text) > maxDecisionBytes || !utf8.ValidString(text) {
		return schemas.Decision{}, malformed
	}
	from, to := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}')
	if from < 0 || to < from {
		return schemas.Decision{}, malformed
	}
	var raw struct {
		Kind      *schemas.DecisionKind `json:"kind"`
		Text      *string               `json:"text"`
		Citations []int                 `json:"citations"`
		NotFound  bool                  `json:"not_found"`
		Language  string                `json:"language"`
	}
	if err := json.Unmarshal([]byte(text[from:to+1]), &raw); err != nil {
		return schemas.Decision{}, malformed
	}
	if raw.Kind == nil || raw.Text == nil || !raw.Kind.Valid() {
		return schemas.Decision{}, malformed
	}
	return schemas.Decision{
		Kind: *raw.Kind, Text: strings.TrimSpace(strings.ReplaceAll(*raw.Text, "\x00", "")), Citations: raw.Citations,
		NotFound: raw.NotFound, Language: languageCode(raw.Language),
	}, nil
}

// languageCode is an ISO 639-1 code in lower case, empty for anything else.
func languageCode(s string) string {
	s = strings.ToLower(s)
	if len(s) != 2 || s[0] < 'a' || s[0] > 'z' || s[1] < 'a' || s[1] > 'z' {
		return ""
	}
	return s
}
