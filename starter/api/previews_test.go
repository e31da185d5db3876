package api_test

import (
	"context"
	"net/http"
	"testing"

	"steward/schemas"
)

// TestAPreviewIsNoCustomer: it is in no list, people cannot talk in it, and
// what it is made with is checked. Settled: rule 26.
func TestAPreviewIsNoCustomer(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.person("Ada")
	for _, wrong := range []string{
		`{"version":9}`, `{"version":1,"draft":1}`, `{"draft":77}`, `{"channel":"pigeon"}`, `{"channel":"whatsapp"}`, `{"identity":"friend"}`,
		`{"identity":"verified_email"}`, `{"email":"a@b c"}`, `{"locale":"x"}`,
	} {
		s.want(http.StatusUnprocessableEntity, request{method: "POST", path: "/preview/conversations", body: wrong})
	}
	var started schemas.PreviewStarted
	s.want(http.StatusCreated, request{method: "POST", path: "/preview/conversations", body: `{"identity":"verified_email","email":"ada@example.com"}`}).into(t, &started)
	id := string(started.Conversation)
	write := request{method: "POST", path: "/preview/conversations/" + id + "/messages", body: `{"text":"Hello","client_id":"one"}`}
	var first, again schemas.PreviewReceived
	s.want(http.StatusCreated, write).into(t, &first)
	s.want(http.StatusCreated, write).into(t, &again)
	if first != again || first.Seq != 1 {
		t.Errorf("written twice: %+v, %+v", first, again)
	}
	var all schemas.List[schemas.ConversationSummary]
	s.want(200, request{method: "GET", path: "/conversations"}).into(t, &all)
	if len(all.Items) != 0 {
		t.Errorf("the preview is in the list: %+v", all.Items)
	}
	if c := s.summary(request{method: "GET", path: "/conversations/" + id}); !c.Preview {
		t.Errorf("the preview is not marked: %+v", c)
	}
	s.want(http.StatusConflict, request{method: "POST", path: "/conversations/" + id + "/takeover", body: `{"as":"Ada"}`})
	s.want(http.StatusConflict, request{
		method: "POST", path: "/conversations/" + id + "/messages", body: `{"as":"Ada","text":"Hi"}`, headers: map[string]string{"Idempotency-Key": "k"},
	})
	customer := s.customer("I am a customer")
	s.want(http.StatusNotFound, request{method: "POST", path: "/preview/conversations/" + string(customer) + "/messages", body: `{"text":"Hello"}`})
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: "/preview/conversations/" + id + "/messages", body: `{"text":" "}`})
}

func (f *fakeWorkflows) StartEvaluation(_ context.Context, in schemas.EvaluationInput) error {
	return f.called("evaluate " + string(in.Run))
}
