package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"steward/schemas"
)

// Spool writes mails as .eml files into a folder, for a machine without an SMTP
// server. A mail that is sent twice is one file. It is safe for concurrent use.
type Spool struct{ folder string }

// NewSpool makes the folder where it is missing.
func NewSpool(folder string) (*Spool, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for mail: %w", err)
	}
	return &Spool{folder: folder}, nil
}

// Send writes m to a file that is named after its time and its id. The file is
// whole or not there.
func (s *Spool) Send(ctx context.Context, m schemas.Mail) (schemas.Delivered, error) {
	if err := ctx.Err(); err != nil {
		return schemas.Delivered{}, err
	}
	msg, err := build(m)
	if err != nil {
		return schemas.Delivered{Result: schemas.SentFailed, Code: "invalid"}, nil
	}
	file, err := os.CreateTemp(s.folder, ".part-*")
	if err != nil {
		return schemas.Delivered{}, errors.New("the folder for mail cannot be written to")
	}
	defer os.Remove(file.Name())
	_, err = msg.WriteTo(file)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(s.folder, name(m)))
	}
	if err != nil {
		return schemas.Delivered{}, errors.New("the folder for mail cannot be written to")
	}
	return schemas.Delivered{Result: schemas.SentDone, ProviderID: m.ID}, nil
}

// name sorts by time. The id may hold anything, so its hash stands for it.
func name(m schemas.Mail) string {
	sum := sha256.Sum256([]byte(m.ID))
	return m.Date.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(sum[:8]) + ".eml"
}
