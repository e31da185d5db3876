package openai

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"steward/internal/agent/llm"
)

// transportKind sorts an error that came without an HTTP error status.
func transportKind(err error) llm.Kind {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return llm.KindMalformed
	}
	var timeout net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout()) {
		return llm.KindTimeout
	}
	// A url.Error wraps what failed before there was an answer.
	var before *url.Error
	if errors.As(err, &before) {
		return llm.KindOverloaded
	}
	var broken net.Error
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &broken) {
		return llm.KindTruncated
	}
	return llm.KindMalformed
}
