package files

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

var (
	// errBinary marks bytes that are no text.
	errBinary = errors.New("not a text")

	xmlEncoding = regexp.MustCompile(`^\s*<\?xml\s[^<>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)
)

// sniffBytes is how much of a file tells its character set.
const sniffBytes = 1024

// decode returns body as UTF-8: by its byte order mark, its validity as UTF-8,
// the header, the declaration of XML, else the set that texts in its language
// had before UTF-8. Valid UTF-8 wins over a declaration, which is often left
// over from a template; only the Japanese set that looks like ASCII does not.
func decode(body []byte, contentType, lang string) (string, error) {
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok {
		body = rest
	}
	declared := declaredSet(body, contentType)
	name := ""
	switch wide := wideSet(body); {
	case wide != "":
		name = wide
	case bytes.IndexByte(body, 0) >= 0:
		return "", errBinary
	case utf8.Valid(body) && declared != "iso-2022-jp":
		return string(body), nil
	case declared != "" && declared != "utf-8":
		name = declared
	default:
		name = legacySet(lang)
	}
	encoding, _ := charset.Lookup(name)
	decoded, err := encoding.NewDecoder().Bytes(body)
	if err != nil {
		return "", fmt.Errorf("decode character set: %w", err)
	}
	if bytes.IndexByte(decoded, 0) >= 0 {
		return "", errBinary
	}
	return string(bytes.TrimPrefix(decoded, []byte("\xef\xbb\xbf"))), nil
}

// declaredSet returns the known name of the set that the header or the text
// itself declares.
func declaredSet(body []byte, contentType string) string {
	label := ""
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		label = params["charset"]
	}
	if m := xmlEncoding.FindSubmatch(body[:min(len(body), sniffBytes)]); label == "" && m != nil {
		label = string(m[1])
	}
	encoding, name := charset.Lookup(label)
	if encoding == nil || strings.HasPrefix(name, "utf-16") || name == "replacement" {
		return ""
	}
	return name
}

// wideSet knows UTF-16 by its mark, or by the zeros in half of its first bytes.
func wideSet(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return "utf-16be"
	}
	head := body[:min(len(body), sniffBytes)&^1]
	zeros := [2]int{}
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch enough := len(head) / 4; {
	case enough == 0:
		return ""
	case zeros[0] == 0 && zeros[1] > enough:
		return "utf-16le"
	case zeros[1] == 0 && zeros[0] > enough:
		return "utf-16be"
	}
	return ""
}

// legacySet is the default of browsers for a language. See the HTML standard, 13.2.3.2.
func legacySet(lang string) string {
	switch lang {
	case "ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "tg":
		return "windows-1251"
	case "cs", "sk", "hr", "hu", "pl", "sl", "bs", "ro":
		return "windows-1250"
	case "el":
		return "windows-1253"
	case "tr", "az", "ku":
		return "windows-1254"
	case "he", "yi":
		return "windows-1255"
	case "ar", "fa", "ur":
		return "windows-1256"
	case "et", "lt", "lv":
		return "windows-1257"
	case "vi":
		return "windows-1258"
	case "th":
		return "windows-874"
	case "ja":
		return "shift_jis"
	case "zh":
		return "gb18030"
	case "ko":
		return "euc-kr"
	}
	return "windows-1252"
}
