package files

import (
	"regexp"
	"slices"
	"strings"
)

// masked stands in a text for a secret that was there.
const masked = "***"

var (
	// setting is the name of a setting with what leads to its value.
	setting = regexp.MustCompile(`([\p{L}\d_.\-\[\]]+)["'\]]*\s*(?:=>|:=|[:=])\s*`)
	// bareSetting is a setting whose one value follows after a space.
	bareSetting = regexp.MustCompile(`^(\s*(?:set\s+|export\s+)?([\p{L}\d_.\-]+)\s+)(".*"|'.*'|\S+)(\s*;?)$`)
	// element and attribute are settings in markup.
	element   = regexp.MustCompile(`<([\p{L}\d_:.\-]+)(?:\s[^<>]*)?>([^<]+)</`)
	attribute = regexp.MustCompile(`(?i)(?:key|name)\s*=\s*["']([^"']+)["'][^<>]*?\bvalue\s*=\s*["']([^"']*)["']`)

	userInAddress = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.\-]*://)(?:([^\s/:@"'<>]*:)[^\s"'<>]+|[^\s/:@"'<>?#]+)@`)
	authorization = regexp.MustCompile(`(?i)(\bauthorization["']?[\s:=]+)["']?\S.*`)
	scheme        = regexp.MustCompile(`(?i)(\bbearer\s+)[\w.~+/=-]{12,}|(\bbasic\s+)[A-Za-z0-9+/]{8,}={1,2}`)
	// issued is what the keys of some issuers look like.
	issued = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bsk[-_][A-Za-z0-9_-]{16,}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}` +
		`|\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,}|\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{30,}` +
		`|\bpat-[a-z0-9]+-[a-f0-9-]{30,}|\bglpat-[A-Za-z0-9_-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`)

	harmlessValue = regexp.MustCompile(`(?i)^["']?(?:true|false|yes|no|on|off|none|null|nil|disabled|enabled|required|optional)?["']?\s*[,;{]?$`)
	keyBegin      = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----`)
	keyEnd        = regexp.MustCompile(`-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----`)
)

// secretNames are found in the names of settings that hold a secret, written
// without what separates their words.
const secretNames = "password passwd passphrase passcode secret token apikey accesskey accountkey privatekey signingkey " +
	"encryptionkey sharedkey masterkey clientkey cookiekey licensekey credential authorization connectionstring webhookurl " +
	"pwd masterauth lösenord kennwort contraseña"

// harmlessWords are the last word of a setting about secrets that holds none.
const harmlessWords = "timeout ttl length min max minimum maximum expiry expire expires expiration lifetime policy enable enabled " +
	"required file path dir type algorithm header name count limit retries attempts days hours minutes seconds tokens"

var (
	wordBreak  = regexp.MustCompile(`[_.\-\[\]]+`)
	innerBreak = regexp.MustCompile(`([\p{Ll}\d])(\p{Lu})`)
)

// secretName reports whether a setting of that name holds a secret.
func secretName(name string) bool {
	words := strings.Fields(wordBreak.ReplaceAllString(innerBreak.ReplaceAllString(name, "${1}_${2}"), " "))
	for i := range words {
		words[i] = strings.ToLower(words[i])
	}
	if len(words) == 0 || slices.Contains(strings.Fields(harmlessWords), words[len(words)-1]) {
		return false
	}
	whole := strings.Join(words, "")
	if strings.Contains(whole, "tokeniz") {
		return false
	}
	for part := range strings.FieldsSeq(secretNames) {
		if strings.Contains(whole, part) {
			return true
		}
	}
	last := words[len(words)-1]
	return last == "dsn" || strings.HasSuffix(last, "pass") && last != "bypass" && last != "compass"
}

// Hints are found in every line in which there can be a secret of a kind: most
// lines have none, and looking for words is faster than for patterns.
const (
	settingHints = "pass pwd secret token key credential authorization connection webhook auth dsn lösenord kennwort contraseña"
	issuedHints  = "AKIA ASIA sk- sk_ rk_ gh github_ xox AIza pat- eyJ"
)

func hinted(line, hints string) bool {
	for hint := range strings.FieldsSeq(hints) {
		if strings.Contains(line, hint) {
			return true
		}
	}
	return false
}

// maskSecrets takes the secrets out of a line of a configuration. It reports
// whether the line sets one, so that lines which go on with its value can go.
func maskSecrets(line string, comment bool) (string, bool) {
	secret := false
	lower := strings.ToLower(line)
	if hinted(lower, settingHints) {
		line, secret = maskSettings(line, comment)
	}
	if strings.Contains(line, "://") {
		line = userInAddress.ReplaceAllString(line, "${1}${2}"+masked+"@")
	}
	if hinted(lower, "bearer basic") {
		line = scheme.ReplaceAllString(line, "${1}${2}"+masked)
	}
	if hinted(line, issuedHints) {
		line = issued.ReplaceAllString(line, masked)
	}
	return line, secret
}

// maskSettings hides the values of settings by their names.
func maskSettings(line string, comment bool) (string, bool) {
	secret := false
	for _, m := range setting.FindAllStringSubmatchIndex(line, -1) {
		if !secretName(line[m[2]:m[3]]) {
			continue
		}
		secret = true
		if !harmlessValue.MatchString(line[m[1]:]) {
			// What follows may be part of the value: all of it goes.
			line = line[:m[1]] + masked
			break
		}
	}
	if m := bareSetting.FindStringSubmatch(line); m != nil && !comment && !secret && secretName(m[2]) && !harmlessValue.MatchString(m[3]) {
		line, secret = m[1]+masked+m[4], true
	}
	if strings.ContainsRune(line, '<') {
		line = maskGroup(maskGroup(line, element), attribute)
	}
	if !comment {
		line = authorization.ReplaceAllString(line, "${1}"+masked)
	}
	return line, secret
}

// maskGroup hides the second group of a pattern where the first is the name of
// a secret.
func maskGroup(line string, pattern *regexp.Regexp) string {
	var b strings.Builder
	last := 0
	for _, m := range pattern.FindAllStringSubmatchIndex(line, -1) {
		if secretName(line[m[2]:m[3]]) && strings.TrimSpace(line[m[4]:m[5]]) != "" {
			b.WriteString(line[last:m[4]] + masked)
			last = m[5]
		}
	}
	return b.String() + line[last:]
}
