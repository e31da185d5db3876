package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

// onFile is what the company's records have of the customer.
const onFile = "+442079460000"

// knows lets a customer ask what is on file of them: a code goes to their
// address, and only after it do they read the value.
func (s *smoke) knows(ctx context.Context) (err error) {
	folder := filepath.Join(s.dir, "mail")
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("%w: this Steward sends mail through a server", errNotTried)
	}
	address := "smoke-" + uuid.NewString()[:8] + "@example.com"
	if _, err := s.api.SetRecord(ctx, schemas.ObjectContact, schemas.NewRecord{
		By: "email", Properties: map[string]string{"email": address, "phone": onFile},
	}, uuid.NewString()); err != nil {
		return fmt.Errorf("make a record: %w", err)
	}
	restore, err := s.with(ctx, func(settings *schemas.Settings) {
		settings.CRM.Grants = []schemas.PropertyGrant{{
			Object: schemas.ObjectContact, Property: "phone", View: true, ViewLevel: schemas.ProtectVerifyEmail,
		}}
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.hears(ctx, "What is my phone number on file?", 1, "email"); err != nil {
		return err
	}
	if err := v.hears(ctx, address, 2, "code"); err != nil {
		return err
	}
	code, err := codeFor(ctx, folder, address)
	if err != nil {
		return err
	}
	return v.hears(ctx, code, 3, onFile)
}

var sixDigits = regexp.MustCompile(`(?m)\b[0-9]{6}\b`)

// codeFor is the code in the mail to an address, which is a file.
func codeFor(ctx context.Context, folder, address string) (string, error) {
	for {
		files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			head, text, _ := strings.Cut(string(raw), "\r\n\r\n")
			if code := sixDigits.FindString(text); code != "" && strings.Contains(head, address) {
				return code, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no mail to %s has come", address)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
