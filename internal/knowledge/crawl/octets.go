package crawl

import "strings"

const upperHex = "0123456789ABCDEF"

// octets writes a text of an address in one form of percent-encoding:
// unreserved octets bare, those that no address may hold encoded, reserved ones
// as they are, and all digits in upper case. RFC 3986, section 6.2.2.
func octets(text string) string {
	return recode(text, func(c byte) bool { return !reserved(c) })
}

// recode writes the octets of a text, encoding those above ASCII and those that
// encode says; unreserved octets are always bare.
func recode(text string, encode func(c byte) bool) string {
	var out strings.Builder
	out.Grow(len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if octet, ok := encoded(text[i:]); ok {
			i += 2
			if unreserved(octet) {
				out.WriteByte(octet)
			} else {
				writeEncoded(&out, octet)
			}
			continue
		}
		if unreserved(c) || c < 0x80 && !encode(c) {
			out.WriteByte(c)
			continue
		}
		writeEncoded(&out, c)
	}
	return out.String()
}

func writeEncoded(out *strings.Builder, c byte) {
	out.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
}

// encoded reads the percent-encoded octet that a text begins with.
func encoded(text string) (byte, bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	high, low := strings.IndexByte(upperHex, upper(text[1])), strings.IndexByte(upperHex, upper(text[2]))
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
		strings.IndexByte("-._~", c) >= 0
}

func reserved(c byte) bool { return strings.IndexByte(":/?#[]@!$&'()*+,;=", c) >= 0 }
