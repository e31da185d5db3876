package actions_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"steward/internal/actions"
	"steward/schemas"
)

// booking has inputs of many kinds.
func booking() schemas.Action {
	return schemas.Action{
		Name: "book", Title: "Book a table", Description: "When a customer wants a table.", Kind: schemas.ActionHTTP, Effect: schemas.EffectWrite,
		Inputs: []schemas.Input{
			{Name: "email", Instructions: "Which email address?", Schema: json.RawMessage(`{"type":"string","format":"email"}`), Required: true},
			{Name: "people", Schema: json.RawMessage(`{"type":"integer","minimum":1,"maximum":12}`), Required: true},
			{Name: "code", Schema: json.RawMessage(`{"type":"string","pattern":"^[A-Z]{2}$"}`)},
			{Name: "place", Schema: json.RawMessage(`{"enum":["inside","outside"]}`)},
			{Name: "day", Schema: json.RawMessage(`{"type":"string","format":"date"}`)},
			{Name: "extra", Schema: json.RawMessage(`{"type":"object","properties":{"n":{"type":"number"}}}`)},
			{Name: "wish"},
			{Name: "customer", Source: schemas.InputContact, Path: "id"},
			{Name: "token", Source: schemas.InputSecret, Path: "stored:shop"},
		},
		HTTP: &schemas.HTTPCall{Connection: "shop", Method: "POST", Path: "/tables"},
	}
}

func TestToolShowsWhatTheCustomerFills(t *testing.T) {
	t.Parallel()
	a := booking()
	a.Inputs = a.Inputs[:3]
	a.Inputs = append(a.Inputs, booking().Inputs[7:]...)
	tool := actions.Tool(a)
	want := `{"additionalProperties":false,"properties":{"code":{"pattern":"^[A-Z]{2}$","type":"string"},` +
		`"email":{"description":"Which email address?","format":"email","type":"string"},` +
		`"people":{"maximum":12,"minimum":1,"type":"integer"}},"required":["email","people"],"type":"object"}`
	if string(tool.Schema) != want {
		t.Errorf("schema %s\nwant   %s", tool.Schema, want)
	}
	if tool.Name != "book" || tool.Effect != schemas.EffectWrite || len(tool.Inputs) != 3 {
		t.Errorf("%+v", tool)
	}
}

