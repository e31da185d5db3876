package mail

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServerAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]Config{
		"smtp://me:hunter2@mail.example:2525": {Host: "mail.example", Port: 2525, Security: SecurityStartTLS, User: "me", Password: "hunter2"},
		"smtp://mail.example":                 {Host: "mail.example", Security: SecurityStartTLS},
		"smtps://me:a%40b@mail.example":       {Host: "mail.example", Security: SecurityTLS, User: "me", Password: "a@b"},
		"smtp://127.0.0.1:1025":               {Host: "127.0.0.1", Port: 1025, Security: SecurityNone},
	} {
		if got, err := parse(address); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", address, got, err, want)
		}
	}
	for _, wrong := range []string{"", "mail.example:25", "http://hunter2@mail.example", "smtp://", "smtp://mail.example:hunter2"} {
		if _, err := parse(wrong); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestWithoutServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	send, from, err := Open("", "", filepath.Join(folder, "mail"), slog.New(slog.DiscardHandler))
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
	if send, _, err := Open("", "", filepath.Join(file, "mail"), slog.New(slog.DiscardHandler)); err != nil || send != nil {
		t.Errorf("a data folder that cannot be written to gives %v, %v", send, err)
	}
}
