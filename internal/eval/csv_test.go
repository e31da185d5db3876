package eval_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"steward/internal/eval"
	"steward/schemas"
)

func simple(name, question string) schemas.EvalCase {
	return schemas.EvalCase{
		Name: name, Turns: []string{question}, Channel: schemas.ChannelLiveChat, Identity: schemas.IdentityAnonymous,
		Expect: schemas.EvalExpect{Kind: schemas.DecisionAnswer},
	}
}

func TestParseCSV(t *testing.T) {
	t.Parallel()
	full := schemas.EvalCase{
		Name: "order", Turns: []string{"Where is it?", "A|17"}, Locale: "en-GB", Channel: schemas.ChannelEmail,
		Identity: schemas.IdentityVerifiedEmail, Must: true,
		Expect: schemas.EvalExpect{
			Kind: schemas.DecisionAnswer, MustCite: []string{"Shipping"}, MustInclude: []string{"on its way", "two days"},
			MustNotInclude: []string{"refund"}, Action: &schemas.EvalAction{Name: "order_status", Args: json.RawMessage(`{"order":"A-17"}`)},
			MaxChars: 600, Language: "en",
		},
	}
	const head = "name,turns,locale,channel,identity,must,kind,must_cite,must_include,must_not_include,action,action_args,max_chars,language\n"
	const row = `order,"Where is it?` + "\n" + `A\|17",en-GB,email,verified_email,yes,answer,Shipping,on its way | two days,refund,order_status,"{""order"":""A-17""}",600,en`
	for name, c := range map[string]struct {
		file string
		want []schemas.EvalCase
		bad  []string
	}{
		"everything":     {head + row, []schemas.EvalCase{full}, nil},
		"BOM and CRLF":   {"\xef\xbb\xbf" + "name,question,kind\r\na,Hi there,answer\r\n", []schemas.EvalCase{simple("a", "Hi there")}, nil},
		"semicolons":     {"Name;Question;Kind\na;one, two;answer", []schemas.EvalCase{simple("a", "one, two")}, nil},
		"tabs":           {"name\tquestion\tkind\na\tone; two\tanswer", []schemas.EvalCase{simple("a", "one; two")}, nil},
		"no name":        {"question,kind\nHi,answer\n\nHo,answer\n", []schemas.EvalCase{simple("row 2", "Hi"), simple("row 4", "Ho")}, nil},
		"broken row":     {"name,question,kind\na,one,answer\nb,two,dance\nc,three,answer\n", []schemas.EvalCase{simple("a", "one"), simple("c", "three")}, []string{"3 kind"}},
		"few values":     {"name,question,kind\na,one\nc,three,answer\n", []schemas.EvalCase{simple("c", "three")}, []string{"2 "}},
		"stray quote":    {"name,question,kind\na,o\"ne,answer\nc,three,answer\n", []schemas.EvalCase{simple("c", "three")}, []string{"2 "}},
		"open quote":     {"name,question,kind\na,\"one,answer\nc,three,answer\nd,four,answer\n", []schemas.EvalCase{simple("c", "three"), simple("d", "four")}, []string{"2 "}},
		"name twice":     {"name,question,kind\na,one,answer\na,two,answer\n", []schemas.EvalCase{simple("a", "one")}, []string{"3 name"}},
		"no question":    {"name,question,kind\na,,answer\n", nil, []string{"2 turns"}},
		"both":           {"name,question,turns,kind\na,one,two,answer\n", nil, []string{"2 question"}},
		"expects none":   {"name,question,kind\na,one,\n", nil, []string{"2 expect"}},
		"bad must":       {"question,kind,must\none,answer,perhaps\n", nil, []string{"2 must"}},
		"bad max":        {"question,max_chars\none,-1\n", nil, []string{"2 max_chars"}},
		"bad arguments":  {"question,action,action_args\none,refund,[1]\n", nil, []string{"2 action_args"}},
		"lone arguments": {"question,action,action_args,kind\none,,{},answer\n", nil, []string{"2 action_args"}},
		"bad channel":    {"question,kind,channel\none,answer,fax\n", nil, []string{"2 channel"}},
		"bad identity":   {"question,kind,identity\none,answer,king\n", nil, []string{"2 identity"}},
		"bad reason":     {"question,handoff_reason\none,boredom\n", nil, []string{"2 handoff_reason"}},
		"bad language":   {"question,language\none,english\n", nil, []string{"2 language"}},
		"bad bytes":      {"question,kind\n\xff,answer\nHi,answer\n", []schemas.EvalCase{simple("row 3", "Hi")}, []string{"2 question"}},
		"unknown column": {"question,must_cit\none,x\n", nil, []string{"1 must_cit"}},
		"column twice":   {"question,kind,kind\none,answer,answer\n", nil, []string{"1 kind"}},
		"no column":      {"name,kind\none,answer\n", nil, []string{"1 "}},
		"empty":          {"", nil, []string{"1 "}},
		"UTF-16":         {"\xff\xfeq\x00", nil, []string{"0 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, errs := eval.ParseCSV(strings.NewReader(c.file))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.bad, places(t, errs)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// places are where errors are, as line and field; each needs a reason.
func places(t *testing.T, errs []eval.RowError) []string {
	t.Helper()
	var out []string
	for _, e := range errs {
		if e.Reason == "" {
			t.Errorf("no reason: %+v", e)
		}
		out = append(out, fmt.Sprintf("%d %s", e.Line, e.Field))
	}
	return out
}

func TestParseCSVLimits(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("question,kind\n")
	for range 1001 {
		file.WriteString("Hi,answer\n")
	}
	cases, errs := eval.ParseCSV(strings.NewReader(file.String()))
	if len(cases) != 1000 || len(errs) != 1 || errs[0].Line != 1002 {
		t.Errorf("%d cases, %+v", len(cases), errs)
	}
	large := "question,kind\n" + strings.Repeat("x", 1<<20)
	if cases, errs := eval.ParseCSV(strings.NewReader(large)); len(cases) != 0 || len(errs) != 1 {
		t.Errorf("a file over 1 MiB: %d cases, %+v", len(cases), errs)
	}
	if cases, errs := eval.ParseCSV(iotest.ErrReader(errors.New("secret"))); len(cases) != 0 || len(errs) != 1 || strings.Contains(errs[0].Reason, "secret") {
		t.Errorf("an unreadable file: %d cases, %+v", len(cases), errs)
	}
	// Each open quote could swallow what is left of the file: reading has to end.
	quotes := "question,kind\n" + strings.Repeat("\"x\n", 300_000)
	if cases, errs := eval.ParseCSV(strings.NewReader(quotes)); len(cases) != 0 || len(errs) != 101 {
		t.Errorf("open quotes: %d cases, %d errors", len(cases), len(errs))
	}
}

// FuzzParseCSV: whatever the file, cases are valid and unique, errors have a
// reason, and reading again gives the same.
func FuzzParseCSV(f *testing.F) {
	for _, s := range []string{
		"question,kind\nHi,answer", "name;turns;must\na;b|c;x", "\xef\xbb\xbfquestion\tlanguage\n\"a\"b\ten\n\xff\ten",
		"question,action,action_args\n\"a\nb\",x,\"{}\"\n\"", "turns,max_chars\na\\|b|c,7\n,\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		cases, errs := eval.ParseCSV(bytes.NewReader(raw))
		suite := schemas.EvalSuite{Name: "fuzz", Cases: cases}
		if err := suite.Validate(); err != nil {
			t.Errorf("imported what is not valid: %v", err)
		}
		places(t, errs)
		again, errsAgain := eval.ParseCSV(iotest.OneByteReader(io.Reader(bytes.NewReader(raw))))
		if diff := cmp.Diff(cases, again) + cmp.Diff(errs, errsAgain); diff != "" {
			t.Error(diff)
		}
	})
}
