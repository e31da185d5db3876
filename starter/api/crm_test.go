package api_test

import (
	"context"
	"net/http"
	"testing"

	"steward/internal/crm"
	"steward/internal/crm/local"
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
