package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// The form of a token: the prefix lets scanners find leaked ones, the checksum
// refuses mistyped ones without asking the database.
const (
	tokenPrefix   = "steward_"
	tokenRandom   = 40
	tokenChecksum = 6
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	// minToken is the shortest secret taken from an operator, in bytes.
	minToken = 16
	// adminToken is the name of the token made at the first start.
	adminToken = "admin"
)

// NewTokenSecret makes a secret of the form steward_<40 characters><checksum>.
func NewTokenSecret() (string, error) {
	var b strings.Builder
	for range tokenRandom {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(base62))))
		if err != nil {
			return "", fmt.Errorf("make token: %w", err)
		}
		b.WriteByte(base62[n.Int64()])
	}
	return tokenPrefix + b.String() + checksum(b.String()), nil
}

// CreateToken makes a token of the API and returns its secret, which is shown
// this once: only its SHA-256 is stored.
func (s *Store) CreateToken(ctx context.Context, name string) (string, error) {
	name, err := nameOf(name)
	if err != nil {
		return "", err
	}
	secret, err := NewTokenSecret()
	if err != nil {
		return "", err
	}
	return secret, s.putToken(ctx, name, secret)
}

// EnsureAdminToken makes secret a token of the API. It may have any form of 16
// characters or more, but one that looks like ours has the right checksum.
func (s *Store) EnsureAdminToken(ctx context.Context, secret string) error {
	if len(secret) < minToken || !plausible(secret) {
		return schemas.NewError(schemas.KindInvalid, "the admin token has at least 16 characters; one that starts with steward_ is copied whole")
	}
	return s.putToken(ctx, adminToken, secret)
}

func (s *Store) putToken(ctx context.Context, name, secret string) error {
	sum := sha256.Sum256([]byte(secret))
	if err := s.q.PutToken(ctx, s.pool, dbq.PutTokenParams{ID: newID(), Name: name, Hash: sum[:]}); err != nil {
		return fmt.Errorf("store token: %w", err)
	}
	return nil
}

// CheckToken returns the name of the token with that secret; KindUnauthorized
// when there is none or it was revoked.
func (s *Store) CheckToken(ctx context.Context, secret string) (string, error) {
	unauthorized := schemas.NewError(schemas.KindUnauthorized, "The token is missing or wrong.")
	if len(secret) < minToken || !plausible(secret) {
		return "", unauthorized
	}
	sum := sha256.Sum256([]byte(secret))
	name, err := s.q.TokenName(ctx, s.pool, sum[:])
	if noSuch(err) {
		return "", unauthorized
	}
	if err != nil {
		return "", fmt.Errorf("check token: %w", err)
	}
	return name, nil
}

// plausible reports whether a secret of our form is whole. Others are left to
// the database.
func plausible(secret string) bool {
	rest, ours := strings.CutPrefix(secret, tokenPrefix)
	if !ours {
		return true
	}
	return len(rest) == tokenRandom+tokenChecksum && checksum(rest[:tokenRandom]) == rest[tokenRandom:]
}

// checksum is the CRC-32 of text in six base-62 digits.
func checksum(text string) string {
	n := crc32.ChecksumIEEE([]byte(text))
	out := [tokenChecksum]byte{}
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return string(out[:])
}
