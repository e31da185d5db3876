package crm

import (
	"fmt"
	"regexp"
	"slices"

	"steward/schemas"
)

// maxGrants is how many properties the agent may have: each is a part of every
// prompt.
const maxGrants = 50

// propertyName is the form of a property's name.
var propertyName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)

// ValidateSettings says which grant is wrong and why, when an admin saves them.
// properties are those of the CRM. Spec: S51, S52, D7.
func ValidateSettings(s schemas.CRMSettings, properties []schemas.Property) error {
	if len(s.Grants) > maxGrants {
		return invalid("crm.grants", "at most %d properties", maxGrants)
	}
	seen := map[string]bool{}
	for i, g := range s.Grants {
		field := fmt.Sprintf("crm.grants[%d]", i)
		if g.Object != schemas.ObjectContact {
			return invalid(field+".object", "use contact: the agent sees the record of the customer that it talks to and no other")
		}
		at := slices.IndexFunc(properties, func(p schemas.Property) bool { return p.Object == g.Object && p.Name == g.Property })
		if at < 0 {
			return invalid(field+".property", "the CRM has no property of that name for a contact")
		}
		if seen[g.Property] {
			return invalid(field+".property", "%s has two grants: keep one", g.Property)
		}
		seen[g.Property] = true
		if err := validateGrant(field, g, properties[at]); err != nil {
			return err
		}
	}
	return nil
}

func validateGrant(field string, g schemas.PropertyGrant, p schemas.Property) error {
	view, edit := viewLevel(g), editLevel(g)
	switch {
	case !g.View && !g.Edit:
		return invalid(field, "%s: set view, edit or both", p.Name)
	case !view.Valid():
		return invalid(field+".view_level", "use none, match_email, verify_email or authenticated")
	case !edit.Valid():
		return invalid(field+".edit_level", "use none, match_email, verify_email or authenticated")
	case g.View && p.Sensitive && !view.Level().Meets(schemas.IdentityVerifiedEmail):
		return invalid(field+".view_level", "%s is sensitive: use verify_email or authenticated", p.Name)
	case g.Edit && p.ReadOnly:
		return invalid(field+".edit", "%s is set by the CRM itself", p.Name)
	case g.Edit && p.Sensitive:
		return invalid(field+".edit", "%s is sensitive: the agent never changes it", p.Name)
	case g.Edit && !Editable(p):
		return invalid(field+".edit", "%s says who somebody is, who owns them or what they consented to: the agent never changes it", p.Name)
	case g.Edit && p.Type == schemas.PropertyEnum && len(p.Options) == 0:
		return invalid(field+".edit", "%s has no options in the CRM", p.Name)
	}
	return nil
}

func invalid(field, format string, args ...any) error {
	return schemas.NewError(schemas.KindInvalid, field+": "+fmt.Sprintf(format, args...))
}
