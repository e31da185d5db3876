package seal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// prefix begins the reference to a secret that is stored sealed; the name that
// it was sealed for follows.
const prefix = "stored:"

// Reference is the reference to the secret that is stored for a name.
func Reference(name string) string { return prefix + name }

// Values returns what is stored for a name, sealed.
type Values interface {
	ConnectionSecret(ctx context.Context, name string) ([]byte, error)
}

// Stored finds secrets that are stored sealed, at the moment of a call.
type Stored struct {
	Values Values
	Keys   *Keys
	// Log says why a secret cannot be opened, by its name alone. Nil says
	// nothing.
	Log *slog.Logger
}

// Secret returns the secret behind a reference: stored: and a name.
func (s Stored) Secret(ctx context.Context, reference string) (string, error) {
	name, ok := strings.CutPrefix(reference, prefix)
	if !ok || name == "" {
		return "", errors.New("read stored secret: the reference names none")
	}
	sealed, err := s.Values.ConnectionSecret(ctx, name)
	if err == nil {
		var secret string
		if secret, err = s.Keys.Open(name, sealed); err == nil {
			return secret, nil
		}
	}
	if s.Log != nil {
		s.Log.WarnContext(ctx, "stored secret cannot be used", "connection", name, "error", err)
	}
	return "", fmt.Errorf("read stored secret: %w", err)
}
