package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

// Limits of an imported file.
const (
	maxFileBytes = 1 << 20
	// maxRowErrors is how many broken rows are reported before the rest of the
	// file is left: it is then no list of cases.
	maxRowErrors = 100
)

// RowError says what is wrong with one row of a file.
type RowError struct {
	// Line is the line of the file on which the row begins, from 1; 0 is the file
	// as a whole.
	Line int `json:"line"`
	// Field is the column, empty for the row as a whole.
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// columns are the headers that a file may have. Lists are separated by |, or by
// line breaks; \| is a bar inside a text.
func columns() []string {
	return []string{
		"name", "question", "turns", "locale", "channel", "identity", "must", "kind", "must_cite", "must_include",
		"must_not_include", "action", "action_args", "no_action", "handoff_reason", "max_chars", "language",
	}
}

// ParseCSV reads cases from a file of comma, semicolon or tab separated values
// with a line of headers. A broken row is an error of its own and the others
// are read; an unknown header refuses the file, since a misspelt expectation
// would silently not be checked. At most 1 MiB and 1,000 cases. Missing values:
// channel live_chat, identity anonymous, name "row" with the line. Spec: S55.
func ParseCSV(r io.Reader) ([]schemas.EvalCase, []RowError) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, []RowError{{Reason: "the file cannot be read"}}
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	switch {
	case len(raw) > maxFileBytes:
		return nil, []RowError{{Reason: fmt.Sprintf("the file is larger than %d bytes", maxFileBytes)}}
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return nil, []RowError{{Reason: "the file is in UTF-16: save it as CSV UTF-8"}}
	}
	f := newTable(raw)
	header, line, err := f.next()
	if err != nil {
		return nil, []RowError{{Line: 1, Reason: "the first line has to name the columns"}}
	}
	if bad := f.headers(header, line); len(bad) > 0 {
		return nil, bad
	}
	return f.cases()
}

// table reads rows and goes on after a broken one.
type table struct {
	raw   []byte
	comma rune
	// starts are the offsets of the lines; from is the line, counted from 0, at
	// which the reader began.
	starts []int
	from   int
	reader *csv.Reader
	names  []string
}

func newTable(raw []byte) *table {
	t := &table{raw: raw, comma: separator(raw), starts: []int{0}}
	for i, b := range raw {
		if b == '\n' {
			t.starts = append(t.starts, i+1)
		}
	}
	t.restart(0)
	return t
}

// separator is the sign that parts the most words of the first line.
func separator(raw []byte) rune {
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	best, most := ',', bytes.Count(first, []byte(","))
	for _, sign := range []rune{';', '\t'} {
		if n := bytes.Count(first, []byte(string(sign))); n > most {
			best, most = sign, n
		}
	}
	return best
}

func (t *table) restart(line int) {
	t.from = line
	rest := []byte(nil)
	if line < len(t.starts) {
		rest = t.raw[t.starts[line]:]
	}
	t.reader = csv.NewReader(bytes.NewReader(rest))
	t.reader.Comma, t.reader.FieldsPerRecord = t.comma, -1
}

// next is the next row with its line. After a row with stray quotes it goes on
// with the line below the row's first one: a quote that is never closed must
// not swallow the rest of the file.
func (t *table) next() (row []string, line int, err error) {
	row, err = t.reader.Read()
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		line = t.from + broken.StartLine
		t.restart(line)
		return nil, line, err
	case err != nil:
		return nil, 0, err
	}
	line, _ = t.reader.FieldPos(0)
	return row, t.from + line, nil
}

func (t *table) headers(header []string, line int) []RowError {
	var bad []RowError
	for _, h := range header {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(h)), " ", "_")
		switch {
		case !slices.Contains(columns(), name):
			bad = append(bad, RowError{Line: line, Field: short(h), Reason: "unknown column: use " + strings.Join(columns(), ", ")})
		case slices.Contains(t.names, name):
			bad = append(bad, RowError{Line: line, Field: name, Reason: "stands there twice"})
		}
		t.names = append(t.names, name)
	}
	if len(bad) == 0 && !slices.Contains(t.names, "question") && !slices.Contains(t.names, "turns") {
		bad = append(bad, RowError{Line: line, Reason: "a column question or turns is needed"})
	}
	return bad
}

func short(s string) string {
	if s = strings.ToValidUTF8(s, "�"); len([]rune(s)) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}

