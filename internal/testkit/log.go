package testkit

import (
	"log/slog"
	"testing"
)

// Logger returns a logger whose lines, from warning on, belong to the output of the test.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Quiet returns a logger that writes nothing, for engines whose lines would bury the one that matters.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
