package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

// request is the line about a page that a child reads first.
type request struct {
	Name        string `json:"name,omitempty"`
	URL         string `json:"url,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Language    string `json:"language,omitempty"`
	// Size of the body that follows, in bytes.
	Size   int    `json:"size"`
	Limits Limits `json:"limits"`
	// Milliseconds is how long it may take.
	Milliseconds int64 `json:"ms"`
}

// response is what a child writes.
type response struct {
	Text  knowledge.Text   `json:"text"`
	Code  schemas.FailCode `json:"code,omitempty"`
	Again bool             `json:"again,omitempty"`
}

// Exit codes of a child.
const (
	exitAnswered = 0
	// exitNoRequest: what it was given is no request.
	exitNoRequest = 64
	// exitNoLimits: its limits could not be set, so it read nothing.
	exitNoLimits = 65
	// exitNoAnswer: its answer could not be written.
	exitNoAnswer = 66
	// exitProcessor: its processor time is used up.
	exitProcessor = 67
)

const (
	// maxRequest is the longest line about a page, in bytes.
	maxRequest = 64 << 10
	// maxStack is the deepest recursion of a parser, in bytes of stack.
	maxStack = 64 << 20
)

// Main is the child: it takes a page from in, limits itself, reads the page and
// writes its text, or the reason why there is none, to out. It returns the exit
// code of the process.
func Main(ctx context.Context, reader knowledge.Reader, in io.Reader, out io.Writer) int {
	buffered := bufio.NewReaderSize(in, maxRequest)
	line, err := buffered.ReadSlice('\n')
	if err != nil {
		return exitNoRequest
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil || r.Size < 0 || r.Size > schemas.MaxSourceBytes || r.Milliseconds <= 0 {
		return exitNoRequest
	}
	if err := r.Limits.apply(0); err != nil {
		return exitNoLimits
	}
	// Collect early enough to stay below the limit, and turn endless recursion
	// into an end before it takes all memory.
	debug.SetMemoryLimit(r.Limits.Memory / 4 * 3)
	debug.SetMaxStack(maxStack)
	defer endWithProcessor()()
	body := make([]byte, r.Size)
	if _, err := io.ReadFull(buffered, body); err != nil {
		return exitNoRequest
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Milliseconds)*time.Millisecond)
	defer cancel()
	answer := read(ctx, reader, knowledge.Page{Name: r.Name, URL: r.URL, ContentType: r.ContentType, Language: r.Language, Body: body})
	if err := write(out, answer); err != nil {
		return exitNoAnswer
	}
	return exitAnswered
}

// endWithProcessor ends the process when it has used up its processor time. A
// parser that loops does not look at a context.
func endWithProcessor() (stop func()) {
	spent := make(chan os.Signal, 1)
	signal.Notify(spent, syscall.SIGXCPU)
	go func() {
		if _, ok := <-spent; ok {
			os.Exit(exitProcessor)
		}
	}()
	return func() {
		signal.Stop(spent)
		close(spent)
	}
}

// read asks the reader. A panic of its own is one more reason.
func read(ctx context.Context, reader knowledge.Reader, page knowledge.Page) (answer response) {
	defer func() {
		if recover() != nil {
			answer = response{Code: schemas.FailInternal}
		}
	}()
	text, err := reader.Read(ctx, page)
	code, again := knowledge.CodeOf(err)
	if err != nil && errors.Is(err, context.Canceled) && code == schemas.FailInternal {
		code = schemas.FailCancelled
	}
	return response{Text: text, Code: code, Again: again}
}

// write writes the answer in one piece, so that half of one is never taken for
// a whole.
func write(out io.Writer, answer response) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	_, err := out.Write(b.Bytes())
	return err
}
