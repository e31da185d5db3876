package config

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// Secret is a setting that must not be printed. Every way of printing it gives "[redacted]", or an empty
// text when it is not set.
type Secret string

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer without giving the value away.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString keeps %#v from printing the value.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// MarshalText keeps JSON and other encoders from printing the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// errKey is a key that cannot be read; the value is not in it.
var errKey = errors.New("not a key")

// decodeKeys reads keys as base64 with commas between; white space around one
// does not count.
func decodeKeys(s Secret) ([][]byte, error) {
	if s == "" {
		return nil, nil
	}
	var out [][]byte
	for text := range strings.SplitSeq(s.Reveal(), ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(key) != secretsKeyBytes {
			return nil, errKey
		}
		out = append(out, key)
	}
	return out, nil
}

// SecretsKeys are the keys for the secrets of connections: the one that seals,
// then those that only open. It is empty when none is set. The configuration has
// been checked, so all can be read.
func (c Config) SecretsKeys() [][]byte {
	var out [][]byte
	for _, s := range []Secret{c.SecretsKey, c.SecretsKeyOld} {
		keys, err := decodeKeys(s)
		if err == nil {
			out = append(out, keys...)
		}
	}
	return out
}
