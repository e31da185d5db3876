package api

import (
	"context"
	"net/http"

	"steward/schemas"
)

func (a *API) team() {
	serve(a, route{method: http.MethodGet, path: "/teams", id: "list-teams", summary: "The teams with their members"}, a.getTeams)
	serve(a, route{
		method: http.MethodPost, path: "/teams", id: "add-team", summary: "Add a team",
		status: http.StatusCreated, errors: []int{409},
	}, a.addTeam)
	serve(a, route{
		method: http.MethodPut, path: "/teams/{id}/members/{user}", id: "add-member",
		summary: "Put a user into a team", status: http.StatusNoContent, errors: []int{404},
	}, a.addMember)
	serve(a, route{
		method: http.MethodDelete, path: "/teams/{id}/members/{user}", id: "remove-member",
		summary: "Take a user out of a team", status: http.StatusNoContent, errors: []int{404},
	}, a.removeMember)
	serve(a, route{method: http.MethodGet, path: "/users", id: "list-users", summary: "The people who take conversations"}, a.getUsers)
	serve(a, route{
		method: http.MethodPost, path: "/users", id: "add-user", summary: "Add a person who takes conversations",
		status: http.StatusCreated, errors: []int{409},
	}, a.addUser)
	serve(a, route{
		method: http.MethodPatch, path: "/users/{id}", id: "change-user",
		summary: "Say whether a person takes conversations now, and what they can do", errors: []int{404},
	}, a.changeUser)
}

func (a *API) getTeams(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.Team]], error) {
	return list(a.o.Store.ListTeams(ctx))
}

func (a *API) addTeam(ctx context.Context, in *struct{ Body schemas.NewTeam }) (*body[schemas.Team], error) {
	return answer(a.o.Store.AddTeam(ctx, in.Body.Name))
}

type membership struct {
	Team schemas.TeamID `path:"id" maxLength:"64"`
	User schemas.UserID `path:"user" maxLength:"64"`
}

func (a *API) addMember(ctx context.Context, in *membership) (*nothing, error) {
	return nil, a.o.Store.AddMember(ctx, in.Team, in.User)
}

func (a *API) removeMember(ctx context.Context, in *membership) (*nothing, error) {
	return nil, a.o.Store.RemoveMember(ctx, in.Team, in.User)
}

func (a *API) getUsers(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.User]], error) {
	return list(a.o.Store.ListUsers(ctx))
}

func (a *API) addUser(ctx context.Context, in *struct{ Body schemas.NewUser }) (*body[schemas.User], error) {
	u := schemas.User{Name: in.Body.Name, Email: in.Body.Email, Presence: in.Body.Presence, Capacity: in.Body.Capacity, Skills: in.Body.Skills}
	if in.Body.Hours != nil {
		u.Hours = *in.Body.Hours
	}
	return answer(a.o.Store.AddUser(ctx, u))
}

func (a *API) changeUser(ctx context.Context, in *struct {
	ID   schemas.UserID `path:"id" maxLength:"64"`
	Body schemas.UserChange
},
) (*body[schemas.User], error) {
	if in.Body.Presence == "" && in.Body.Skills == nil {
		return nil, schemas.NewError(schemas.KindInvalid, "there is nothing to change: give presence or skills")
	}
	if in.Body.Presence != "" {
		if err := a.o.Store.SetPresence(ctx, in.ID, in.Body.Presence); err != nil {
			return nil, err
		}
	}
	if in.Body.Skills != nil {
		if err := a.o.Store.SetSkills(ctx, in.ID, *in.Body.Skills); err != nil {
			return nil, err
		}
	}
	if err := a.wakeWaiting(ctx); err != nil {
		return nil, err
	}
	users, err := a.o.Store.ListUsers(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		if u.ID == in.ID {
			return answer(u, nil)
		}
	}
	return nil, schemas.NewError(schemas.KindNotFound, "no such user")
}
