package arch

import (
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"steward/internal/config"
	"steward/schemas"
)

// The files that users run with Docker.
const (
	composeFile   = "docker-compose.yml"
	composeFolder = "tools/compose"
	envExample    = composeFolder + "/.env.example"
)

// compose loads the compose file as Docker does, with a value for every secret.
func compose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, composeFile)}, cli.WithEnv([]string{
		"POSTGRES_PASSWORD=one", "TEMPORAL_DB_PASSWORD=two", "STEWARD_DB_PASSWORD=three",
	}))
	if err != nil {
		t.Fatalf("prepare %s: %v", composeFile, err)
	}
	p, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("load %s: %v", composeFile, err)
	}
	return p
}

func TestComposeServices(t *testing.T) {
	t.Parallel()
	p := compose(t)
	want := []string{
		"migrate", "postgres", "server", "temporal", "temporal-namespace", "temporal-schema", "temporal-ui", "weaviate", "worker",
	}
	if got := slices.Sorted(maps.Keys(p.Services)); !slices.Equal(got, want) {
		t.Fatalf("services are %v, want %v", got, want)
	}
	for name, s := range p.Services {
		checkImage(t, name, s)
		checkPorts(t, name, s)
		checkRestart(t, p, name, s)
		checkHealth(t, name, s)
	}
}

// version is a tag that stays what it is.
var version = regexp.MustCompile(`:v?\d+\.\d+(?:\.\d+)?(?:-[a-z0-9]+)?$`)

// ownImage reports whether a service runs a stage of the Dockerfile.
func ownImage(s types.ServiceConfig) bool {
	images := map[string]string{"server": "steward:dev", "worker": "steward-worker:dev"}
	return s.Build != nil && s.Image != "" && s.Image == images[s.Build.Target]
}

func checkImage(t *testing.T, name string, s types.ServiceConfig) {
	t.Helper()
	if !ownImage(s) && !version.MatchString(s.Image) {
		t.Errorf("service %s: image %s has no version as its tag", name, s.Image)
	}
	if strings.Contains(s.Image, "auto-setup") {
		t.Errorf("service %s: image %s gets no new builds", name, s.Image)
	}
}

func checkPorts(t *testing.T, name string, s types.ServiceConfig) {
	t.Helper()
	if len(s.Ports) > 0 && name != "server" && name != "temporal-ui" {
		t.Errorf("service %s is published; it is for the inner network only", name)
	}
	for _, port := range s.Ports {
		if ip := net.ParseIP(port.HostIP); ip == nil || !ip.IsLoopback() {
			t.Errorf("service %s publishes port %s on %q; only loopback is allowed", name, port.Published, port.HostIP)
		}
	}
	if s.NetworkMode == "host" {
		t.Errorf("service %s is on the host's network", name)
	}
}

// oneShot reports whether a service ends by itself.
func oneShot(s types.ServiceConfig) bool { return strings.HasPrefix(s.Restart, "on-failure") }

// checkRestart: a service goes on for ever, or ends and is waited for. Docker
// reports a failure for a one-shot that nobody waits for.
func checkRestart(t *testing.T, p *types.Project, name string, s types.ServiceConfig) {
	t.Helper()
	if !oneShot(s) {
		if s.Restart != "unless-stopped" {
			t.Errorf("service %s: restart is %q", name, s.Restart)
		}
		for dep, d := range s.DependsOn {
			if oneShot(p.Services[dep]) && d.Condition != types.ServiceConditionCompletedSuccessfully {
				t.Errorf("service %s waits for %s to be %s; it ends", name, dep, d.Condition)
			}
			if !oneShot(p.Services[dep]) && d.Condition != types.ServiceConditionHealthy {
				t.Errorf("service %s waits for %s to be %s; health is what counts", name, dep, d.Condition)
			}
		}
		return
	}
	adopted := slices.ContainsFunc(slices.Collect(maps.Values(p.Services)), func(other types.ServiceConfig) bool {
		return !oneShot(other) && other.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully
	})
	if !adopted {
		t.Errorf("service %s ends, and no lasting service waits for that", name)
	}
}

func checkHealth(t *testing.T, name string, s types.ServiceConfig) {
	t.Helper()
	reason, _ := s.Extensions["x-no-healthcheck"].(string)
	checked := s.HealthCheck != nil && !s.HealthCheck.Disable
	switch {
	case oneShot(s):
	case checked && reason != "":
		t.Errorf("service %s has a health check and a reason for having none", name)
	case !checked && reason == "":
		t.Errorf("service %s has no health check and no x-no-healthcheck with a reason", name)
	}
}

