package crm_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"steward/internal/crm"
	"steward/schemas"
)

// Case 80: no action of the CRM takes a record, and only what is granted is in
// its schema.
func TestTools(t *testing.T) {
	t.Parallel()
	list := crm.Tools(settings(
		schemas.PropertyGrant{Property: "city", View: true, Edit: true},
		schemas.PropertyGrant{Property: "hs_lead_status", Edit: true},
		schemas.PropertyGrant{Property: "numemployees", Edit: true},
		schemas.PropertyGrant{Property: "renewal", Edit: true},
		schemas.PropertyGrant{Property: "hs_email_optout", Edit: true},
		schemas.PropertyGrant{Property: "email", View: true, Edit: true},
		schemas.PropertyGrant{Property: "gone", View: true, Edit: true},
	), properties())
	if len(list) != 2 {
		t.Fatalf("%d actions", len(list))
	}
	get, update := list[0], list[1]
	for _, a := range list {
		if a.Kind != schemas.ActionCRM || !a.Effect.Valid() || !a.Confirm.Valid() || a.Protection != schemas.ProtectNone || a.CRM == nil ||
			len(a.Inputs) != 1 || !a.Inputs[0].Required || a.Inputs[0].Source != schemas.InputCustomer || a.Description == "" {
			t.Errorf("action %+v", a)
		}
	}
	if get.Name != "crm_get" || get.CRM.Update || get.Effect != schemas.EffectRead || update.Name != "crm_update" || !update.CRM.Update || update.Effect != schemas.EffectWrite {
		t.Errorf("actions %s, %s", get.Name, update.Name)
	}
	wantSchema(t, get.Inputs[0], "properties", `{"type":"array","minItems":1,"maxItems":2,"uniqueItems":true,"items":{"type":"string","enum":["city","email"]}}`)
	wantSchema(t, update.Inputs[0], "changes", `{"type":"object","additionalProperties":false,"minProperties":1,"properties":{
		"city":{"type":"string","title":"CITY","minLength":1,"maxLength":500},
		"hs_email_optout":{"type":"boolean","title":"HS_EMAIL_OPTOUT","enum":[true]},
		"hs_lead_status":{"type":"string","title":"HS_LEAD_STATUS","enum":["NEW","OPEN"]},
		"numemployees":{"type":"number","title":"NUMEMPLOYEES"},
		"renewal":{"type":"string","title":"RENEWAL","format":"date"}}}`)

	if list := crm.Tools(settings(schemas.PropertyGrant{Property: "city", View: true}), properties()); len(list) != 1 || list[0].Name != "crm_get" {
		t.Errorf("only to read: %+v", list)
	}
	if list := crm.Tools(schemas.CRMSettings{}, properties()); len(list) != 0 {
		t.Errorf("nothing granted: %+v", list)
	}
}

func wantSchema(t *testing.T, in schemas.Input, name, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(in.Schema, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" || in.Name != name {
		t.Errorf("input %s: %s", in.Name, diff)
	}
}

func TestParseArguments(t *testing.T) {
	t.Parallel()
	got, err := crm.ParseUpdate(json.RawMessage(`{"changes": {"city": "Rome", "numemployees": 12.50, "hs_email_optout": true}}`))
	if diff := cmp.Diff(map[string]string{"city": "Rome", "numemployees": "12.50", "hs_email_optout": "true"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	names, err := crm.ParseGet(json.RawMessage(`{"properties": ["phone", "city", "phone"]}`))
	if diff := cmp.Diff([]string{"city", "phone"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for name, arguments := range map[string]string{
		"a record":        `{"changes": {"city": "Rome"}, "contact_id": "7"}`,
		"a record to get": `{"properties": ["city"], "id": "7"}`,
		"a value deeper":  `{"changes": {"city": {"$set": "Rome"}}}`,
		"a list":          `{"changes": {"city": ["Rome"]}}`,
		"no value":        `{"changes": {"city": null}}`,
		"nothing":         `{"changes": {}, "properties": []}`,
		"no object":       `["city"]`,
		"two objects":     `{"changes": {"city": "Rome"}}{}`,
		"no JSON":         `city=Rome`,
		"empty":           ``,
		"too long":        `{"changes": {"city": "` + strings.Repeat("x", 9<<10) + `"}}`,
	} {
		if got, err := crm.ParseUpdate(json.RawMessage(arguments)); err == nil || strings.Contains(err.Error(), "Rome") {
			t.Errorf("update with %s: %v, %v", name, got, err)
		}
		if got, err := crm.ParseGet(json.RawMessage(arguments)); err == nil {
			t.Errorf("get with %s: %v", name, got)
		}
	}
}

// FuzzUpdate: whatever an engine proposes, what passes both checks is granted,
// short, of its type, and never what is out of bounds.
func FuzzUpdate(f *testing.F) {
	for _, seed := range []string{
		`{"changes": {"city": "Rome"}}`, `{"changes": {"email": "eve@example.com"}}`, `{"changes": {"hs_lead_status": "OPEN", "phone": "1"}}`,
		`{"changes": {"hs_email_optout": false}}`, `{"changes": {"lifecyclestage": "subscriber"}}`, `{"changes": {"numemployees": 1e9}}`, `{}`,
		`{"changes": {"message": "\u0000"}}`, `{"contact": 1, "changes": {"city": "x"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, arguments string) {
		changes, err := crm.ParseUpdate(json.RawMessage(arguments))
		if err != nil {
			return
		}
		denied, confirm := crm.NewGrants(all(), properties()).CheckUpdate(changes, schemas.IdentityVerifiedEmail, map[string]string{"lifecyclestage": "lead", "phone": "5"})
		if len(denied) > 0 {
			if confirm {
				t.Error("a denied change is confirmed")
			}
			return
		}
		for name, value := range changes {
			switch name {
			case "phone", "city", "message", "numemployees", "renewal":
			case "hs_email_optout":
				if value != "true" {
					t.Errorf("opted in with %q", value)
				}
			case "hs_lead_status", "lifecyclestage":
				if !strings.Contains(" NEW OPEN lead customer ", " "+value+" ") {
					t.Errorf("%s is %q", name, value)
				}
			default:
				t.Errorf("%s is not granted", name)
			}
			if value == "" || utf8.RuneCountInString(value) > crm.MaxFreeText || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				t.Errorf("%s is %q", name, value)
			}
		}
		if _, over := changes["phone"]; over && changes["phone"] != "5" && !confirm {
			t.Error("a value is replaced without asking")
		}
	})
}
