package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"steward/internal/config"
	"steward/internal/seal"
	"steward/internal/store"
	"steward/starter/cli"
)

// sessionKey is the configured key of live-chat sessions, or the deployment's
// own, made at the first start and the same in every process.
func sessionKey(ctx context.Context, cfg config.Config, s *store.Store) ([]byte, error) {
	if cfg.SessionKey != "" {
		return []byte(cfg.SessionKey.Reveal()), nil
	}
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("make session key: %w", err)
	}
	key, err := s.Secret(ctx, "session_key", fresh)
	if err != nil {
		return nil, fmt.Errorf("read session key: %w", err)
	}
	return key, nil
}

// adminToken lets the configured token into the admin API, or the one in the
// data folder, which is made at the first start.
func adminToken(ctx context.Context, cfg config.Config, s *store.Store) error {
	token := cfg.AdminToken.Reveal()
	if token == "" {
		var err error
		if token, err = keptSecret(filepath.Join(cfg.DataDir, cli.TokenFile), store.NewTokenSecret); err != nil {
			return fmt.Errorf("keep admin token (or set STEWARD_ADMIN_TOKEN): %w", err)
		}
	}
	if err := s.EnsureAdminToken(ctx, token); err != nil {
		return fmt.Errorf("store admin token: %w", err)
	}
	return nil
}

// keptSecret reads the secret at path, or makes one there that only we can read.
func keptSecret(path string, fresh func() (string, error)) (string, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret, err := fresh()
	if err != nil {
		return "", err
	}
	if err := writePrivate(path, []byte(secret+"\n")); err != nil {
		return "", err
	}
	return secret, nil
}

// secretsKeyFile is where `steward dev` keeps the key that seals the secrets of
// connections, in the data folder. It is not in run/, whose files are made anew
// when they are missing: without this one the secrets are lost.
const secretsKeyFile = "secrets.key"

// devSecretsKey is the configured key, or the one in the data folder, which is
// made at the first start.
func devSecretsKey(cfg config.Config) (string, error) {
	if cfg.SecretsKey != "" {
		return cfg.SecretsKey.Reveal(), nil
	}
	path := filepath.Join(cfg.DataDir, secretsKeyFile)
	key, err := keptSecret(path, func() (string, error) {
		fresh := make([]byte, seal.KeyBytes)
		if _, err := rand.Read(fresh); err != nil {
			return "", err
		}
		return base64.StdEncoding.EncodeToString(fresh), nil
	})
	if err != nil {
		return "", fmt.Errorf("keep the key for secrets (or set STEWARD_SECRETS_KEY): %w", err)
	}
	return key, nil
}

// urls are the addresses by which the command line finds the server.
func (m *Main) urls() cli.URLs {
	return cli.URLs{URL: m.URL(), Demo: m.URL() + "/demo", TemporalUI: m.o.Config.TemporalUIURL, Channel: m.deployment.PublicKey}
}

func writeURLs(dir string, urls cli.URLs) error {
	raw, err := json.MarshalIndent(urls, "", "  ")
	if err != nil {
		return err
	}
	if err := writePrivate(filepath.Join(dir, cli.URLsFile), append(raw, '\n')); err != nil {
		return fmt.Errorf("write addresses for the command line: %w", err)
	}
	return nil
}

// writePrivate replaces a file in one step; only we can read it.
func writePrivate(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return err
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
