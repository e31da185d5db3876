package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// maxListing is what is read of the words and places that pdftotext lists,
	// in bytes: about a hundred for a word.
	maxListing = 256 << 20
	// maxComplaint is what is kept of its messages, in bytes.
	maxComplaint = 8 << 10
	// lastWords is how long its output may stay open after its end.
	lastWords = 2 * time.Second
)

// readPoppler lists the words of a file with their places. Places are needed
// because neither order in which pdftotext can write plain text serves: its
// reading order takes tables apart by cells, and its picture of the page
// (-layout) runs the columns of a text into one another.
func readPoppler(ctx context.Context, body []byte, o Options) (*layout, error) {
	dir, err := os.MkdirTemp(o.TempDir, "pdf-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, fmt.Errorf("write file: %w", err)
	}
	// One page more than is read tells whether there are more.
	cmd := exec.CommandContext(ctx, o.Pdftotext, "-enc", "UTF-8", "-bbox-layout", "-l", strconv.Itoa(maxPages+1), file, "-")
	cmd.Dir, cmd.WaitDelay = dir, lastWords
	cmd.Env = []string{"LC_ALL=C.UTF-8", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	complaint := &head{limit: maxComplaint}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start pdftotext: %w", err)
	}
	l, full := readListing(out)
	if full {
		_ = cmd.Process.Kill()
	}
	if err := cmd.Wait(); err != nil && !full {
		return nil, refusal(err, complaint.String())
	}
	return l, nil
}

// refusal says why pdftotext failed.
func refusal(err error, complaint string) error {
	var exit *exec.ExitError
	switch {
	case strings.Contains(complaint, "Incorrect password"):
		return errPassword
	case strings.Contains(complaint, "Unsupported security handler"), strings.Contains(complaint, "Copying of text"):
		return errPassword
	case strings.Contains(complaint, "bad_alloc"), strings.Contains(complaint, "emory"):
		return errMemory
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		// Ended by a signal: a limit of the process.
		return errMemory
	case errors.As(err, &exit):
		return fmt.Errorf("%w: pdftotext ends with %d", errBroken, exit.ExitCode())
	}
	return fmt.Errorf("run pdftotext: %w", err)
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.limit - h.Len(); room > 0 {
		_, _ = h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
