package schemas_test

import (
	"testing"

	"steward/schemas"
)

func TestWiderTrigger(t *testing.T) {
	t.Parallel()
	const manual, change, retry = schemas.TriggerManual, schemas.TriggerChange, schemas.TriggerRetry
	for _, c := range []struct{ a, b, want schemas.SyncTrigger }{
		{"", "", ""},
		{"", retry, retry},
		{retry, "", retry},
		{retry, retry, retry},
		{retry, change, change},
		{change, retry, change},
		{change, manual, manual},
		{manual, change, manual},
		{manual, retry, manual},
		{retry, manual, manual},
	} {
		if got := c.a.Wider(c.b); got != c.want {
			t.Errorf("%q and %q: %q, want %q", c.a, c.b, got, c.want)
		}
	}
}
