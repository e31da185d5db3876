package knowledge

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

const (
	testAgent  = schemas.AgentID("agent_00000000000000000000000000000001")
	testSource = schemas.SourceID("src_00000000000000000000000000000001")
)

func words(n int, word string) string { return strings.TrimSpace(strings.Repeat(word+" ", n)) }

func split(title, text string) []schemas.Chunk {
	doc := schemas.Document{Key: "k", Title: title, URL: "https://shop.example/k", Language: "en", Text: text}
	doc.ID = DocumentID(testAgent, testSource, doc.Key)
	return Split(testAgent, testSource, doc)
}

func TestSplitByHeadings(t *testing.T) {
	t.Parallel()
	text := "# Returns\n\n" + words(50, "intro") + "\n\n## How\n\n" + words(60, "how") +
		"\n\n### Where\n\n" + words(70, "where") + "\n\n## When\n\nSoon.\n\n## Why\n\n" + words(45, "why")
	var got [][2]string
	for i, c := range split("returns", text) {
		if c.Ord != i || c.Title != "returns" || c.URL == "" || c.Document == "" || c.Source != testSource || c.Language != "en" {
			t.Errorf("chunk %d: %+v", i, c)
		}
		got = append(got, [2]string{c.Headings, c.Text})
	}
	want := [][2]string{
		{"", words(50, "intro")},
		{"How", words(60, "how")},
		{"", "## How › Where\n\n" + words(70, "where") + "\n\n## When\n\nSoon.\n\n## Why\n\n" + words(45, "why")},
	}
	// A small piece joins the one before it, then takes in nothing more.
	want[2][1] = strings.TrimSuffix(want[2][1], "\n\n## Why\n\n"+words(45, "why"))
	want = append(want, [2]string{"Why", words(45, "why")})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("chunks (-want +got):\n%s", diff)
	}
}

func TestSearchTextHasItsPlace(t *testing.T) {
	t.Parallel()
	c := split("Returning orders", "## Refund times\n\nSee [the form](https://portal.example/abc) soon.")[0]
	if want := "return order refund time see the form soon"; c.Terms != want {
		t.Errorf("terms %q, want %q", c.Terms, want)
	}
	if c.Grams != "" {
		t.Errorf("an English passage has the grams %q", c.Grams)
	}
}

// Languages that build compounds are found by parts of words too.
func TestGramsOfCompounds(t *testing.T) {
	t.Parallel()
	doc := schemas.Document{ID: "doc_1", Key: "k", Title: "Rücksendung", Language: "de", Text: "## Rückerstattung\n\nMit [Formular](https://portal.example/abc)."}
	c := Split("agent_00000000000000000000000000000001", "src_1", doc)[0]
	if !strings.Contains(c.Grams, "stat") || strings.Contains(c.Grams, "port") {
		t.Errorf("grams %q", c.Grams)
	}
	for question, want := range map[string]bool{
		"Wie lange dauert die Rückerstattung nach der Rücksendung?": true,
		"How long does it take until I get my money back from you?": false,
		"refund?": true,
	} {
		if got := len(Query{Text: question}.Grams()) > 0; got != want {
			t.Errorf("%q has grams: %v, want %v", question, got, want)
		}
	}
}

func TestSplitCutsBetweenRows(t *testing.T) {
	t.Parallel()
	var table, list, code strings.Builder
	table.WriteString("| Zone | Price |\n|---|---|\n")
	code.WriteString("```\n")
	for i := range 200 {
		fmt.Fprintf(&table, "| zone number %d | price %d |\n", i, i)
		fmt.Fprintf(&list, "- item number %d\n  - nested below item %d\n", i, i)
		fmt.Fprintf(&code, "x%d := %d\n", i, i)
	}
	code.WriteString("```\n")
	rows := 0
	chunks := split("t", table.String())
	for _, c := range chunks {
		if !strings.HasPrefix(c.Text, "| Zone | Price |\n|---|---|\n| zone") {
			t.Errorf("a part of the table has no header: %.60q", c.Text)
		}
		rows += strings.Count(c.Text, "| zone number")
	}
	if rows != 200 || len(chunks) < 4 {
		t.Errorf("%d rows in %d chunks", rows, len(chunks))
	}
	for _, c := range split("l", list.String()) {
		lines := strings.Split(c.Text, "\n")
		if !strings.HasPrefix(lines[0], "- item") || !strings.HasPrefix(lines[len(lines)-1], "  - nested") {
			t.Errorf("an item was cut: %.40q … %.40q", lines[0], lines[len(lines)-1])
		}
	}
	if got := split("c", code.String()); len(got) < 2 {
		t.Errorf("code gives %d chunks", len(got))
	}
}

