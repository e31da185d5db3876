package crawl

import "strings"

// robotsTag is what a site asks of crawlers for one page.
type robotsTag struct{ noIndex, noFollow bool }

// parseRobotsTag reads the values of X-Robots-Tag headers, joined by commas,
// for a crawler by its product token: rules for all and for it.
func parseRobotsTag(header, product string) robotsTag {
	var tag robotsTag
	ours := true
	for part := range strings.SplitSeq(strings.ToLower(header), ",") {
		rule := strings.TrimSpace(part)
		// A date may have commas and colons of its own.
		name, rest, ok := strings.Cut(rule, ":")
		name = strings.TrimSpace(name)
		if ok && !strings.Contains(name, " ") && !hasValue(name) {
			ours = productToken(name) == strings.ToLower(product)
			rule = strings.TrimSpace(rest)
		}
		if !ours {
			continue
		}
		tag.noIndex = tag.noIndex || rule == "noindex" || rule == "none"
		tag.noFollow = tag.noFollow || rule == "nofollow" || rule == "none"
	}
	return tag
}

// hasValue reports whether a rule of an X-Robots-Tag has a value after a colon.
// Any other word before a colon names the crawler that the rules after it are
// for.
func hasValue(rule string) bool {
	switch rule {
	case "max-image-preview", "max-snippet", "max-video-preview", "unavailable_after":
		return true
	}
	return false
}
