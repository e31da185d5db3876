package crm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/crm"
	"steward/schemas"
)

func TestGoalChanges(t *testing.T) {
	t.Parallel()
	open := schemas.CRMSettings{Grants: []schemas.PropertyGrant{
		{Object: schemas.ObjectContact, Property: "city", Edit: true, EditLevel: schemas.ProtectNone},
		{Object: schemas.ObjectContact, Property: "hs_lead_status", Edit: true, EditLevel: schemas.ProtectMatchEmail},
		{Object: schemas.ObjectContact, Property: "phone", View: true, ViewLevel: schemas.ProtectNone},
	}}
	left := func(pairs ...string) (out []schemas.GoalLeft) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, schemas.GoalLeft{Object: schemas.ObjectContact, Property: pairs[i], Reason: schemas.GoalLeftReason(pairs[i+1])})
		}
		return out
	}
	for name, c := range map[string]struct {
		settings schemas.CRMSettings
		level    schemas.IdentityLevel
		set      map[string]string
		answers  map[string]string
		current  map[string]string
		want     map[string]string
		left     []schemas.GoalLeft
	}{
		"an admin's value fills an empty property":             {level: schemas.IdentityClaimedEmail, set: map[string]string{"city": "Rome"}, want: map[string]string{"city": "Rome"}},
		"a value that is there already":                        {level: schemas.IdentityClaimedEmail, set: map[string]string{"city": "Rome"}, current: map[string]string{"city": "Rome"}},
		"another one, known by the address alone":              {level: schemas.IdentityMatchedEmail, set: map[string]string{"city": "Rome"}, current: map[string]string{"city": "Bari"}, left: left("city", "needs_verification")},
		"another one, verified":                                {level: schemas.IdentityVerifiedEmail, set: map[string]string{"city": "Rome"}, current: map[string]string{"city": "Bari"}, want: map[string]string{"city": "Rome"}},
		"another one, at the level of the grant":               {settings: open, level: schemas.IdentityMatchedEmail, set: map[string]string{"hs_lead_status": "OPEN"}, current: map[string]string{"hs_lead_status": "NEW"}, want: map[string]string{"hs_lead_status": "OPEN"}},
		"below the level of the grant":                         {settings: open, level: schemas.IdentityClaimedEmail, set: map[string]string{"hs_lead_status": "OPEN"}, current: map[string]string{"hs_lead_status": "NEW"}, left: left("hs_lead_status", "needs_verification")},
		"a grant to view grants no change":                     {settings: open, level: schemas.IdentityClaimedEmail, answers: map[string]string{"phone": "+39"}, left: left("phone", "needs_verification")},
		"a stage moves forward":                                {level: schemas.IdentityClaimedEmail, set: map[string]string{"lifecyclestage": "customer"}, current: map[string]string{"lifecyclestage": "lead"}, want: map[string]string{"lifecyclestage": "customer"}},
		"and never back":                                       {level: schemas.IdentityAuthenticated, set: map[string]string{"lifecyclestage": "lead"}, current: map[string]string{"lifecyclestage": "customer"}, left: left("lifecyclestage", "only_forward")},
		"who somebody is, who owns them, what is sensitive":    {level: schemas.IdentityAuthenticated, set: map[string]string{"work_email": "a@b.c", "hubspot_owner_id": "1", "allergies": "x", "createdate": "x", "newsletter_consent": "true", "nothing": "x"}, left: left("allergies", "not_allowed", "createdate", "not_allowed", "hubspot_owner_id", "not_allowed", "newsletter_consent", "not_allowed", "nothing", "not_allowed", "work_email", "not_allowed")},
		"no option of the property":                            {level: schemas.IdentityAuthenticated, set: map[string]string{"hs_lead_status": "HOT"}, left: left("hs_lead_status", "invalid_option")},
		"no value of the type":                                 {level: schemas.IdentityAuthenticated, answers: map[string]string{"numemployees": "many"}, left: left("numemployees", "invalid_value")},
		"an answer takes the level of the grant":               {settings: open, level: schemas.IdentityClaimedEmail, answers: map[string]string{"city": "Rome"}, want: map[string]string{"city": "Rome"}},
		"an answer without a grant takes a verified address":   {level: schemas.IdentityMatchedEmail, answers: map[string]string{"city": "Rome"}, left: left("city", "needs_verification")},
		"an answer of somebody who is verified":                {level: schemas.IdentityVerifiedEmail, answers: map[string]string{"city": "Rome"}, want: map[string]string{"city": "Rome"}},
		"an answer never replaces another value":               {settings: open, level: schemas.IdentityAuthenticated, answers: map[string]string{"city": "Rome"}, current: map[string]string{"city": "Bari"}, left: left("city", "has_value")},
		"nor does it move a stage":                             {level: schemas.IdentityAuthenticated, answers: map[string]string{"lifecyclestage": "customer"}, current: map[string]string{"lifecyclestage": "lead"}, left: left("lifecyclestage", "has_value")},
		"the admin's value wins over an answer":                {settings: open, level: schemas.IdentityClaimedEmail, set: map[string]string{"city": "Rome"}, answers: map[string]string{"city": "Bari"}, want: map[string]string{"city": "Rome"}},
		"what is refused does not keep the rest from it":       {settings: open, level: schemas.IdentityClaimedEmail, set: map[string]string{"city": "Rome", "nothing": "x"}, answers: map[string]string{"phone": "+39"}, want: map[string]string{"city": "Rome"}, left: left("nothing", "not_allowed", "phone", "needs_verification")},
		"nobody who gave no address has a level for an answer": {settings: open, level: schemas.IdentityAnonymous, answers: map[string]string{"hs_lead_status": "NEW"}, left: left("hs_lead_status", "needs_verification")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, kept := crm.GoalChanges(properties(), c.settings, c.level, schemas.GoalPlan{Set: c.set, Answers: c.answers}, c.current)
			if c.want == nil {
				c.want = map[string]string{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("changes: %s", diff)
			}
			if diff := cmp.Diff(c.left, kept); diff != "" {
				t.Errorf("left: %s", diff)
			}
		})
	}
}

func TestOpenTicket(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		properties map[string]string
		want       bool
	}{
		"new":                      {map[string]string{"hs_pipeline_stage": "1"}, true},
		"of a pipeline of its own": {map[string]string{"hs_pipeline_stage": "9001"}, true},
		"without a stage":          {nil, true},
		"closed":                   {map[string]string{"hs_pipeline_stage": "4"}, false},
		"closed in another one":    {map[string]string{"hs_pipeline_stage": "9002", "closed_date": "2026-01-01T00:00:00Z"}, false},
	} {
		if got := crm.OpenTicket(c.properties); got != c.want {
			t.Errorf("%s: open %v, want %v", name, got, c.want)
		}
	}
}
