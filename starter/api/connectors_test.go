package api_test

import (
	"net/http"
	"strings"
	"testing"

	"steward/schemas"
	"steward/starter/api"
)

func TestConnectorIsAddedPulledAndRemoved(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var feed, hubspot schemas.Connector
	s.want(http.StatusCreated, request{method: "POST", path: "/connectors", body: `{"kind":"feed","name":"Help","url":"https://example.com/feed.json","add_new":true}`}).into(t, &feed)
	s.want(http.StatusCreated, request{method: "POST", path: "/connectors", body: `{"kind":"hubspot","name":"CMS","token_env":"STEWARD_TOKEN_HUBSPOT"}`}).into(t, &hubspot)
	s.called("schedule pull true " + string(feed.ID))
	s.called("pull " + string(feed.ID))
	list := get[schemas.List[schemas.Connector]](s, "/connectors").Items
	if len(list) != 2 || list[0].URL != "https://example.com/feed.json" || !list[0].AddNew || list[1].TokenEnv != "STEWARD_TOKEN_HUBSPOT" {
		t.Errorf("connectors %+v", list)
	}
	s.workflows.forget()
	s.want(http.StatusAccepted, request{method: "POST", path: "/connectors/" + string(feed.ID) + "/pull"})
	s.called("pull " + string(feed.ID))

	// What a pull has brought goes with its connector.
	pulled, err := s.store.StorePulled(t.Context(), schemas.PullInput{Connector: feed.ID, Agent: s.place.Agent}, []schemas.PulledArticle{
		{External: "1", Type: schemas.ArticleBlog, Title: "News", Body: "New shoes.", Format: schemas.FormatMarkdown},
	}, schemas.PullEnd{})
	if err != nil || pulled.New != 1 || len(pulled.Changed) != 1 {
		t.Fatalf("pulled %+v: %v", pulled, err)
	}
	article := get[schemas.List[schemas.Article]](s, "/articles?type=blog_post").Items[0]
	refused := s.want(http.StatusConflict, request{method: "PUT", path: "/articles/" + string(article.ID), body: `{"title":"a","body":"b"}`})
	if !strings.Contains(refused.body, "comes from a connector") {
		t.Errorf("article of a connector: %s", refused.body)
	}
	s.want(http.StatusConflict, request{method: "DELETE", path: "/articles/" + string(article.ID)})
	s.workflows.set(false, true)
	s.want(http.StatusServiceUnavailable, request{method: "DELETE", path: "/connectors/" + string(feed.ID)})
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/connectors/" + string(feed.ID) + "/pull"})
	s.workflows.set(false, false)
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/connectors/" + string(feed.ID)})
	s.called("schedule pull false " + string(feed.ID))
	s.called("resync removal " + string(pulled.Changed[0]))
	s.want(http.StatusNotFound, request{method: "GET", path: "/articles/" + string(article.ID)})
	for _, r := range []request{
		{method: "DELETE", path: "/connectors/" + string(feed.ID)},
		{method: "POST", path: "/connectors/" + string(feed.ID) + "/pull"},
		{method: "DELETE", path: "/connectors/nonsense"},
	} {
		s.want(http.StatusNotFound, r)
	}
}

func TestConnectorThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) {
		o.Admit = func(address string) error {
			if strings.Contains(address, "127.0.0.1") {
				return schemas.NewError(schemas.KindInvalid, "url is inside a private network")
			}
			return nil
		}
	})
	for _, c := range []struct{ name, body, says string }{
		{"unknown kind", `{"kind":"rss","name":"a","url":"https://example.com/"}`, "kind"},
		{"no name", `{"kind":"feed","url":"https://example.com/"}`, "name"},
		{"feed without an address", `{"kind":"feed","name":"a"}`, "needs url"},
		{"not an address", `{"kind":"feed","name":"a","url":"feed"}`, "https://example.com/feed.json"},
		{"another scheme", `{"kind":"feed","name":"a","url":"file:///etc/passwd"}`, "address of a feed"},
		{"private address", `{"kind":"feed","name":"a","url":"http://127.0.0.1:8233/feed"}`, "private network"},
		{"address with a password", `{"kind":"feed","name":"a","url":"https://me:hunter2@example.com/"}`, "user name or password"},
		{"hubspot without a token", `{"kind":"hubspot","name":"a"}`, "token_env"},
		{"a secret of the deployment", `{"kind":"hubspot","name":"a","token_env":"STEWARD_DATABASE_URL"}`, "begins with STEWARD_TOKEN_"},
		{"a token in place of its name", `{"kind":"hubspot","name":"a","token_env":"pat-na1-0123456789-secret"}`, "begins with STEWARD_TOKEN_"},
		{"token in lower case", `{"kind":"hubspot","name":"a","token_env":"STEWARD_TOKEN_hubspot"}`, "begins with STEWARD_TOKEN_"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.want(422, request{method: "POST", path: "/connectors", body: c.body})
			if !strings.Contains(got.body, c.says) {
				t.Errorf("answer does not say %q: %s", c.says, got.body)
			}
			if strings.Contains(got.body, "hunter2") || strings.Contains(got.body, "pat-na1") || strings.Contains(got.body, "STEWARD_DATABASE") {
				t.Errorf("answer repeats a secret: %s", got.body)
			}
		})
	}
	if list := get[schemas.List[schemas.Connector]](s, "/connectors"); len(list.Items) != 0 {
		t.Errorf("connectors %+v", list.Items)
	}
}

// Not parallel: it sets the environment.
func TestTokenOfAConnectorIsNeverShown(t *testing.T) {
	t.Setenv("STEWARD_TOKEN_HUBSPOT", "pat-na1-the-token-itself")
	s := setup(t, nil)
	got := s.want(http.StatusCreated, request{method: "POST", path: "/connectors", body: `{"kind":"hubspot","name":"CMS","token_env":"STEWARD_TOKEN_HUBSPOT"}`})
	var c schemas.Connector
	got.into(t, &c)
	for _, shown := range []response{
		got, s.want(200, request{method: "GET", path: "/connectors"}), s.want(202, request{method: "POST", path: "/connectors/" + string(c.ID) + "/pull"}),
	} {
		if strings.Contains(shown.body, "the-token-itself") {
			t.Errorf("the token is shown: %s", shown.body)
		}
	}
}
