package arch

import (
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"steward/schemas"
)

// statesPage draws every lifecycle.
const statesPage = "docs/explanation/state-machines.md"

// drawn lists the vocabularies that the page draws: the section and the type
// in schemas whose values are its states.
func drawn() map[string]string {
	return map[string]string{
		"Conversation":  "Lifecycle",
		"Owner":         "Owner",
		"Outcome":       "Outcome",
		"Handoff":       "HandoffState",
		"Outbound part": "PartState",
		"Source":        "SourceStatus",
		"Sync":          "SyncState",
		"Page":          "PageOutcome",
		"Embedder":      "EmbedderState",
	}
}

// drawnRows lists the states that only the database knows, with the constraint
// that lists them.
func drawnRows() map[string]string {
	return map[string]string{"Turn": "turn_state", "Inbox row": "inbox_state", "Offer": "offer_result", "Goal write": "goal_write_state"}
}

var (
	// node is a state in a Mermaid state diagram: in a transition.
	edge  = regexp.MustCompile(`(?m)^\s*(\[\*\]|\w+) --> (\[\*\]|\w+)`)
	fence = regexp.MustCompile("(?s)```mermaid\nstateDiagram-v2\n(.*?)```")
)

// section returns the text under a heading of level two.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, page), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s has no section %q", page, heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// edges reads the transitions of a section's diagram.
func edges(t *testing.T, heading string) [][2]string {
	t.Helper()
	m := fence.FindStringSubmatch(section(t, statesPage, heading))
	if m == nil {
		t.Fatalf("section %q of %s has no state diagram", heading, statesPage)
	}
	var out [][2]string
	for _, e := range edge.FindAllStringSubmatch(m[1], -1) {
		out = append(out, [2]string{e[1], e[2]})
	}
	return out
}

func nodes(all [][2]string) []string {
	set := map[string]bool{}
	for _, e := range all {
		for _, n := range e {
			if n != "[*]" {
				set[n] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func TestStateMachinesAreWhole(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for heading, name := range drawn() {
		want[heading] = constants(t, name)
	}
	for heading, name := range drawnRows() {
		want[heading] = constraint(t, name)
	}
	for heading, states := range want {
		if len(states) < 3 {
			t.Errorf("found only the states %v for section %q", states, heading)
		}
		if got := nodes(edges(t, heading)); !slices.Equal(got, states) {
			t.Errorf("section %q of %s draws %v, the code has %v", heading, statesPage, got, states)
		}
	}
}

// TestOwnerIsDrawnAsDecided: every change of owner that the code allows is
// drawn, and no other.
func TestOwnerIsDrawnAsDecided(t *testing.T) {
	t.Parallel()
	all := edges(t, "Owner")
	for _, from := range constants(t, "Owner") {
		for _, to := range constants(t, "Owner") {
			if from == to {
				continue
			}
			allowed := schemas.Owner(from).MayBecome(schemas.Owner(to))
			if drawn := slices.Contains(all, [2]string{from, to}); drawn != allowed {
				t.Errorf("owner %s to %s: drawn %v, allowed %v", from, to, drawn, allowed)
			}
		}
	}
}

// constants lists the values of a text type of schemas, without the empty one.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	var out []string
	for _, f := range load(t).packages["schemas"].files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isName(spec.Type, typeName) {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					if s, err := strconv.Unquote(lit.Value); err == nil && s != "" {
						out = append(out, s)
					}
				}
			}
			return true
		})
	}
	slices.Sort(out)
	return out
}

// constraint lists the values of a check constraint in the migrations, without
// the empty one.
func constraint(t *testing.T, name string) []string {
	t.Helper()
	in := regexp.MustCompile(`constraint ` + name + ` check \(\w+ in\s*\(([^)]*)\)`)
	for _, file := range []string{"001_foundation.sql", "002_conversations.sql", "003_knowledge.sql", "008_goals.sql"} {
		m := in.FindStringSubmatch(read(t, "schemas/postgres/"+file))
		if m == nil {
			continue
		}
		var out []string
		for v := range strings.SplitSeq(m[1], ",") {
			if v = strings.Trim(strings.TrimSpace(v), "'"); v != "" {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		return out
	}
	t.Fatalf("no migration has the constraint %s", name)
	return nil
}
