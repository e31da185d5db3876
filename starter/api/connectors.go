package api

import (
	"context"
	"net/http"
	"net/url"

	"steward/schemas"
)

// ConnectorPath names a connector in an address.
type ConnectorPath struct {
	ID schemas.ConnectorID `path:"id" maxLength:"64"`
}

func (a *API) connectors() {
	serve(a, route{method: http.MethodGet, path: "/connectors", id: "list-connectors", summary: "Connections to outside knowledge systems"}, a.getConnectors)
	serve(a, route{
		method: http.MethodPost, path: "/connectors", id: "add-connector",
		summary: "Connect a JSON feed or HubSpot; it is read at once and then every hour", status: http.StatusCreated,
	}, a.addConnector)
	serve(a, route{
		method: http.MethodPost, path: "/connectors/{id}/pull", id: "pull-connector",
		summary: "Read a connector now", status: http.StatusAccepted, errors: []int{404, 503},
	}, a.pullConnector)
	serve(a, route{
		method: http.MethodDelete, path: "/connectors/{id}", id: "remove-connector",
		summary: "Remove a connector with its articles and the sources made of them", status: http.StatusNoContent, errors: []int{404},
	}, a.removeConnector)
}

func (a *API) getConnectors(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.Connector]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return list(a.o.Store.Connectors(ctx, d.Agent))
}

// newConnector is the body of POST /connectors.
type newConnector struct {
	Kind     schemas.ConnectorKind `json:"kind" enum:"feed,hubspot"`
	Name     string                `json:"name" minLength:"1" maxLength:"200"`
	URL      string                `json:"url,omitempty" maxLength:"2000" doc:"The address of the feed."`
	TokenEnv string                `json:"token_env,omitempty" maxLength:"80" doc:"The environment variable of the worker with the access token; its name begins with STEWARD_TOKEN_."`
	AddNew   bool                  `json:"add_new,omitempty" doc:"Make every new item a source by itself."`
}

func (a *API) addConnector(ctx context.Context, in *struct{ Body newConnector }) (*body[schemas.Connector], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	if err := a.checkFeed(b.URL); err != nil {
		return nil, err
	}
	c, err := a.o.Store.AddConnector(ctx, d.Agent, schemas.Connector{Kind: b.Kind, Name: b.Name, URL: b.URL, TokenEnv: b.TokenEnv, AddNew: b.AddNew})
	if err != nil {
		return nil, err
	}
	pull := schemas.PullInput{Connector: c.ID, Agent: d.Agent}
	a.later(ctx, "pull "+string(c.ID), func(ctx context.Context) error {
		if err := a.o.Workflows.SetPull(ctx, pull, true); err != nil {
			return err
		}
		return a.o.Workflows.StartPull(ctx, pull)
	})
	return answer(c, nil)
}

// checkFeed refuses an address that cannot be read or that holds a secret: it
// is shown to every admin.
func (a *API) checkFeed(address string) error {
	u, err := url.Parse(address)
	if err != nil || address != "" && u.Host == "" {
		return schemas.NewError(schemas.KindInvalid, "url is not the address of a feed: use one like https://example.com/feed.json")
	}
	if u.User != nil {
		return schemas.NewError(schemas.KindInvalid, "url must not contain a user name or password: name a variable with the token in token_env")
	}
	return a.reachable(address)
}

func (a *API) pullConnector(ctx context.Context, in *ConnectorPath) (*body[schemas.Connector], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	c, err := a.o.Store.Connector(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = a.inTime(ctx, func(ctx context.Context) error {
		return a.o.Workflows.StartPull(ctx, schemas.PullInput{Connector: c.ID, Agent: d.Agent})
	})
	return answer(c, err)
}

func (a *API) removeConnector(ctx context.Context, in *ConnectorPath) (*nothing, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.o.Store.Connector(ctx, in.ID); err != nil {
		return nil, err
	}
	// The schedule goes first: without it nothing brings the articles back.
	err = a.inTime(ctx, func(ctx context.Context) error {
		return a.o.Workflows.SetPull(ctx, schemas.PullInput{Connector: in.ID, Agent: d.Agent}, false)
	})
	if err != nil {
		return nil, err
	}
	sources, err := a.o.Store.RemoveConnector(ctx, d.Agent, in.ID)
	if err == nil {
		a.clear(ctx, d.Agent, sources...)
	}
	return nil, err
}
