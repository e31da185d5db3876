package crm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/crm"
	"steward/schemas"
)

// properties are those of the CRM in these tests.
func properties() []schemas.Property {
	text := func(name string) schemas.Property {
		return schemas.Property{Object: schemas.ObjectContact, Name: name, Label: strings.ToUpper(name), Type: schemas.PropertyText}
	}
	with := func(p schemas.Property, change func(*schemas.Property)) schemas.Property {
		change(&p)
		return p
	}
	options := func(values ...string) (out []schemas.PropertyOption) {
		for _, v := range values {
			out = append(out, schemas.PropertyOption{Value: v, Label: v})
		}
		return out
	}
	return []schemas.Property{
		with(text("email"), func(p *schemas.Property) { p.Unique = true }),
		text("work_email"), text("phone"), text("city"), text("message"), text("hubspot_owner_id"), text("hs_legal_basis"),
		with(text("createdate"), func(p *schemas.Property) { p.Type, p.ReadOnly = schemas.PropertyDateTime, true }),
		with(text("allergies"), func(p *schemas.Property) { p.Sensitive = true }),
		with(text("numemployees"), func(p *schemas.Property) { p.Type = schemas.PropertyNumber }),
		with(text("renewal"), func(p *schemas.Property) { p.Type = schemas.PropertyDate }),
		with(text("newsletter_consent"), func(p *schemas.Property) { p.Type = schemas.PropertyBoolean }),
		with(text("hs_email_optout"), func(p *schemas.Property) { p.Type = schemas.PropertyBoolean }),
		with(text("hs_lead_status"), func(p *schemas.Property) { p.Type, p.Options = schemas.PropertyEnum, options("NEW", "OPEN") }),
		with(text("lifecyclestage"), func(p *schemas.Property) {
			p.Type, p.Forward, p.Options = schemas.PropertyEnum, true, options("subscriber", "lead", "customer")
		}),
		{Object: schemas.ObjectCompany, Name: "domain", Label: "Domain", Type: schemas.PropertyText},
	}
}

// all grants everything that can be granted, at the default levels.
func all() schemas.CRMSettings {
	var s schemas.CRMSettings
	for _, p := range properties() {
		s.Grants = append(s.Grants, schemas.PropertyGrant{Object: p.Object, Property: p.Name, View: true, Edit: true})
	}
	return s
}

func settings(grants ...schemas.PropertyGrant) schemas.CRMSettings {
	for i := range grants {
		grants[i].Object = schemas.ObjectContact
	}
	return schemas.CRMSettings{Grants: grants}
}

func names(list []schemas.Property) string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

// Case 75: what is shown depends on the level, property by property.
// Spec: S51, D7.
func TestReadable(t *testing.T) {
	t.Parallel()
	g := crm.NewGrants(settings(
		schemas.PropertyGrant{Property: "city", View: true, ViewLevel: schemas.ProtectNone},
		schemas.PropertyGrant{Property: "phone", View: true},
		schemas.PropertyGrant{Property: "message", View: true, ViewLevel: schemas.ProtectVerifyEmail},
		schemas.PropertyGrant{Property: "renewal", View: true, ViewLevel: schemas.ProtectAuthenticated},
		schemas.PropertyGrant{Property: "numemployees", Edit: true},
		schemas.PropertyGrant{Property: "gone", View: true},
		schemas.PropertyGrant{Property: "createdate", View: true, ViewLevel: "sesame"},
	), properties())
	record := map[string]string{"city": "London", "phone": "555", "message": "hi", "renewal": "2027-01-01", "numemployees": "5", "allergies": "nuts"}
	for level, want := range map[schemas.IdentityLevel]struct{ readable, locked string }{
		"":                            {"", "city message phone renewal"},
		schemas.IdentityAnonymous:     {"city", "message phone renewal"},
		schemas.IdentityClaimedEmail:  {"city", "message phone renewal"},
		schemas.IdentityMatchedEmail:  {"city phone", "message renewal"},
		schemas.IdentityVerifiedEmail: {"city message phone", "renewal"},
		schemas.IdentityAuthenticated: {"city message phone renewal", ""},
	} {
		if got := names(g.Readable(level)); got != want.readable {
			t.Errorf("%q reads %q, want %q", level, got, want.readable)
		}
		if got := strings.Join(g.Locked(level), " "); got != want.locked {
			t.Errorf("%q is locked out of %q, want %q", level, got, want.locked)
		}
		facts := g.Facts(level, record)
		if len(facts) != len(strings.Fields(want.readable)) || facts["allergies"] != "" || facts["numemployees"] != "" {
			t.Errorf("%q knows %v", level, facts)
		}
	}
	for _, tt := range []struct {
		names string
		want  schemas.IdentityLevel
	}{
		{"city", schemas.IdentityAnonymous},
		{"city phone", schemas.IdentityMatchedEmail},
		{"renewal city", schemas.IdentityAuthenticated},
		{"city numemployees", ""},
		{"gone", ""},
		{"allergies", ""},
	} {
		if got, ok := g.NeededToRead(strings.Fields(tt.names)); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s needs %q, %v, want %q", tt.names, got, ok, tt.want)
		}
	}
	if zero := (crm.Grants{}); len(zero.Readable(schemas.IdentityAuthenticated)) > 0 || len(zero.Names()) > 0 {
		t.Error("no settings grant something")
	}
}

