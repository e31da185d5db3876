package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"steward/schemas/postgres"
)

func migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the database to the version that this program needs",
		Example: "  steward migrate up\n  steward migrate status",
	}
	sub := func(use, short, example string, run func(ctx context.Context, url string) error) {
		cmd.AddCommand(&cobra.Command{
			Use: use, Short: short, Example: example, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, _, err := load(os.Environ())
				if err != nil {
					return err
				}
				if err := cfg.RequireDatabase(); err != nil {
					return err
				}
				return run(cmd.Context(), cfg.DatabaseURL.Reveal())
			},
		})
	}
	sub("up", "Apply what is missing", "  steward migrate up\n  STEWARD_DATABASE_URL_FILE=/run/secrets/db steward migrate up", postgres.Migrate)
	sub("status", "Show the version of the database", "  steward migrate status\n  steward migrate status && steward serve", status)
	return cmd
}

func status(ctx context.Context, url string) error {
	have, need, err := postgres.Versions(ctx, url)
	if err != nil {
		return err
	}
	fmt.Printf("database version %d, this program needs %d\n", have, need)
	if have != need {
		return errVersion(have, need)
	}
	return nil
}

// checkSchema refuses a database of another version and says what to do.
func checkSchema(ctx context.Context, url string) error {
	have, need, err := postgres.Versions(ctx, url)
	if err != nil {
		return err
	}
	return errVersion(have, need)
}

func errVersion(have, need int32) error {
	switch {
	case have < need:
		return fmt.Errorf("the database has version %d and %d is needed: run `steward migrate up`", have, need)
	case have > need:
		return errors.New("the database is newer than this program: use the program of the version that migrated it")
	}
	return nil
}
