package files

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// errBinary marks bytes that are no text.
var errBinary = errors.New("not a text")

// metaBytes is how much of a page is searched for its character set.
const metaBytes = 1024

// decode returns body as UTF-8: by its byte order mark, the header, the page's
// own declaration, its validity as UTF-8, else windows-1252. Valid UTF-8 with
// letters outside ASCII wins over a declaration, which is often left over from
// a template.
func decode(body []byte, contentType string, html bool) (string, error) {
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok {
		body = rest
	}
	utf16 := bytes.HasPrefix(body, []byte("\xfe\xff")) || bytes.HasPrefix(body, []byte("\xff\xfe"))
	if !utf16 && bytes.IndexByte(body, 0) >= 0 {
		return "", errBinary
	}
	if !utf16 && utf8.Valid(body) && (!ascii(body) || !html) {
		return string(body), nil
	}
	if !html && !declares(contentType) && !utf16 {
		// Without a declaration the detector would only look for HTML.
		contentType = "text/plain; charset=windows-1252"
	}
	encoding, _, _ := charset.DetermineEncoding(body[:min(len(body), metaBytes)], contentType)
	decoded, err := encoding.NewDecoder().Bytes(body)
	if err != nil {
		return "", fmt.Errorf("decode character set: %w", err)
	}
	if bytes.IndexByte(decoded, 0) >= 0 {
		return "", errBinary
	}
	return string(bytes.TrimPrefix(decoded, []byte("\xef\xbb\xbf"))), nil
}

func declares(contentType string) bool {
	_, params, err := mime.ParseMediaType(contentType)
	return err == nil && params["charset"] != ""
}

func ascii(body []byte) bool {
	for _, b := range body {
		if b >= 0x80 {
			return false
		}
	}
	return true
}
