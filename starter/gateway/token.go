package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"steward/schemas"
)

// tokens makes and reads session tokens: version, key id, session id and an
// HMAC-SHA256 over the three. Whether the session still lives is asked of the
// store.
type tokens struct {
	keys []signingKey
}

type signingKey struct {
	id     string
	secret []byte
}

const tokenVersion = "v1"

// minKey is the shortest key taken, in bytes.
const minKey = 32

var errToken = schemas.NewError(schemas.KindUnauthorized, "Unauthorized.")

func newTokens(keys [][]byte) (tokens, error) {
	if len(keys) == 0 {
		return tokens{}, errors.New("at least one session key is needed")
	}
	var t tokens
	for _, k := range keys {
		if len(k) < minKey {
			return tokens{}, errors.New("a session key has at least 32 bytes")
		}
		// The id names the key and gives nothing of it away.
		sum := sha256.Sum256(append([]byte("steward key id:"), k...))
		t.keys = append(t.keys, signingKey{id: hex.EncodeToString(sum[:4]), secret: k})
	}
	return t, nil
}

func (t tokens) sign(id schemas.SessionID) string {
	k := t.keys[0]
	body := tokenVersion + "." + k.id + "." + string(id)
	return body + "." + k.mac(body)
}

// read returns the session a token was made for. Every wrong token gives the
// same error.
func (t tokens) read(token string) (schemas.SessionID, error) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return "", errToken
	}
	body, mac := token[:at], token[at+1:]
	parts := strings.Split(body, ".")
	if len(parts) != 3 || parts[0] != tokenVersion {
		return "", errToken
	}
	for _, k := range t.keys {
		if k.id == parts[1] && hmac.Equal([]byte(k.mac(body)), []byte(mac)) {
			return schemas.SessionID(parts[2]), nil
		}
	}
	return "", errToken
}

func (k signingKey) mac(body string) string {
	m := hmac.New(sha256.New, k.secret)
	m.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
