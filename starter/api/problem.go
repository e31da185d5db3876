package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// problem is an error on its way to the client.
type problem struct {
	schemas.ProblemShown
	headers http.Header
}

// GetStatus is the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders are the headers of the answer.
func (p *problem) GetHeaders() http.Header { return p.headers }

// Error is the text for people.
func (p *problem) Error() string { return p.Detail }

func newProblem(status int, detail string) *problem {
	return &problem{ProblemShown: schemas.ProblemShown{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail,
	}}
}

// shape gives every error the one shape, also those of the library, which
// repeat the input otherwise.
func (a *API) shape(ctx huma.Context, _ string, v any) (any, error) {
	var p schemas.ProblemShown
	switch e := v.(type) {
	case *problem:
		p = e.ProblemShown
	case *huma.ErrorModel:
		p = fromLibrary(e)
	default:
		return v, nil
	}
	ctx.SetHeader("Content-Type", httpkit.ProblemType)
	p.Instance = httpkit.RequestID(ctx.Context())
	return p, nil
}

func fromLibrary(e *huma.ErrorModel) schemas.ProblemShown {
	p := newProblem(e.Status, detailOf(e)).ProblemShown
	for _, d := range e.Errors {
		message := d.Message
		if e.Status == http.StatusBadRequest || e.Status == http.StatusUnsupportedMediaType {
			message = p.Detail
		}
		p.Errors = append(p.Errors, schemas.FieldProblem{Message: message, Location: d.Location})
	}
	return p
}

func detailOf(e *huma.ErrorModel) string {
	switch e.Status {
	case http.StatusBadRequest:
		return "The request cannot be read: send one JSON object as described."
	case http.StatusUnsupportedMediaType:
		return "Send application/json."
	case http.StatusRequestEntityTooLarge:
		return "The request body is too large."
	case http.StatusUnprocessableEntity:
		if len(e.Errors) == 0 {
			return "The request is not valid."
		}
		d := e.Errors[0]
		return strings.TrimSpace(d.Location + ": " + d.Message)
	case http.StatusInternalServerError:
		return "Internal error."
	}
	return http.StatusText(e.Status)
}

// convert gives an error of a handler its status, and logs those that are our
// fault.
func (a *API) convert(ctx context.Context, operation string, err error) error {
	var known *problem
	if errors.As(err, &known) {
		return known
	}
	err = store.Unavailable(err)
	kind := schemas.KindOf(err)
	p := newProblem(httpkit.Status(kind), "Internal error.")
	var e *schemas.Error
	if kind != schemas.KindInternal && errors.As(err, &e) {
		p.Detail = sentence(e.Message)
	}
	if p.Status >= http.StatusInternalServerError {
		a.o.Log.ErrorContext(ctx, "request failed", "request", httpkit.RequestID(ctx), "operation", operation,
			"status", p.Status, "error", err)
		if p.Status == http.StatusServiceUnavailable {
			p.headers = http.Header{"Retry-After": {"2"}}
		}
	}
	return p
}

// sentence makes a message one that people read. The name of a field keeps its
// spelling.
func sentence(text string) string {
	if text == "" {
		return text
	}
	word, _, _ := strings.Cut(text, " ")
	if !strings.ContainsAny(word, "._:") {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if last := text[len(text)-1]; last != '.' && last != '?' && last != '!' {
		text += "."
	}
	return text
}

// route is one operation of the API.
type route struct {
	method, path, id, summary string
	// status of success; 0 is 200, or 204 without a body.
	status int
	// errors that the document names beside 401, 422 and 500.
	errors []int
	// hidden routes are not in the document.
	hidden bool
}

// serve adds a route. Errors of h are converted to problem documents.
func serve[I, O any](a *API, r route, h func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, DefaultStatus: r.status,
		Errors: append([]int{http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusInternalServerError}, r.errors...),
		Hidden: r.hidden, MaxBodyBytes: maxBody,
		Tags: []string{strings.SplitN(strings.TrimPrefix(r.path, "/"), "/", 2)[0]},
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, a.convert(ctx, r.id, err)
		}
		return out, nil
	})
}

// body is an answer with a body and nothing else.
type body[T any] struct {
	Body T
}

func answer[T any](value T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{Body: value}, nil
}

// list answers a list that has one page.
func list[T any](items []T, err error) (*body[schemas.List[T]], error) {
	if items == nil {
		items = []T{}
	}
	return answer(schemas.List[T]{Items: items}, err)
}

// nothing is an answer without a body.
type nothing struct{}
