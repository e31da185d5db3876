package httpkit

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// Wrap puts request ids, the access log and the guard against panics round h.
// Paths of probes are not logged.
func Wrap(h http.Handler, log *slog.Logger, probes ...string) http.Handler {
	return WithRequestID(WithAccessLog(log, probes...)(WithRecover(log)(h)))
}

type requestIDKey struct{}

// RequestID is the id of the request a context belongs to, empty outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithRequestID gives every request an id, which the answer carries in
// X-Request-ID. An id from outside is not taken over.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-ID", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// WithAccessLog logs each request when it ends: method, path, status, bytes and
// time, never a body, a query or a header. Paths of probes are left out.
func WithAccessLog(log *slog.Logger, probes ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			rec := &recorder{ResponseWriter: w}
			next.ServeHTTP(rec, r)
			for _, probe := range probes {
				if r.URL.Path == probe {
					return
				}
			}
			log.InfoContext(r.Context(), "request", "request", RequestID(r.Context()), "method", r.Method,
				"path", pathForLog(r), "status", rec.code(), "bytes", rec.bytes, "took", time.Since(began))
		})
	}
}

// pathForLog is the matched route, so that ids in paths stay out of the log;
// an unmatched path is shown cut short.
func pathForLog(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	if r.Pattern != "" {
		return r.Pattern
	}
	return strings.ToValidUTF8(r.URL.Path[:min(len(r.URL.Path), 60)], "")
}

// WithRecover turns a panic in a handler into status 500 and one log entry. The
// server's own way to abort an answer passes.
func WithRecover(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recorder{ResponseWriter: w}
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(http.ErrAbortHandler)
				}
				log.ErrorContext(r.Context(), "handler panicked", "request", RequestID(r.Context()),
					"route", r.Pattern, "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeJSON(rec, http.StatusInternalServerError, ProblemType, ProblemFor(r, errors.New("panic")))
				}
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// recorder remembers what was answered. Unwrap keeps the connection's own
// features reachable for http.ResponseController.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(data)
	r.bytes += int64(n)
	return n, err
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
