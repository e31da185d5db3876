package evil_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"steward/internal/agent"
	"steward/internal/policy"
	"steward/internal/testkit/evil"
)

// TestEveryGateIsNeeded leaves out one gate of actions or one check of replies
// at a time: an attack has to succeed then, or nothing shows that it is needed.
func TestEveryGateIsNeeded(t *testing.T) {
	t.Parallel()
	without := map[string]evil.Options{}
	for _, name := range policy.GateNames() {
		without[name] = evil.Options{Gate: name}
	}
	for _, name := range agent.CheckNames() {
		without[name] = evil.Options{Check: name}
	}
	if len(without) != len(policy.GateNames())+len(agent.CheckNames()) {
		t.Fatal("a gate and a check have the same name")
	}
	backed := backedUp()
	for name, o := range without {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, a := range evil.Attacks() {
				if !slices.Contains(a.Shows, name) {
					continue
				}
				wrong := evil.Run(t, a, o)
				if backed[name] == "" {
					// What a line of the script expects may differ without any harm.
					wrong = slices.DeleteFunc(wrong, func(w string) bool { return strings.HasPrefix(w, a.Name+":") })
				}
				if len(wrong) > 0 {
					t.Logf("%s: %s", a.Name, wrong[0])
					return
				}
			}
			t.Errorf("no attack succeeds without %q", name)
		})
	}
}

// backedUp are the gates behind which another one stands, so that nothing
// harmful happens without them; what is told and kept of the refusal differs.
func backedUp() map[string]string {
	return map[string]string{
		"known":             "an action that nobody knows has no arguments to read",
		"record":            "a CRM chooses none of two records either",
		"enabled":           "the runner makes no call of a disabled action",
		"channel":           "live chat is the only kind that an action can name, and the runner calls no other",
		agent.ViolationUTF8: "the other checks and the rendering remove what is hidden",
	}
}

// TestShownGatesExist: an attack names gates and checks that there are.
func TestShownGatesExist(t *testing.T) {
	t.Parallel()
	all := append(policy.GateNames(), agent.CheckNames()...)
	seen := map[string]bool{}
	for _, a := range evil.Attacks() {
		if seen[a.Name] {
			t.Errorf("two attacks are called %q", a.Name)
		}
		seen[a.Name] = true
		for _, name := range a.Shows {
			if !slices.Contains(all, name) {
				t.Errorf("%s: there is no gate %q", a.Name, name)
			}
		}
	}
}

// mutation changes a file of the store, where gates stand that cannot be left
// out by a value.
type mutation struct {
	name, file, old, changed string
	// attacks is the pattern of those that have to succeed then.
	attacks string
}

// mutations leave out what ClaimRun asks right before a call. The owner and the
// epoch stand for each other: nobody takes a conversation without a new epoch.
func mutations() []mutation {
	return []mutation{
		{
			name: "pause at the call", file: "gate.go", old: "l.conv.Epoch == epoch && !l.counts.Paused", changed: "l.conv.Epoch == epoch",
			attacks: "paused_before_the_call",
		},
		{
			name: "everything at the call", file: "runs.go", old: "	case !open:\n		return nil\n	case state == schemas.RunPending:", changed: "	case state == schemas.RunPending:",
			attacks: "before_the_call",
		},
	}
}

// TestEveryGateAtTheCallIsNeeded builds the tests with a changed store, which
// takes minutes: only when everything is asked for.
func TestEveryGateAtTheCallIsNeeded(t *testing.T) {
	if full() == "" {
		t.Skip("takes minutes: make test-evil DATA=folder")
	}
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			out, err := mutated(t, m)
			if err == nil || !strings.Contains(out, "--- FAIL: TestAttacks/") {
				t.Errorf("no attack succeeds: %v\n%s", err, out)
			}
		})
	}
}

// mutated runs the attacks of m on a program with its change.
func mutated(t *testing.T, m mutation) (string, error) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../../store", m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), m.old) != 1 {
		t.Fatalf("%s does not hold %q once: the mutation is out of date", m.file, m.old)
	}
	changed := filepath.Join(t.TempDir(), m.file)
	if err := os.WriteFile(changed, []byte(strings.Replace(string(source), m.old, m.changed, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-overlay", list, "-run", "^TestAttacks$/"+m.attacks, ".")
	command.Env = append(os.Environ(), "STEWARD_EVIL_DATA=")
	out, err := command.CombinedOutput()
	return string(out), err
}
