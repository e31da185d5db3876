package arch

import (
	"regexp"
	"strings"
	"testing"
)

// limitsPage lists the limits with their constants.
const limitsPage = "docs/reference/limits.md"

// limitRow is a row of the page: what, limit, constant, value, file.
var limitRow = regexp.MustCompile("(?m)^\\| [^|]+ \\| [^|]+ \\| `(\\w+)` \\| `([^`|]+)` \\| `([^`|]+)` \\|$")

// TestLimits compares the values of the page with the constants in the code.
func TestLimits(t *testing.T) {
	t.Parallel()
	rows := limitRow.FindAllStringSubmatch(read(t, limitsPage), -1)
	if len(rows) < 40 {
		t.Fatalf("found only %d limits in %s", len(rows), limitsPage)
	}
	for _, m := range rows {
		name, value, file := m[1], m[2], m[3]
		def := regexp.MustCompile(`(?m)^\s*(?:const\s+)?` + name + `\s*=\s*(.+?)\s*(?://.*)?$`).FindStringSubmatch(read(t, file))
		switch {
		case def == nil:
			t.Errorf("%s: there is no constant %s in %s", limitsPage, name, file)
		case strings.Join(strings.Fields(def[1]), " ") != value:
			t.Errorf("%s says %s = %s, and %s has %s", limitsPage, name, value, file, def[1])
		}
	}
}
