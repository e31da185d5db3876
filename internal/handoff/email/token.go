package email

import (
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"

	"steward/internal/handoff"
	"steward/schemas"
)

const (
	// tokenPrefix tells a handoff's token from others, and is signed with it.
	tokenPrefix = "h_"
	// macBytes is how much of the HMAC-SHA256 the token holds: 80 bits, which
	// nobody guesses through a mail server.
	macBytes = 10
	// tokenLength is the length of a token.
	tokenLength = len(tokenPrefix) + 26 + 16
	// maxLocal is the longest local part of an address.
	maxLocal = 64
)

// ErrToken is an address without a token that we signed.
var ErrToken = errors.New("the address has no valid token of a handoff")

// lower is base32 in lower case: mail systems may change the case of what
// stands before the @.
func lower(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// Token is the signed name of a handoff for an address: 44 characters, in lower
// case.
func Token(key string, h schemas.HandoffID) (string, error) {
	id, err := schemas.ParseID(schemas.PrefixHandoff, string(h))
	if err != nil {
		return "", err
	}
	named := tokenPrefix + lower(id[:])
	return named + lower(handoff.MAC([]byte(key), []byte(named))[:macBytes]), nil
}

// ReplyAddress is base with the token of a handoff behind a plus:
// support+h_…@example.com.
func ReplyAddress(base, key string, h schemas.HandoffID) (string, error) {
	token, err := Token(key, h)
	if err != nil {
		return "", err
	}
	at := strings.LastIndexByte(base, '@')
	if at <= 0 || at+1+len(token) > maxLocal || key == "" {
		return "", errors.New("the address of replies has no room for a token, or there is no key")
	}
	return base[:at] + "+" + token + base[at:], nil
}

// Handoff returns the handoff whose token an address has. It says nothing of
// who wrote to that address. Any other address, and a token under another key,
// is ErrToken.
func Handoff(address, key string) (schemas.HandoffID, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || key == "" {
		return "", ErrToken
	}
	_, token, _ := strings.Cut(strings.ToLower(address[:at]), "+")
	if plus := strings.LastIndexByte(token, '+'); plus >= 0 {
		token = token[plus+1:]
	}
	if len(token) != tokenLength || !strings.HasPrefix(token, tokenPrefix) {
		return "", ErrToken
	}
	id, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(token[len(tokenPrefix) : len(tokenPrefix)+26]))
	if err != nil || len(id) != 16 {
		return "", ErrToken
	}
	h := schemas.HandoffID(schemas.PrefixHandoff + "_" + hex.EncodeToString(id))
	want, err := Token(key, h)
	if err != nil || !handoff.Equal(want, token) {
		return "", ErrToken
	}
	return h, nil
}
