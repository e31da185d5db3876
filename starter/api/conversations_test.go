package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"steward/schemas"
)

// person adds a member of the team.
func (s *site) person(name string) schemas.User {
	s.t.Helper()
	var u schemas.User
	s.want(http.StatusCreated, request{method: "POST", path: "/users", body: fmt.Sprintf(`{"name":%q}`, name)}).into(s.t, &u)
	return u
}

func (s *site) summary(r request) schemas.ConversationSummary {
	s.t.Helper()
	var out schemas.ConversationSummary
	s.want(http.StatusOK, r).into(s.t, &out)
	return out
}

func (s *site) messages(id schemas.ConversationID) []schemas.MessageShown {
	s.t.Helper()
	var page schemas.List[schemas.MessageShown]
	s.want(http.StatusOK, request{method: "GET", path: "/conversations/" + string(id) + "/messages"}).into(s.t, &page)
	return page.Items
}

func TestPeopleTakeAConversationAndGiveItBack(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	ada, grace := s.person("Ada"), s.person("Grace")
	id := s.handedOver("I want to talk to a person")
	var offers schemas.List[schemas.Offer]
	s.want(200, request{method: "GET", path: "/handoffs"}).into(t, &offers)
	if len(offers.Items) != 1 || offers.Items[0].Conversation != id || offers.Items[0].Reason != schemas.ReasonCustomerRequest {
		t.Fatalf("handoffs %+v", offers.Items)
	}
	handoff := "/handoffs/" + string(offers.Items[0].Handoff)
	// Declining what was not offered is a conflict.
	s.want(http.StatusConflict, request{method: "POST", path: handoff + "/decline", body: `{"as":"Ada"}`})
	now := s.summary(request{method: "POST", path: handoff + "/accept", body: `{"as":"Ada"}`})
	if now.Owner != schemas.OwnerHuman || now.AssignedTo != "Ada" || now.Lifecycle != schemas.LifecycleWaitingHuman {
		t.Errorf("after accept: %+v", now)
	}
	// The second to accept sees who was faster.
	s.want(http.StatusConflict, request{method: "POST", path: handoff + "/accept", body: `{"as":"Grace"}`})
	s.want(http.StatusConflict, request{method: "POST", path: "/conversations/" + string(id) + "/takeover", body: fmt.Sprintf(`{"as":%q}`, grace.ID)})
	now = s.summary(request{method: "POST", path: "/conversations/" + string(id) + "/return", body: fmt.Sprintf(`{"as":%q}`, ada.ID)})
	if now.Owner != schemas.OwnerAgent || now.AssignedTo != "" {
		t.Errorf("after return: %+v", now)
	}
	s.want(http.StatusConflict, request{method: "POST", path: "/conversations/" + string(id) + "/return", body: `{"as":"Ada"}`})
	s.api.Wait()
	if !s.workflows.saw("wake " + string(offers.Items[0].Handoff)) {
		t.Errorf("the handoff was not woken: %v", s.workflows.calls)
	}
	now = s.summary(request{method: "POST", path: "/conversations/" + string(id) + "/close", body: `{"as":"Ada"}`})
	if now.Lifecycle != schemas.LifecycleClosed || now.CloseReason != schemas.CloseByHuman || now.ClosedAt.IsZero() {
		t.Errorf("after close: %+v", now)
	}
	var shown schemas.ConversationShown
	s.want(200, request{method: "GET", path: "/conversations/" + string(id)}).into(t, &shown)
	if len(shown.Ownership) < 4 || shown.Ownership[0].Now != schemas.OwnerNone || shown.WorkflowID != "conversation/"+string(id) {
		t.Errorf("log of owners %+v", shown.Ownership)
	}
}

