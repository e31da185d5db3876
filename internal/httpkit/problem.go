package httpkit

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"steward/schemas"
)

// ProblemType is the media type of problem documents (RFC 9457).
const ProblemType = "application/problem+json"

// retryAfter is what a caller is told to wait when the error does not say.
const retryAfter = 2 * time.Second

// Problem is a problem document. Detail is the only text for people; Instance
// is the request id, by which the log is found.
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
}

// Status is the HTTP status of a kind of error.
func Status(kind schemas.ErrorKind) int {
	switch kind {
	case schemas.KindInvalid:
		return http.StatusUnprocessableEntity
	case schemas.KindNotFound:
		return http.StatusNotFound
	case schemas.KindUnauthorized:
		return http.StatusUnauthorized
	case schemas.KindConflict:
		return http.StatusConflict
	case schemas.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case schemas.KindRateLimited:
		return http.StatusTooManyRequests
	case schemas.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Errors answers failed requests and logs those that are our fault.
type Errors struct {
	Log *slog.Logger
}

// ProblemFor makes the problem document of an error. An error without a kind
// shows nothing of itself.
func ProblemFor(r *http.Request, err error) Problem {
	kind := schemas.KindOf(err)
	detail := "Internal error."
	var known *schemas.Error
	if kind != schemas.KindInternal && errors.As(err, &known) {
		detail = known.Message
	}
	status := Status(kind)
	return Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Instance: RequestID(r.Context()),
	}
}

// Write answers a request with the problem document of err. A client that has
// gone away gets no answer, and what failed because of that is not logged.
func (e Errors) Write(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	p := ProblemFor(r, err)
	if p.Status >= http.StatusInternalServerError {
		e.Log.ErrorContext(r.Context(), "request failed", "request", p.Instance, "status", p.Status,
			"method", r.Method, "route", r.Pattern, "error", err)
	}
	h := w.Header()
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		}
	}
	writeJSON(w, p.Status, ProblemType, p)
}

// WriteJSON answers with a status and a JSON body.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	writeJSON(w, status, "application/json", body)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, contentType = http.StatusInternalServerError, ProblemType
		data = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"Internal error."}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that has gone away is no error of ours.
	_, _ = w.Write(append(data, '\n'))
}
