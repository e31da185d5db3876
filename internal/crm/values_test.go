package crm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"steward/internal/crm"
	"steward/schemas"
)

func TestCheckValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind    schemas.PropertyType
		name    string
		allowed string
		refused string
	}{
		{schemas.PropertyText, "city", "Rome|o'Brien|日本|two words", "a\x00b|\xff"},
		{schemas.PropertyText, "email", "ada@example.com|Ada.L+x@mail.example.com", "ada|ada@|Ada <ada@example.com>|a@b, c@d|\"a b\"@example.com|ada@example.com\r\nBcc: x"},
		{schemas.PropertyNumber, "n", "0|-1|12.5|999999999999999", "1e9|NaN|1,5|.5|0x10| 1|+1|12."},
		{schemas.PropertyBoolean, "b", "true|false", "yes|TRUE|1"},
		{schemas.PropertyDate, "d", "2026-02-28|2024-02-29", "2026-02-30|28.02.2026|2026-2-3|2026-02-28T10:00:00Z"},
		{schemas.PropertyDateTime, "t", "2026-02-28T10:00:00Z|2026-02-28T10:00:00.123+02:00", "2026-02-28|yesterday"},
		{schemas.PropertyEnum, "e", "a|b", "A|c|a;b"},
		{"json", "x", "", "a|{}"},
	} {
		p := schemas.Property{Name: tt.name, Type: tt.kind, Options: []schemas.PropertyOption{{Value: "a"}, {Value: "b"}}}
		for v := range strings.SplitSeq(tt.allowed, "|") {
			if err := crm.CheckValue(p, v); err != nil {
				t.Errorf("%s %q: %v", tt.kind, v, err)
			}
		}
		for v := range strings.SplitSeq(tt.refused, "|") {
			if err := crm.CheckValue(p, v); crm.KindOf(err) != crm.KindInvalidValue || strings.Contains(err.Error(), v+" ") {
				t.Errorf("%s %q: %v", tt.kind, v, err)
			}
		}
	}
	if err := crm.CheckValue(schemas.Property{Name: "city", Type: schemas.PropertyText}, strings.Repeat("x", crm.MaxValue+1)); err == nil {
		t.Error("a text without end")
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"email", " Ada@Example.COM ", "ada@example.com"},
		{"domain", "https://www.Example.com/about?x", "example.com"},
		{"domain", "example.com.", "example.com"},
		{"domain", "shop.example.com", "shop.example.com"},
		{"external", "A/B", "a/b"},
	} {
		if got := crm.Normal(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s %q is %q", tt[0], tt[1], got)
		}
	}
}

func TestBackward(t *testing.T) {
	t.Parallel()
	p := schemas.Property{Type: schemas.PropertyEnum, Forward: true, Options: []schemas.PropertyOption{{Value: "a"}, {Value: "b"}, {Value: "c"}}}
	for _, tt := range []struct {
		from, to string
		back     bool
	}{
		{"", "a", false}, {"a", "c", false}, {"b", "b", false}, {"b", "a", true}, {"b", "", true}, {"retired", "a", false},
	} {
		if got := crm.Backward(p, tt.from, tt.to); got != tt.back {
			t.Errorf("%q to %q: %v", tt.from, tt.to, got)
		}
	}
	if p.Forward = false; crm.Backward(p, "b", "a") {
		t.Error("any enum moves forward only")
	}
	if got := strings.Join(crm.Later(p, "a"), ""); got != "bc" {
		t.Errorf("later %q", got)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  *crm.Error
		text string
		show schemas.ErrorKind
	}{
		{&crm.Error{Kind: crm.KindRateLimited, Status: 429, RetryAfter: time.Second}, "call CRM: rate_limited (status 429)", schemas.KindRateLimited},
		{crm.FailProperty(crm.KindInvalidValue, "city", []string{"a"}), "call CRM: invalid_value (property city)", schemas.KindInvalid},
		{crm.Fail(crm.KindAuth), "call CRM: auth", schemas.KindUnavailable},
		{crm.Fail(crm.KindQuota), "call CRM: quota", schemas.KindRateLimited},
		{crm.Fail("sesame"), "call CRM: sesame", schemas.KindInternal},
	} {
		if tt.err.Error() != tt.text || tt.err.Kind.Shown() != tt.show {
			t.Errorf("%q is shown as %s", tt.err.Error(), tt.err.Kind.Shown())
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx  context.Context
		err  error
		kind crm.Kind
	}{
		{t.Context(), schemas.NewError(schemas.KindNotFound, "ada@example.com"), crm.KindNotFound},
		{t.Context(), schemas.NewError(schemas.KindConflict, "x"), crm.KindConflict},
		{t.Context(), schemas.NewError(schemas.KindInvalid, "x"), crm.KindRefused},
		{t.Context(), errors.New("ada@example.com"), crm.KindUnavailable},
		{t.Context(), crm.Fail(crm.KindAuth), crm.KindAuth},
		{ended, errors.New("x"), crm.KindUnavailable},
	} {
		got := crm.Stored(tt.ctx, tt.err)
		if crm.KindOf(got) != tt.kind || strings.Contains(got.Error(), "ada") || errors.Is(got, context.Canceled) != (tt.ctx == ended) {
			t.Errorf("%v is %v", tt.err, got)
		}
	}
	if crm.Stored(t.Context(), nil) != nil || !errors.Is(crm.Stored(t.Context(), crm.ErrAmbiguous), crm.ErrAmbiguous) {
		t.Error("no error and an ambiguity stay what they are")
	}
}
