package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// healthcheckTimeout bounds the question to the server.
const healthcheckTimeout = 3 * time.Second

func healthcheckCommand() *cobra.Command {
	var addr string
	var full bool
	cmd := &cobra.Command{
		Use: "healthcheck", Short: "Ask a running server whether it is alive, for images without a shell", Args: cobra.NoArgs,
		Example: "  steward healthcheck\n  steward healthcheck --addr 127.0.0.1:8080 --full",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if addr == "" {
				cfg, _, err := load(os.Environ())
				if err != nil {
					return err
				}
				addr = cfg.Addr
			}
			path := "/livez"
			if full {
				path = "/readyz"
			}
			return probe(cmd.Context(), "http://"+addr+path)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "", "host:port of the server (default: STEWARD_ADDR)")
	cmd.Flags().BoolVar(&full, "full", false, "ask also whether it is ready: Postgres, Temporal and Weaviate")
	return cmd
}

// probe asks an address for a 200.
func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", url, resp.StatusCode)
	}
	return nil
}