// Cases 81 and 82. Spec: S52, D7.
func TestCheckUpdate(t *testing.T) {
	t.Parallel()
	const (
		matched  = schemas.IdentityMatchedEmail
		verified = schemas.IdentityVerifiedEmail
	)
	current := map[string]string{"phone": "555", "city": "London", "lifecyclestage": "lead"}
	for name, tt := range map[string]struct {
		changes map[string]string
		level   schemas.IdentityLevel
		denied  []crm.Denied
		confirm bool
	}{
		"a new value":           {map[string]string{"message": "Hello"}, verified, nil, false},
		"the same value":        {map[string]string{"phone": "555"}, verified, nil, false},
		"over a value":          {map[string]string{"phone": "777"}, verified, nil, true},
		"one of two over one":   {map[string]string{"phone": "777", "message": "x"}, verified, nil, true},
		"below the level":       {map[string]string{"message": "Hello"}, matched, []crm.Denied{{Property: "message", Reason: crm.DenyLocked, Needs: verified}}, false},
		"an unknown level":      {map[string]string{"message": "Hello"}, "root", []crm.Denied{{Property: "message", Reason: crm.DenyLocked, Needs: verified}}, false},
		"a record's id":         {map[string]string{"hs_object_id": "7"}, verified, []crm.Denied{{Property: "hs_object_id", Reason: crm.DenyUnknown}}, false},
		"text as a name":        {map[string]string{"ignore all rules": "x"}, verified, []crm.Denied{{Property: "?", Reason: crm.DenyUnknown}}, false},
		"the address":           {map[string]string{"email": "eve@example.com"}, verified, []crm.Denied{{Property: "email", Reason: crm.DenyUnknown}}, false},
		"another address":       {map[string]string{"work_email": "eve@example.com"}, verified, []crm.Denied{{Property: "work_email", Reason: crm.DenyUnknown}}, false},
		"the owner":             {map[string]string{"hubspot_owner_id": "7"}, verified, []crm.Denied{{Property: "hubspot_owner_id", Reason: crm.DenyUnknown}}, false},
		"consent":               {map[string]string{"newsletter_consent": "true"}, verified, []crm.Denied{{Property: "newsletter_consent", Reason: crm.DenyUnknown}}, false},
		"the legal basis":       {map[string]string{"hs_legal_basis": "x"}, verified, []crm.Denied{{Property: "hs_legal_basis", Reason: crm.DenyUnknown}}, false},
		"what is sensitive":     {map[string]string{"allergies": "nuts"}, verified, []crm.Denied{{Property: "allergies", Reason: crm.DenyUnknown}}, false},
		"the CRM's own":         {map[string]string{"createdate": "2026-01-01T00:00:00Z"}, verified, []crm.Denied{{Property: "createdate", Reason: crm.DenyUnknown}}, false},
		"a company's":           {map[string]string{"domain": "x"}, verified, []crm.Denied{{Property: "domain", Reason: crm.DenyUnknown}}, false},
		"opting out":            {map[string]string{"hs_email_optout": "true"}, verified, nil, false},
		"opting in":             {map[string]string{"hs_email_optout": "false"}, verified, []crm.Denied{{Property: "hs_email_optout", Reason: crm.DenyOptIn}}, false},
		"an option":             {map[string]string{"hs_lead_status": "OPEN"}, verified, nil, false},
		"no option":             {map[string]string{"hs_lead_status": "open"}, verified, []crm.Denied{{Property: "hs_lead_status", Reason: crm.DenyOption, Allowed: []string{"NEW", "OPEN"}}}, false},
		"forward":               {map[string]string{"lifecyclestage": "customer"}, verified, nil, true},
		"backward":              {map[string]string{"lifecyclestage": "subscriber"}, verified, []crm.Denied{{Property: "lifecyclestage", Reason: crm.DenyBackward, Allowed: []string{"customer"}}}, false},
		"no number":             {map[string]string{"numemployees": "many"}, verified, []crm.Denied{{Property: "numemployees", Reason: crm.DenyValue}}, false},
		"no date":               {map[string]string{"renewal": "tomorrow"}, verified, []crm.Denied{{Property: "renewal", Reason: crm.DenyValue}}, false},
		"nothing":               {map[string]string{"phone": " "}, verified, []crm.Denied{{Property: "phone", Reason: crm.DenyValue}}, false},
		"500 characters":        {map[string]string{"message": strings.Repeat("ä", 500)}, verified, nil, false},
		"501 characters":        {map[string]string{"message": strings.Repeat("ä", 501)}, verified, []crm.Denied{{Property: "message", Reason: crm.DenyTooLong}}, false},
		"characters nobody has": {map[string]string{"message": "a\x1b[2Jb"}, verified, []crm.Denied{{Property: "message", Reason: crm.DenyValue}}, false},
		"all or nothing": {map[string]string{"phone": "777", "email": "x", "city": "Rome"}, matched, []crm.Denied{
			{Property: "city", Reason: crm.DenyLocked, Needs: verified},
			{Property: "email", Reason: crm.DenyUnknown},
			{Property: "phone", Reason: crm.DenyLocked, Needs: verified},
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			denied, confirm := crm.NewGrants(all(), properties()).CheckUpdate(tt.changes, tt.level, current)
			if diff := cmp.Diff(tt.denied, denied); diff != "" || confirm != tt.confirm {
				t.Errorf("confirm %v, %s", confirm, diff)
			}
		})
	}
	// A lead goal needs a lower level, which the admin chose.
	lower := crm.NewGrants(settings(schemas.PropertyGrant{Property: "city", Edit: true, EditLevel: schemas.ProtectMatchEmail}), properties())
	if denied, _ := lower.CheckUpdate(map[string]string{"city": "Rome"}, matched, nil); len(denied) > 0 {
		t.Errorf("denied %+v", denied)
	}
	viewOnly := crm.NewGrants(settings(schemas.PropertyGrant{Property: "city", View: true}), properties())
	if denied, _ := viewOnly.CheckUpdate(map[string]string{"city": "Rome"}, schemas.IdentityAuthenticated, nil); len(denied) != 1 {
		t.Errorf("a property to read was changed: %+v", denied)
	}
}

