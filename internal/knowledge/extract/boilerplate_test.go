package extract

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBlocks(t *testing.T) {
	t.Parallel()
	markdown := "# A\n\nOne\ntwo.\n\n- x\n- y\n\n```\ncode\n\nmore\n```\n\n| a |\n|---|\n| b |\n\n\nEnd"
	want := []string{"# A", "One\ntwo.", "- x\n- y", "```\ncode\n\nmore\n```", "| a |\n|---|\n| b |", "End"}
	if diff := cmp.Diff(want, Blocks(markdown)); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	if got := Blocks("  \n\n"); got != nil {
		t.Errorf("blocks of nothing: %q", got)
	}
}

func TestBlockHash(t *testing.T) {
	t.Parallel()
	base := BlockHash("Ask [our team](https://a.example/x?page=1) now.")
	for block, same := range map[string]bool{
		"Ask [our team](https://a.example/x?page=2) now.": true,
		"ask  [Our team](https://b.example/(y))\nNOW.":    true,
		"Ask [our team](https://a.example/x) later.":      false,
		"Ask our team now.":                               false,
	} {
		if got := BlockHash(block) == base; got != same {
			t.Errorf("%q: same is %v", block, got)
		}
	}
	if base != 0x47617e541ad3fc77 {
		t.Errorf("hashes are stored, and this one has changed: %#x", base)
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"nothing shared", "# A\n\nOwn.", "# A\n\nOwn."},
		{"a banner and a foot", "Shared banner\n\n# A\n\nOwn.\n\nShared foot", "# A\n\nOwn."},
		{"a shared heading over own text", "# A\n\n## Shared heading\n\nOwn.", "# A\n\n## Shared heading\n\nOwn."},
		{"a shared heading over shared text", "# A\n\nOwn.\n\n## Shared heading\n\nShared text", "# A\n\nOwn."},
		{"shared headings above own text", "# Shared a\n\n## Shared b\n\n### Shared c\n\nOwn.", "# Shared a\n\n## Shared b\n\n### Shared c\n\nOwn."},
		{"a shared section before another", "## Shared a\n\nShared text\n\n## B\n\nOwn.", "## B\n\nOwn."},
		{"a shared section below a heading of its own", "## A\n\n### Shared b\n\nShared text\n\n## C\n\nOwn.", "## A\n\n## C\n\nOwn."},
		{"all shared", "# Shared a\n\nShared text", "# Shared a\n\nShared text"},
		{"only a heading would stay", "# A\n\nShared text", "# A\n\nShared text"},
		{"no heading", "#shared\n\nOwn.", "Own."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shared := map[uint64]bool{}
			for _, block := range Blocks(tt.in) {
				if strings.Contains(strings.ToLower(block), "shared") {
					shared[BlockHash(block)] = true
				}
			}
			if got := Without(tt.in, func(h uint64) bool { return shared[h] }); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever is dropped: a text stays a text, nothing is added, and what is kept
// is in its order.
func TestWithoutKeepsText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	all := []string{"# A", "## B", "### C", "one", "two", "three", "- x\n- y", "```\na\n\nb\n```"}
	for range 5000 {
		var in []string
		for range 1 + random.IntN(12) {
			in = append(in, all[random.IntN(len(all))])
		}
		gone := map[uint64]bool{}
		for _, i := range random.Perm(len(all))[:random.IntN(len(all)+1)] {
			gone[BlockHash(all[i])] = true
		}
		out := Blocks(Without(strings.Join(in, "\n\n"), func(h uint64) bool { return gone[h] }))
		if len(out) == 0 {
			t.Fatalf("%q became empty", in)
		}
		at := 0
		for _, b := range out {
			for at < len(in) && in[at] != b {
				at++
			}
			if at == len(in) {
				t.Fatalf("%q became %q", in, out)
			}
			at++
		}
	}
}
