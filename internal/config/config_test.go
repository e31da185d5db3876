package config

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	cfg, warnings, err := Load([]string{"PATH=/bin", "STEWARD_LOG_FORMAT="})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("Load: warnings %v, error %v", warnings, err)
	}
	got := fmt.Sprint(cfg.Addr, cfg.WeaviateURL, cfg.DataDir, cfg.Engine, cfg.LogFormat, cfg.LogLevel, cfg.WorkerPollers, cfg.StopTimeout, cfg.RelayConcurrency, cfg.TemporalUIURL)
	want := fmt.Sprint("127.0.0.1:8080", "http://127.0.0.1:8081", ".data", "extractive", "text", slog.LevelInfo, 8, 30*time.Second, 64, "http://127.0.0.1:8233")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if cfg.RequireDatabase() == nil {
		t.Error("RequireDatabase accepts a configuration without a database")
	}
}

func TestWhiteSpaceAroundValues(t *testing.T) {
	t.Parallel()
	cfg, warnings, err := Load([]string{"STEWARD_EMBEDDER_MODEL= bge-m3\n", "STEWARD_LOG_FORMAT= ", "STEWARD_WORKER_POLLERS= 3", "STEWARD_MODEL_API_KEY= key "})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("Load: warnings %v, error %v", warnings, err)
	}
	if cfg.EmbedderModel != "bge-m3" || cfg.LogFormat != LogText || cfg.WorkerPollers != 3 || cfg.ModelAPIKey.Reveal() != " key " {
		t.Errorf("model %q, format %q, pollers %d", cfg.EmbedderModel, cfg.LogFormat, cfg.WorkerPollers)
	}
}

func TestLoadRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    string
	}{
		"dev on a public address":  {[]string{"STEWARD_DEV=1", "STEWARD_ADDR=0.0.0.0:8080"}, "STEWARD_DEV"},
		"dev on all addresses":     {[]string{"STEWARD_DEV=1", "STEWARD_ADDR=:8080"}, "STEWARD_DEV"},
		"no port":                  {[]string{"STEWARD_ADDR=127.0.0.1"}, "STEWARD_ADDR"},
		"unknown engine":           {[]string{"STEWARD_ENGINE=magic"}, "extractive, openai and anthropic"},
		"model without a name":     {[]string{"STEWARD_ENGINE=openai"}, "STEWARD_MODEL_NAME"},
		"fallback without a name":  {[]string{"STEWARD_FALLBACK_MODEL_BASE_URL=http://a.example/v1"}, "STEWARD_FALLBACK_MODEL_NAME"},
		"unknown log format":       {[]string{"STEWARD_LOG_FORMAT=xml"}, "text and json"},
		"embedder without a model": {[]string{"STEWARD_EMBEDDER=openai", "STEWARD_EMBEDDER_DIMS=8", "STEWARD_EMBEDDER_MODEL= "}, "STEWARD_EMBEDDER_MODEL"},
		"bad level":                {[]string{"STEWARD_LOG_LEVEL=loud"}, "STEWARD_LOG_LEVEL: not a valid log level"},
		"bad duration":             {[]string{"STEWARD_STOP_TIMEOUT=30"}, "STEWARD_STOP_TIMEOUT: not a valid duration"},
		"negative duration":        {[]string{"STEWARD_STOP_TIMEOUT=-1s"}, "out of range"},
		"bad number":               {[]string{"STEWARD_WORKER_POLLERS=many"}, "STEWARD_WORKER_POLLERS: not a valid whole number"},
		"zero pollers":             {[]string{"STEWARD_WORKER_POLLERS=0"}, "out of range"},
		"bad address":              {[]string{"STEWARD_WEAVIATE_URL=localhost:8081"}, "STEWARD_WEAVIATE_URL"},
		"password in address":      {[]string{"STEWARD_PUBLIC_URL=http://me:hunter22@a.example"}, "must not hold a user"},
		"bad gRPC address":         {[]string{"STEWARD_WEAVIATE_GRPC=localhost"}, "STEWARD_WEAVIATE_GRPC"},
		"database of another kind": {[]string{"STEWARD_DATABASE_URL=mysql://hunter22@a.example"}, "postgres://"},
		"short admin token":        {[]string{"STEWARD_ADMIN_TOKEN=hunter22"}, "STEWARD_ADMIN_TOKEN"},
		"short session key":        {[]string{"STEWARD_SESSION_KEY=hunter22"}, "STEWARD_SESSION_KEY"},
		"key that is no base64":    {[]string{"STEWARD_SECRETS_KEY=hunter22hunter22hunter22hunter2!"}, "32 bytes as base64"},
		"key that is too short":    {[]string{"STEWARD_SECRETS_KEY=aHVudGVyMjI="}, "STEWARD_SECRETS_KEY: must"},
		"two keys to seal with":    {[]string{"STEWARD_SECRETS_KEY=" + aKey + "," + aKey}, "STEWARD_SECRETS_KEY: must"},
		"old key that is none":     {[]string{"STEWARD_SECRETS_KEY=" + aKey, "STEWARD_SECRETS_KEY_OLD=" + aKey + ",hunter22"}, "STEWARD_SECRETS_KEY_OLD: must"},
		"old key alone":            {[]string{"STEWARD_SECRETS_KEY_OLD=" + aKey}, "STEWARD_SECRETS_KEY is needed"},
		"unknown CRM":              {[]string{"STEWARD_CRM=cards"}, "local and hubspot"},
		"CRM without a token":      {[]string{"STEWARD_CRM=hubspot"}, "STEWARD_HUBSPOT_TOKEN"},
		"mail server of a kind":    {[]string{"STEWARD_SMTP_URL=http://me:hunter22@a.example", "STEWARD_MAIL_FROM=a@b.example"}, "STEWARD_SMTP_URL"},
		"mail server unreadable":   {[]string{"STEWARD_SMTP_URL=smtp://me:hunter22@a.example:x%zz", "STEWARD_MAIL_FROM=a@b.example"}, "STEWARD_SMTP_URL"},
		"mail without a sender":    {[]string{"STEWARD_SMTP_URL=smtp://me:hunter22@a.example"}, "STEWARD_MAIL_FROM"},
		"missing secret file":      {[]string{"STEWARD_ADMIN_TOKEN_FILE=/does/not/exist"}, "STEWARD_ADMIN_TOKEN_FILE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Load(tt.environ)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter22") {
				t.Errorf("error quotes a secret: %v", err)
			}
		})
	}
}

func TestLoadReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, _, err := Load([]string{"STEWARD_ENGINE=magic", "STEWARD_WORKER_POLLERS=-1", "STEWARD_ADDR=x"})
	for _, want := range []string{"STEWARD_ENGINE", "STEWARD_WORKER_POLLERS", "STEWARD_ADDR"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

func TestDevOnLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1:1", "localhost:1", "[::1]:1", "127.0.0.2:0"} {
		if _, _, err := Load([]string{"STEWARD_DEV=1", "STEWARD_ADDR=" + addr}); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	// Long enough for a token, and a key of 32 bytes as base64.
	const fileSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(fileSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var environ []string
	for _, e := range Reference() {
		if e.Secret && !strings.HasSuffix(e.Name, "_URL") {
			environ = append(environ, e.Name+"_FILE="+path)
		}
	}
	if len(environ) < 4 {
		t.Fatalf("only %d secrets", len(environ))
	}
	cfg, warnings, err := Load(append(environ, "STEWARD_FALLBACK_MODEL_NAME=m"))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("warnings %v, error %v", warnings, err)
	}
	if got := cfg.ModelAPIKey.Reveal(); got != fileSecret {
		t.Errorf("secret %q, want the content of the file without the line end", got)
	}
	if _, _, err := Load([]string{"STEWARD_ADMIN_TOKEN_FILE=" + path, "STEWARD_ADMIN_TOKEN=0123456789abcdef"}); err == nil {
		t.Error("a secret given twice is accepted")
	}
}