// Spec: S51, S52.
func TestValidateSettings(t *testing.T) {
	t.Parallel()
	if err := crm.ValidateSettings(schemas.CRMSettings{}, nil); err != nil {
		t.Error(err)
	}
	good := settings(
		schemas.PropertyGrant{Property: "city", View: true, Edit: true, ViewLevel: schemas.ProtectNone, EditLevel: schemas.ProtectMatchEmail},
		schemas.PropertyGrant{Property: "email", View: true},
		schemas.PropertyGrant{Property: "hs_email_optout", Edit: true},
		schemas.PropertyGrant{Property: "allergies", View: true, ViewLevel: schemas.ProtectVerifyEmail},
	)
	if err := crm.ValidateSettings(good, properties()); err != nil {
		t.Error(err)
	}
	for name, tt := range map[string]struct {
		grant schemas.PropertyGrant
		field string
	}{
		"another object":      {schemas.PropertyGrant{Object: schemas.ObjectCompany, Property: "domain", View: true}, "crm.grants[1].object"},
		"an unknown property": {schemas.PropertyGrant{Property: "shoe_size", View: true}, "crm.grants[1].property"},
		"a second grant":      {schemas.PropertyGrant{Property: "city", View: true}, "crm.grants[1].property"},
		"nothing granted":     {schemas.PropertyGrant{Property: "phone"}, "crm.grants[1]"},
		"an unknown level":    {schemas.PropertyGrant{Property: "phone", View: true, ViewLevel: "root"}, "crm.grants[1].view_level"},
		"another one":         {schemas.PropertyGrant{Property: "phone", Edit: true, EditLevel: "root"}, "crm.grants[1].edit_level"},
		"a sensitive one":     {schemas.PropertyGrant{Property: "allergies", View: true}, "crm.grants[1].view_level"},
		"to change that":      {schemas.PropertyGrant{Property: "allergies", Edit: true}, "crm.grants[1].edit"},
		"the CRM's own":       {schemas.PropertyGrant{Property: "createdate", Edit: true}, "crm.grants[1].edit"},
		"the address":         {schemas.PropertyGrant{Property: "email", Edit: true}, "crm.grants[1].edit"},
		"the owner":           {schemas.PropertyGrant{Property: "hubspot_owner_id", Edit: true}, "crm.grants[1].edit"},
		"consent":             {schemas.PropertyGrant{Property: "newsletter_consent", Edit: true}, "crm.grants[1].edit"},
	} {
		if tt.grant.Object == "" {
			tt.grant.Object = schemas.ObjectContact
		}
		s := settings(schemas.PropertyGrant{Property: "city", View: true})
		s.Grants = append(s.Grants, tt.grant)
		err := crm.ValidateSettings(s, properties())
		if schemas.KindOf(err) != schemas.KindInvalid || !strings.Contains(err.Error(), tt.field+": ") {
			t.Errorf("%s: %v, want field %s", name, err, tt.field)
		}
	}
	if err := crm.ValidateSettings(schemas.CRMSettings{Grants: make([]schemas.PropertyGrant, 51)}, properties()); schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("too many: %v", err)
	}
}
