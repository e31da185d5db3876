package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	minAdminToken = 16
	minSessionKey = 32
	// secretsKeyBytes is the length of a key that seals secrets.
	secretsKeyBytes = 32
)

// Validate checks each field and the fields against each other. The error has one line per problem, each
// with the name of the variable and what is allowed; secrets are never quoted.
//
// The development switch is refused with a public listen address.
// Settled: rule 33
func (c Config) Validate() error {
	return errors.Join(
		c.validateAddresses(),
		c.validateSecrets(),
		c.validateEngine(),
		c.validateContent(),
		c.validateCustomers(),
		c.validateNumbers(),
	)
}

// RequireDatabase reports whether the process has a database to work on. `steward serve` and
// `steward-worker` call it; `steward dev` starts a database of its own.
func (c Config) RequireDatabase() error {
	if c.DatabaseURL == "" {
		return errors.New("STEWARD_DATABASE_URL is not set: give a Postgres address, or run `steward dev`, which starts a Postgres of its own")
	}
	return nil
}

// LoopbackAddr reports whether Addr can be reached from this machine only.
func (c Config) LoopbackAddr() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func (c Config) validateAddresses() error {
	var problems []error
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || port == "" {
		problems = append(problems, fmt.Errorf("STEWARD_ADDR: %q is not host:port", c.Addr))
	} else if c.Dev && !c.LoopbackAddr() {
		problems = append(problems, fmt.Errorf("STEWARD_DEV is only for this machine, and STEWARD_ADDR is %q: listen on 127.0.0.1 or switch it off", c.Addr))
	}
	if c.WeaviateGRPC != "" {
		if _, _, err := net.SplitHostPort(c.WeaviateGRPC); err != nil {
			problems = append(problems, fmt.Errorf("STEWARD_WEAVIATE_GRPC: %q is not host:port", c.WeaviateGRPC))
		}
	}
	for _, u := range []struct{ name, value string }{
		{"STEWARD_PUBLIC_URL", c.PublicURL},
		{"STEWARD_WEAVIATE_URL", c.WeaviateURL},
		{"STEWARD_TEMPORAL_UI_URL", c.TemporalUIURL},
		{"STEWARD_MODEL_BASE_URL", c.ModelBaseURL},
		{"STEWARD_FALLBACK_MODEL_BASE_URL", c.FallbackModelBaseURL},
		{"STEWARD_EMBEDDER_BASE_URL", c.EmbedderBaseURL},
		{"STEWARD_RERANKER_URL", c.RerankerURL},
		{"STEWARD_TRANSCRIBER_BASE_URL", c.TranscriberBaseURL},
	} {
		parsed, err := url.Parse(u.value)
		switch {
		case u.value == "":
		case err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https"):
			problems = append(problems, fmt.Errorf("%s: not an http or https address", u.name))
		case parsed.User != nil:
			problems = append(problems, fmt.Errorf("%s: must not hold a user or password", u.name))
		}
	}
	return errors.Join(problems...)
}

func (c Config) validateSecrets() error {
	var problems []error
	for _, u := range []struct {
		name  string
		value Secret
	}{{"STEWARD_DATABASE_URL", c.DatabaseURL}, {EnvTestPostgresURL, c.TestPostgresURL}} {
		if v := u.value.Reveal(); v != "" && !strings.HasPrefix(v, "postgres://") && !strings.HasPrefix(v, "postgresql://") {
			problems = append(problems, fmt.Errorf("%s: must start with postgres://", u.name))
		}
	}
	if n := len(c.AdminToken); n > 0 && n < minAdminToken {
		problems = append(problems, fmt.Errorf("STEWARD_ADMIN_TOKEN: %d characters, at least %d are needed", n, minAdminToken))
	}
	if n := len(c.SessionKey); n > 0 && n < minSessionKey {
		problems = append(problems, fmt.Errorf("STEWARD_SESSION_KEY: %d characters, at least %d are needed", n, minSessionKey))
	}
	if _, err := decodeKeys(c.SecretsKey); err != nil || strings.Contains(c.SecretsKey.Reveal(), ",") {
		problems = append(problems, fmt.Errorf("STEWARD_SECRETS_KEY: must be %d bytes as base64, such as `openssl rand -base64 %d` makes", secretsKeyBytes, secretsKeyBytes))
	}
	if _, err := decodeKeys(c.SecretsKeyOld); err != nil {
		problems = append(problems, fmt.Errorf("STEWARD_SECRETS_KEY_OLD: must be keys of %d bytes as base64, with commas between", secretsKeyBytes))
	}
	if c.SecretsKey == "" && c.SecretsKeyOld != "" {
		problems = append(problems, errors.New("STEWARD_SECRETS_KEY is needed with STEWARD_SECRETS_KEY_OLD"))
	}
	return errors.Join(problems...)
}

