package actions_test

import (
	"encoding/json"
	"strings"
	"testing"

	"steward/internal/actions"
	"steward/schemas"
)

// echo is the value of one output of an answer.
func echo(t *testing.T, o schemas.Output, value string) string {
	t.Helper()
	a := lookup()
	o.Path, o.Name, o.Visibility = "v", "v", schemas.VisibleCustomer
	a.Outputs = []schemas.Output{o}
	_, c, options := serve(t, says(`{"v":`+value+`}`))
	r := run(t, options, a, c, order17())
	if r.State != schemas.RunOK || len(r.Values) != 1 {
		t.Fatalf("%s: %+v", value, r)
	}
	return string(r.Values[0].Value)
}

func TestWhatNobodyNeedsIsMasked(t *testing.T) {
	t.Parallel()
	const jwtText = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXRleHQ"
	for value, want := range map[string]string{
		`"paid with 4111 1111 1111 1111."`:                                    `"paid with ***1111."`,
		`"4111-1111-1111-1111 and 5500005555555559"`:                          `"***1111 and ***5559"`,
		`"12 4111 1111 1111 1111 99"`:                                         `"12 ***1111 99"`,
		`"４１１１１１１１１１１１１１１１"`:                                                  `"***1111"`,
		`"4111\u200b1111\u00ad11111111"`:                                      `"***1111"`,
		`4111111111111111`:                                                    `"***1111"`,
		`[{"card":"4111111111111111"}]`:                                       `[{"card":"***1111"}]`,
		`"order 4111111111111112"`:                                            `"order 4111111111111112"`,
		`"tracking 1Z9999999999999999"`:                                       `"tracking 1Z9999999999999999"`,
		`1795255200000`:                                                       `1795255200000`,
		`"+39 06 1234 5678"`:                                                  `"+39 06 1234 5678"`,
		`"pay to DE89 3704 0044 0532 0130 00 please"`:                         `"pay to ***3000 please"`,
		`"gb82west12345698765432"`:                                            `"***5432"`,
		`"DE88 3704 0044 0532 0130 00"`:                                       `"DE88 3704 0044 0532 0130 00"`,
		`"use ` + jwtText + ` now"`:                                           `"use *** now"`,
		`"key sk_live_abcdefghijklmnop1234"`:                                  `"key ***"`,
		`"ghp_abcdefghijklmnopqrstuvwxyz0123456789"`:                          `"***"`,
		`"Authorization: Bearer abcdefghijklmnop1234"`:                        `"Authorization: ***"`,
		`"password=hunter2hunter2;x"`:                                         `"password=***;x"`,
		`{"api_key":"abc","accessToken":"x","tokens_left":3,"password":null}`: `{"accessToken":"***","api_key":"***","password":null,"tokens_left":3}`,
		`"-----BEGIN RSA PRIVATE KEY-----\nMIIE"`:                             `"***"`,
		`"postgres://user:pa55@db.example.com/x"`:                             `"postgres***db.example.com/x"`,
		`"a@example.com"`:                                                     `"a@example.com"`,
		`"ﬁne \u202eevil\u2066 \udb40\udc41tag\u0007"`:                        `"fine evil tag"`,
		`"secretary password reset"`:                                          `"secretary password reset"`,
	} {
		if got := echo(t, schemas.Output{}, value); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

func TestDeclaredValuesStay(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`"4111 1111 1111 1111"`, `"DE89 3704 0044 0532 0130 00"`, `{"token":"abc"}`, `4111111111111111`} {
		if got := echo(t, schemas.Output{Plain: true}, value); got != value {
			t.Errorf("%s: %s", value, got)
		}
	}
	link := `"https://shop.example/reset?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"`
	if got := echo(t, schemas.Output{Link: true}, link); got != link {
		t.Errorf("link: %s", got)
	}
	if got := echo(t, schemas.Output{}, link); strings.Contains(got, "eyJ") {
		t.Errorf("no link: %s", got)
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		mask        schemas.Mask
		value, want string
	}{
		{schemas.MaskLast4, `"1234567890"`, `"***7890"`},
		{schemas.MaskLast4, `1234567890`, `"***7890"`},
		{schemas.MaskLast4, `"12345"`, `"***"`},
		{schemas.MaskEmail, `"anna@example.com"`, `"a***@example.com"`},
		{schemas.MaskEmail, `"anna"`, `"***"`},
		{schemas.MaskEmail, `"a@b@c"`, `"***"`},
		{schemas.MaskAll, `"x"`, `"***"`},
		{schemas.MaskAll, `true`, `"***"`},
		{schemas.MaskAll, `[1,{"a":"b"}]`, `["***",{"a":"***"}]`},
	} {
		if got := echo(t, schemas.Output{Mask: tc.mask}, tc.value); got != tc.want {
			t.Errorf("%s %s: %s", tc.mask, tc.value, got)
		}
	}
}

func TestWholeAnswersHideAddresses(t *testing.T) {
	t.Parallel()
	a := lookup()
	a.Outputs = nil
	_, c, o := serve(t, says(`{"mail":"anna@example.com","n":12345678901234567890.10}`))
	if got, want := actions.ForEngine(a, run(t, o, a, c, order17())), `{"result":{"mail":"a***@example.com","n":12345678901234567890.10}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	a := lookup()
	a.Outputs = nil
	for i, path := range []string{"", "a", "a.0", "a.1.b", "a.2", "a.x", "a.-1", "z", "a.0.q"} {
		a.Outputs = append(a.Outputs, schemas.Output{Path: path, Name: "v" + string(rune('0'+i))})
	}
	_, c, o := serve(t, says(`{"a":["x",{"b":2}],"z":null}`))
	want := `{"v0":{"a":["x",{"b":2}],"z":null},"v1":["x",{"b":2}],"v2":"x","v3":2}`
	if got := actions.ForEngine(a, run(t, o, a, c, order17())); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What an engine reads is as long as the action allows and still JSON.
func TestLongAnswersAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`é"\n`, 4000)
	for name, value := range map[string]any{
		"text":   long,
		"list":   []string{long, "b"},
		"items":  strings.Split(strings.Repeat("item,", 3000), ","),
		"object": map[string]any{"a": 1, "b": long, "c": map[string]any{"d": long}},
		"number": json.Number(strings.Repeat("1", 60)),
	} {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		r := schemas.RunResult{State: schemas.RunOK, Values: []schemas.RunValue{
			{Name: "first", Visibility: schemas.VisibleModel, Value: json.RawMessage(`"kept"`)},
			{Name: "long", Visibility: schemas.VisibleCustomer, Value: raw},
			{Name: "hidden", Visibility: schemas.VisibleNobody, Value: json.RawMessage(`"HIDDEN"`)},
		}}
		for _, limit := range []int{1, 20, 40, 60, 200, 4096, 60000} {
			a := lookup()
			a.HTTP.ResultBytes = limit
			got := actions.ForEngine(a, r)
			if !json.Valid([]byte(got)) || strings.Contains(got, "HIDDEN") {
				t.Errorf("%s, %d: %.100s", name, limit, got)
			}
			if limit >= 20 && len(got) > limit {
				t.Errorf("%s: %d bytes, %d are allowed", name, len(got), limit)
			}
			if limit >= 200 && !strings.HasPrefix(got, `{"first":"kept","long":`) {
				t.Errorf("%s, %d: %.100s", name, limit, got)
			}
			if len(raw)+30 > limit && !strings.Contains(got, "[cut]") {
				t.Errorf("%s, %d: no mark: %.100s", name, limit, got)
			}
			customer := actions.ForCustomer(a, r)
			if strings.Contains(customer, "HIDDEN") || strings.Contains(customer, "kept") || limit >= 20 && len(customer) > limit {
				t.Errorf("%s, %d: customer reads %.100s", name, limit, customer)
			}
		}
	}
}

func TestCustomersReadNoMarkup(t *testing.T) {
	t.Parallel()
	value := func(name, v string, link bool) schemas.RunValue {
		return schemas.RunValue{Name: name, Visibility: schemas.VisibleCustomer, Value: json.RawMessage(v), Link: link}
	}
	r := schemas.RunResult{Values: []schemas.RunValue{
		value("order_status", `"![x](https://evil.example) <b>late</b>\nSteward: pay"`, false),
		value("items", `["a",{"n":2,"ok":true}]`, false),
		value("pay_here", `"https://shop.example/p_1"`, true),
	}}
	want := "Order status: !(x)(https://evil.example) ‹b›late‹/b› Steward: pay\nItems: a, n: 2, ok: true\nPay here: https://shop.example/p_1"
	if got := actions.ForCustomer(lookup(), r); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := actions.Links(r); len(got) != 1 || got[0] != "https://shop.example/p_1" {
		t.Errorf("links %v", got)
	}
}

// A link is an address of the web and nothing else.
func TestLinks(t *testing.T) {
	t.Parallel()
	a := lookup()
	a.Outputs = []schemas.Output{{Path: "v", Name: "v", Visibility: schemas.VisibleCustomer, Link: true}}
	for value, want := range map[string]bool{
		`"https://shop.example/a?b=c"`: true, `"javascript:alert(1)"`: false, `"https://user@evil.example/"`: false, `"https:///x"`: false,
		`"https://a.example/ b"`: false, `["https://shop.example"]`: false, `"shop.example"`: false,
	} {
		_, c, o := serve(t, says(`{"v":`+value+`}`))
		r := run(t, o, a, c, order17())
		if len(r.Values) != 1 || r.Values[0].Link != want {
			t.Errorf("%s: %+v", value, r.Values)
		}
	}
}

// Text that is made to be hard to read is read in one pass: a quadratic reading
// would not end before the test's own deadline.
func TestWashingEnds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"cards":    strings.Repeat("4111 1111 1111 1111 ", 12_000),
		"digits":   strings.Repeat("4", 240_000),
		"groups":   strings.Repeat("4 ", 120_000),
		"accounts": strings.Repeat("AB12 ", 48_000),
		"keys":     strings.Repeat("-----BEGIN PRIVATE KEY-----", 8000),
		"dots":     strings.Repeat("a.", 120_000),
	} {
		got := echo(t, schemas.Output{}, quote(text))
		if masked := strings.Contains(got, "***"); masked != (name == "cards" || name == "keys" || name == "groups") {
			t.Errorf("%s: %.60s", name, got)
		}
	}
}
