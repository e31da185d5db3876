package devstack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"steward/internal/config"
)

// FindTemporal returns the path of the `temporal` program: explicit, STEWARD_TEMPORAL_BIN, bin/ of the
// project or beside our own program, the PATH. The error says what to do.
func FindTemporal(explicit string) (string, error) {
	return findProgram("temporal", config.EnvTemporalBin, explicit)
}

// FindWeaviate returns the path of the Weaviate server, looked for like FindTemporal.
func FindWeaviate(explicit string) (string, error) {
	return findProgram("weaviate", config.EnvWeaviateBin, explicit)
}

func findProgram(name, variable, explicit string) (string, error) {
	for _, given := range []struct{ from, path string }{{"option", explicit}, {variable, os.Getenv(variable)}} {
		if given.path == "" {
			continue
		}
		if !executable(given.path) {
			return "", fmt.Errorf("find %s: %s names %s, which is no program", name, given.from, given.path)
		}
		return given.path, nil
	}
	for _, dir := range projectBinDirs() {
		if path := filepath.Join(dir, name); executable(path) {
			return path, nil
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("find %s: not in bin/ and not on the PATH: run `make tools`, or set %s", name, variable)
}

// projectBinDirs lists bin/ of the project that holds the working folder, and the folder of our program.
func projectBinDirs() []string {
	var dirs []string
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(data), "module steward\n") {
				dirs = append(dirs, filepath.Join(dir, "bin"))
				break
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(self))
	}
	return dirs
}

// FindPostgres returns the folder with `postgres` and `initdb`: explicit, STEWARD_POSTGRES_BIN, the PATH, then
// the highest version in /usr/lib/postgresql. With major set (as in the file PG_VERSION of a cluster), only
// that version will do where there is a choice.
func FindPostgres(explicit, major string) (string, error) {
	for _, given := range []struct{ from, dir string }{{"option", explicit}, {config.EnvPostgresBin, os.Getenv(config.EnvPostgresBin)}} {
		if given.dir == "" {
			continue
		}
		if !postgresDir(given.dir) {
			return "", fmt.Errorf("find Postgres: %s names %s, which has no postgres and initdb", given.from, given.dir)
		}
		return given.dir, nil
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	installed = slices.DeleteFunc(installed, func(dir string) bool { return !postgresDir(dir) })
	slices.SortFunc(installed, func(a, b string) int { return majorOf(b) - majorOf(a) })
	if major != "" {
		for _, dir := range installed {
			if strconv.Itoa(majorOf(dir)) == major {
				return dir, nil
			}
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		// A link such as /usr/bin/postgres leads to the folder with all programs.
		if real, err := filepath.EvalSymlinks(path); err == nil && postgresDir(filepath.Dir(real)) {
			return filepath.Dir(real), nil
		}
	}
	if len(installed) > 0 {
		return installed[0], nil
	}
	return "", fmt.Errorf("find Postgres: no postgres and initdb on the PATH or in /usr/lib/postgresql: run `apt-get install postgresql`, or set %s to their folder", config.EnvPostgresBin)
}

func majorOf(binDir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(binDir)))
	if err != nil {
		return 0
	}
	return n
}

func postgresDir(dir string) bool {
	return executable(filepath.Join(dir, "postgres")) && executable(filepath.Join(dir, "initdb"))
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}
