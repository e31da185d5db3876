package policy

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"steward/schemas"
)

func TestNewCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 500 {
		code, err := NewCode(rand.Reader)
		if err != nil || len(code) != CodeDigits || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("code %q, %v", code, err)
		}
		seen[code] = true
	}
	if len(seen) < 450 {
		t.Errorf("%d different codes of 500", len(seen))
	}
	if code, err := NewCode(bytes.NewReader(make([]byte, 64))); err != nil || code != "000000" {
		t.Errorf("a small code is %q, %v", code, err)
	}
	if code, err := NewCode(iotest.ErrReader(errors.New("empty"))); err == nil || code != "" {
		t.Errorf("without random numbers: %q, %v", code, err)
	}
}

func TestCodeHMAC(t *testing.T) {
	t.Parallel()
	key := []byte("a key")
	ada := AddressHash(key, "Ada@Example.com ")
	if ada != AddressHash(key, "ada@example.com") || ada == AddressHash(key, "bob@example.com") || ada == AddressHash([]byte("b key"), "ada@example.com") || strings.Contains(ada, "ada") {
		t.Errorf("address hash %s", ada)
	}
	one := CodeHMAC(key, "conv_1", ada, "123456")
	for name, other := range map[string][]byte{
		"code": CodeHMAC(key, "conv_1", ada, "123457"), "conversation": CodeHMAC(key, "conv_2", ada, "123456"),
		"address": CodeHMAC(key, "conv_1", "bob", "123456"), "key": CodeHMAC([]byte("b key"), "conv_1", ada, "123456"),
		"border": CodeHMAC(key, "conv_1"+schemas.ConversationID(ada[:1]), ada[1:], "123456"),
	} {
		if bytes.Equal(one, other) {
			t.Errorf("another %s has the same hash", name)
		}
	}
	if !bytes.Equal(one, CodeHMAC(key, "conv_1", ada, "123456")) || len(one) != 32 {
		t.Error("the same code has another hash")
	}
}

// Case 76. Settled: rule 28.
func TestJudgeCode(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	right, wrong := []byte("right"), []byte("wrong")
	fresh := schemas.CodeFacts{Now: now, Address: "ada", HMAC: right, ExpiresAt: now.Add(time.Minute)}
	with := func(change func(*schemas.CodeFacts)) schemas.CodeFacts {
		f := fresh
		change(&f)
		return f
	}
	for name, tt := range map[string]struct {
		facts schemas.CodeFacts
		given []byte
		want  schemas.CodeVerdict
	}{
		"right":               {fresh, right, schemas.CodeAccepted},
		"wrong":               {fresh, wrong, schemas.CodeWrong},
		"right at the last":   {with(func(f *schemas.CodeFacts) { f.Tries = 4 }), right, schemas.CodeAccepted},
		"the fifth wrong":     {with(func(f *schemas.CodeFacts) { f.Tries = 4 }), wrong, schemas.CodeLocked},
		"right after five":    {with(func(f *schemas.CodeFacts) { f.Tries = 5 }), right, schemas.CodeLocked},
		"too late":            {with(func(f *schemas.CodeFacts) { f.ExpiresAt = now }), right, schemas.CodeExpired},
		"used":                {with(func(f *schemas.CodeFacts) { f.Used = true }), right, schemas.CodeNone},
		"of another address":  {with(func(f *schemas.CodeFacts) { f.Address = "bob" }), right, schemas.CodeNone},
		"none was sent":       {with(func(f *schemas.CodeFacts) { f.HMAC = nil }), nil, schemas.CodeNone},
		"nothing was given":   {fresh, nil, schemas.CodeWrong},
		"a part of the right": {fresh, right[:3], schemas.CodeWrong},
	} {
		if got := JudgeCode(tt.facts, "ada", tt.given); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	for _, tt := range []struct {
		sends schemas.CodeSends
		may   bool
	}{
		{schemas.CodeSends{}, true},
		{schemas.CodeSends{Address: 2, Conversation: 5}, true},
		{schemas.CodeSends{Address: 3, Conversation: 3}, false},
		{schemas.CodeSends{Address: 0, Conversation: 6}, false},
	} {
		if got := MaySendCode(tt.sends); got != tt.may {
			t.Errorf("after %+v: %v", tt.sends, got)
		}
	}
}

// Case 77: what is taken for a code is never kept as it was written.
func TestFindCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"123456": "123456", "My code is 123 456.": "123456", "123-456": "123456", "(042042)": "042042", "code:999999!": "999999",
		"1234567": "", "12345": "", "123456 or 654321": "", "order 1234567890": "", "12 34 56": "", "": "", "no code": "",
		"call 555 123 456": "", "2 123456": "123456", "123456 7": "123456", "123 4567": "",
	} {
		code, ok := FindCode(text)
		if code != want || ok != (want != "") {
			t.Errorf("%q has code %q, %v", text, code, ok)
		}
	}
	for text, want := range map[string]string{
		"My code is 123 456.": "My code is ••••••.", "123456 or 654321": "•••••• or ••••••", "1234567": "1234567", "no code": "no code", "a123456b": "a••••••b",
	} {
		if got := MaskCode(text); got != want {
			t.Errorf("%q is masked as %q", text, got)
		}
	}
}

// FuzzMaskCode: after masking nothing can be found, and nothing more is masked.
func FuzzMaskCode(f *testing.F) {
	for _, seed := range []string{"123456", "123 456 789", "1 123456 123456 1", "123-456-789", "12345678", "١٢٣٤٥٦"} {
		f.Add(seed)
	}
	f.Add("000000 000 000")
	f.Fuzz(func(t *testing.T, text string) {
		masked := MaskCode(text)
		if code, ok := FindCode(masked); ok {
			t.Errorf("%q still has %q", masked, code)
		}
		if code, ok := FindCode(text); ok && masked == text {
			t.Errorf("%q keeps %q", masked, code)
		}
		if MaskCode(masked) != masked {
			t.Errorf("%q is masked again as %q", masked, MaskCode(masked))
		}
	})
}
