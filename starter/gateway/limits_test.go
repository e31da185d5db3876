package gateway

import (
	"net/http/httptest"
	"testing"
	"time"

	"steward/internal/store"
	"steward/schemas"
)

func TestLimiterRefillsAndForgets(t *testing.T) {
	t.Parallel()
	l := newLimiter(2, 1, 3, 1)
	now := time.Now()
	for i, want := range []bool{true, true, true, false} {
		if got := l.allow("a", now); got != want {
			t.Errorf("event %d: %t, want %t", i+1, got, want)
		}
	}
	if !l.allow("b", now) {
		t.Error("one key uses up another's events")
	}
	now = now.Add(500 * time.Millisecond)
	if !l.allow("a", now) || l.allow("a", now) {
		t.Error("half a second gives one event back at two a second")
	}
	now = now.Add(2 * time.Minute)
	if !l.allow("c", now) || len(l.buckets) != 1 {
		t.Errorf("%d keys kept, want the one in use", len(l.buckets))
	}
}

func TestNoLimits(t *testing.T) {
	t.Parallel()
	l := newLimits(Limits{Off: true})
	for range 1000 {
		if err := l.message.take(httptest.NewRecorder(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if l.streams != 10 {
		t.Errorf("%d streams, want the default 10: they are memory, not load", l.streams)
	}
}

func TestBackoffDoublesToAMinute(t *testing.T) {
	t.Parallel()
	r := NewRelay(RelayOptions{})
	for tries, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute,
	} {
		if got := r.backoff(tries); got != want {
			t.Errorf("after try %d: %v, want %v", tries, got, want)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef")
	tk, err := newTokens([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	const id = schemas.SessionID("sess_00000000000000000000000000000001")
	good := tk.sign(id)
	if got, err := tk.read(good); err != nil || got != id {
		t.Errorf("good token: %s, %v", got, err)
	}
	other := tk.sign("sess_00000000000000000000000000000002")
	for _, wrong := range []string{
		"", ".", "...", good[:len(good)-1], good + "x", "v2" + good[2:], other[:len(other)-43] + good[len(good)-43:],
	} {
		if _, err := tk.read(wrong); schemas.KindOf(err) != schemas.KindUnauthorized {
			t.Errorf("wrong token %q: %v", wrong, err)
		}
	}
	for _, keys := range [][][]byte{nil, {[]byte("short")}} {
		if _, err := newTokens(keys); err == nil {
			t.Errorf("keys %q taken", keys)
		}
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	const id = schemas.ConversationID("conv_00000000000000000000000000000001")
	for text, want := range map[string]store.Cursor{
		"": {}, string(id) + "/0": {Conversation: id}, string(id) + "/12": {Conversation: id, Seq: 12},
	} {
		if got, err := parseCursor(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"x", "/1", string(id), string(id) + "/", string(id) + "/-1", string(id) + "/1/2", "conv_1/1"} {
		if _, err := parseCursor(text); err == nil {
			t.Errorf("%q taken", text)
		}
	}
}