// TestComposeKeepsSecretsOut: every password, token and key is a reference to
// the environment.
func TestComposeKeepsSecretsOut(t *testing.T) {
	t.Parallel()
	assignment := regexp.MustCompile(`(?m)^\s*([A-Z_]*(?:PASSWORD|PWD|TOKEN|KEY|SECRET)[A-Z_]*):\s*(.+)$`)
	found := assignment.FindAllStringSubmatch(read(t, composeFile), -1)
	for _, m := range found {
		if !strings.HasPrefix(m[2], "${") {
			t.Errorf("%s holds a value for %s", composeFile, m[1])
		}
	}
	if len(found) < 5 {
		t.Errorf("found only %d secrets in %s", len(found), composeFile)
	}
	for line := range strings.Lines(read(t, envExample)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		secret := strings.HasSuffix(name, "PASSWORD") || strings.HasSuffix(name, "TOKEN") || strings.HasSuffix(name, "KEY")
		if ok && !strings.HasPrefix(name, "#") && secret && value != "" {
			t.Errorf("%s holds a value for %s", envExample, name)
		}
	}
}

// TestComposeEnvironment: every STEWARD_ variable is one that a program reads,
// and every name that the compose file takes from outside is in .env.example or
// has a default.
func TestComposeEnvironment(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, e := range config.Reference() {
		known[e.Name] = true
	}
	p := compose(t)
	for _, name := range []string{"server", "worker", "migrate"} {
		s := p.Services[name]
		env := []string{}
		for key, value := range s.Environment {
			if strings.HasPrefix(key, config.Prefix) && !known[key] {
				t.Errorf("service %s sets %s, which no program reads", name, key)
			}
			if value != nil {
				env = append(env, key+"="+*value)
			}
		}
		if _, warnings, err := config.Load(env); err != nil || len(warnings) > 0 {
			t.Errorf("service %s: the programs refuse its environment: %v %v", name, err, warnings)
		}
	}
	example := read(t, envExample)
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)(:?[-?])?`).FindAllStringSubmatch(read(t, composeFile), -1) {
		if !strings.HasSuffix(m[2], "-") && !strings.Contains(example, "\n"+m[1]+"=") {
			t.Errorf("%s needs %s, which is not in %s", composeFile, m[1], envExample)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^(STEWARD_[A-Z_]+)=`).FindAllStringSubmatch(example, -1) {
		if !known[m[1]] && m[1] != "STEWARD_DB_PASSWORD" {
			t.Errorf("%s sets %s, which no program reads", envExample, m[1])
		}
	}
}

// word is a command's name in its definition.
var word = regexp.MustCompile(`(?:Use:\s*|sub\()"([a-z]+)`)

// TestComposeCommands: what the containers run are commands of the programs.
func TestComposeCommands(t *testing.T) {
	t.Parallel()
	var words []string
	for _, dir := range []string{"starter", "starter/cli"} {
		for _, f := range load(t).packages[dir].files {
			for _, m := range word.FindAllStringSubmatch(read(t, f.name), -1) {
				words = append(words, m[1])
			}
		}
	}
	p := compose(t)
	for name, want := range map[string][]string{"server": {"serve"}, "migrate": {"migrate", "up"}, "worker": {}} {
		if got := []string(p.Services[name].Command); !slices.Equal(got, want) {
			t.Errorf("service %s runs %v, want %v", name, got, want)
		}
		for _, w := range want {
			if !slices.Contains(words, w) {
				t.Errorf("service %s runs %s, which is no command", name, w)
			}
		}
	}
	if !slices.Contains(words, "healthcheck") {
		t.Error("the health checks run healthcheck, which is no command")
	}
	for name, want := range map[string]string{"server": "server", "migrate": "server", "worker": "worker"} {
		if s := p.Services[name]; s.Build == nil || s.Build.Target != want || s.Entrypoint != nil {
			t.Errorf("service %s does not run what the stage %s of the Dockerfile starts", name, want)
		}
	}
}

// TestComposeFiles: what is mounted is there, and the namespace script makes
// the search attributes that the code uses.
func TestComposeFiles(t *testing.T) {
	t.Parallel()
	p := compose(t)
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				if rel, err := filepath.Rel(p.WorkingDir, v.Source); err != nil || !exists(filepath.ToSlash(rel)) || !v.ReadOnly {
					t.Errorf("service %s mounts %s: it has to be there and read-only", name, v.Source)
				}
			case types.VolumeTypeVolume:
				if _, ok := p.Volumes[v.Source]; !ok {
					t.Errorf("service %s uses the volume %s, which is not declared", name, v.Source)
				}
			}
		}
		for _, arg := range s.Entrypoint {
			if script, ok := strings.CutPrefix(arg, "/scripts/"); ok && !exists(composeFolder+"/temporal/"+script) {
				t.Errorf("service %s starts %s, which is not there", name, arg)
			}
		}
	}
	script := read(t, composeFolder+"/temporal/namespace.sh")
	keywords := regexp.MustCompile(`(?m)^for name in (.+); do$`).FindStringSubmatch(script)
	if keywords == nil || !slices.Equal(strings.Fields(keywords[1]), schemas.KeywordAttributes()) {
		t.Errorf("namespace.sh does not make the keyword attributes %v", schemas.KeywordAttributes())
	}
	if !strings.Contains(script, "attribute "+schemas.AttributeTurns+" Int") {
		t.Errorf("namespace.sh does not make %s", schemas.AttributeTurns)
	}
}
