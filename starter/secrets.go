package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"steward/internal/config"
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
		if token, err = tokenFile(filepath.Join(cfg.DataDir, cli.TokenFile)); err != nil {
			return err
		}
	}
	if err := s.EnsureAdminToken(ctx, token); err != nil {
		return fmt.Errorf("store admin token: %w", err)
	}
	return nil
}

// tokenFile reads the token at path, or makes one there that only we can read.
func tokenFile(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read admin token: %w", err)
	}
	token, err := store.NewTokenSecret()
	if err != nil {
		return "", err
	}
	if err := writePrivate(path, []byte(token+"\n")); err != nil {
		return "", fmt.Errorf("keep admin token (or set STEWARD_ADMIN_TOKEN): %w", err)
	}
	return token, nil
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
