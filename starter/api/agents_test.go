package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"steward/schemas"
)

func (s *site) agent(r request, status int) schemas.AgentShown {
	s.t.Helper()
	var out schemas.AgentShown
	s.want(status, r).into(s.t, &out)
	return out
}

func TestSwitchAndPauseShowTheirEffect(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	now := s.agent(request{method: "GET", path: "/agents/default"}, 200)
	if !now.On || now.Paused || now.Published != 1 || !strings.HasSuffix(now.WorkflowURL, "agent%2F"+string(now.Agent)) {
		t.Fatalf("fresh agent: %+v", now)
	}
	now = s.agent(request{method: "PUT", path: "/agents/default/assignment", body: `{"on":false,"reason":"holidays"}`}, 200)
	if now.On || now.Reason != "holidays" {
		t.Errorf("after off: %+v", now)
	}
	var assignment schemas.Assignment
	s.want(200, request{method: "GET", path: "/agents/" + string(now.Agent) + "/assignment"}).into(t, &assignment)
	if assignment.On || assignment.Reason != "holidays" {
		t.Errorf("assignment %+v", assignment)
	}
	now = s.agent(request{method: "POST", path: "/agents/default/pause", body: `{"scope":"channel","target":"live_chat","reason":"wrong prices"}`}, 200)
	if now.Paused || len(now.Pauses) != 1 || now.Pauses[0].Reason != "wrong prices" {
		t.Errorf("after pause of a channel: %+v", now)
	}
	now = s.agent(request{method: "POST", path: "/agents/default/pause"}, 200)
	if !now.Paused || len(now.Pauses) != 2 {
		t.Errorf("after pause of the agent: %+v", now)
	}
	now = s.agent(request{method: "POST", path: "/agents/default/resume"}, 200)
	if len(now.Pauses) != 0 {
		t.Errorf("after resume: %+v", now)
	}
	// A resume with nothing to end is shown at once.
	s.agent(request{method: "POST", path: "/agents/default/resume", body: `{}`}, 200)
}

func TestCommandWithoutWorkerIsAccepted(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.workflows.set(true, false)
	if now := s.agent(request{method: "POST", path: "/agents/default/pause"}, 202); now.Paused {
		t.Errorf("shown as paused although nothing applied it: %+v", now)
	}
	s.workflows.set(true, true)
	got := s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/agents/default/pause"})
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestDraftNeedsItsETag(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	draft := s.want(200, request{method: "GET", path: "/agents/default/draft"})
	tag := draft.header.Get("ETag")
	if tag != `"1"` {
		t.Fatalf("ETag %s", tag)
	}
	patch := `{"profile":{"name":"Luma"},"channels":{"live_chat":{"inactivity_close":5}}}`
	s.want(http.StatusPreconditionRequired, request{method: "PATCH", path: "/agents/default/draft", body: patch})
	for _, stale := range []string{`"99"`, "1", `W/"1"`, "*"} {
		s.want(http.StatusPreconditionFailed, request{method: "PATCH", path: "/agents/default/draft", body: patch, headers: map[string]string{"If-Match": stale}})
	}
	saved := s.want(200, request{method: "PATCH", path: "/agents/default/draft", body: patch, headers: map[string]string{"If-Match": tag}})
	var settings schemas.Settings
	saved.into(t, &settings)
	if settings.Profile.Name != "Luma" || settings.Channels[schemas.ChannelLiveChat].InactivityClose != 5 || settings.Profile.Company == "" {
		t.Errorf("patched draft: %s", saved.body)
	}
	s.want(http.StatusPreconditionFailed, request{method: "PATCH", path: "/agents/default/draft", body: patch, headers: map[string]string{"If-Match": tag}})
	// The whole document goes the same way.
	settings.Profile.Name = "Nova"
	raw, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	s.want(http.StatusPreconditionRequired, request{method: "PUT", path: "/agents/default/draft", body: string(raw)})
	s.want(200, request{method: "PUT", path: "/agents/default/draft", body: string(raw), headers: map[string]string{"If-Match": saved.header.Get("ETag")}})
}

func TestDraftRefusesWhatIsNotValid(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for _, c := range []struct{ patch, says string }{
		{`{"profile":{"personality":"rude"}}`, "use friendly"},
		{`{"channels":{"carrier_pigeon":{"ask_email":"never","outside_hours":"wait","hours":{"mode":"all"}}}}`, "only live_chat"},
		{`{"profile":{"shoe_size":42}}`, "shoe_size"},
		{`{"profile":{"name":7}}`, "wrong type"},
		{`{"profile":null}`, "profile.name"},
	} {
		got := s.want(http.StatusUnprocessableEntity, request{
			method: "PATCH", path: "/agents/default/draft", body: c.patch, headers: map[string]string{"If-Match": `"1"`},
		})
		if !strings.Contains(got.body, c.says) {
			t.Errorf("%s: answer does not say %q: %s", c.patch, c.says, got.body)
		}
	}
}

func TestPublishMakesAVersion(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.want(http.StatusPreconditionRequired, request{method: "POST", path: "/agents/default/versions", body: `{}`})
	s.want(http.StatusPreconditionFailed, request{method: "POST", path: "/agents/default/versions", body: `{}`, headers: map[string]string{"If-Match": `"7"`}})
	var v schemas.Version
	s.want(http.StatusCreated, request{
		method: "POST", path: "/agents/default/versions", body: `{"note":"second"}`, headers: map[string]string{"If-Match": `"1"`},
	}).into(t, &v)
	if v.Number != 2 || v.Note != "second" || v.PublishedAt.IsZero() {
		t.Errorf("published %+v", v)
	}
	var all schemas.List[schemas.Version]
	s.want(200, request{method: "GET", path: "/agents/default/versions"}).into(t, &all)
	if len(all.Items) != 2 || all.Items[0].Number != 2 {
		t.Errorf("versions %+v", all.Items)
	}
}

func TestClockIsForDevelopmentAlone(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var clock schemas.ClockShown
	s.want(200, request{method: "PUT", path: "/system/clock", body: `{"at":"2031-05-01T09:00:00Z"}`}).into(t, &clock)
	if clock.Now.Year() != 2031 {
		t.Errorf("clock says %s", clock.Now)
	}
	s.want(200, request{method: "PUT", path: "/system/clock", body: `{}`})
}
