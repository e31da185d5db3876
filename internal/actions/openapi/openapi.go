// Package openapi makes actions of the operations of an OpenAPI 3 document.
//
// An admin picks the operations one by one; the result is a draft that is checked
// and saved like any other action. The package reads the document it is given and
// nothing else: it must not follow references to files or addresses, and no
// server of the document other than the first one is ever called. Spec: S53.
package openapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"steward/internal/actions"
	"steward/schemas"
)

// The limits of a document and of what is imported at once.
const (
	maxDocument   = 8 << 20
	maxOperations = 50
)

// Operation is one operation that can be picked.
type Operation struct {
	// ID is the operationId; operations without one cannot be picked.
	ID         string         `json:"id"`
	Method     string         `json:"method"`
	Path       string         `json:"path"`
	Summary    string         `json:"summary,omitempty"`
	Effect     schemas.Effect `json:"effect"`
	Deprecated bool           `json:"deprecated,omitempty"`
}

// Note is something that the admin has to look at after an import.
type Note struct {
	// Operation is empty for the document as a whole.
	Operation string `json:"operation,omitempty"`
	Text      string `json:"text"`
}

// Operations lists what can be picked of a document, sorted by path and method.
// The error is of KindInvalid.
func Operations(doc []byte) ([]Operation, error) {
	t, err := load(doc)
	if err != nil {
		return nil, err
	}
	var out []Operation
	for _, f := range operations(t) {
		if f.operation.OperationID == "" {
			continue
		}
		out = append(out, Operation{
			ID: f.operation.OperationID, Method: f.method, Path: f.path, Summary: f.operation.Summary,
			Effect: effect(f.method), Deprecated: f.operation.Deprecated,
		})
	}
	return out, nil
}

// Import makes an action of each of the named operations, at least one, and the
// connection that they share, which has no secret yet. Actions are in the order
// of the names and pass actions.Validate together with the connection once it is
// given what the notes say. Errors are of KindInvalid.
func Import(doc []byte, operationIDs []string) ([]schemas.Action, schemas.Connection, []Note, error) {
	fail := func(err error) ([]schemas.Action, schemas.Connection, []Note, error) {
		return nil, schemas.Connection{}, nil, err
	}
	if len(operationIDs) == 0 || len(operationIDs) > maxOperations {
		return fail(invalid("pick from 1 to %d operations", maxOperations))
	}
	t, err := load(doc)
	if err != nil {
		return fail(err)
	}
	i := importer{document: t, names: map[string]bool{}}
	if err := i.connect(); err != nil {
		return fail(err)
	}
	all := operations(t)
	var out []schemas.Action
	for n, id := range operationIDs {
		at := slices.IndexFunc(all, func(f found) bool { return f.operation.OperationID == id })
		if at < 0 || id == "" || slices.Contains(operationIDs[:n], id) {
			return fail(invalid("operation %d of the list is not in the document, or is there twice", n+1))
		}
		i.secure(all[at])
		a, err := i.action(all[at])
		if err != nil {
			return fail(err)
		}
		out = append(out, a)
	}
	if err := actions.ValidateConnection(withSecret(i.connection)); err != nil {
		return fail(fmt.Errorf("imported connection: %w", err))
	}
	for _, a := range out {
		if err := actions.Validate(a, []schemas.Connection{i.connection}); err != nil {
			return fail(fmt.Errorf("imported action %s: %w", a.Name, err))
		}
	}
	return out, i.connection, i.notes, nil
}

// withSecret is a connection as it will be when the admin has named the secret.
func withSecret(c schemas.Connection) schemas.Connection {
	if c.Auth != schemas.AuthNone {
		c.Secret = "stored:"
	}
	return c
}

func invalid(format string, args ...any) error {
	return schemas.NewError(schemas.KindInvalid, fmt.Sprintf(format, args...))
}

// errReference is a reference that leads out of the document.
var errReference = errors.New("the document refers to another one")

// load reads a document. Nothing outside of it is read, whatever it refers to.
func load(doc []byte) (*openapi3.T, error) {
	if len(doc) > maxDocument {
		return nil, invalid("a document has at most %d bytes", maxDocument)
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	loader.ReadFromURIFunc = func(*openapi3.Loader, *url.URL) ([]byte, error) { return nil, errReference }
	t, err := loader.LoadFromData(doc)
	switch {
	case errors.Is(err, errReference) || err != nil && strings.Contains(err.Error(), "external reference"):
		return nil, invalid("the document refers to another one: bundle it into one file")
	case err != nil || t == nil || t.Paths == nil || !strings.HasPrefix(t.OpenAPI, "3."):
		return nil, invalid("not an OpenAPI 3 document with paths")
	}
	// Examples say nothing that is used, and often do not fit.
	if err := t.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation()); err != nil {
		return nil, invalid("not a valid OpenAPI 3 document")
	}
	return t, nil
}

// found is an operation with its place.
type found struct {
	path      string
	method    string
	item      *openapi3.PathItem
	operation *openapi3.Operation
}

func operations(t *openapi3.T) []found {
	var out []found
	for path, item := range t.Paths.Map() {
		if item == nil {
			continue
		}
		for method, operation := range item.Operations() {
			switch method {
			case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
				out = append(out, found{path: path, method: method, item: item, operation: operation})
			}
		}
	}
	slices.SortFunc(out, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return out
}

func effect(method string) schemas.Effect {
	switch method {
	case http.MethodGet:
		return schemas.EffectRead
	case http.MethodDelete:
		return schemas.EffectDestructive
	}
	return schemas.EffectWrite
}
