package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/internal/config"
	"steward/internal/temporalclient"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/api/client"
	"steward/starter/cli"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// place is a server of the product on servers of its own, without a worker.
type place struct {
	main   *Main
	client *client.Client
	folder string
}

// start runs a server on a free port until the test ends.
func start(t *testing.T) *place {
	t.Helper()
	temporal := testkit.Temporal(t)
	folder := t.TempDir()
	cfg, _, err := config.Load([]string{
		"STEWARD_ADDR=127.0.0.1:0", "STEWARD_DEV=1", "STEWARD_DATA_DIR=" + folder,
		"STEWARD_DATABASE_URL=" + testkit.Database(t), "STEWARD_WEAVIATE_URL=http://127.0.0.1:1",
		"STEWARD_SECRETS_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(t.Context(), Options{
		Config: cfg, Log: testkit.Logger(t), Version: "test",
		Temporal: temporalclient.Options{Address: temporal.Address, Namespace: temporal.Namespace},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("server ended with %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("server did not stop")
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := cli.Connect(folder)
	if err != nil {
		t.Fatal(err)
	}
	return &place{main: m, client: c, folder: folder}
}

func (p *place) get(t *testing.T, path string, headers map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.main.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServerMakesItsDeploymentOnce(t *testing.T) {
	t.Parallel()
	p := start(t)
	info, err := p.client.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Agent == "" || info.Channel == "" || info.Engine != config.EngineExtractive || !info.Dev {
		t.Errorf("info %+v", info)
	}
	// A second process on the same data uses the same agent, token and key.
	again, err := New(t.Context(), p.main.o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if again.deployment != p.main.deployment {
		t.Errorf("second start made %+v beside %+v", again.deployment, p.main.deployment)
	}
	a, err := sessionKey(t.Context(), p.main.o.Config, p.main.admin)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sessionKey(t.Context(), again.o.Config, again.admin)
	if err != nil || string(a) != string(b) || len(a) != 32 {
		t.Errorf("session keys differ or are short: %d and %d bytes, error %v", len(a), len(b), err)
	}
}

func TestProbesNameWhatIsDown(t *testing.T) {
	t.Parallel()
	p := start(t)
	if status, _ := p.get(t, "/livez", nil); status != http.StatusOK {
		t.Errorf("livez %d", status)
	}
	status, body := p.get(t, "/readyz", nil)
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "weaviate does not answer") {
		t.Errorf("readyz without Weaviate: %d %s", status, body)
	}
	health, err := p.client.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	down := map[string]bool{"postgres": false, "temporal": false, "weaviate": true, "worker": true}
	for _, c := range health.Checks {
		if down[c.Name] == c.OK {
			t.Errorf("check %+v", c)
		}
	}
}

func TestAdminAPIIsForThisMachineAlone(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, h := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP"} {
		if status, body := p.get(t, "/api/v1/system/info", map[string]string{h: "192.0.2.1"}); status != http.StatusNotFound {
			t.Errorf("passed on with %s: %d %s", h, status, body)
		}
	}
	if status, _ := p.get(t, "/api/v1/system/info", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if status, body := p.get(t, "/demo", nil); status != http.StatusOK || !strings.Contains(body, p.main.deployment.PublicKey) {
		t.Errorf("demo page: %d", status)
	}
}

func TestTemporalGetsWhatWorkflowsNeed(t *testing.T) {
	t.Parallel()
	p := start(t)
	select {
	case <-p.main.prepared:
	case <-time.After(time.Minute):
		t.Fatal("not prepared in time")
	}
	desc, err := p.main.temporal.DescribeWorkflowExecution(t.Context(), schemas.AgentWorkflowID(p.main.deployment.Agent), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := desc.GetWorkflowExecutionInfo().GetType().GetName(); got != schemas.WorkflowAgent {
		t.Errorf("workflow type %s", got)
	}
	// Doing it again is harmless.
	if err := p.main.ensureTemporal(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFilesForTheCommandLineArePrivate(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, name := range []string{cli.TokenFile, cli.URLsFile} {
		checkPrivate(t, filepath.Join(p.folder, name))
	}
	raw, err := json.Marshal(p.main.urls())
	if err != nil || !strings.Contains(string(raw), p.main.URL()) {
		t.Errorf("urls %s, error %v", raw, err)
	}
}
