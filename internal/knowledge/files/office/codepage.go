package office

import (
	"strconv"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// codePage returns how bytes in a code page of Windows, DOS or the Macintosh
// become text. Unknown ones read as Windows-1252.
func codePage(id int) func([]byte) string {
	table := codePageTable(id)
	return func(b []byte) string {
		// Bytes that stand for nothing become U+FFFD; there is no other error.
		text, _ := table.NewDecoder().Bytes(b)
		return string(text)
	}
}

func codePageTable(id int) encoding.Encoding {
	switch id {
	case 437:
		return charmap.CodePage437
	case 850:
		return charmap.CodePage850
	case 852:
		return charmap.CodePage852
	case 858:
		return charmap.CodePage858
	case 866:
		return charmap.CodePage866
	case 932:
		return japanese.ShiftJIS
	case 936:
		return simplifiedchinese.GBK
	case 949:
		return korean.EUCKR
	case 950:
		return traditionalchinese.Big5
	case 10000, 32768:
		return charmap.Macintosh
	}
	if table, err := htmlindex.Get("windows-" + strconv.Itoa(id)); err == nil {
		return table
	}
	return charmap.Windows1252
}
