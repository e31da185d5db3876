package crawl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// What an address may look like before it is taken for one of endless variants.
const (
	maxDepth     = 10
	maxQueryKeys = 5
	maxRepeats   = 2
	// maxPerShape is how many addresses of one shape are read before it counts
	// how many of them held a text of their own.
	maxPerShape = 200
)

// isTrap reports whether an address found as a link looks like one of endless
// variants: too deep, too many query keys, a segment that repeats, or a list
// that the admin has not asked for by a pattern.
func (s scope) isTrap(address string, depth int) bool {
	u, err := url.Parse(address)
	if err != nil || depth > maxDepth || len(address) > maxURLBytes {
		return true
	}
	keys := queryKeys(u.RawQuery)
	if len(keys) > maxQueryKeys || repeats(u.Path) {
		return true
	}
	return isListing(u.Path, keys) && !s.named(address)
}

func queryKeys(query string) []string {
	var keys []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		if key = strings.ToLower(key); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func repeats(path string) bool {
	count := make(map[string]int)
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" {
			continue
		}
		if count[segment]++; count[segment] > maxRepeats {
			return true
		}
	}
	return false
}

// isListing reports whether an address is that of a list, which shows again
// what stands elsewhere, in any number of orders.
func isListing(path string, keys []string) bool {
	for segment := range strings.SplitSeq(strings.ToLower(path), "/") {
		if segment == "calendar" || segment == "search" {
			return true
		}
	}
	return slices.ContainsFunc(keys, func(key string) bool {
		switch key {
		case "add-to-cart", "dir", "filter", "filters", "order", "order_by", "orderby", "replytocom", "s", "sort", "sort_by", "sortby":
			return true
		}
		return strings.HasPrefix(key, "filter[") || strings.HasPrefix(key, "filter_")
	})
}

// varying are the parts of addresses that differ within one shape: numbers,
// hashes, dates.
var varying = regexp.MustCompile(`[0-9a-f]{8,}|[0-9]+`)

// shapeOf is an address with its numbers and hashes replaced by #.
func shapeOf(key string) string { return varying.ReplaceAllString(strings.ToLower(key), "#") }
