package openai

import (
	"context"
	"time"
)

// SetWait replaces the wait before a second attempt.
func (e *Embedder) SetWait(wait func(context.Context, time.Duration) error) { e.wait = wait }

// Cut and Tokens are the estimates.
func Cut(text string, limit int) string { return cut(text, limit) }
func Tokens(text string) int            { return tokens(text) }
