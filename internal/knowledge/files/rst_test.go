package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestRST(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"levels by order of appearance", "A\n~\n\nB\n=\n\nC\n~\n\nD\n-\n", "# A\n\n## B\n\n# C\n\n### D"},
		{"overline is a level of its own", "=\nA\n=\n\nB\n=\n", "# A\n\n## B"},
		{"short underline is text", "A long title\n==\n", "A long title =="},
		{"transition", "a\n\n----\n\nb", "a\n\nb"},
		{"title of wide letters", "日本語\n======\n\na", "# 日本語\n\na"},
		{"title in a block is text", ".. note::\n\n   A\n   ---\n\n   b", "A\n\nb"},
		{"literal block", "Run::\n\n  a *b*\n\n    c\n\nd", "Run:\n\n```\na *b*\n\n  c\n```\n\nd"},
		{"literal mark alone", "a\n\n::\n\n  b\n\nc", "a\n\n```\nb\n```\n\nc"},
		{"literal mark apart", "a ::\n\n  b", "a\n\n```\nb\n```"},
		{"quoted literal block", "a::\n\n> b\n> c\n\nd", "a:\n\n```\n> b\n> c\n```\n\nd"},
		{"fence in code", "a::\n\n  ```\n  b", "a:\n\n````\n```\nb\n````"},
		{"nested lists", "* a\n\n  * b\n\n    c\n* d", "- a\n  - b\n\n    c\n- d"},
		{"item of code", "* ::\n\n    x = 1\n", "-\n\n  ```\n  x = 1\n  ```"},
		{"numbers", "3. a\n4. b\n\n(1) c\n\nb) d", "3. a\n4. b\n1. c\n- b) d"},
		{"sentence like a number", "A. Smith\nwent home.", "A. Smith went home."},
		{"fields", ":Price: 5\n:hidden:\n:Long: a\n   b\n", "- Price: 5\n- Long: a b"},
		{"definition", "Term\n   Its *meaning*.", "- Term: Its meaning."},
		{"options", "-v, --verbose  talk more\n--out=FILE  where to", "- `-v, --verbose` talk more\n- `--out=FILE` where to"},
		{"address", "| Via Roma 1\n| 00100\n  Roma", "Via Roma 1\n00100 Roma"},
		{"quotation", "a\n\n  b\n\nc", "a\n\nb\n\nc"},
		{"console", ">>> 1 + 1\n2\n\na", "```\n>>> 1 + 1\n2\n```\n\na"},
		{"comment", ".. not shown\n   nor this\n\nshown\n\n..\n\n   nor that", "shown"},
		{"footnote", "a [1]_ b [#n]_\n\n.. [1] One.\n.. [#n] Two.", "a [1] b [n]\n\n[1] One.\n\n[n] Two."},
		{"links", "`Form <https://a.example/f?a=1>`_, `doc <other.html>`_, `bad <javascript:x>`__, word_, `two words`_, `<https://a.example>`_", "[Form](https://a.example/f?a=1), doc, bad, word, two words, https://a.example"},
		{"roles", ":ref:`the text <x>` :doc:`/a/b` :meth:`~a.b.c` :kbd:`Ctrl+C` :sup:`2` `x`:code:", "the text /a/b c `Ctrl+C` 2 `x`"},
		{"emphasis", "*a* **b c** ``d *e*`` 2 * 3 * 4 *args snake_case __init__ \\*x\\*", "a b c `d *e*` 2 * 3 * 4 *args snake_case __init__ *x*"},
		{"substitutions", "|v| |pic| |none|\n\n.. |v| replace:: 1.2\n   *beta*\n.. |pic| image:: x.png", "1.2 beta |none|"},
		{"admonitions", ".. tip:: One\n   two.\n\n   - three\n\n.. warning::\n   Four.", "One two.\n\n- three\n\nFour."},
		{"version", ".. deprecated:: 2.0\n   Use b.", "deprecated 2.0 Use b."},
		{"figure", ".. figure:: x.png\n   :alt: no\n\n   The caption.", "The caption."},
		{"code", ".. code-block:: Go\n   :caption: x\n\n   a := 1", "```go\na := 1\n```"},
		{"unknown directive", ".. tab:: Linux\n\n   Run it.", "Linux\n\nRun it."},
		{"navigation", ".. toctree::\n   :maxdepth: 2\n\n   intro\n   usage\n\n.. contents::\n\na", "a"},
		{"cells over columns and rows", "+---+---+\n| a | b |\n+===+===+\n| c     |\n+---+---+\n| d | e |\n+---+ f |\n| g |   |\n+---+---+\n", "| a | b |\n|---|---|\n| c |  |\n| d g | e f |"},
		{"simple table", "==  ===\na   b\n==  ===\nc   d\n    e\n\\   f\n==  ===\n\ng", "| a | b |\n|---|---|\n| c | d e |\n|  | f |\n\ng"},
		{"border that ends nothing", "==  ===\na   b\n\nc", "== === a b\n\nc"},
		{"bar in a cell", "== =====\nab c|d\n== =====\n", "|  |  |\n|---|---|\n| ab | c\\|d |"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, knowledge.Page{Name: "a.rst", Body: []byte("words\n\n" + tt.in)}).Markdown; got != "words\n\n"+tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// Tools for this format read what an upload names from the disk; that text
