package language

import (
	"net/mail"
	"strings"
	"unicode"
)

// maxEmailBytes is the longest address a mail server must accept (RFC 5321).
const maxEmailBytes = 254

// FindEmail returns the first plausible email address in a free text, with the
// domain in lower case. Plausible means that it parses and that its domain has
// a dot and ends in letters; nobody has proven that it exists.
func FindEmail(text string) (string, bool) {
	tokens := strings.FieldsFunc(Clean(text), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("<>()[]{}\"“”«»,;:|*`", r)
	})
	for _, token := range tokens {
		token = strings.Trim(token, ".!?'’‘…/\\=&")
		if address, ok := plausible(token); ok {
			return address, true
		}
	}
	return "", false
}

func plausible(token string) (string, bool) {
	if len(token) > maxEmailBytes || strings.Count(token, "@") != 1 {
		return "", false
	}
	parsed, err := mail.ParseAddress(token)
	if err != nil || parsed.Address != token {
		return "", false
	}
	local, domain, _ := strings.Cut(token, "@")
	labels := strings.Split(strings.ToLower(domain), ".")
	if len(labels) < 2 {
		return "", false
	}
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return "", false
		}
	}
	top := labels[len(labels)-1]
	if len(top) < 2 || strings.IndexFunc(top, unicode.IsLetter) != 0 {
		return "", false
	}
	return local + "@" + strings.ToLower(domain), true
}
