package extractive_test

import (
	"encoding/json"
	"testing"

	"steward/schemas"
)

func TestDetails(t *testing.T) {
	t.Parallel()
	look := schemas.Tool{
		Name: "crm_get", Effect: schemas.EffectRead, Schema: json.RawMessage(`{"type":"object"}`),
		Inputs:  []schemas.Input{{Name: "properties", Required: true, Schema: json.RawMessage(`{"type":"array"}`)}},
		Details: []schemas.CRMField{{Name: "city", Label: "City"}, {Name: "phone", Label: "Phone Number"}, {Name: "numero_cliente"}},
	}
	for _, c := range []struct{ lang, text, want string }{
		{"en", "What is my phone number on file?", `{"properties":["phone"]}`},
		{"en", "Which city and phone number do you have for me?", `{"properties":["city","phone"]}`},
		{"it", "Qual è il mio numero cliente?", `{"properties":["numero_cliente"]}`},
		{"en", "What is your phone number?", ""},
		{"en", "My phone number is 0701 234567", ""},
		{"en", "How do I return my order?", ""},
	} {
		m := material(c.lang, c.text)
		m.Tools = []schemas.Tool{look}
		d := propose(t, m)
		switch {
		case c.want == "" && d.Kind == schemas.DecisionCallAction:
			t.Errorf("%q looks up %s", c.text, d.Calls[0].Arguments)
		case c.want != "":
			wantCall(t, d, "crm_get", c.want)
		}
	}
}
