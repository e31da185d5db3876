package extract

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// errBinary marks bytes that are no text.
var errBinary = errors.New("not a text")

// metaBytes is how much of a page is searched for its character set, as
// browsers do.
const metaBytes = 1024

// xmlEncoding is what an XML declaration at the top says.
var xmlEncoding = regexp.MustCompile(`^\s*<\?xml\s[^>]*encoding=["']([\w.:-]+)["']`)

// decode returns body as UTF-8: by its byte order mark, the header, the page's
// own declaration, its validity as UTF-8, else windows-1252. UTF-8 with letters
// outside ASCII wins over any declaration, for that is often left over from a
// template, and text in another encoding is next to never valid UTF-8.
func decode(body []byte, contentType string) (string, error) {
	mark := bytes.HasPrefix(body, []byte("\xfe\xff")) || bytes.HasPrefix(body, []byte("\xff\xfe"))
	wide := mark || strings.HasPrefix(declared(contentType), "utf-16")
	if !wide && !strings.HasPrefix(http.DetectContentType(body), "text/") {
		return "", errBinary
	}
	letters, broken := multibyte(body)
	if !wide && letters > 10*broken {
		return string(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), nil
	}
	head := body[:min(len(body), metaBytes)]
	if m := xmlEncoding.FindSubmatch(head); m != nil && declared(contentType) == "" {
		contentType = "text/html; charset=" + string(m[1])
	}
	encoding, name, _ := charset.DetermineEncoding(head, contentType)
	if name == "utf-8" && broken > 0 {
		encoding, _ = charset.Lookup("windows-1252")
	}
	decoded, err := encoding.NewDecoder().Bytes(body)
	if err != nil {
		return "", fmt.Errorf("decode character set: %w", err)
	}
	return string(bytes.TrimPrefix(decoded, []byte("\xef\xbb\xbf"))), nil
}

// declared is the character set of a Content-Type, in lower case.
func declared(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return strings.ToLower(params["charset"])
}

// multibyte counts the letters outside ASCII of body read as UTF-8, and the
// bytes that are none.
func multibyte(body []byte) (letters, broken int) {
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size == 1 {
			broken++
		} else {
			letters++
		}
		i += size
	}
	return letters, broken
}
