package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"steward/internal/actions"
	"steward/internal/seal"
	"steward/schemas"
)

// ConnectionPath names a connection in an address.
type ConnectionPath struct {
	Name string `path:"name" doc:"The name by which actions know it." maxLength:"48"`
}

type connectionAnswer struct {
	Status int
	Body   schemas.ConnectionShown
}

func (a *API) connections() {
	serve(a, route{method: http.MethodGet, path: "/connections", id: "list-connections", summary: "The systems that actions call"}, a.getConnections)
	serve(a, route{
		method: http.MethodGet, path: "/connections/{name}", id: "get-connection",
		summary: "A system that actions call, without its secret", errors: []int{404},
	}, a.getConnection)
	serve(a, route{
		method: http.MethodPut, path: "/connections/{name}", id: "put-connection",
		summary: "Make or replace a connection; it takes effect at the next call",
	}, a.putConnection)
	serve(a, route{
		method: http.MethodPut, path: "/connections/{name}/secret", id: "put-connection-secret",
		summary: "Keep the secret of a connection, encrypted; it is never shown again", status: http.StatusNoContent, errors: []int{404, 409},
	}, a.putConnectionSecret)
	serve(a, route{
		method: http.MethodDelete, path: "/connections/{name}", id: "delete-connection",
		summary: "Delete a connection that no action uses, with its secret", status: http.StatusNoContent, errors: []int{404, 409},
	}, a.deleteConnection)
}

// uses are the settings that may name a connection.
type uses struct {
	agent            schemas.AgentID
	draft, published schemas.Settings
	revision         int64
}

func (a *API) uses(ctx context.Context) (uses, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return uses{}, err
	}
	u := uses{agent: d.Agent}
	if u.draft, u.revision, err = a.o.Store.Draft(ctx, d.Agent); err != nil {
		return u, err
	}
	u.published, _, err = a.o.Store.Published(ctx, d.Agent)
	return u, err
}

// of are the names of the actions that call through a connection.
func (u uses) of(connection string) []string {
	out := []string{}
	for _, s := range []schemas.Settings{u.draft, u.published} {
		for _, one := range s.Actions {
			if actions.Uses(one, connection) {
				out = append(out, one.Name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *API) showConnections(ctx context.Context, list ...schemas.Connection) ([]schemas.ConnectionShown, error) {
	sealed, err := a.o.Store.SealedConnections(ctx)
	if err != nil {
		return nil, err
	}
	u, err := a.uses(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]schemas.ConnectionShown, 0, len(list))
	for _, c := range list {
		secret, stored := sealed[c.Name]
		out = append(out, schemas.ConnectionShown{
			Connection: c, SecretStored: stored, SecretOldKey: stored && !a.o.Keys.Current(secret), UsedBy: u.of(c.Name),
		})
	}
	return out, nil
}

func (a *API) getConnections(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.ConnectionShown]], error) {
	all, err := a.o.Store.Connections(ctx)
	if err != nil {
		return nil, err
	}
	return list(a.showConnections(ctx, all...))
}

func (a *API) getConnection(ctx context.Context, in *ConnectionPath) (*connectionAnswer, error) {
	c, err := a.o.Store.Connection(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return a.connectionAnswer(ctx, http.StatusOK, c)
}

func (a *API) connectionAnswer(ctx context.Context, status int, c schemas.Connection) (*connectionAnswer, error) {
	shown, err := a.showConnections(ctx, c)
	if err != nil {
		return nil, err
	}
	return &connectionAnswer{Status: status, Body: shown[0]}, nil
}

func (a *API) putConnection(ctx context.Context, in *struct {
	ConnectionPath
	Body schemas.Connection
},
) (*connectionAnswer, error) {
	c := in.Body
	if c.Name != "" && c.Name != in.Name {
		return nil, wrong("name", "is not the name in the address; a connection keeps its name")
	}
	c.Name = in.Name
	if err := checkConnection(&c); err != nil {
		return nil, placed("", err)
	}
	status := http.StatusOK
	if _, err := a.o.Store.Connection(ctx, c.Name); err != nil {
		if schemas.KindOf(err) != schemas.KindNotFound {
			return nil, err
		}
		status = http.StatusCreated
	}
	stored, err := a.o.Store.PutConnection(ctx, c)
	if err != nil {
		return nil, err
	}
	a.o.Log.InfoContext(ctx, "connection saved", "connection", c.Name, "private_hosts", len(c.PrivateHosts), "disabled", c.Disabled)
	return a.connectionAnswer(ctx, status, stored)
}

// checkConnection fills in where the secret is and refuses what cannot be saved.
// A connection uses its own stored secret only. The error begins with the field.
func checkConnection(c *schemas.Connection) error {
	own := seal.Reference(c.Name)
	if c.Auth != schemas.AuthNone && (c.Secret == "" || c.Secret == seal.Reference("")) {
		c.Secret = own
	}
	if strings.HasPrefix(c.Secret, seal.Reference("")) && c.Secret != own {
		return schemas.NewError(schemas.KindInvalid, "secret: the reference to a stored secret is stored: alone; it is this connection's own")
	}
	return actions.ValidateConnection(*c)
}

func (a *API) putConnectionSecret(ctx context.Context, in *struct {
	ConnectionPath
	Body struct {
		Secret string `json:"secret" minLength:"1" maxLength:"16384" writeOnly:"true" doc:"A token, password or key as the other system gave it. It is stored encrypted and never returned."`
	}
},
) (*nothing, error) {
	secret := strings.TrimRight(in.Body.Secret, "\r\n")
	if err := actions.ValidateSecret(secret); err != nil {
		return nil, placed("", err)
	}
	c, err := a.o.Store.Connection(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if c.Secret != seal.Reference(c.Name) {
		return nil, schemas.NewError(schemas.KindConflict, "the connection takes no stored secret: set its auth, and its secret to stored:")
	}
	if a.o.Keys == nil {
		return nil, schemas.NewError(schemas.KindConflict, "there is no key to encrypt secrets with: set STEWARD_SECRETS_KEY for the server and every worker "+
			"to 32 random bytes as base64, such as `openssl rand -base64 32` makes, and start them again")
	}
	sealed, err := a.o.Keys.Seal(c.Name, secret)
	if err != nil {
		return nil, err
	}
	if err := a.o.Store.SetConnectionSecret(ctx, c.Name, sealed); err != nil {
		return nil, err
	}
	a.o.Log.InfoContext(ctx, "secret of connection set", "connection", c.Name)
	return nil, nil
}

func (a *API) deleteConnection(ctx context.Context, in *ConnectionPath) (*nothing, error) {
	u, err := a.uses(ctx)
	if err != nil {
		return nil, err
	}
	if names := u.of(in.Name); len(names) > 0 {
		return nil, schemas.NewError(schemas.KindConflict, "the connection is used by actions of the draft or of the published settings: "+strings.Join(names, ", "))
	}
	if err := a.o.Store.DeleteConnection(ctx, in.Name); err != nil {
		return nil, err
	}
	a.o.Log.InfoContext(ctx, "connection deleted", "connection", in.Name)
	return nil, nil
}
