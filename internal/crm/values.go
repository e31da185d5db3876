package crm

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"steward/schemas"
)

// MaxValue is the longest value of a property, in bytes: HubSpot's limit.
const MaxValue = 65_536

// maxEmail is the longest email address, in bytes (RFC 5321).
const maxEmail = 254

// propEmail is the property that holds an email address and is checked as one.
const propEmail = "email"

// decimal is the form of a number.
var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,10})?$`)

// CheckValue says what is wrong with a value of a property, by its type and its
// options; an empty value clears the property and is always of its type.
func CheckValue(p schemas.Property, value string) error {
	if value == "" {
		return nil
	}
	if len(value) > MaxValue || !utf8.ValidString(value) || strings.ContainsRune(value, 0) || !ofType(p, value) {
		return FailProperty(KindInvalidValue, p.Name, Options(p))
	}
	return nil
}

func ofType(p schemas.Property, value string) bool {
	switch p.Type {
	case schemas.PropertyText:
		return p.Name != propEmail || isEmail(value)
	case schemas.PropertyNumber:
		return decimal.MatchString(value)
	case schemas.PropertyBoolean:
		return value == "true" || value == "false"
	case schemas.PropertyDate:
		_, err := time.Parse(time.DateOnly, value)
		return err == nil
	case schemas.PropertyDateTime:
		_, err := time.Parse(time.RFC3339, value)
		return err == nil
	case schemas.PropertyEnum:
		return slices.Contains(Options(p), value)
	}
	return false
}

func isEmail(value string) bool {
	parsed, err := mail.ParseAddress(value)
	return err == nil && parsed.Address == value && len(value) <= maxEmail && !strings.ContainsAny(value, "\r\n\"")
}

// Options lists the values of an enum, in their order; nil for other types.
func Options(p schemas.Property) []string {
	if p.Type != schemas.PropertyEnum {
		return nil
	}
	out := make([]string, 0, len(p.Options))
	for _, o := range p.Options {
		out = append(out, o.Value)
	}
	return out
}

// Backward reports whether a property that only moves on through its options
// would move back or be cleared. A value from before the options were changed
// may be left.
func Backward(p schemas.Property, from, to string) bool {
	if !p.Forward || from == "" || from == to {
		return false
	}
	options := Options(p)
	return to == "" || slices.Index(options, to) < slices.Index(options, from)
}

// Later are the options that may follow a value.
func Later(p schemas.Property, from string) []string {
	options := Options(p)
	return options[slices.Index(options, from)+1:]
}

// Normal is the form in which values of a unique property are compared: without
// regard to case and outer spaces, and a domain without its scheme, www and
// path.
func Normal(property, value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	if property != "domain" {
		return value
	}
	if _, rest, ok := strings.Cut(value, "://"); ok {
		value = rest
	}
	value, _, _ = strings.Cut(value, "/")
	return strings.TrimSuffix(strings.TrimPrefix(value, "www."), ".")
}

// Pick returns a record with only the named properties that have a value.
func Pick(r schemas.Record, properties []string) schemas.Record {
	out := r
	out.Properties = make(map[string]string, len(properties))
	for _, name := range properties {
		if v := r.Properties[name]; v != "" {
			out.Properties[name] = v
		}
	}
	return out
}
