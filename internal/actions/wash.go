package actions

import (
	"encoding/json"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"steward/internal/language"
	"steward/schemas"
)

// masked stands for what is not shown.
const masked = "***"

var (
	digitRun   = regexp.MustCompile(`\d(?:[ .-]?\d){12,}`)
	digitGroup = regexp.MustCompile(`\d+`)
	ibanShape  = regexp.MustCompile(`\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,40}`)
	emailShape = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	// tokenShape are the forms in which credentials come: keys of known issuers,
	// signed tokens, authorization headers, private keys, passwords in an address.
	tokenShape = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)` +
		`|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?` +
		`|\b(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{16,}` +
		`|\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}` +
		`|\bgh[opsur]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{20,}` +
		`|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}` +
		`|\bpat-(?:na|eu)\d-[0-9a-f-]{36}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}` +
		`|://[^/\s:@]{1,100}:[^/\s@]{1,200}@`)
	// secretPair is a named secret in running text, secretName the name of one as a
	// member of JSON.
	secretPair = regexp.MustCompile(`(?i)\b((?:api[_-]?key|access[_-]?key|access[_-]?token|refresh[_-]?token|client[_-]?secret|secret[_-]?key|password|passwd|pwd|secret)["']?\s*[:=]\s*["']?)[^\s"',;&}]{6,}`)
	secretName = regexp.MustCompile(`(?i)^(?:.*[_.-])?(?:password|passwd|pwd|secret|api[_-]?key|apikey|access[_-]?key|private[_-]?key|(?:access|refresh|auth|id|session|bearer|csrf)[_-]?token|token|client[_-]?secret|authorization|cookie|set-cookie)$`)
)

// wash makes a value of an answer fit to be read: text in its compatible form
// without what cannot be seen, and without what nobody needs to know.
type wash struct {
	// hidden are our own secrets, which an answer may echo.
	hidden []string
	// plain keeps what looks like a card number, a bank account or a credential:
	// the admin declared the value as such. link keeps credentials, which links
	// carry. email masks addresses as well.
	plain bool
	link  bool
	email bool
	mask  schemas.Mask
}

func (w wash) node(node any) any {
	switch n := node.(type) {
	case string:
		return w.text(n)
	case json.Number:
		if text := w.text(string(n)); text != string(n) {
			return text
		}
		return n
	case bool:
		if w.mask == schemas.MaskAll {
			return masked
		}
	case []any:
		out := make([]any, 0, len(n))
		for _, item := range n {
			out = append(out, w.node(item))
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(n))
		for key, item := range n {
			if !w.plain && secretName.MatchString(key) && item != nil {
				item = masked
			}
			keys := w
			keys.mask = schemas.MaskNone
			out[keys.text(key)] = w.node(item)
		}
		return out
	}
	return node
}

// text washes one text. The order matters: what is hidden in invisible
// characters shows only after they are gone.
func (w wash) text(s string) string {
	s = language.Clean(norm.NFKC.String(language.Clean(s)))
	for _, secret := range w.hidden {
		// A short secret would be found in ordinary words.
		if len(secret) >= 6 {
			s = strings.ReplaceAll(s, secret, masked)
		}
	}
	if !w.plain {
		if !w.link {
			s = tokenShape.ReplaceAllString(s, masked)
			s = secretPair.ReplaceAllString(s, "${1}"+masked)
		}
		// An account number can hold what looks like a card number.
		s = maskIBANs(s)
		s = maskCards(s)
	}
	if w.email {
		s = emailShape.ReplaceAllStringFunc(s, maskEmail)
	}
	return applyMask(w.mask, s)
}

func applyMask(mask schemas.Mask, s string) string {
	switch mask {
	case schemas.MaskAll:
		return masked
	case schemas.MaskLast4:
		return maskLast4(s)
	case schemas.MaskEmail:
		return maskEmail(s)
	}
	return s
}

// maskLast4 keeps the last four characters, and none of a text that has not
// many more.
func maskLast4(s string) string {
	runes := []rune(s)
	if len(runes) < 8 {
		return masked
	}
	return masked + string(runes[len(runes)-4:])
}

// maskEmail keeps the first character and the domain; what is no address goes.
func maskEmail(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || strings.Contains(domain, "@") {
		return masked
	}
	return string([]rune(local)[:1]) + masked + "@" + domain
}

// maskCards masks card numbers: runs of whole groups of digits, 13 to 19 in all,
// that begin as cards do and have their check digit.
func maskCards(s string) string {
	return digitRun.ReplaceAllStringFunc(s, func(run string) string {
		groups := digitGroup.FindAllStringIndex(run, -1)
		var out strings.Builder
		kept := 0
		for from := 0; from < len(groups); from++ {
			start := groups[from][0]
			// The longest span is tried first.
			for to := min(len(groups), from+maxCard); to > from; to-- {
				end := groups[to-1][1]
				if end-start > 2*maxCard {
					continue
				}
				digits := onlyDigits(run[start:end])
				if len(digits) >= minCard && len(digits) <= maxCard && card(digits) {
					out.WriteString(run[kept:start] + masked + digits[len(digits)-4:])
					kept, from = end, to-1
					break
				}
			}
		}
		return out.String() + run[kept:]
	})
}

// The lengths of card numbers and of account numbers.
const (
	minCard, maxCard = 13, 19
	minIBAN, maxIBAN = 15, 34
)

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// card reports whether digits are a card number by the first and the check
// digit (Luhn).
func card(digits string) bool {
	if digits[0] < '2' || digits[0] > '6' {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// maskIBANs masks account numbers that have their check digits (ISO 13616). The
// number may be followed by words, so every end of a word is tried.
func maskIBANs(s string) string {
	var out strings.Builder
	for {
		at := ibanShape.FindStringIndex(s)
		if at == nil {
			return out.String() + s
		}
		start, end := at[0], at[0]
		for i := at[0] + minIBAN; i <= at[1]; i++ {
			if (i == len(s) || !isAlphanumeric(s[i])) && isIBAN(s[start:i]) {
				end = i
			}
		}
		if end == start {
			// Another number may begin inside of what looked like one.
			out.WriteString(s[:start+2])
			s = s[start+2:]
			continue
		}
		number := accountNumber(s[start:end])
		out.WriteString(s[:start] + masked + number[len(number)-4:])
		s = s[end:]
	}
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// accountNumber is a number without what stands between its groups.
func accountNumber(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
}

func isIBAN(s string) bool {
	plain := accountNumber(s)
	if len(plain) < minIBAN || len(plain) > maxIBAN {
		return false
	}
	rest := 0
	for _, r := range plain[4:] + plain[:4] {
		switch {
		case r >= '0' && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
