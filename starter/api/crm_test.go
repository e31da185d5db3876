package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"steward/internal/crm"
	"steward/internal/crm/local"
	"steward/internal/customers"
	"steward/schemas"
	"steward/starter/api"
)

// What the agent may read and change in the CRM is checked when it is saved.
// Spec: S51, S52.
func TestGrantsAreCheckedWhenSaved(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) {
		desk := local.New(o.Store.CRM())
		o.CheckCRM = func(ctx context.Context, c schemas.CRMSettings) error {
			properties, err := desk.Describe(ctx, schemas.ObjectContact)
			if err != nil {
				return err
			}
			return crm.ValidateSettings(c, properties)
		}
	})
	save := func(want int, grant string) {
		t.Helper()
		tag := s.want(200, request{method: "GET", path: "/agents/default/draft"}).header.Get("ETag")
		s.want(want, request{
			method: "PATCH", path: "/agents/default/draft", headers: map[string]string{"If-Match": tag},
			body: `{"crm":{"grants":[` + grant + `]}}`,
		})
	}
	save(http.StatusOK, `{"object":"contact","property":"phone","view":true}`)
	save(http.StatusUnprocessableEntity, `{"object":"contact","property":"shoe_size","view":true}`)
	save(http.StatusUnprocessableEntity, `{"object":"contact","property":"email","edit":true}`)
	save(http.StatusUnprocessableEntity, `{"object":"contact","property":"phone","view":true,"view_level":"sesame"}`)
}

// Records are for people: the agent's grants do not count, a key makes a change
// once, and what is wrong is named.
func TestRecords(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) { o.Records = customers.Records{CRM: local.New(o.Store.CRM())} })
	put := func(want int, key, body string) response {
		t.Helper()
		return s.want(want, request{
			method: "PUT", path: "/crm/contact/record", headers: map[string]string{"Idempotency-Key": key}, body: body,
		})
	}
	put(http.StatusOK, "one", `{"by":"email","properties":{"email":"ada@example.com","city":"London"}}`)
	put(http.StatusOK, "two", `{"by":"email","properties":{"email":"ada@example.com","city":"Paris"}}`)
	put(http.StatusOK, "one", `{"by":"email","properties":{"email":"ada@example.com","city":"London"}}`)
	put(http.StatusBadRequest, "", `{"by":"email","properties":{"email":"ada@example.com"}}`)
	put(http.StatusUnprocessableEntity, "three", `{"by":"email","properties":{"city":"Rome"}}`)
	put(http.StatusUnprocessableEntity, "four", `{"by":"email","properties":{"email":"ada@example.com","shoe_size":"44"}}`)
	got := s.want(http.StatusOK, request{method: "GET", path: "/crm/contact/record?value=ADA@example.com"})
	if !strings.Contains(got.body, `"city":"Paris"`) {
		t.Errorf("the record is %s", got.body)
	}
	s.want(http.StatusNotFound, request{method: "GET", path: "/crm/contact/record?value=bob@example.com"})
	s.want(http.StatusUnprocessableEntity, request{method: "GET", path: "/crm/pigeon/record?value=a"})
}
