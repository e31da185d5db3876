package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"steward/internal/config"
	"steward/internal/mail"
)

func TestSMTPAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]mail.Config{
		"smtp://me:hunter2@mail.example:2525": {Host: "mail.example", Port: 2525, Security: mail.SecurityStartTLS, User: "me", Password: "hunter2"},
		"smtp://mail.example":                 {Host: "mail.example", Security: mail.SecurityStartTLS},
		"smtps://me:a%40b@mail.example":       {Host: "mail.example", Security: mail.SecurityTLS, User: "me", Password: "a@b"},
		"smtp://127.0.0.1:1025":               {Host: "127.0.0.1", Port: 1025, Security: mail.SecurityNone},
	} {
		if got, err := smtp(address); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", address, got, err, want)
		}
	}
}

func TestMailerWithoutServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	send, from, err := mailer(config.Config{DataDir: folder}, slog.New(slog.DiscardHandler))
	if err != nil || send == nil || from != spoolFrom {
		t.Fatalf("%v, %q, %v", send, from, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "mail")); err != nil {
		t.Error(err)
	}
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if send, _, err := mailer(config.Config{DataDir: file}, slog.New(slog.DiscardHandler)); err != nil || send != nil {
		t.Errorf("a data folder that cannot be written to gives %v, %v", send, err)
	}
}
