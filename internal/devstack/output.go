package devstack

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	// maxLine bounds one forwarded line in bytes; a longer one is cut in pieces.
	maxLine = 16 << 10
	// keptLines is how many last lines an error about a failed start shows.
	keptLines = 12
)

// output takes what a child prints: all of it goes to a log file, chosen lines to the console, and the last
// lines are kept for errors.
type output struct {
	name    string
	console io.Writer
	forward func(string) bool

	mu   sync.Mutex
	file *os.File
	rest []byte
	last []string
}

func openOutput(spec ProcessSpec) (*output, error) {
	o := &output{name: spec.Name, console: spec.Output, forward: spec.Forward}
	if spec.LogFile == "" {
		return o, nil
	}
	if err := os.MkdirAll(filepath.Dir(spec.LogFile), 0o711); err != nil {
		return nil, fmt.Errorf("make folder for log file: %w", err)
	}
	// The log of the life before this one is kept: it tells why that one ended.
	_ = os.Rename(spec.LogFile, spec.LogFile+".1")
	file, err := os.OpenFile(spec.LogFile, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log file: %w", err)
	}
	o.file = file
	return o, nil
}

// Write implements io.Writer. It never fails: a full disk must not end the child.
func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file != nil {
		_, _ = o.file.Write(data)
	}
	o.rest = append(o.rest, data...)
	for {
		end := bytes.IndexByte(o.rest, '\n')
		if end < 0 && len(o.rest) < maxLine {
			return len(data), nil
		}
		if end < 0 || end > maxLine {
			o.line(string(o.rest[:maxLine]))
			o.rest = o.rest[maxLine:]
			continue
		}
		o.line(string(bytes.TrimRight(o.rest[:end], "\r")))
		o.rest = o.rest[end+1:]
	}
}

func (o *output) line(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	o.last = append(o.last, text)
	if len(o.last) > keptLines {
		o.last = o.last[1:]
	}
	if o.console != nil && (o.forward == nil || o.forward(text)) {
		_, _ = fmt.Fprintf(o.console, "%-8s | %s\n", o.name, text)
	}
}

// mute keeps the noise of a server that shuts down off the console when only chosen lines are forwarded; the
// log file still gets it. A child that forwards everything says useful things to its end.
func (o *output) mute() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.forward != nil {
		o.console = nil
	}
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rest) > 0 {
		o.line(string(o.rest))
		o.rest = nil
	}
	if o.file != nil {
		_ = o.file.Close()
		o.file = nil
	}
}

// lastLines is the end of an error message: what the child said last.
func (o *output) lastLines() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.last) == 0 {
		return ""
	}
	return "; its last output:\n  " + strings.Join(o.last, "\n  ")
}

// sharedWriter lets several children write to one console.
type sharedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *sharedWriter) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(data)
}
