package office

import (
	"net/url"
	"strings"
)

// maxAddress is the longest address of a link, in bytes.
const maxAddress = 2000

// address returns a link's target when a reader may follow it, else "".
func address(target string) string {
	target = strings.TrimSpace(target)
	if len(target) > maxAddress {
		return ""
	}
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
	case "mailto":
	default:
		return ""
	}
	return strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\n", "", "\t", "").Replace(target)
}

// link writes text as a link, or alone when it already says the address.
func link(text, target string) string {
	shown := oneLine(text)
	if target == "" || shown == "" || shown == target || "mailto:"+shown == target {
		return text
	}
	lead := text[:len(text)-len(strings.TrimLeft(text, " \t\n"))]
	trail := text[len(strings.TrimRight(text, " \t\n")):]
	return lead + "[" + strings.NewReplacer("[", `\[`, "]", `\]`).Replace(shown) + "](" + target + ")" + trail
}
