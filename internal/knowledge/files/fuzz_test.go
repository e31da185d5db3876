package files

import (
	"strings"
	"testing"
	"unicode/utf8"

	"steward/internal/knowledge"
	"steward/schemas"
)

// fuzz reads what the fuzzer makes under a file name. Whatever comes, it has a
// text with words or a reason, reads the same twice, and no parser breaks.
func fuzz(f *testing.F, name string, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	reader := whole()
	f.Fuzz(func(t *testing.T, body []byte) {
		page := knowledge.Page{Name: name, Body: body}
		text, err := reader.Read(t.Context(), page)
		code, _ := knowledge.CodeOf(err)
		switch {
		case code == schemas.FailInternal:
			t.Fatalf("a parser broke: %v", err)
		case err != nil:
			return
		case strings.TrimSpace(text.Markdown) == "":
			t.Error("no text and no reason")
		case !utf8.ValidString(text.Markdown) || strings.ContainsRune(text.Markdown, 0):
			t.Error("the text is not clean")
		}
		if again, err := reader.Read(t.Context(), page); err != nil || again.Markdown != text.Markdown || again.Title != text.Title {
			t.Errorf("reads differently the second time: %v", err)
		}
	})
}

func FuzzRst(f *testing.F) {
	fuzz(f, "a.rst", "A\n=\n\n* a\n\n  * b\n", "+-+-+\n|a|b|\n+=+=+\n|c  |\n+-+-+\n", "== ==\na  b\n== ==\n", ".. csv-table:: a\n   :header: b\n\n   c, d\n",
		".. list-table::\n\n   * - a\n     - b\n", "a::\n\n  b\n", ":a: b\n", "`a <b>`_ :c:`d` |e| [1]_ \\f", ".. |a| replace:: b\n\n|a|", "a\n  b\n", "-a  b\n| c\n>>> d\n")
}

func FuzzCSV(f *testing.F) {
	fuzz(f, "a.csv", "a,b\n1,2\n", "sep=;\na;b\n", "\"a\nb\",c\n", "a\tb\n\"", "x\n\na|b\nc|d\n")
}

func FuzzXMLText(f *testing.F) {
	fuzz(f, "a.xml", "<a b='c'>d<e/>f</a>", "<rss><channel><title>a</title><item><title>b</title><description>&lt;p>c</description></item></channel></rss>",
		"<book><title>a</title><para>b <link href='http://c'>d</link></para><itemizedlist><listitem>e</listitem></itemizedlist><table><row><entry>f</entry></row></table></book>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;&nbsp;<![CDATA[d]]></a>", "<a><b>1</b><b>2</b></a>", "<feed><title>a</title></feed>")
}

func FuzzJSONText(f *testing.F) {
	fuzz(f, "a.json", `{"a":{"b":[1,"2",null,true]},"title":"c"}`, `[{"a":1},{"a":2}]`, "{\"a\":1}\n{\"a\":2}", `{"a":"<p>b</p>"}`, `[[[["a"]]]]`)
}

func FuzzCfg(f *testing.F) {
	fuzz(f, "a.conf", "[a]\nb = c\n# d\n", "password = x\n  y\n", "a { b c; }\n", "-----BEGIN PRIVATE KEY-----\na", "url = a://b:c@d", "<a key=\"token\" value=\"b\"/>")
}

func FuzzMarkdown(f *testing.F) {
	fuzz(f, "a.md", "---\ntitle: x\n---\n# a", "| a |\n|-|\n| b", "<div hidden>\n\na\n\n</div>\nb", "- a\n  - b\n\n```\nc", "[a](b) <script>c</script>")
}