func (t *table) cases() ([]schemas.EvalCase, []RowError) {
	var out []schemas.EvalCase
	var bad []RowError
	seen := map[string]bool{}
	for {
		row, line, err := t.next()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return out, bad
		case len(bad) >= maxRowErrors:
			return out, append(bad, RowError{Line: line, Reason: "too many broken rows: the rest was left out"})
		case errors.As(err, &broken):
			bad = append(bad, RowError{Line: line, Reason: "a quote is not closed or stands inside a value: double it and put the value in quotes"})
			continue
		case err != nil:
			return out, append(bad, RowError{Line: line, Reason: "the row cannot be read"})
		case len(out) >= schemas.MaxEvalCases:
			return out, append(bad, RowError{Line: line, Reason: fmt.Sprintf("at most %d cases: the rest was left out", schemas.MaxEvalCases)})
		}
		c, problem := t.row(row, line)
		switch {
		case problem != nil:
			bad = append(bad, *problem)
		case seen[c.Name]:
			bad = append(bad, RowError{Line: line, Field: "name", Reason: "is used twice"})
		default:
			seen[c.Name] = true
			out = append(out, c)
		}
	}
}

// row makes a case of a row.
func (t *table) row(row []string, line int) (schemas.EvalCase, *RowError) {
	wrong := func(field, reason string) (schemas.EvalCase, *RowError) {
		return schemas.EvalCase{}, &RowError{Line: line, Field: field, Reason: reason}
	}
	if len(row) != len(t.names) {
		return wrong("", fmt.Sprintf("has %d values, and there are %d columns", len(row), len(t.names)))
	}
	v := map[string]string{}
	for i, value := range row {
		if !utf8.ValidString(value) {
			return wrong(t.names[i], "is not UTF-8: save the file as CSV UTF-8")
		}
		v[t.names[i]] = strings.TrimSpace(value)
	}
	c := schemas.EvalCase{
		Name: v["name"], Turns: items(v["turns"]), Locale: v["locale"],
		Channel: schemas.ChannelKind(v["channel"]), Identity: schemas.IdentityLevel(v["identity"]),
		Expect: schemas.EvalExpect{
			Kind: schemas.DecisionKind(v["kind"]), MustCite: items(v["must_cite"]), MustInclude: items(v["must_include"]),
			MustNotInclude: items(v["must_not_include"]), HandoffReason: schemas.Reason(v["handoff_reason"]), Language: v["language"],
		},
	}
	if v["question"] != "" {
		if len(c.Turns) > 0 {
			return wrong("question", "and turns exclude each other")
		}
		c.Turns = []string{v["question"]}
	}
	if c.Name == "" {
		c.Name = "row " + strconv.Itoa(line)
	}
	if c.Channel == "" {
		c.Channel = schemas.ChannelLiveChat
	}
	if c.Identity == "" {
		c.Identity = schemas.IdentityAnonymous
	}
	if field, reason := fill(&c, v); reason != "" {
		return wrong(field, reason)
	}
	if err := c.Validate(); err != nil {
		field, reason := problem(err)
		return wrong(field, reason)
	}
	return c, nil
}

// fill reads the values that are no text.
func fill(c *schemas.EvalCase, v map[string]string) (field, reason string) {
	var ok bool
	if c.Must, ok = yes(v["must"]); !ok {
		return "must", "is true, false or empty"
	}
	if c.Expect.NoAction, ok = yes(v["no_action"]); !ok {
		return "no_action", "is true, false or empty"
	}
	if v["max_chars"] != "" {
		n, err := strconv.Atoi(v["max_chars"])
		if err != nil || n < 1 {
			return "max_chars", "is a whole number from 1"
		}
		c.Expect.MaxChars = n
	}
	if v["action"] == "" {
		if v["action_args"] != "" {
			return "action_args", "needs an action"
		}
		return "", ""
	}
	c.Expect.Action = &schemas.EvalAction{Name: v["action"]}
	if args := v["action_args"]; args != "" {
		c.Expect.Action.Args = json.RawMessage(args)
	}
	return "", ""
}

func yes(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "", "false", "no", "0":
		return false, true
	case "true", "yes", "1", "x":
		return true, true
	}
	return false, false
}

// problem parts the message of a wrong field into its field and its reason.
func problem(err error) (field, reason string) {
	var e *schemas.Error
	if !errors.As(err, &e) {
		return "", "is not a case"
	}
	field, reason, found := strings.Cut(e.Message, ": ")
	if !found {
		return "", e.Message
	}
	return field, reason
}

// items splits a list at bars and line breaks.
func items(s string) []string {
	const bar = "\x00"
	s = strings.ReplaceAll(strings.ReplaceAll(s, bar, ""), `\|`, bar)
	var out []string
	for item := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '|' || r == '\n' || r == '\r' }) {
		if item = strings.TrimSpace(strings.ReplaceAll(item, bar, "|")); item != "" {
			out = append(out, item)
		}
	}
	return out
}
