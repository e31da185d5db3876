package crm

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"steward/schemas"
)

// MaxFreeText is the longest text that the agent may write into a property, in
// characters.
const MaxFreeText = 500

// Grants are the properties of the contact that the agent may read and change,
// each with the identity level that it takes. The zero value grants nothing.
// Spec: S51, S52, D7.
type Grants struct {
	granted map[string]granted
}

// granted is one property with what it takes; an empty level is "never".
type granted struct {
	property schemas.Property
	view     schemas.IdentityLevel
	edit     schemas.IdentityLevel
}

// NewGrants reads the settings against the CRM's definitions. A grant whose
// property is gone, or whose level cannot be read, grants nothing: what was valid
// when it was saved may not be any more.
func NewGrants(s schemas.CRMSettings, properties []schemas.Property) Grants {
	g := Grants{granted: map[string]granted{}}
	for _, grant := range s.Grants {
		i := slices.IndexFunc(properties, func(p schemas.Property) bool { return p.Object == grant.Object && p.Name == grant.Property })
		if i < 0 || grant.Object != schemas.ObjectContact {
			continue
		}
		p := granted{property: properties[i]}
		if grant.View {
			p.view = viewLevel(grant).Level()
		}
		if grant.Edit && Editable(p.property) {
			p.edit = editLevel(grant).Level()
		}
		if p.view != "" || p.edit != "" {
			g.granted[grant.Property] = p
		}
	}
	return g
}

func viewLevel(g schemas.PropertyGrant) schemas.Protection {
	if g.ViewLevel == "" {
		return schemas.ProtectMatchEmail
	}
	return g.ViewLevel
}

// editLevel defaults to a verified address. Spec: D7.
func editLevel(g schemas.PropertyGrant) schemas.Protection {
	if g.EditLevel == "" {
		return schemas.ProtectVerifyEmail
	}
	return g.EditLevel
}

// Editable reports whether a grant may make a property one that the agent
// changes: never who somebody is, who owns them, what they consented to, or what
// is sensitive or the CRM's own. Opting out is a change they may always ask for.
func Editable(p schemas.Property) bool {
	if p.ReadOnly || p.Sensitive || p.Unique {
		return false
	}
	name := strings.ToLower(p.Name)
	for _, part := range []string{"email", "owner", "consent", "legal_basis", "gdpr", "marketable", "opt_in", "optin", "password"} {
		if strings.Contains(name, part) && !isOptOut(p) {
			return false
		}
	}
	return true
}

// isOptOut reports whether a property is a switch by which somebody refuses
// messages.
func isOptOut(p schemas.Property) bool {
	name := strings.ToLower(p.Name)
	for _, part := range []string{"optout", "opt_out", "unsubscribe", "do_not_contact", "donotcontact"} {
		if strings.Contains(name, part) {
			return p.Type == schemas.PropertyBoolean
		}
	}
	return false
}

// Readable lists the properties that may be shown to a customer known at a
// level, sorted by name.
func (g Grants) Readable(level schemas.IdentityLevel) []schemas.Property {
	return g.list(func(p granted) bool { return p.view != "" && level.Meets(p.view) })
}

// Locked lists the names of the properties that could be shown at a higher
// level, sorted.
func (g Grants) Locked(level schemas.IdentityLevel) []string {
	var names []string
	for _, p := range g.list(func(p granted) bool { return p.view != "" && !level.Meets(p.view) }) {
		names = append(names, p.Name)
	}
	return names
}

// NeededToRead is the lowest level at which all these properties may be shown.
// ok is false when one of them never may.
func (g Grants) NeededToRead(names []string) (level schemas.IdentityLevel, ok bool) {
	level = schemas.IdentityAnonymous
	for _, name := range names {
		p, found := g.granted[name]
		if !found || p.view == "" {
			return "", false
		}
		if p.view.Rank() > level.Rank() {
			level = p.view
		}
	}
	return level, true
}