func (c Config) validateEngine() error {
	var problems []error
	if !slices.Contains([]string{EngineExtractive, EngineOpenAI, EngineAnthropic}, c.Engine) {
		problems = append(problems, fmt.Errorf("STEWARD_ENGINE: %q is unknown, allowed are %s, %s and %s", c.Engine, EngineExtractive, EngineOpenAI, EngineAnthropic))
	}
	if !slices.Contains([]string{LogText, LogJSON}, c.LogFormat) {
		problems = append(problems, fmt.Errorf("STEWARD_LOG_FORMAT: %q is unknown, allowed are %s and %s", c.LogFormat, LogText, LogJSON))
	}
	if c.Engine != EngineExtractive && c.ModelName == "" {
		problems = append(problems, fmt.Errorf("STEWARD_ENGINE is %s: STEWARD_MODEL_NAME is needed", c.Engine))
	}
	if !slices.Contains([]string{"", EngineOpenAI, EngineAnthropic}, c.FallbackEngine) {
		problems = append(problems, fmt.Errorf("STEWARD_FALLBACK_ENGINE: %q is unknown, allowed are %s and %s", c.FallbackEngine, EngineOpenAI, EngineAnthropic))
	}
	if c.FallbackModelName == "" && (c.FallbackModelBaseURL != "" || c.FallbackModelAPIKey != "" || c.FallbackEngine != "") {
		problems = append(problems, errors.New("STEWARD_FALLBACK_MODEL_NAME is needed with the other fallback settings"))
	}
	return errors.Join(problems...)
}

func (c Config) validateCustomers() error {
	var problems []error
	if !slices.Contains([]string{CRMLocal, CRMHubSpot}, c.CRM) {
		problems = append(problems, fmt.Errorf("STEWARD_CRM: %q is unknown, allowed are %s and %s", c.CRM, CRMLocal, CRMHubSpot))
	}
	if c.CRM == CRMHubSpot && c.HubSpotToken == "" {
		problems = append(problems, errors.New("STEWARD_CRM is hubspot: STEWARD_HUBSPOT_TOKEN is needed"))
	}
	if c.SMTPURL == "" {
		return errors.Join(problems...)
	}
	if u, err := url.Parse(c.SMTPURL.Reveal()); err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		problems = append(problems, errors.New("STEWARD_SMTP_URL: not an address of the form smtp://user:password@host:587 or smtps://user:password@host:465"))
	}
	if from, err := mail.ParseAddress(c.MailFrom); err != nil || from.Address != c.MailFrom {
		problems = append(problems, errors.New("STEWARD_MAIL_FROM: with STEWARD_SMTP_URL the plain address that mails come from is needed"))
	}
	return errors.Join(problems...)
}

func (c Config) validateContent() error {
	var problems []error
	if !slices.Contains([]string{EmbedderLSA, EmbedderOpenAI, EmbedderNone}, c.Embedder) {
		problems = append(problems, fmt.Errorf("STEWARD_EMBEDDER: %q is unknown, allowed are %s, %s and %s", c.Embedder, EmbedderLSA, EmbedderOpenAI, EmbedderNone))
	}
	if c.Embedder == EmbedderOpenAI && (c.EmbedderModel == "" || c.EmbedderBaseURL == "" || c.EmbedderDims < 1 || c.EmbedderDims > 8192) {
		problems = append(problems, errors.New("STEWARD_EMBEDDER is openai: STEWARD_EMBEDDER_BASE_URL, STEWARD_EMBEDDER_MODEL and STEWARD_EMBEDDER_DIMS (1 to 8192) are needed"))
	}
	for _, host := range c.CrawlAllow {
		if _, _, err := net.SplitHostPort(host); err != nil {
			problems = append(problems, fmt.Errorf("STEWARD_CRAWL_ALLOW: %q is not host:port", host))
		}
	}
	if !c.CrawlPause && !c.Dev {
		problems = append(problems, errors.New("STEWARD_CRAWL_PAUSE: sites of others are read with a pause; it can be switched off only with STEWARD_DEV"))
	}
	return errors.Join(problems...)
}

func (c Config) validateNumbers() error {
	var problems []error
	for _, n := range []struct {
		name       string
		value, max int
	}{
		{"STEWARD_WORKER_POLLERS", c.WorkerPollers, 1000},
		{"STEWARD_WORKER_MAX_ACTIVITIES", c.WorkerMaxActivities, 100_000},
		{"STEWARD_STICKY_CACHE_SIZE", c.StickyCacheSize, 10_000_000},
		{"STEWARD_RELAY_CONCURRENCY", c.RelayConcurrency, 10_000},
		{"STEWARD_INGRESS_POOL_SIZE", c.IngressPoolSize, 10_000},
		{"STEWARD_RELAY_POOL_SIZE", c.RelayPoolSize, 10_000},
		{"STEWARD_WORKER_POOL_SIZE", c.WorkerPoolSize, 10_000},
	} {
		if n.value < 1 || n.value > n.max {
			problems = append(problems, fmt.Errorf("%s: %d is out of range, allowed are 1 to %d", n.name, n.value, n.max))
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"STEWARD_MODEL_TIMEOUT", c.ModelTimeout},
		{"STEWARD_STOP_TIMEOUT", c.StopTimeout},
		{"STEWARD_SHUTDOWN_TIMEOUT", c.ShutdownTimeout},
	} {
		if d.value < time.Millisecond || d.value > time.Hour {
			problems = append(problems, fmt.Errorf("%s: %s is out of range, allowed are 1ms to 1h", d.name, d.value))
		}
	}
	return errors.Join(problems...)
}
