package crawl

import "strings"

// rules are the lines of a robots.txt that apply to us. RFC 9309.
type rules struct {
	// closed is true when nothing may be read.
	closed bool
	lines  []rule
}

type rule struct {
	allow   bool
	pattern string
}

// parseRobots takes the groups for product, merged, else those for "*". Lines
// that cannot be understood are skipped.
func parseRobots(body, product string) rules {
	var own, any rules
	found := false
	var agents []string
	inRules := false
	body = strings.ReplaceAll(strings.TrimPrefix(body, "\ufeff"), "\r", "\n")
	for line := range strings.SplitSeq(body, "\n") {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if inRules {
				agents, inRules = nil, false
			}
			agents = append(agents, productToken(value))
			found = found || productToken(value) == product
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue
			}
			r := rule{allow: key == "allow", pattern: normalPath(value)}
			for _, agent := range agents {
				switch agent {
				case product:
					own.lines = append(own.lines, r)
				case "*":
					any.lines = append(any.lines, r)
				}
			}
		}
	}
	if found {
		return own
	}
	return any
}

// productToken is the part of a user agent that groups are named after.
func productToken(value string) string {
	value = strings.ToLower(value)
	if value == "*" {
		return value
	}
	end := strings.IndexFunc(value, func(r rune) bool {
		return (r < 'a' || r > 'z') && r != '-' && r != '_'
	})
	if end >= 0 {
		value = value[:end]
	}
	return value
}

// allows reports whether a path with its query may be read. The longest match
// decides, and on equal length the permission.
func (r rules) allows(path string) bool {
	if path == "/robots.txt" {
		return true
	}
	if r.closed {
		return false
	}
	path = normalPath(path)
	best, allowed := -1, true
	for _, line := range r.lines {
		n := len(line.pattern)
		if n < best || n == best && !line.allow || !matches(line.pattern, path) {
			continue
		}
		best, allowed = n, line.allow
	}
	return allowed
}

// matches compares with * for any run and $ for the end.
func matches(pattern, path string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	rest := path[len(parts[0]):]
	for i, part := range parts[1:] {
		if anchored && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !anchored || rest == ""
}

const upperHex = "0123456789ABCDEF"

// normalPath writes a path in one form of percent-encoding: unreserved octets
// bare, all others above ASCII encoded, hexadecimal digits in upper case.
func normalPath(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if octet, ok := fromHex(path[i+1], path[i+2]); ok {
				i += 2
				if unreserved(octet) {
					out.WriteByte(octet)
				} else {
					out.Write([]byte{'%', upperHex[octet>>4], upperHex[octet&15]})
				}
				continue
			}
		}
		if c >= 0x80 {
			out.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

func fromHex(a, b byte) (byte, bool) {
	high := strings.IndexByte(upperHex, upper(a))
	low := strings.IndexByte(upperHex, upper(b))
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'f' {
		return c - 'a' + 'A'
	}
	return c
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
