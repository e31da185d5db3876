package render

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"steward/internal/knowledge"
	"steward/schemas"
)

// current returns the running process.
func (b *Browser) current() *process {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.process
}

func wait(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: not in time", what)
	}
}

// helpers returns the processes whose command line names a folder.
func helpers(t *testing.T, folder string) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range lines {
		if line, err := os.ReadFile(name); err == nil && bytes.Contains(line, []byte(folder)) {
			found = append(found, string(bytes.ReplaceAll(line, []byte{0}, []byte(" "))))
		}
	}
	return found
}

// temporary makes a folder for all temporary files. Its name is short: the
// browser puts a socket into it.
func temporary(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "render")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	t.Setenv("TMPDIR", folder)
	return folder
}

// A browser that nobody uses is stopped, leaves nothing behind, and is started
// again when it is needed.
func TestIdleBrowserIsStopped(t *testing.T) {
	folder := temporary(t)
	s := newSite(t, map[string]http.HandlerFunc{"/": send("hello")})
	b := open(t, Options{}, s)
	b.idle = 50 * time.Millisecond
	for range 2 {
		if got, err := b.Render(t.Context(), s.URL); err != nil || !strings.Contains(got, "hello") {
			t.Fatalf("%q, %v", got, err)
		}
		if p := b.current(); p != nil {
			wait(t, "the browser rests", p.done)
		}
	}
	b.Close()
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if runtime.GOOS == "linux" {
		if left := helpers(t, folder); len(left) != 0 {
			t.Errorf("still running: %q", left)
		}
	}
}

// A browser in use is not stopped, however long its page takes.
func TestBrowserInUseIsNotStopped(t *testing.T) {
	s := newSite(t, map[string]http.HandlerFunc{
		"/": script(`fetch('/data').then(() => say('late'))`),
		"/data": func(http.ResponseWriter, *http.Request) {
			<-time.After(500 * time.Millisecond)
		},
	})
	b := open(t, Options{}, s)
	b.idle = time.Nanosecond
	if got, err := b.Render(t.Context(), s.URL); err != nil || !strings.Contains(got, ">late<") {
		t.Errorf("%q, %v", got, err)
	}
}

// A browser that has died is replaced, and its page may be tried again.
func TestCrashedBrowserIsReplaced(t *testing.T) {
	folder := temporary(t)
	asked := make(chan struct{}, 1)
	s := newSite(t, map[string]http.HandlerFunc{"/": send("hello"), "/hang": func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		hang(w, r)
	}})
	b := open(t, Options{Timeout: time.Minute}, s)
	failed := make(chan error, 1)
	go func() {
		_, err := b.Render(t.Context(), s.URL+"/hang")
		failed <- err
	}()
	wait(t, "the page is asked for", asked)
	p := b.current()
	if err := chromedp.FromContext(p.ctx).Browser.Process().Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-failed:
		if code, again := knowledge.CodeOf(err); code != schemas.FailInternal || !again {
			t.Errorf("a page of a browser that died: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a page waits for a browser that has died")
	}
	if got, err := b.Render(t.Context(), s.URL); err != nil || !strings.Contains(got, "hello") {
		t.Errorf("afterwards: %q, %v", got, err)
	}
	wait(t, "the dead browser is cleaned up", p.done)
	b.Close()
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if runtime.GOOS == "linux" {
		if left := helpers(t, folder); len(left) != 0 {
			t.Errorf("still running: %q", left)
		}
	}
}

func TestClose(t *testing.T) {
	asked := make(chan struct{}, 1)
	s := newSite(t, map[string]http.HandlerFunc{"/hang": func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		hang(w, r)
	}})
	open(t, Options{}).Close() // one that was never used
	b := open(t, Options{Timeout: time.Minute}, s)
	var pages sync.WaitGroup
	for range 4 {
		pages.Go(func() {
			_, err := b.Render(t.Context(), s.URL+"/hang")
			if code, again := knowledge.CodeOf(err); code != schemas.FailInternal || !again {
				t.Errorf("a page of a browser that is closed: %v", err)
			}
		})
	}
	wait(t, "a page is asked for", asked)
	go func() {
		for range asked {
		}
	}()
	closed := make(chan struct{})
	go func() {
		b.Close()
		pages.Wait()
		close(closed)
	}()
	wait(t, "the browser closes", closed)
	if _, err := b.Render(t.Context(), s.URL+"/hang"); !isCode(err, schemas.FailInternal) {
		t.Errorf("after Close: %v", err)
	}
	b.Close()
	s.Close()
	close(asked)
}

func TestNoBrowser(t *testing.T) {
	empty := t.TempDir()
	if _, err := New(Options{Chromium: filepath.Join(empty, "chromium")}); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("a path without a browser: %v", err)
	}
	t.Setenv("PATH", empty)
	if _, err := New(Options{}); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("a machine without a browser: %v", err)
	}
	for _, name := range []string{"google-chrome", "chromium-browser", "chromium"} {
		if err := os.WriteFile(filepath.Join(empty, name), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		b, err := New(Options{})
		if err != nil || filepath.Base(b.options.Chromium) != name {
			t.Fatalf("%s is not found: %v", name, err)
		}
		b.Close()
	}
}

// What does not start is an error of every page, not a wait without an end.
func TestBrowserThatDoesNotStart(t *testing.T) {
	program := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := open(t, Options{Chromium: program})
	for range 3 {
		_, err := b.Render(t.Context(), "http://example.org/")
		if code, again := knowledge.CodeOf(err); code != schemas.FailInternal || !again {
			t.Errorf("%v", err)
		}
	}
}

// The browser is told nothing of our environment, which holds secrets.
func TestEnvironmentOfTheBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows the environment of a process")
	}
	t.Setenv("STEWARD_SECRET", "hunter2")
	s := newSite(t, map[string]http.HandlerFunc{"/": send("hello")})
	b := open(t, Options{}, s)
	if _, err := b.Render(t.Context(), s.URL); err != nil {
		t.Fatal(err)
	}
	pid := chromedp.FromContext(b.current().ctx).Browser.Process().Pid
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil || len(environment) == 0 || bytes.Contains(environment, []byte("hunter2")) {
		t.Errorf("the browser's environment: %q, %v", environment, err)
	}
}
