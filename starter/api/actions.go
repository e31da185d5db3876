package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"steward/internal/actions"
	"steward/schemas"
)

// ActionPath names an action in an address.
type ActionPath struct {
	Name string `path:"name" doc:"The action's name." maxLength:"48"`
}

// The ETag of these answers is that of the draft.
type (
	actionsAnswer struct {
		ETag string `header:"ETag"`
		Body schemas.List[schemas.ActionShown]
	}
	actionAnswer struct {
		Status int
		ETag   string `header:"ETag"`
		Body   schemas.ActionShown
	}
	draftChanged struct {
		ETag string `header:"ETag"`
	}
)

func (a *API) actions() {
	concurrent := []int{404, 412, 428}
	serve(a, route{
		method: http.MethodGet, path: "/actions", id: "list-actions",
		summary: "The actions of the draft and of the published settings, with warnings",
	}, a.getActions)
	serve(a, route{
		method: http.MethodGet, path: "/actions/{name}", id: "get-action",
		summary: "An action as it is in the draft and as it is published", errors: []int{404},
	}, a.getAction)
	serve(a, route{
		method: http.MethodPut, path: "/actions/{name}", id: "put-action",
		summary: "Add or replace an action in the draft; publishing makes it take effect", errors: []int{412, 428},
	}, a.putAction)
	serve(a, route{
		method: http.MethodDelete, path: "/actions/{name}", id: "delete-action",
		summary: "Take an action out of the draft; publishing makes it take effect", status: http.StatusNoContent, errors: concurrent,
	}, a.deleteAction)
	serve(a, route{
		method: http.MethodPost, path: "/actions/{name}/test", id: "test-action",
		summary: "Call the other system as the action would: a read really, a write only when asked to", errors: []int{404, 409, 503},
	}, a.testAction)
}

// shownActions are all actions, sorted by name.
func (a *API) shownActions(ctx context.Context, u uses) ([]schemas.ActionShown, error) {
	connections, err := a.o.Store.Connections(ctx)
	if err != nil {
		return nil, err
	}
	sealed, err := a.o.Store.SealedConnections(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]*schemas.ActionShown{}
	var names []string
	shown := func(name string) *schemas.ActionShown {
		if byName[name] == nil {
			byName[name] = &schemas.ActionShown{Name: name, Warnings: []schemas.FieldProblem{}}
			names = append(names, name)
		}
		return byName[name]
	}
	for i := range u.draft.Actions {
		s := shown(u.draft.Actions[i].Name)
		s.Draft, s.Warnings = &u.draft.Actions[i], actionWarnings(u.draft.Actions[i], connections, sealed)
	}
	for i := range u.published.Actions {
		shown(u.published.Actions[i].Name).Published = &u.published.Actions[i]
	}
	slices.Sort(names)
	out := make([]schemas.ActionShown, 0, len(names))
	for _, name := range names {
		s := byName[name]
		if s.Changed, err = differ(s.Draft, s.Published); err != nil {
			return nil, err
		}
		out = append(out, *s)
	}
	return out, nil
}

// differ reports whether two definitions are not the same.
func differ(a, b *schemas.Action) (bool, error) {
	if a == nil || b == nil {
		return a != b, nil
	}
	var text [2]string
	for i, one := range []*schemas.Action{a, b} {
		raw, err := json.Marshal(actions.Normalise(*one))
		if err != nil {
			return false, err
		}
		text[i] = string(raw)
	}
	return text[0] != text[1], nil
}

func (a *API) getActions(ctx context.Context, _ *struct{}) (*actionsAnswer, error) {
	u, err := a.uses(ctx)
	if err != nil {
		return nil, err
	}
	items, err := a.shownActions(ctx, u)
	if err != nil {
		return nil, err
	}
	return &actionsAnswer{ETag: etag(u.revision), Body: schemas.List[schemas.ActionShown]{Items: items}}, nil
}

func (a *API) getAction(ctx context.Context, in *ActionPath) (*actionAnswer, error) {
	return a.actionAnswer(ctx, http.StatusOK, in.Name)
}

func (a *API) actionAnswer(ctx context.Context, status int, name string) (*actionAnswer, error) {
	u, err := a.uses(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.shownActions(ctx, u)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(s schemas.ActionShown) bool { return s.Name == name })
	if at < 0 {
		return nil, noAction("there is no action of this name")
	}
	return &actionAnswer{Status: status, ETag: etag(u.revision), Body: all[at]}, nil
}

func noAction(says string) error { return schemas.NewError(schemas.KindNotFound, says) }

// named is the place of an action in a list, -1 for none.
func named(list []schemas.Action, name string) int {
	return slices.IndexFunc(list, func(one schemas.Action) bool { return one.Name == name })
}

func (a *API) putAction(ctx context.Context, in *struct {
	ActionPath
	IfMatch
	Body schemas.Action
},
) (*actionAnswer, error) {
	one := in.Body
	if one.Name != "" && one.Name != in.Name {
		return nil, wrong("name", "is not the name in the address; to rename an action, add it anew and delete the old one")
	}
	one.Name = in.Name
	connections, err := a.o.Store.Connections(ctx)
	if err != nil {
		return nil, err
	}
	// Alone first: its fields are those of the body.
	if err := checkAction(one, connections); err != nil {
		return nil, placed("", err)
	}
	status := http.StatusOK
	_, err = a.saveDraft(ctx, defaultAgent, in.IfMatch, func(now schemas.Settings) (schemas.Settings, error) {
		if at := named(now.Actions, one.Name); at >= 0 {
			now.Actions[at] = one
			return now, nil
		}
		if len(now.Actions) >= maxActions {
			return now, tooManyActions()
		}
		status = http.StatusCreated
		now.Actions = append(now.Actions, one)
		return now, nil
	})
	if err != nil {
		return nil, err
	}
	return a.actionAnswer(ctx, status, one.Name)
}

func (a *API) deleteAction(ctx context.Context, in *struct {
	ActionPath
	IfMatch
},
) (*draftChanged, error) {
	saved, err := a.saveDraft(ctx, defaultAgent, in.IfMatch, func(now schemas.Settings) (schemas.Settings, error) {
		at := named(now.Actions, in.Name)
		if at < 0 {
			return now, noAction("there is no action of this name in the draft")
		}
		now.Actions = slices.Delete(now.Actions, at, at+1)
		return now, nil
	})
	if err != nil {
		return nil, err
	}
	return &draftChanged{ETag: saved.ETag}, nil
}
