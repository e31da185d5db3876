package openai

import (
	"context"
	"errors"
	"sync"
	"time"

	"steward/schemas"
)

const (
	// failuresToOpen is how many questions in a row have to fail.
	failuresToOpen = 3
	// openFor is how long questions are then refused at once; after it, one is
	// let through to see.
	openFor = 30 * time.Second
)

// circuit refuses questions for a while when the server keeps failing, so that
// customers do not wait for it one after the other.
type circuit struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	until    time.Time
}

func (c *circuit) admit() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures < failuresToOpen {
		return nil
	}
	now := c.now()
	if now.Before(c.until) {
		return schemas.NewError(schemas.KindUnavailable, "the embedding endpoint keeps failing and is left alone for a moment")
	}
	// The others wait for the result of this one.
	c.until = now.Add(openFor)
	return nil
}

// record counts a result. A caller that gave up says nothing about the server.
func (c *circuit) record(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.failures = 0
		return
	}
	if c.failures++; c.failures >= failuresToOpen {
		c.until = c.now().Add(openFor)
	}
}
