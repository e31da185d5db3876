package agent

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// Every language has every text of English, with the same placeholders, and a
// professional form, which the other personalities fall back to.
func TestWordingsAreComplete(t *testing.T) {
	t.Parallel()
	table, err := readWordings()
	if err != nil {
		t.Fatal(err)
	}
	placeholders := func(text string) []string {
		var out []string
		for _, part := range strings.Split(text, "{")[1:] {
			name, _, _ := strings.Cut(part, "}")
			out = append(out, name)
		}
		slices.Sort(out)
		return out
	}
	for lang, texts := range table {
		want, got := slices.Sorted(maps.Keys(table["en"])), slices.Sorted(maps.Keys(texts))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", lang, diff)
		}
		for key, forms := range texts {
			if forms[schemas.PersonalityProfessional] == "" {
				t.Errorf("%s %s has no professional form", lang, key)
			}
			for p, text := range forms {
				if !p.Valid() {
					t.Errorf("%s %s: unknown personality %q", lang, key, p)
				}
				same := placeholders(table["en"][key][schemas.PersonalityProfessional])
				if key == NoticeGreeting {
					same = []string{"agent"}
				}
				if diff := cmp.Diff(same, placeholders(text)); diff != "" {
					t.Errorf("%s %s %s: %s", lang, key, p, diff)
				}
			}
		}
	}
}