func TestUnknownNamesWarn(t *testing.T) {
	t.Parallel()
	_, warnings, err := Load([]string{"STEWARD_ADDRES=127.0.0.1:1", "STEWARD_MODEL_APIKEY=x", "STEWARD_ADDR_FILE=x", "OTHER=1", "STEWARD_SECRET_SHOP=x", "STEWARD_TOKEN_CMS=x", "STEWARD_SECRET_KEY=x"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"unknown variable STEWARD_ADDRES: did you mean STEWARD_ADDR?",
		"unknown variable STEWARD_ADDR_FILE: did you mean STEWARD_ADDR?",
		"unknown variable STEWARD_MODEL_APIKEY: did you mean STEWARD_MODEL_API_KEY?",
		"unknown variable STEWARD_SECRET_KEY: did you mean STEWARD_SECRETS_KEY?",
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

func TestPrintingIsRedacted(t *testing.T) {
	t.Parallel()
	// As base64 it is a key of 32 bytes.
	const secret = "hunter22hunter22hunter22hunter22hunter22hun="
	var environ []string
	for _, e := range Reference() {
		if e.Secret {
			start := map[bool]string{true: "postgres://u:", false: ""}[strings.HasSuffix(e.Name, "_URL")]
			if e.Name == "STEWARD_SMTP_URL" {
				start = "smtp://u:x@"
			}
			environ = append(environ, e.Name+"="+start+secret)
		}
	}
	cfg, _, err := Load(append(environ, "STEWARD_FALLBACK_MODEL_NAME=m", "STEWARD_MAIL_FROM=a@b.example"))
	if err != nil {
		t.Fatal(err)
	}
	var text, json bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("config", "config", cfg, "token", cfg.AdminToken)
	slog.New(slog.NewJSONHandler(&json, nil)).Info("config", "config", cfg, "token", cfg.AdminToken)
	prints := map[string]string{
		"String": cfg.String(), "%v": fmt.Sprintf("%v", cfg), "%+v": fmt.Sprintf("%+v", cfg), "%#v": fmt.Sprintf("%#v", cfg),
		"text log": text.String(), "json log": json.String(), "Sprint": fmt.Sprint(cfg.SessionKey), "%x": fmt.Sprintf("%x", cfg.SessionKey), "%q": fmt.Sprintf("%q", cfg.SessionKey),
	}
	for name, got := range prints {
		if strings.Contains(got, "hunter22") {
			t.Errorf("%s gives a secret away: %s", name, got)
		}
	}
	if !strings.Contains(cfg.String(), "STEWARD_ADMIN_TOKEN=[redacted]\n") || !strings.Contains(cfg.String(), "STEWARD_ADDR=127.0.0.1:8080\n") {
		t.Errorf("String misses lines:\n%s", cfg)
	}
}

func TestReferenceIsComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range Reference() {
		if !strings.HasPrefix(e.Doc, e.Field+" ") || !strings.HasSuffix(e.Doc, ".") || strings.Contains(e.Doc, "\n") {
			t.Errorf("%s: documentation must be one line that starts with the field's name and ends with a full stop: %q", e.Field, e.Doc)
		}
		if e.Name == Prefix || seen[e.Name] {
			t.Errorf("%s: variable name %q is empty or taken", e.Field, e.Name)
		}
		seen[e.Name] = true
	}
	for _, name := range []string{EnvTemporalBin, EnvWeaviateBin, EnvPostgresBin, EnvTestPostgresURL} {
		if !seen[name] {
			t.Errorf("%s is no field of Config", name)
		}
	}
}

var update = flag.Bool("update", false, "write docs/reference/environment.md anew")

func TestEnvironmentPage(t *testing.T) {
	t.Parallel()
	const path = "../../docs/reference/environment.md"
	var want strings.Builder
	want.WriteString(pageHead)
	for _, e := range Reference() {
		name, value := "`"+e.Name+"`", ""
		if e.Secret {
			name += " (secret)"
		}
		if e.Default != "" {
			value = "`" + e.Default + "`"
		}
		fmt.Fprintf(&want, "| %s | %s | %s |\n", name, value, strings.TrimPrefix(e.Doc, e.Field+" "))
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("the page differs from the comments in config.go, run `make generate`:\n%s", diff)
	}
}

const pageHead = `# Environment variables

This page is generated from the comments of ` + "`internal/config/config.go`" + ` by ` + "`make generate`" + `.

- A variable that is empty counts as not set. White space around a value does not count, except in a secret.
- A secret can stand in a file: set the variable's name with ` + "`_FILE`" + ` added to the path of the file.
- The connection to Temporal uses Temporal's own variables: ` + "`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`" + `.

| variable | default | meaning |
|---|---|---|
`

// aKey is 32 bytes as base64, anotherKey others.
const (
	aKey       = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	anotherKey = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
)

func TestSecretsKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		environ []string
		want    []string
	}{
		{"none", nil, nil},
		{"one", []string{"STEWARD_SECRETS_KEY=" + aKey}, []string{"0123456789abcdef0123456789abcdef"}},
		{
			"after a rotation",
			[]string{"STEWARD_SECRETS_KEY= " + anotherKey + "\n", "STEWARD_SECRETS_KEY_OLD=" + aKey + " , " + anotherKey},
			[]string{"fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"},
		},
	} {
		cfg, _, err := Load(c.environ)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, key := range cfg.SecretsKeys() {
			got = append(got, string(key))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
