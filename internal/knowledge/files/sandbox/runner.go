package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// DefaultTimeout is the time for one file.
	DefaultTimeout = 60 * time.Second
	// DefaultSlowTimeout is the time for a PDF file: its pages may be pictures
	// that have to be recognised, at a second each on a free machine.
	DefaultSlowTimeout = 5 * time.Minute
	// maxAnswer is the longest answer of a child, in bytes: 20 MiB of text,
	// with what JSON adds to it.
	maxAnswer = 48 << 20
	// largeFile is the size in bytes from which a file that needs too much
	// memory is called large; a smaller one is made to need it.
	largeFile = 5 << 20
	// pdfHead is how far into a PDF file its mark may stand, in bytes.
	pdfHead = 1024
)

// Runner reads every page in a child process of its own. It is safe for
// concurrent use.
type Runner struct {
	// Pool bounds the processes.
	Pool *Pool
	// Command starts a program that calls Main, such as
	// {"/usr/bin/steward-worker", "parse"}.
	Command []string
	// Timeout is the time for one page; 0 means DefaultTimeout.
	Timeout time.Duration
	// SlowTimeout is the time for a PDF file; 0 means DefaultSlowTimeout.
	SlowTimeout time.Duration
	// Limits of the child; the zero value means DefaultLimits.
	Limits Limits
}

var _ knowledge.Reader = Runner{}

// Read returns what the reader of the child returns. Beyond that reader's
// reasons there are bomb and too_large for a child that ran out of memory,
// timeout, and internal for one that crashed or answered nonsense.
func (r Runner) Read(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	if len(page.Body) > schemas.MaxSourceBytes {
		return knowledge.Text{}, knowledge.Fail(schemas.FailTooLarge, nil)
	}
	if r.Limits == (Limits{}) {
		r.Limits = DefaultLimits()
	}
	var result Result
	err := r.Pool.Use(ctx, func(dir string) error {
		input, err := r.input(page)
		if err != nil {
			return knowledge.Fail(schemas.FailInternal, err)
		}
		process := Process{
			Command: r.Command, Dir: dir, Stdin: input, MaxOutput: maxAnswer, Timeout: r.timeout(page),
			Limits: r.Limits, LimitsItself: true,
		}
		result, err = process.Run(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return knowledge.FailForNow(schemas.FailInternal, errors.New("a reading process could not be started"))
		}
		return nil
	})
	if err != nil {
		return knowledge.Text{}, err
	}
	return answered(result, len(page.Body))
}

func (r Runner) timeout(page knowledge.Page) time.Duration {
	if bytes.Contains(page.Body[:min(len(page.Body), pdfHead)], []byte("%PDF-")) {
		return cmp.Or(r.SlowTimeout, DefaultSlowTimeout)
	}
	return cmp.Or(r.Timeout, DefaultTimeout)
}

// input is what the child reads: a line about the page, then its body.
func (r Runner) input(page knowledge.Page) (io.Reader, error) {
	timeout := r.timeout(page)
	header, err := json.Marshal(request{
		Name: page.Name, URL: page.URL, ContentType: page.ContentType, Language: page.Language,
		Size: len(page.Body), Limits: r.Limits, Milliseconds: (timeout - timeout/10).Milliseconds(),
	})
	if err != nil {
		return nil, fmt.Errorf("write header: %w", err)
	}
	return io.MultiReader(bytes.NewReader(append(header, '\n')), bytes.NewReader(page.Body)), nil
}

// answered turns the end of a child into its text or a reason.
func answered(result Result, size int) (knowledge.Text, error) {
	switch result.End {
	case EndMemory:
		if size >= largeFile {
			return knowledge.Text{}, knowledge.Fail(schemas.FailTooLarge, errors.New("out of memory"))
		}
		return knowledge.Text{}, knowledge.Fail(schemas.FailBomb, errors.New("out of memory"))
	case EndProcessor:
		return knowledge.Text{}, knowledge.Fail(schemas.FailTimeout, errors.New("out of processor time"))
	case EndTimeout:
		// It waited for the machine, not for itself.
		return knowledge.Text{}, knowledge.FailForNow(schemas.FailTimeout, errors.New("out of time"))
	case EndOutput:
		return knowledge.Text{}, knowledge.Fail(schemas.FailTooLarge, errors.New("too much text"))
	case EndCrash:
		return knowledge.Text{}, knowledge.Fail(schemas.FailInternal, errors.New("a reading process crashed"))
	}
	var answer response
	if result.Code != 0 {
		return knowledge.Text{}, knowledge.FailForNow(schemas.FailInternal, fmt.Errorf("a reading process ended with code %d", result.Code))
	}
	if err := json.Unmarshal(result.Output, &answer); err != nil {
		return knowledge.Text{}, knowledge.FailForNow(schemas.FailInternal, errors.New("a reading process gave no whole answer"))
	}
	switch {
	case answer.Code == schemas.FailNone:
		return answer.Text, nil
	case answer.Again:
		return answer.Text, knowledge.FailForNow(answer.Code, nil)
	}
	return answer.Text, knowledge.Fail(answer.Code, nil)
}
