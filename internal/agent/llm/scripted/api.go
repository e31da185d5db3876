package scripted

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// endlessChunk is written again and again to a caller who does not hang up.
const endlessChunk = 32 << 10

// api is how one wire is read and answered.
type api struct {
	parse func(raw []byte) (Request, error)
	// answer is the body of a 200 answer, fail writes an error.
	answer func(Step, Request) []byte
	fail   func(w http.ResponseWriter, status int, code, message string)
	// open begins an answer whose text does not end.
	open string
}

// apiOf is the API that a request's path names; without parse there is none.
func apiOf(r *http.Request) api {
	switch {
	case r.Method != http.MethodPost:
	case strings.HasSuffix(r.URL.Path, "/chat/completions"):
		return api{
			parse: parseOpenAI, answer: Step.completion, fail: writeOpenAIError,
			open: `{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"`,
		}
	case strings.HasSuffix(r.URL.Path, "/messages"):
		return api{
			parse: parseAnthropic, answer: Step.message, fail: writeAnthropicError,
			open: `{"type":"message","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"`,
		}
	}
	return api{}
}

// write sends the step's answer; false means that the caller hung up.
func (a api) write(w http.ResponseWriter, r *http.Request, s Step, req Request) bool {
	for name, values := range s.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if s.Status >= http.StatusBadRequest && s.Body == "" {
		a.fail(w, s.Status, s.Code, "scripted error")
		return true
	}
	contentType := "application/json"
	if s.ContentType != "" {
		contentType = s.ContentType
	}
	w.Header().Set("Content-Type", contentType)
	out := io.Writer(w)
	if s.Gzip {
		w.Header().Set("Content-Encoding", "gzip")
		compressed := gzip.NewWriter(w)
		// What cannot be written any more goes to a caller that hung up.
		defer func() { _ = compressed.Close() }()
		out = compressed
	}
	if s.Status != 0 {
		w.WriteHeader(s.Status)
	}
	if s.Endless {
		return endless(r, out, a.open)
	}
	body := []byte(s.Body)
	if s.Body == "" {
		body = a.answer(s, req)
	}
	if s.Cut {
		body = body[:len(body)/2]
	}
	_, err := out.Write(body)
	if s.Cut {
		// What was written must arrive before the connection breaks.
		_ = http.NewResponseController(w).Flush()
	}
	return err == nil
}

// endless writes until the caller hangs up, and so returns false.
func endless(r *http.Request, out io.Writer, begin string) bool {
	_, err := io.WriteString(out, begin)
	chunk := strings.Repeat("y", endlessChunk)
	for err == nil && r.Context().Err() == nil {
		_, err = io.WriteString(out, chunk)
	}
	return false
}
