package openapi

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"steward/schemas"
)

// importer makes actions of one document.
type importer struct {
	document   *openapi3.T
	connection schemas.Connection
	// secured is true once a security scheme was chosen.
	secured bool
	notes   []Note
	// names are those of the actions made.
	names map[string]bool
}

func (i *importer) note(operation, text string) {
	if n := (Note{Operation: operation, Text: text}); !slices.Contains(i.notes, n) {
		i.notes = append(i.notes, n)
	}
}

// connect pins the first server of the document.
func (i *importer) connect() error {
	name := "api"
	if i.document.Info != nil {
		name = cmp.Or(slug(i.document.Info.Title), name)
	}
	if len(i.document.Servers) == 0 || i.document.Servers[0] == nil {
		return invalid("the document names no server: add one under servers")
	}
	if len(i.document.Servers) > 1 {
		i.note("", "the document has several servers; the first one is used for all operations")
	}
	server := i.document.Servers[0]
	address := server.URL
	for key, variable := range server.Variables {
		if variable != nil {
			address = strings.ReplaceAll(address, "{"+key+"}", variable.Default)
		}
	}
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return invalid("the first server is no https address")
	}
	i.connection = schemas.Connection{Name: name, BaseURL: u.String(), Auth: schemas.AuthNone}
	if port, err := strconv.Atoi(u.Port()); err == nil && port != 443 && port != 8443 {
		i.connection.Ports = []int{port}
	}
	return nil
}

// secure maps the security scheme of an operation onto the connection's kind of
// proof. All operations of one import share it.
func (i *importer) secure(f found) {
	requirements := i.document.Security
	if f.operation.Security != nil {
		requirements = *f.operation.Security
	}
	id := f.operation.OperationID
	if f.item.Servers != nil || f.operation.Servers != nil && len(*f.operation.Servers) > 0 {
		i.note(id, "the operation names a server of its own, which is not used")
	}
	for _, requirement := range requirements {
		for _, name := range sorted(requirement) {
			scheme := i.scheme(name)
			if scheme == nil {
				continue
			}
			c := i.connection
			if !authenticate(&c, scheme, requirement[name]) {
				continue
			}
			if len(requirement) > 1 {
				i.note(id, "the operation wants several credentials at once; only one can be set")
			}
			if i.secured && c.Auth != i.connection.Auth {
				i.note(id, "the operation wants another credential than the operations before it")
				return
			}
			i.connection, i.secured = c, true
			i.note("", "set the secret of the connection: "+string(c.Auth))
			return
		}
	}
	if len(requirements) > 0 {
		i.note(id, "the operation's security scheme has no counterpart: set the connection's credential by hand")
	}
}

func (i *importer) scheme(name string) *openapi3.SecurityScheme {
	if i.document.Components == nil {
		return nil
	}
	ref := i.document.Components.SecuritySchemes[name]
	if ref == nil {
		return nil
	}
	return ref.Value
}

// authenticate sets the kind of proof of a connection; it reports whether there
// is one for the scheme.
func authenticate(c *schemas.Connection, s *openapi3.SecurityScheme, scopes []string) bool {
	switch {
	case s.Type == "http" && strings.EqualFold(s.Scheme, "bearer"):
		c.Auth = schemas.AuthBearer
	case s.Type == "http" && strings.EqualFold(s.Scheme, "basic"):
		c.Auth, c.User = schemas.AuthBasic, "user"
	case s.Type == "apiKey" && s.In == "header":
		c.Auth, c.Header = schemas.AuthAPIKeyHeader, s.Name
	case s.Type == "oauth2" && s.Flows != nil && s.Flows.ClientCredentials != nil:
		flow := s.Flows.ClientCredentials
		u, err := url.Parse(flow.TokenURL)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return false
		}
		c.Auth, c.TokenURL, c.Scopes, c.ClientID = schemas.AuthOAuth2, flow.TokenURL, slices.Clone(scopes), "client"
	default:
		return false
	}
	return true
}
