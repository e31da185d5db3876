package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/schemas"
	"steward/starter/api"
)

// tried is a tester of destinations that refuses.
type tried struct{}

func (tried) Try(context.Context, schemas.Desk, schemas.HandoffID, time.Time) schemas.Delivered {
	return schemas.Delivered{Result: schemas.SentFailed, Code: "auth"}
}

func TestDesks(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) { o.Desks = tried{} })
	hook := `{"name":"Tickets","kind":"webhook","base_url":"https://desk.example/hook","secret":"env:STEWARD_SECRET_DESK"}`
	var made, changed schemas.Desk
	s.want(http.StatusOK, request{method: "PUT", path: "/desks", body: hook}).into(t, &made)
	s.want(http.StatusOK, request{method: "PUT", path: "/desks", body: strings.Replace(hook, "{", `{"disabled":true,`, 1)}).into(t, &changed)
	if made.ID == "" || made.ID != changed.ID || !changed.Disabled {
		t.Errorf("made %+v, changed %+v", made, changed)
	}
	if list := get[schemas.List[schemas.Desk]](s, "/desks").Items; len(list) != 1 || list[0].Name != "Tickets" {
		t.Errorf("listed are %+v", list)
	}
	if users := get[schemas.List[schemas.User]](s, "/users").Items; len(users) > 0 && strings.HasPrefix(users[0].Name, "Desk") {
		t.Errorf("a destination is listed as a person: %+v", users)
	}
	var test schemas.DeskTest
	s.want(http.StatusOK, request{method: "POST", path: "/desks/" + string(made.ID) + "/test"}).into(t, &test)
	if test.Result != schemas.SentFailed || test.Code != "auth" {
		t.Errorf("the test said %+v", test)
	}
	for field, body := range map[string]string{
		"secret":   strings.Replace(hook, "env:STEWARD_SECRET_DESK", "hunter2-is-my-key", 1),
		"base_url": strings.Replace(hook, "https", "http", 1),
		"reasons":  strings.Replace(hook, "{", `{"reasons":["boredom"],`, 1),
	} {
		refused := s.want(http.StatusUnprocessableEntity, request{method: "PUT", path: "/desks", body: body})
		if !strings.Contains(strings.ToLower(refused.body), field) || strings.Contains(refused.body, "hunter2") {
			t.Errorf("%s: %s", field, refused.body)
		}
	}
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/desks/" + string(made.ID)})
	for _, r := range []request{
		{method: "DELETE", path: "/desks/" + string(made.ID)},
		{method: "POST", path: "/desks/" + string(made.ID) + "/test"},
		{method: "GET", path: "/handoffs/hand_00000000000000000000000000000000"},
		{method: "GET", path: "/handoffs/nonsense"},
	} {
		s.want(http.StatusNotFound, r)
	}
}

func TestSkills(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var u schemas.User
	s.want(http.StatusCreated, request{method: "POST", path: "/users", body: `{"name":"Ann","skills":["refunds"," refunds ","billing"]}`}).into(t, &u)
	if len(u.Skills) != 2 {
		t.Errorf("added %+v, want each skill once", u)
	}
	var changed schemas.User
	s.want(http.StatusOK, request{method: "PATCH", path: "/users/" + string(u.ID), body: `{"skills":[]}`}).into(t, &changed)
	if len(changed.Skills) != 0 || changed.Presence != schemas.PresenceOnline {
		t.Errorf("changed to %+v", changed)
	}
	s.want(http.StatusUnprocessableEntity, request{method: "PATCH", path: "/users/" + string(u.ID), body: `{}`})
	s.want(http.StatusUnprocessableEntity, request{method: "PATCH", path: "/users/" + string(u.ID), body: `{"skills":[" "]}`})
}