func TestForcedCutOverlaps(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "Sentence %d has %s. ", i, words(10, "word"))
	}
	chunks := split("t", text.String())
	if len(chunks) != 3 {
		t.Fatalf("%d chunks", len(chunks))
	}
	for i := 1; i < len(chunks); i++ {
		first, _, _ := strings.Cut(chunks[i].Text, ".")
		if !strings.Contains(chunks[i-1].Text, first+".") {
			t.Errorf("chunk %d does not begin with the last sentence before it", i)
		}
	}
}

// Whatever comes in, no chunk is too large and no word is lost.
func TestSplitBounds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{
		"# One\n\n", "## Two\n\n", "###### Six\n\n", "- a b c\n", "1. one two\n", "| a | b |\n", "|---|---|\n", "```\n", "\n\n", "\n",
		"word ", "Sentence here. ", "退货政策需要收据", strings.Repeat("x", 5000), words(500, "long"), "---\n", "#\n", "  indented\n", "> quote\n",
	}
	for range 300 {
		var text strings.Builder
		for range r.IntN(60) {
			text.WriteString(parts[r.IntN(len(parts))])
		}
		seen := make(map[schemas.ChunkID]bool)
		chunks := split("t", text.String())
		var all strings.Builder
		for _, c := range chunks {
			// A piece may carry the headings of what was merged into it.
			if n := size(c.Text); n > maxWords+60 {
				t.Fatalf("a chunk of %d words from:\n%s", n, text.String())
			}
			if c.ID == "" || seen[c.ID] || strings.TrimSpace(c.Text) == "" {
				t.Fatalf("chunk %+v", c)
			}
			seen[c.ID] = true
			all.WriteString(c.Text)
		}
		for _, word := range []string{"long", "退货"} {
			if strings.Contains(text.String(), word) && !strings.Contains(all.String(), word) {
				t.Fatalf("%q is lost from:\n%s", word, text.String())
			}
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	text := "## A\n\n" + words(50, "alpha") + "\n\n## B\n\n" + words(50, "beta")
	before, after := split("t", text), split("t", text+"\n\n## C\n\n"+words(50, "gamma"))
	if len(before) != 2 || len(after) != 3 {
		t.Fatalf("%d and %d chunks", len(before), len(after))
	}
	for i := range before {
		if before[i].ID != after[i].ID || before[i].Hash != after[i].Hash {
			t.Errorf("chunk %d changed its id although its text is the same", i)
		}
	}
	if changed := split("t", strings.Replace(text, "beta", "delta", 1)); changed[0].ID != before[0].ID || changed[1].ID == before[1].ID {
		t.Error("ids do not follow the content")
	}
	same := split("t", "## A\n\n"+words(50, "alpha")+"\n\n## A\n\n"+words(50, "alpha"))
	if len(same) != 2 || same[0].Hash != same[1].Hash || same[0].ID == same[1].ID {
		t.Errorf("equal chunks: %+v", same)
	}
	other := Split("agent_00000000000000000000000000000002", testSource, schemas.Document{Key: "k", Title: "t", Language: "en", Text: text})
	if other[0].ID == before[0].ID {
		t.Error("two agents share a chunk id")
	}
	shown, err := ChunkUUID(before[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ChunkOf(shown); err != nil || back != before[0].ID {
		t.Errorf("%v %v", back, err)
	}
	for _, bad := range []schemas.ChunkID{"", "chunk_1", "doc_00000000000000000000000000000001"} {
		if _, err := ChunkUUID(bad); err == nil {
			t.Errorf("ChunkUUID(%q) succeeds", bad)
		}
	}
}