func TestGoodArguments(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"email":"a@example.com","people":2}`:                                              `{"email":"a@example.com","people":2}`,
		` { "people" : 2.0 , "email" : "a@example.com" } `:                                  `{"email":"a@example.com","people":2.0}`,
		`{"email":"a@example.com","people":2,"code":null,"wish":"  "}`:                      `{"email":"a@example.com","people":2}`,
		"{\"email\":\"a@example.com\",\"people\":2,\"wish\":\"a\\u200b\\u202eb\\u0000c\"}":  `{"email":"a@example.com","people":2,"wish":"abc"}`,
		`{"email":"a@example.com","people":2,"extra":{"n":12345678901234567890.10,"a":""}}`: `{"email":"a@example.com","extra":{"a":"","n":12345678901234567890.10},"people":2}`,
		`{"email":"a@example.com","people":2,"place":"inside","day":"2026-11-21"}`:          `{"day":"2026-11-21","email":"a@example.com","people":2,"place":"inside"}`,
		`{"email":"a@example.com","people":2,"wish":"{email} <b>&"}`:                        `{"email":"a@example.com","people":2,"wish":"{email} <b>&"}`,
	} {
		got, problems := actions.CheckArguments(booking(), json.RawMessage(raw))
		if len(problems) > 0 {
			t.Errorf("%s: %v", raw, problems)
			continue
		}
		var members []string
		for _, name := range slices.Sorted(maps.Keys(got)) {
			members = append(members, `"`+name+`":`+string(got[name]))
		}
		if text := "{" + strings.Join(members, ",") + "}"; text != want {
			t.Errorf("%s: %s, want %s", raw, text, want)
		}
	}
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	const ok = `"email":"a@example.com","people":2`
	missing := func(in, hint string) actions.Problem {
		return actions.Problem{Input: in, Kind: actions.ProblemMissing, Hint: hint}
	}
	bad := func(in, hint string) []actions.Problem {
		return []actions.Problem{{Input: in, Kind: actions.ProblemInvalid, Hint: hint}}
	}
	for raw, want := range map[string][]actions.Problem{
		``:                                  {missing("email", "Which email address?"), missing("people", "ask the customer for it")},
		`{"people":null}`:                   {missing("email", "Which email address?"), missing("people", "ask the customer for it")},
		`{"email":" ","people":2}`:          {missing("email", "Which email address?")},
		`{"email":"SECRETWORD","people":2}`: bad("email", "has to be a valid email"),
		`{"email":"a@example.com","people":"two"}`:               bad("people", "has to be of type integer"),
		`{"email":"a@example.com","people":2.5}`:                 bad("people", "has to be of type integer"),
		`{"email":"a@example.com","people":13}`:                  bad("people", "is at most 12"),
		`{"email":"a@example.com","people":0}`:                   bad("people", "is at least 1"),
		`{` + ok + `,"code":"SECRETWORD"}`:                       bad("code", "has to match ^[A-Z]{2}$"),
		`{` + ok + `,"place":"SECRETWORD"}`:                      bad("place", `has to be one of ["inside","outside"]`),
		`{` + ok + `,"day":"2026-13-01"}`:                        bad("day", "has to be a valid date"),
		`{` + ok + `,"extra":{"n":"SECRETWORD"}}`:                bad("extra", "has to be of type number"),
		`{` + ok + `,"wish":"` + strings.Repeat("a", 201) + `"}`: bad("wish", "has at most 200 characters"),
		`{` + ok + `,"SECRETWORD":1}`:                            {{Kind: actions.ProblemUnknown, Hint: "the only inputs are: email, people, code, place, day, extra, wish"}},
		`{` + ok + `,"customer":"cont_2"}`:                       {{Kind: actions.ProblemUnknown, Hint: "the only inputs are: email, people, code, place, day, extra, wish"}},
		`{` + ok + `,"people":3}`:                                bad("", "a member appears twice"),
		`[]`:                                                     bad("", "arguments are one JSON object"),
		`"SECRETWORD"`:                                           bad("", "arguments are one JSON object"),
		`{` + ok:                                                 bad("", "not one JSON value"),
		`{` + ok + `} {}`:                                        bad("", "not one JSON value"),
		"{\"wish\":\"\xff\"}":                                    bad("", "not valid UTF-8"),
		`{"people":1e999999999}`:                                 bad("", "a number is too long"),
		`{"people":` + strings.Repeat("1", 65) + `}`:             bad("", "a number is too long"),
		`{"wish":"` + strings.Repeat("a", 8<<10) + `"}`:          bad("", "arguments have at most 8192 bytes"),
		`{"extra":` + strings.Repeat(`{"a":`, 8) + `1` + strings.Repeat(`}`, 8) + `}`: bad("", "at most 8 levels of objects and lists"),
		`{` + manyMembers(65) + `}`: bad("", "too many members"),
	} {
		args, got := actions.CheckArguments(booking(), json.RawMessage(raw))
		if diff := cmp.Diff(want, got); diff != "" || args != nil {
			t.Errorf("%.80s: %s", raw, diff)
		}
		for _, p := range got {
			if strings.Contains(p.Hint+p.Input, "SECRETWORD") {
				t.Errorf("%s: what was passed is quoted: %v", raw, p)
			}
		}
	}
}

func manyMembers(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, `"m`+string(rune('0'+i/10))+string(rune('0'+i%10))+`":1`)
	}
	return strings.Join(parts, ",")
}

// No schema reaches a file: neither when it is saved nor when it is used.
func TestSchemasLoadNothing(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(name, []byte(`{"type":"string"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, schema := range []string{
		`{"$ref":"file://` + name + `"}`,
		`{"allOf":[{"$ref":"file://` + name + `"}]}`,
		`{"$schema":"file://` + name + `","type":"string"}`,
		`{"$dynamicRef":"https://example.com/x"}`,
		`{"$id":"file://` + name + `"}`,
		`{"$ref":"#/$defs/a","$defs":{"a":{}}}`,
		`{"type":"strin"}`, `{"pattern":"("}`, `true`, `[]`, `{`, `{"type":"string","type":"number"}`,
		`{"minimum":1e999999999}`,
		`{"description":"` + strings.Repeat("a", 8<<10) + `"}`,
	} {
		a := booking()
		a.Inputs = []schemas.Input{{Name: "x", Schema: json.RawMessage(schema)}}
		err := actions.Validate(a, []schemas.Connection{{Name: "shop"}})
		if err == nil || schemas.KindOf(err) != schemas.KindInvalid || !strings.Contains(err.Error(), "inputs[0].schema: ") {
			t.Errorf("%.60s: saved: %v", schema, err)
		}
		if args, problems := actions.CheckArguments(a, json.RawMessage(`{"x":"y"}`)); args != nil || len(problems) != 1 || problems[0].Kind != actions.ProblemInvalid {
			t.Errorf("%.60s: used: %v %v", schema, args, problems)
		}
	}
}

func TestHashesBindContent(t *testing.T) {
	t.Parallel()
	a := booking()
	base := actions.Hash(a, args("people", `2`, "email", `"a@example.com"`))
	if len(base) != 64 || base != actions.Hash(actions.Normalise(a), args("email", ` "a@example.com" `, "people", `2`)) {
		t.Errorf("the same content has another hash: %s", base)
	}
	changed := booking()
	changed.Description = "Another."
	renamed := booking()
	renamed.Name = "book_two"
	moved := booking()
	moved.HTTP.Path = "/chairs"
	seen := map[string]string{base: "base"}
	for name, hash := range map[string]string{
		"more people":  actions.Hash(a, args("people", `20`, "email", `"a@example.com"`)),
		"text":         actions.Hash(a, args("people", `"2"`, "email", `"a@example.com"`)),
		"other number": actions.Hash(a, args("people", `2.0`, "email", `"a@example.com"`)),
		"one less":     actions.Hash(a, args("people", `2`)),
		"none":         actions.Hash(a, nil),
		"description":  actions.Hash(changed, args("people", `2`, "email", `"a@example.com"`)),
		"name":         actions.Hash(renamed, args("people", `2`, "email", `"a@example.com"`)),
		"path":         actions.Hash(moved, args("people", `2`, "email", `"a@example.com"`)),
	} {
		if seen[hash] != "" || len(hash) != 64 {
			t.Errorf("%s has the hash of %s", name, seen[hash])
		}
		seen[hash] = name
	}
	if actions.Hash(a, args("people", `{`)) != "" {
		t.Error("broken arguments have a hash")
	}
}

func FuzzCheckArguments(f *testing.F) {
	for _, seed := range []string{
		`{"email":"a@example.com","people":2}`, `{"people":1e400}`, `{"extra":{"n":1,"n":2}}`, `{"wish":"\ud800"}`, `[[[[`, `{"email":"a@b.c","people":2,"wish":"\u200b"}`,
	} {
		f.Add([]byte(seed))
	}
	a := booking()
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, problems := actions.CheckArguments(a, raw)
		if (got == nil) == (len(problems) == 0) {
			t.Fatalf("neither arguments nor problems, or both: %v %v", got, problems)
		}
		if got == nil {
			return
		}
		if len(raw) > 0 && !json.Valid(raw) || !utf8.Valid(raw) {
			t.Errorf("broken text is taken: %q", raw)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("not JSON: %v", err)
		}
		again, problems := actions.CheckArguments(a, text)
		if len(problems) > 0 || actions.Hash(a, again) != actions.Hash(a, got) {
			t.Errorf("%q is not taken again: %v", text, problems)
		}
	})
}
