package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
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

// rawRoute is one operation that answers something other than JSON. The library
// does not serve it; the document describes it all the same.
type rawRoute struct {
	path, id, summary string
	// kind is the media type of its answer.
	kind string
	// query are its parameters with what they mean.
	query map[string]string
}

// raw adds a route that reads with GET and writes its answer itself.
func (a *API) raw(mux *http.ServeMux, r rawRoute, h http.HandlerFunc) {
	mux.HandleFunc("GET "+Prefix+r.path, h)
	op := &huma.Operation{
		OperationID: r.id, Method: http.MethodGet, Path: r.path, Summary: r.summary,
		Tags: []string{strings.SplitN(strings.TrimPrefix(r.path, "/"), "/", 2)[0]},
		Parameters: []*huma.Param{
			{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "OK", Content: map[string]*huma.MediaType{r.kind: {Schema: &huma.Schema{Type: huma.TypeString}}}},
		},
	}
	for _, name := range slices.Sorted(maps.Keys(r.query)) {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: name, In: "query", Description: r.query[name], Schema: &huma.Schema{Type: huma.TypeString},
		})
	}
	for _, status := range []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusInternalServerError} {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Content: map[string]*huma.MediaType{
				httpkit.ProblemType: {Schema: &huma.Schema{Ref: "#/components/schemas/ErrorModel"}},
			},
		}
	}
	a.huma.OpenAPI().AddOperation(op)
}

// fail answers a raw route with the problem document of an error.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	err = store.Unavailable(err)
	var e *schemas.Error
	if errors.As(err, &e) {
		err = &schemas.Error{Kind: e.Kind, Message: sentence(e.Message), Cause: err}
	}
	a.errors.Write(w, r, err)
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
	return answer(schemas.List[T]{Items: some(items)}, err)
}

// some is an empty list in place of none, so that JSON says [].
func some[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// nothing is an answer without a body.
type nothing struct{}
