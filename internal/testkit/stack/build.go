package stack

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"steward/internal/testkit"
)

// programs are the two products, built by the first test that needs them. They
// are shared by the tests of a package because building costs more than a test.
var programs built

type built struct {
	once sync.Once
	dir  string
	err  error
}

// parallel is how many tests run at once unless the command line says: most of
// their time they wait for a timeout of a dead worker.
const parallel = "6"

// Main runs the tests of a package like testkit.Main and removes the programs
// that were built for them.
func Main(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", parallel)
	}
	testkit.Main(m, programs.remove)
}

// program returns the path of one of the two programs.
func program(t testing.TB, name string) string {
	t.Helper()
	programs.once.Do(programs.build)
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return filepath.Join(programs.dir, name)
}

func (b *built) build() {
	if b.dir, b.err = os.MkdirTemp("", "steward-programs-"); b.err != nil {
		return
	}
	for name, pkg := range map[string]string{"steward": "steward/starter", "steward-worker": "steward/worker"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(b.dir, name), pkg)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build %s: %w\n%s", pkg, err, out)
			return
		}
	}
}

func (b *built) remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}