// Facts are the values of a record that may be shown at a level, by name.
func (g Grants) Facts(level schemas.IdentityLevel, properties map[string]string) map[string]string {
	out := map[string]string{}
	for _, p := range g.Readable(level) {
		if v := properties[p.Name]; v != "" {
			out[p.Name] = v
		}
	}
	return out
}

// Names lists every property that may be read or changed at some level, sorted:
// what to read of a record before a check.
func (g Grants) Names() []string { return slices.Sorted(maps.Keys(g.granted)) }

func (g Grants) list(keep func(granted) bool) []schemas.Property {
	var out []schemas.Property
	for _, name := range g.Names() {
		if p := g.granted[name]; keep(p) {
			out = append(out, p.property)
		}
	}
	return out
}

// Denial is why a change of a property is not made.
type Denial string

// The denials. DenyUnknown says the same of a property that is not there and of
// one that is not granted.
const (
	DenyUnknown  Denial = "not_allowed"
	DenyLocked   Denial = "needs_verification"
	DenyValue    Denial = "invalid_value"
	DenyOption   Denial = "invalid_option"
	DenyTooLong  Denial = "too_long"
	DenyBackward Denial = "only_forward"
	DenyOptIn    Denial = "only_opting_out"
)

// Denied is a change that is not made, with what would be allowed.
type Denied struct {
	Property string `json:"property"`
	Reason   Denial `json:"reason"`
	// Allowed are the options, for DenyOption and DenyBackward.
	Allowed []string `json:"allowed,omitempty"`
	// Needs is the level that the change takes, for DenyLocked.
	Needs schemas.IdentityLevel `json:"needs,omitempty"`
}

// CheckUpdate decides whether the changes that an engine proposes may be made
// for a customer known at a level. current are the record's values, at least of
// Names. All or nothing: with any denial nothing is changed. confirm asks the
// customer first, because a value that is there would be replaced. The record is
// always the conversation's own: nothing in changes names one. Spec: S52, D7.
func (g Grants) CheckUpdate(changes map[string]string, level schemas.IdentityLevel, current map[string]string) (denied []Denied, confirm bool) {
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		p, ok := g.granted[name]
		if !ok || p.edit == "" {
			denied = append(denied, Denied{Property: named(name), Reason: DenyUnknown})
			continue
		}
		if d := p.check(changes[name], level, current[name]); d.Reason != "" {
			d.Property = name
			denied = append(denied, d)
		}
		if before := current[name]; before != "" && before != changes[name] {
			confirm = true
		}
	}
	return denied, confirm && len(denied) == 0
}

func (p granted) check(value string, level schemas.IdentityLevel, before string) Denied {
	switch {
	case !level.Meets(p.edit):
		return Denied{Reason: DenyLocked, Needs: p.edit}
	case strings.TrimSpace(value) == "":
		return Denied{Reason: DenyValue, Allowed: Options(p.property)}
	case p.property.Type == schemas.PropertyText && utf8.RuneCountInString(value) > MaxFreeText:
		return Denied{Reason: DenyTooLong}
	case CheckValue(p.property, value) != nil && p.property.Type == schemas.PropertyEnum:
		return Denied{Reason: DenyOption, Allowed: Options(p.property)}
	case CheckValue(p.property, value) != nil || hasControls(value):
		return Denied{Reason: DenyValue}
	case isOptOut(p.property) && value != "true":
		return Denied{Reason: DenyOptIn}
	case Backward(p.property, before, value):
		return Denied{Reason: DenyBackward, Allowed: Later(p.property, before)}
	}
	return Denied{}
}

// hasControls reports whether a text has characters that nobody types.
func hasControls(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
}

// named is a property's name as an engine may read it back: one of another form
// is text, not a name.
func named(name string) string {
	if propertyName.MatchString(name) {
		return name
	}
	return "?"
}