func TestReplyIsStoredOncePerKey(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.person("Ada")
	id := s.handedOver("please call a person")
	path := "/conversations/" + string(id) + "/messages"
	s.want(http.StatusBadRequest, request{method: "POST", path: path, body: `{"as":"Ada","text":"Hello"}`})
	key := map[string]string{"Idempotency-Key": "reply-1"}
	var first, second schemas.SentReply
	s.want(http.StatusCreated, request{method: "POST", path: path, body: `{"as":"Ada","text":"Hello\u0000 there"}`, headers: key}).into(t, &first)
	again := s.want(http.StatusCreated, request{method: "POST", path: path, body: `{"as":"Ada","text":"Hello there"}`, headers: key})
	again.into(t, &second)
	if first.ID == "" || first != second || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %+v, second %+v, header %q", first, second, again.header.Get("Idempotent-Replayed"))
	}
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: path, body: `{"as":"Ada","text":"Something else"}`, headers: key})
	for _, empty := range []string{`""`, `" \u0000 "`} {
		s.want(http.StatusUnprocessableEntity, request{method: "POST", path: path, body: `{"as":"Ada","text":` + empty + `}`, headers: map[string]string{"Idempotency-Key": "x"}})
	}
	long := strings.Repeat("a", 5000)
	s.want(http.StatusRequestEntityTooLarge, request{method: "POST", path: path, body: `{"as":"Ada","text":"` + long + `"}`, headers: map[string]string{"Idempotency-Key": "y"}})
	var human []schemas.MessageShown
	for _, m := range s.messages(id) {
		if m.Speaker == schemas.SpeakerHuman {
			human = append(human, m)
		}
	}
	if len(human) != 1 || human[0].Text != "Hello there" || human[0].Name != "Ada" || human[0].State != schemas.PartQueued || human[0].Seq != 0 {
		t.Errorf("human messages %+v", human)
	}
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	queued := s.handedOver("a person please")
	for i := range 4 {
		s.customer(fmt.Sprintf("question %d", i))
	}
	seen := map[schemas.ConversationID]bool{}
	cursor, pages := "", 0
	for {
		var page schemas.List[schemas.ConversationSummary]
		s.want(200, request{method: "GET", path: "/conversations?limit=2&cursor=" + cursor}).into(t, &page)
		for _, c := range page.Items {
			if seen[c.ID] {
				t.Errorf("%s is on two pages", c.ID)
			}
			seen[c.ID] = true
		}
		pages++
		if page.NextCursor == nil || pages > 9 {
			break
		}
		cursor = *page.NextCursor
	}
	if len(seen) != 5 || pages != 3 {
		t.Errorf("%d conversations on %d pages", len(seen), pages)
	}
	var page schemas.List[schemas.ConversationSummary]
	s.want(200, request{method: "GET", path: "/conversations?owner=queue&lifecycle=waiting_human"}).into(t, &page)
	if len(page.Items) != 1 || page.Items[0].ID != queued || page.Items[0].LastText == "" {
		t.Errorf("queued %+v", page.Items)
	}
}

func TestTeamsAndPeople(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	ada := s.person("Ada")
	s.want(http.StatusConflict, request{method: "POST", path: "/users", body: `{"name":"Ada"}`})
	var team schemas.Team
	s.want(http.StatusCreated, request{method: "POST", path: "/teams", body: `{"name":"Support"}`}).into(t, &team)
	s.want(http.StatusConflict, request{method: "POST", path: "/teams", body: `{"name":"Support"}`})
	member := "/teams/" + string(team.ID) + "/members/" + string(ada.ID)
	s.want(http.StatusNoContent, request{method: "PUT", path: member})
	s.want(http.StatusNoContent, request{method: "PUT", path: member})
	var teams schemas.List[schemas.Team]
	s.want(200, request{method: "GET", path: "/teams"}).into(t, &teams)
	if len(teams.Items) != 1 || len(teams.Items[0].Members) != 1 {
		t.Errorf("teams %+v", teams.Items)
	}
	s.want(http.StatusNoContent, request{method: "DELETE", path: member})
	s.want(http.StatusNotFound, request{method: "DELETE", path: member})
	var u schemas.User
	s.want(200, request{method: "PATCH", path: "/users/" + string(ada.ID), body: `{"presence":"away"}`}).into(t, &u)
	if u.Presence != schemas.PresenceAway {
		t.Errorf("presence %s", u.Presence)
	}
	s.want(http.StatusNotFound, request{method: "PATCH", path: "/users/user_" + someID, body: `{"presence":"away"}`})
}
