package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steward/internal/config"
)

// TestDevelopmentKeepsItsSecretsKey: it is made once, only its user can read it,
// and the operator's own goes before it.
func TestDevelopmentKeepsItsSecretsKey(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	cfg, _, err := config.Load([]string{"STEWARD_DATA_DIR=" + folder})
	if err != nil {
		t.Fatal(err)
	}
	made, err := devSecretsKey(cfg)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, secretsKeyFile)
	checkPrivate(t, path)
	again, err := devSecretsKey(cfg)
	if err != nil || again != made {
		t.Errorf("another key at the second start: %v", err)
	}
	loaded, _, err := config.Load([]string{"STEWARD_SECRETS_KEY=" + made})
	if err != nil || len(loaded.SecretsKeys()) != 1 {
		t.Errorf("the key made is refused: %v", err)
	}
	own := strings.Repeat("QUJD", 10) + "QUI="
	cfg.SecretsKey = config.Secret(own)
	if got, err := devSecretsKey(cfg); err != nil || got != own {
		t.Errorf("the configured key is not used: %v", err)
	}
	cfg.SecretsKey = ""
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		if _, err := devSecretsKey(cfg); err == nil || !strings.Contains(err.Error(), "STEWARD_SECRETS_KEY") {
			t.Errorf("a key that cannot be read: %v", err)
		}
	}
}
