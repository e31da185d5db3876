package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

const secret = "s3cret-of-the-shop"

func key(t testing.TB) []byte {
	t.Helper()
	k := make([]byte, KeyBytes)
	if _, err := rand.Read(k); err != nil {
		t.Fatal(err)
	}
	return k
}

func keys(t testing.TB, of ...[]byte) *Keys {
	t.Helper()
	k, err := New(of...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t testing.TB, k *Keys, name string) []byte {
	t.Helper()
	out, err := k.Seal(name, secret)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSealedOpensUnderItsNameAndKeyOnly(t *testing.T) {
	t.Parallel()
	a, b := key(t), key(t)
	k := keys(t, a)
	value := sealed(t, k, "shop")
	if bytes.Contains(value, []byte(secret)) || bytes.Contains(value, a) {
		t.Error("the sealed value shows the secret or the key")
	}
	if again := sealed(t, k, "shop"); bytes.Equal(again, value) {
		t.Error("sealing twice gives the same value")
	}
	damaged := func(at int) []byte {
		out := bytes.Clone(value)
		out[at] ^= 1
		return out
	}
	for _, c := range []struct {
		says  string
		keys  *Keys
		name  string
		value []byte
		err   error
	}{
		{"as it was sealed", k, "shop", value, nil},
		{"with a new key before it", keys(t, b, a), "shop", value, nil},
		{"moved to another name", k, "crm", value, ErrDamaged},
		{"name with more", k, "shop\x00", value, ErrDamaged},
		{"under another key", keys(t, b), "shop", value, ErrOtherKey},
		{"without a key", nil, "shop", value, ErrNoKey},
		{"other version", k, "shop", damaged(0), ErrDamaged},
		{"other key id", k, "shop", damaged(1), ErrOtherKey},
		{"changed nonce", k, "shop", damaged(1 + idBytes), ErrDamaged},
		{"changed text", k, "shop", damaged(len(value) - 20), ErrDamaged},
		{"changed tag", k, "shop", damaged(len(value) - 1), ErrDamaged},
		{"cut", k, "shop", value[:len(value)-1], ErrDamaged},
		{"head only", k, "shop", value[:1+idBytes], ErrDamaged},
		{"nothing", k, "shop", nil, ErrDamaged},
	} {
		got, err := c.keys.Open(c.name, c.value)
		if !errors.Is(err, c.err) || (c.err == nil) != (got == secret) {
			t.Errorf("%s: %q, %v, want %v", c.says, got, err, c.err)
		}
		if err != nil && (got != "" || strings.Contains(err.Error(), secret)) {
			t.Errorf("%s: the failure says %q, %v", c.says, got, err)
		}
	}
}

// A relabelled value does not open: the id of its key is bound too.
func TestRelabelledKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	a, b := key(t), key(t)
	both := keys(t, a, b)
	value := sealed(t, both, "shop")
	id := keyID(b)
	copy(value[1:], id[:])
	if got, err := both.Open("shop", value); !errors.Is(err, ErrDamaged) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	old, fresh := key(t), key(t)
	before := keys(t, old)
	value := sealed(t, before, "shop")
	after := keys(t, fresh, old)
	if !before.Current(value) || after.Current(value) || after.Current(nil) || (*Keys)(nil).Current(value) {
		t.Error("which key sealed a value is told wrongly")
	}
	got, err := after.Open("shop", value)
	if err != nil || got != secret {
		t.Fatalf("%q, %v", got, err)
	}
	if again := sealed(t, after, "shop"); !after.Current(again) {
		t.Error("what is sealed after a rotation is under the old key")
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	t.Parallel()
	if k, err := New(); k != nil || err != nil {
		t.Errorf("no key: %v, %v", k, err)
	}
	if _, err := New(key(t), []byte("short-key")); err == nil || !strings.Contains(err.Error(), "key 2 has 9 bytes") || strings.Contains(err.Error(), "short-key") {
		t.Errorf("short key: %v", err)
	}
	if _, err := (*Keys)(nil).Seal("shop", secret); !errors.Is(err, ErrNoKey) {
		t.Errorf("seal without a key: %v", err)
	}
}

type values map[string][]byte

var errNone = errors.New("none")

func (v values) ConnectionSecret(_ context.Context, name string) ([]byte, error) {
	if sealed, ok := v[name]; ok {
		return sealed, nil
	}
	return nil, errNone
}

func TestStored(t *testing.T) {
	t.Parallel()
	k := keys(t, key(t))
	var log bytes.Buffer
	s := Stored{
		Keys: k, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Values: values{"shop": sealed(t, k, "shop"), "moved": sealed(t, k, "shop")},
	}
	if got, err := s.Secret(t.Context(), Reference("shop")); err != nil || got != secret || log.Len() > 0 {
		t.Fatalf("%q, %v, log %q", got, err, log.String())
	}
	for reference, want := range map[string]error{"stored:moved": ErrDamaged, "stored:other": errNone, "stored:": nil, "env:SHOP": nil} {
		got, err := s.Secret(t.Context(), reference)
		if err == nil || got != "" || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %q, %v", reference, got, err)
		}
	}
	if !strings.Contains(log.String(), "connection=moved") || strings.Contains(log.String(), secret) {
		t.Errorf("log %q", log.String())
	}
	s.Log, s.Keys = nil, nil
	if _, err := s.Secret(t.Context(), "stored:shop"); !errors.Is(err, ErrNoKey) {
		t.Errorf("without keys: %v", err)
	}
}

// FuzzOpen: whatever is stored, opening it neither fails badly nor gives a
// secret that was not sealed.
func FuzzOpen(f *testing.F) {
	k := keys(f, bytes.Repeat([]byte{7}, KeyBytes))
	f.Add("shop", sealed(f, k, "shop"))
	f.Add("", []byte{version})
	f.Add("shop", append([]byte{version}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, name string, value []byte) {
		got, err := k.Open(name, value)
		if err != nil {
			if got != "" {
				t.Error("a failure gives a secret")
			}
			return
		}
		if got != secret {
			t.Errorf("opened %q, which nobody sealed", got)
		}
	})
}
