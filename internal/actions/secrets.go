package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Secrets finds the secret that a reference names, at the moment of a call. An
// error of it is not shown and not logged by this package. Safe for concurrent
// use.
type Secrets interface {
	Secret(ctx context.Context, reference string) (string, error)
}

// The kinds of reference.
const (
	referenceEnv    = "env:"
	referenceFile   = "file:"
	referenceStored = "stored:"
)

var (
	envReference    = regexp.MustCompile(`^env:[A-Z][A-Z0-9_]{0,99}$`)
	storedReference = regexp.MustCompile(`^stored:[A-Za-z0-9_-]{0,100}$`)
)

// ValidateReference refuses what is no reference to a secret. The error never
// repeats it: somebody may have typed the secret itself.
func ValidateReference(reference string) error {
	if envReference.MatchString(reference) || storedReference.MatchString(reference) {
		return nil
	}
	if path, ok := strings.CutPrefix(reference, referenceFile); ok && filepath.IsAbs(path) && path == filepath.Clean(path) && !control(path) {
		return nil
	}
	return errReference
}

var (
	errReference = errors.New("a reference to a secret: env:NAME, file:/path or stored:, never the secret itself")
	// ErrNoSecret is a reference that leads to nothing or may not be followed.
	ErrNoSecret = errors.New("there is no secret under this reference")
)

// maxSecret bounds a secret in bytes.
const maxSecret = 16 << 10

// The defaults of LocalSecrets.
const (
	defaultEnvPrefix    = "STEWARD_SECRET_"
	defaultSecretFolder = "/run/secrets"
)

// LocalSecrets follows env: and file: references on this machine, and stored:
// ones through Stored. Only variables with a prefix and files of one folder are
// reached: whoever may edit a connection could otherwise send any variable or
// file of the process to an address of their choice.
type LocalSecrets struct {
	// Prefix is how the names of variables begin. Default STEWARD_SECRET_.
	Prefix string
	// Folder holds the files. Default /run/secrets.
	Folder string
	// Stored finds stored: references. Nil has none.
	Stored Secrets
	// Lookup reads a variable. Default os.LookupEnv.
	Lookup func(name string) (string, bool)
}

// Secret implements Secrets. A line end after the secret is no part of it. The
// error is ErrNoSecret or that of Stored.
func (s LocalSecrets) Secret(ctx context.Context, reference string) (string, error) {
	if ValidateReference(reference) != nil {
		return "", ErrNoSecret
	}
	if strings.HasPrefix(reference, referenceStored) {
		if s.Stored == nil {
			return "", ErrNoSecret
		}
		return s.Stored.Secret(ctx, reference)
	}
	if path, ok := strings.CutPrefix(reference, referenceFile); ok {
		return s.file(path)
	}
	prefix, lookup := s.Prefix, s.Lookup
	if prefix == "" {
		prefix = defaultEnvPrefix
	}
	if lookup == nil {
		lookup = os.LookupEnv
	}
	name := strings.TrimPrefix(reference, referenceEnv)
	value, ok := lookup(name)
	if !ok || !strings.HasPrefix(name, prefix) {
		return "", ErrNoSecret
	}
	return value, nil
}

// file reads a secret below the folder; links that lead out of it are not
// followed.
func (s LocalSecrets) file(path string) (string, error) {
	folder := s.Folder
	if folder == "" {
		folder = defaultSecretFolder
	}
	name, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(name) {
		return "", ErrNoSecret
	}
	f, err := os.OpenInRoot(folder, name)
	if err != nil {
		return "", ErrNoSecret
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", ErrNoSecret
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil || len(text) > maxSecret {
		return "", ErrNoSecret
	}
	return string(text), nil
}

// ValidateSecret refuses what no call can use as a secret: it is one line of at
// most 16 KiB. The error never repeats it.
func ValidateSecret(secret string) error {
	if secret == "" || len(secret) > maxSecret || control(secret) {
		return refuse("secret", "one line of 1 to %d bytes, without control characters", maxSecret)
	}
	return nil
}

// resolve reads a secret that can stand in a header.
func resolve(ctx context.Context, secrets Secrets, reference string) (string, error) {
	if secrets == nil {
		return "", fmt.Errorf("resolve secret: %w", ErrNoSecret)
	}
	value, err := secrets.Secret(ctx, reference)
	if err != nil {
		return "", fmt.Errorf("resolve secret: %w", ErrNoSecret)
	}
	value = strings.TrimRight(value, "\r\n")
	if ValidateSecret(value) != nil {
		return "", fmt.Errorf("resolve secret: %w", ErrNoSecret)
	}
	return value, nil
}
