package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// DefaultProcesses is how many files are read at once. Each may take all of
	// its memory, so more would need a larger machine.
	DefaultProcesses = 2
	// folderPrefix begins the names of the folders of processes.
	folderPrefix = "steward-read-"
	// folderAge is after how long a folder belongs to nobody any more.
	folderAge = 2 * time.Hour
)

// Pool bounds how many processes of a worker run at once and gives each a
// folder of its own. It is safe for concurrent use.
type Pool struct {
	root  string
	slots chan struct{}
}

// NewPool makes a pool of n processes with their folders in root; an empty root
// is the system's place for temporary files. It clears what a worker that was
// killed has left there.
func NewPool(root string, n int) *Pool {
	if root == "" {
		root = os.TempDir()
	}
	clearFolders(root, time.Now().Add(-folderAge))
	return &Pool{root: root, slots: make(chan struct{}, max(n, 1))}
}

// clearFolders removes folders that were last used before a time. What cannot
// be removed is another user's.
func clearFolders(root string, before time.Time) {
	found, _ := filepath.Glob(filepath.Join(root, folderPrefix+"*"))
	for _, dir := range found {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && info.ModTime().Before(before) {
			_ = os.RemoveAll(dir)
		}
	}
}

// Use calls fn with an empty folder once a place is free, and removes the
// folder after it. Its own errors are Failures: timeout and cancelled by the
// context while it waits, and internal without a folder.
func (p *Pool) Use(ctx context.Context, fn func(dir string) error) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return stopped(ctx)
	}
	dir, err := os.MkdirTemp(p.root, folderPrefix) // 0700
	if err != nil {
		return knowledge.FailForNow(schemas.FailInternal, fmt.Errorf("make folder: %w", errors.Unwrap(err)))
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return fn(dir)
}

// stopped says why a context ended.
func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return knowledge.FailForNow(schemas.FailTimeout, ctx.Err())
	}
	return knowledge.FailForNow(schemas.FailCancelled, ctx.Err())
}