// would be quoted to customers.
func TestRSTReadsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"secret.txt", "secret.csv", "secret.rst"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("hunter2,hunter2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, source := range []string{
		".. include:: %s/secret.rst",
		".. include:: %s/secret.txt\n   :literal:",
		".. |x| include:: %s/secret.txt\n\n|x|",
		".. raw:: html\n   :file: %s/secret.txt",
		".. raw:: html\n   :url: file://%s/secret.txt",
		".. raw:: html\n\n   <p>hunter2</p>",
		".. csv-table:: Title\n   :file: %s/secret.csv",
		".. csv-table:: Title\n   :header: a, b\n   :url: file://%s/secret.csv",
		".. literalinclude:: %s/secret.txt",
		".. code-block:: text\n   :file: %s/secret.txt",
		".. parsed-literal::\n   :file: %s/secret.txt",
		".. graphviz:: %s/secret.txt",
		".. role:: raw-html(raw)\n   :format: html\n\n:raw:`hunter2`",
	} {
		body := "words\n\n" + strings.ReplaceAll(source, "%s", dir)
		got := read(t, knowledge.Page{Name: "a.rst", Body: []byte(body)})
		if text := got.Title + got.Markdown; strings.Contains(text, "hunter2") || strings.Contains(text, dir) {
			t.Errorf("%q leaks: %q", source, text)
		}
	}
}

func TestHostileRSTEnds(t *testing.T) {
	t.Parallel()
	stairs := func(line string) string {
		var b strings.Builder
		for i := range 1000 {
			b.WriteString(strings.Repeat(" ", i) + line + "\n")
		}
		return b.String()
	}
	for name, body := range map[string]string{
		"stairs of items":   stairs("* a"),
		"stairs of terms":   stairs("term"),
		"items in items":    strings.Repeat("* ", 1<<18) + "a",
		"borders":           strings.Repeat("== ==\nx\n\n", 1<<16) + "== ==",
		"wide simple table": strings.Repeat("== ", 500) + "==\n" + strings.Repeat("a\n", 1<<18) + strings.Repeat("== ", 500) + "==\n",
		"wide grid table":   "+" + strings.Repeat("-+", 490) + "\n" + strings.Repeat("|a\n", 1<<17),
		"marks":             strings.Repeat("`", 1<<17) + "a",
		"stars":             strings.Repeat("*a ", 1<<18),
		"bars":              strings.Repeat("|a ", 1<<18),
		"references":        strings.Repeat("a_", 1<<18),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := whole().Read(t.Context(), knowledge.Page{Name: "a.rst", Body: []byte("words\n\n" + body)})
			if code, _ := knowledge.CodeOf(err); code == schemas.FailInternal {
				t.Errorf("the reader broke: %v", err)
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
}
