package handoff

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"steward/internal/language"
)

// Name is a person's name as it came from outside, cleaned, on one line and of
// at most 80 characters.
func Name(s string) string {
	return Cut(strings.Join(strings.Fields(language.Clean(s)), " "), Limit{Max: 80})
}

// Number is an id that some systems write as a JSON number and others as text.
// The zero value is no id.
type Number string

// UnmarshalJSON takes a number, a text or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if bytes.Equal(data, []byte("null")) {
		*n = ""
		return nil
	}
	if len(data) > 0 && data[0] == '"' {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*n = Number(s)
		return nil
	}
	var whole json.Number
	if err := json.Unmarshal(data, &whole); err != nil {
		return err
	}
	if _, err := strconv.ParseInt(whole.String(), 10, 64); err != nil {
		return err
	}
	*n = Number(whole.String())
	return nil
}
