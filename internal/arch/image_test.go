package arch

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"steward/internal/knowledge/files"
)

// stage is a stage of the Dockerfile.
type stage struct {
	name, base string
	// instructions are the arguments of each instruction by its word.
	instructions map[string][]string
}

// stages reads the Dockerfile.
func stages(t *testing.T) []stage {
	t.Helper()
	var all []stage
	for line := range strings.Lines(strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")) {
		word, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		f := strings.Fields(args)
		switch word {
		case "FROM":
			if len(f) != 3 || !strings.Contains(f[0], ":") || f[1] != "AS" {
				t.Fatalf("Dockerfile: FROM %s: an image with a tag and a name are wanted", args)
			}
			all = append(all, stage{f[2], f[0], map[string][]string{}})
		case "COPY", "RUN", "ENV", "ARG", "WORKDIR", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD", "USER":
			last := all[len(all)-1].instructions
			last[word] = append(last[word], strings.Join(f, " "))
		case "", "#":
		default:
			t.Errorf("Dockerfile: unknown instruction %s", word)
		}
	}
	return all
}

// TestDockerfile: what it copies and builds is there, and what it makes runs as
// nobody.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	all := stages(t)
	if len(all) != 3 || all[0].name != "build" || all[1].name != "worker" || all[2].name != "server" {
		t.Fatalf("Dockerfile has the stages %v; a build, the worker and, as the default, the server are wanted", all)
	}
	copied := map[string]bool{}
	for _, s := range all {
		for _, args := range s.instructions["COPY"] {
			f := strings.Fields(args)
			if strings.HasPrefix(f[0], "--") {
				continue
			}
			for _, source := range f[:len(f)-1] {
				copied[source] = true
				if !exists(source) {
					t.Errorf("Dockerfile copies %s, which is not there", source)
				}
			}
		}
	}
	for _, f := range needed(t, "starter", "worker") {
		if top, _, _ := strings.Cut(f, "/"); !copied[top] {
			t.Errorf("Dockerfile does not copy %s, which the programs need", f)
		}
	}
	worker, server := all[1].instructions, all[2].instructions
	if !strings.HasSuffix(all[2].base, ":nonroot") || !slices.Equal(worker["USER"], []string{"65532:65532"}) {
		t.Error("Dockerfile: the server and the worker have to run as nonroot, which is 65532")
	}
	if !slices.Equal(worker["ENTRYPOINT"], []string{`["/steward-worker"]`}) || !slices.Equal(server["ENTRYPOINT"], []string{`["/steward"]`}) {
		t.Errorf("Dockerfile: the worker starts %v, the server %v", worker["ENTRYPOINT"], server["ENTRYPOINT"])
	}
}

// TestWorkerImage: the worker's image has every program that can read content,
// and the compose file lets them run.
func TestWorkerImage(t *testing.T) {
	t.Parallel()
	run := strings.Join(stages(t)[1].instructions["RUN"], " ")
	want := []string{"--no-install-recommends", "ca-certificates", "chromium"}
	for _, tool := range (files.Tools{}).Report() {
		want = append(want, tool.Package)
	}
	for _, pack := range []string{"deu", "eng", "fra", "ita", "spa", "swe"} {
		want = append(want, "tesseract-ocr-"+pack)
	}
	for _, name := range want {
		if !slices.Contains(strings.Fields(run), name) {
			t.Errorf("Dockerfile: the worker's image lacks %s", name)
		}
	}

	s := compose(t).Services["worker"]
	if s.Init == nil || !*s.Init {
		t.Error("service worker has no init: what a browser leaves behind stays as zombies")
	}
	const prefix = "seccomp:"
	i := slices.IndexFunc(s.SecurityOpt, func(o string) bool { return strings.HasPrefix(o, prefix) })
	if i < 0 || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Fatalf("service worker has the security options %v", s.SecurityOpt)
	}
	var profile struct {
		DefaultAction string
		Syscalls      []struct {
			Action string
			Names  []string
		}
	}
	if err := json.Unmarshal([]byte(read(t, strings.TrimPrefix(s.SecurityOpt[i], prefix))), &profile); err != nil {
		t.Fatal(err)
	}
	refused := map[string]bool{}
	for _, rule := range profile.Syscalls {
		for _, name := range rule.Names {
			refused[name] = rule.Action == "SCMP_ACT_ERRNO"
		}
	}
	// Chromium's sandbox needs the first three, which Docker refuses. In namespaces
	// of its own a process may do much, so what Docker refuses else stays refused.
	for name, want := range map[string]bool{
		"clone": false, "unshare": false, "chroot": false, "mount": true, "setns": true, "bpf": true, "init_module": true, "keyctl": true,
	} {
		if refused[name] != want || profile.DefaultAction != "SCMP_ACT_ALLOW" {
			t.Errorf("the worker's profile: %s is refused: %v", name, refused[name])
		}
	}
}

// needed lists the packages that the programs in the given folders are made of.
func needed(t *testing.T, mains ...string) []string {
	t.Helper()
	tr := load(t)
	seen := map[string]bool{}
	var visit func(dir string)
	visit = func(dir string) {
		if seen[dir] || tr.packages[dir] == nil {
			return
		}
		seen[dir] = true
		for _, f := range tr.packages[dir].files {
			if f.test {
				continue
			}
			for _, imp := range f.imports {
				if target, ok := ours(imp); ok {
					visit(target)
				}
			}
		}
	}
	for _, m := range mains {
		visit(m)
	}
	return slices.Sorted(maps.Keys(seen))
}
