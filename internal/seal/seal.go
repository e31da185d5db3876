// Package seal keeps small secrets encrypted where others may read them, such
// as in the database: AES-256-GCM under a key of the deployment.
//
// It owns the sealed form, which keys open it, and the look-up of a secret that
// is stored sealed. A sealed value is bound to the name it was sealed for and
// opens under no other. It must not store anything itself, and no error of it
// holds a secret or a key.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
)

// KeyBytes is the length of a key.
const KeyBytes = 32

// A sealed value is the version of its form, the id of its key, and what the
// cipher makes: nonce, text, tag.
const (
	version = 1
	idBytes = 8
)

// idContext keeps the id of a key apart from every other hash of it.
const idContext = "steward/seal/key-id/1\x00"

// The errors of Keys.
var (
	// ErrNoKey: there is no key to seal with.
	ErrNoKey = errors.New("no key to seal secrets with")
	// ErrOtherKey: the value was sealed under a key that is not among ours.
	ErrOtherKey = errors.New("sealed under a key that is not configured")
	// ErrDamaged: the value is not what was sealed under this name.
	ErrDamaged = errors.New("sealed value is damaged, or was sealed under another name")
)

// Keys seal secrets and open them. The nil value has no key. They are immutable
// and safe for concurrent use.
type Keys struct {
	// keys by id; current is the one that seals.
	keys    map[[idBytes]byte]cipher.AEAD
	current [idBytes]byte
}

// New makes Keys: the first one seals, all of them open. Without any it returns
// nil. The error says which key has the wrong length.
func New(keys ...[]byte) (*Keys, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	out := &Keys{keys: map[[idBytes]byte]cipher.AEAD{}}
	for i, key := range keys {
		if len(key) != KeyBytes {
			return nil, fmt.Errorf("key %d has %d bytes, %d are needed", i+1, len(key), KeyBytes)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("use key %d: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("use key %d: %w", i+1, err)
		}
		id := keyID(key)
		out.keys[id] = aead
		if i == 0 {
			out.current = id
		}
	}
	return out, nil
}

func keyID(key []byte) [idBytes]byte {
	sum := sha256.Sum256(append([]byte(idContext), key...))
	return [idBytes]byte(sum[:idBytes])
}

// bound is what a sealed value is tied to: its own head and the name.
func bound(head []byte, name string) []byte {
	return append(append(bytes.Clone(head), 0), name...)
}

// Seal encrypts a secret for a name. Sealing twice gives two values. Without
// keys it is ErrNoKey.
func (k *Keys) Seal(name, secret string) ([]byte, error) {
	if k == nil {
		return nil, ErrNoKey
	}
	head := append([]byte{version}, k.current[:]...)
	return k.keys[k.current].Seal(head, nil, []byte(secret), bound(head, name)), nil
}

// Open decrypts what was sealed for a name. Errors are ErrNoKey, ErrOtherKey and
// ErrDamaged.
func (k *Keys) Open(name string, sealed []byte) (string, error) {
	if k == nil {
		return "", ErrNoKey
	}
	if len(sealed) <= 1+idBytes || sealed[0] != version {
		return "", ErrDamaged
	}
	head, rest := sealed[:1+idBytes], sealed[1+idBytes:]
	aead, ok := k.keys[[idBytes]byte(head[1:])]
	if !ok {
		return "", ErrOtherKey
	}
	secret, err := aead.Open(nil, nil, rest, bound(head, name))
	if err != nil {
		return "", ErrDamaged
	}
	return string(secret), nil
}

// Current reports whether a value was sealed under the key that seals now. One
// that was not still opens while its key is configured, and is sealed anew when
// it is set again.
func (k *Keys) Current(sealed []byte) bool {
	return k != nil && len(sealed) > 1+idBytes && sealed[0] == version && bytes.Equal(sealed[1:1+idBytes], k.current[:])
}
