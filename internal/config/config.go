package config

import (
	"log/slog"
	"path/filepath"
	"time"
)

// Prefix starts the name of every variable of this package.
const Prefix = "STEWARD_"

// Names of the variables that the dev stack and the tests look up by themselves, because they must find
// the servers before a Config exists.
const (
	EnvTemporalBin     = Prefix + "TEMPORAL_BIN"
	EnvWeaviateBin     = Prefix + "WEAVIATE_BIN"
	EnvPostgresBin     = Prefix + "POSTGRES_BIN"
	EnvTestPostgresURL = Prefix + "TEST_POSTGRES_URL"
)

// Values of Config.Engine.
const (
	EngineExtractive = "extractive"
	EngineOpenAI     = "openai"
	EngineAnthropic  = "anthropic"
)

// Values of Config.Embedder.
const (
	EmbedderLSA    = "lsa"
	EmbedderOpenAI = "openai"
	EmbedderNone   = "none"
)

// Values of Config.CRM.
const (
	CRMLocal   = "local"
	CRMHubSpot = "hubspot"
)

// Values of Config.LogFormat.
const (
	LogText = "text"
	LogJSON = "json"
)

// Config holds every setting of one Steward process. The comment of a field is its documentation:
// Reference hands it to docs/reference/environment.md.
type Config struct {
	// Addr is the address (host:port) on which `steward serve` and `steward dev` listen for HTTP.
	Addr string `env:"ADDR" envDefault:"127.0.0.1:8080"`
	// PublicURL is the address under which visitors and the team reach Steward, used in links. Empty means http:// and the listen address.
	PublicURL string `env:"PUBLIC_URL"`
	// DataDir is the folder for local state: the admin token, and under `steward dev` the data of all servers.
	DataDir string `env:"DATA_DIR" envDefault:".data"`
	// Dev is the development switch: timers down to 1 s and a test clock for working hours. It is refused when Addr is not a loopback address.
	Dev bool `env:"DEV" envDefault:"false"`

	// DatabaseURL is the Postgres connection (postgres://user:password@host:port/name). `steward dev` sets it; `serve` and `steward-worker` need it.
	DatabaseURL Secret `env:"DATABASE_URL"`
	// WeaviateURL is the HTTP address of Weaviate.
	WeaviateURL string `env:"WEAVIATE_URL" envDefault:"http://127.0.0.1:8081"`
	// WeaviateGRPC is the gRPC address (host:port) of Weaviate. Empty means that imports and queries use HTTP.
	WeaviateGRPC string `env:"WEAVIATE_GRPC"`
	// TemporalUIURL is the address of the Temporal Web UI, used in links only.
	TemporalUIURL string `env:"TEMPORAL_UI_URL" envDefault:"http://127.0.0.1:8233"`

	// LogFormat is the form of the log: text or json.
	LogFormat string `env:"LOG_FORMAT" envDefault:"text"`
	// LogLevel is the lowest level that is logged: debug, info, warn or error.
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"info"`

	// AdminToken is the bearer token of the admin API, at least 16 characters. Empty means that one is made at the first start and kept in the data folder.
	AdminToken Secret `env:"ADMIN_TOKEN"`
	// SessionKey is the HMAC key that signs live-chat sessions, at least 32 characters. Empty means that one is made at the first start and kept in the database.
	SessionKey Secret `env:"SESSION_KEY"`
	// SecretsKey seals the secrets of connections that are kept in the database: 32 random bytes as base64, such as `openssl rand -base64 32` makes, the same for the server and the workers. Empty means that no secret can be kept there, only referred to; `steward dev` makes one and keeps it in the data folder.
	SecretsKey Secret `env:"SECRETS_KEY"`
	// SecretsKeyOld are earlier values of SecretsKey, with commas. They open what was sealed under them until it is set again.
	SecretsKeyOld Secret `env:"SECRETS_KEY_OLD"`

	// Engine says what writes the answers: extractive (quotes the content, no AI model, no key), openai (any OpenAI-compatible endpoint) or anthropic (the Messages API of Anthropic).
	Engine string `env:"ENGINE" envDefault:"extractive"`
	// ModelBaseURL is the address of the endpoint, with its version path. Empty means that of the provider: https://api.openai.com/v1 or https://api.anthropic.com.
	ModelBaseURL string `env:"MODEL_BASE_URL"`
	// ModelName is the name of the model. Needed when Engine is openai or anthropic.
	ModelName string `env:"MODEL_NAME"`
	// ModelAPIKey is the key for ModelBaseURL. Empty for endpoints without a key.
	ModelAPIKey Secret `env:"MODEL_API_KEY"`
	// ModelJSON says how the endpoint is told to answer in JSON: schema (a JSON schema), object (JSON mode) or none (by the prompt alone), for endpoints that refuse the others.
	ModelJSON string `env:"MODEL_JSON" envDefault:"schema"`
	// ModelTools gives the model its commands and the configured actions as tools. Off, for endpoints without tool calls, it is asked for one JSON object.
	ModelTools bool `env:"MODEL_TOOLS" envDefault:"false"`
	// FallbackEngine is the kind of the second endpoint: openai or anthropic. Empty means that of Engine.
	FallbackEngine string `env:"FALLBACK_ENGINE"`
	// FallbackModelBaseURL is the address of a second endpoint, asked when the first fails. Empty means ModelBaseURL.
	FallbackModelBaseURL string `env:"FALLBACK_MODEL_BASE_URL"`
	// FallbackModelName is the name of the model asked when the first one fails. Empty means no fallback.
	FallbackModelName string `env:"FALLBACK_MODEL_NAME"`
	// FallbackModelAPIKey is the key for the second endpoint.
	FallbackModelAPIKey Secret `env:"FALLBACK_MODEL_API_KEY"`
	// ModelTimeout is the longest time of one model call.
	ModelTimeout time.Duration `env:"MODEL_TIMEOUT" envDefault:"60s"`

	// Embedder says what makes the vectors of a search by meaning: lsa (learnt from the content itself, no endpoint), openai (any OpenAI-compatible /v1/embeddings endpoint) or none (words alone).
	Embedder string `env:"EMBEDDER" envDefault:"lsa"`
	// EmbedderBaseURL is the address of the embeddings endpoint, with its version path.
	EmbedderBaseURL string `env:"EMBEDDER_BASE_URL" envDefault:"https://api.openai.com/v1"`
	// EmbedderModel is the name of the embedding model. Needed when Embedder is openai.
	EmbedderModel string `env:"EMBEDDER_MODEL"`
	// EmbedderDims is the length of its vectors. Needed when Embedder is openai; `steward doctor` says what the endpoint gives.
	EmbedderDims int `env:"EMBEDDER_DIMS" envDefault:"0"`
	// EmbedderAPIKey is the key for EmbedderBaseURL. Empty for endpoints without a key.
	EmbedderAPIKey Secret `env:"EMBEDDER_API_KEY"`
	// RerankerURL is the address of a /rerank endpoint that orders what was found. Empty means none.
	RerankerURL string `env:"RERANKER_URL"`
	// RerankerModel is the name of the model of the reranker, for endpoints that ask for one. With a name requests have the Cohere and Jina shape, without it that of Text Embeddings Inference.
	RerankerModel string `env:"RERANKER_MODEL"`
	// RerankerAPIKey is the key for RerankerURL.
	RerankerAPIKey Secret `env:"RERANKER_API_KEY"`
	// TranscriberBaseURL is the address of an OpenAI-compatible endpoint that transcribes the sound of videos, with its version path. Empty means that videos without subtitles cannot be read.
	TranscriberBaseURL string `env:"TRANSCRIBER_BASE_URL"`
	// TranscriberModel is the name of the model that transcribes.
	TranscriberModel string `env:"TRANSCRIBER_MODEL" envDefault:"whisper-1"`
	// TranscriberAPIKey is the key for TranscriberBaseURL.
	TranscriberAPIKey Secret `env:"TRANSCRIBER_API_KEY"`
	// CrawlAllow lists hosts (host:port, with commas) that may be read although they are not public or not on port 80 or 443: a company's own intranet. Empty means none; `steward dev` with STEWARD_DEV then lets 127.0.0.1:18790 be read, where `make smoke` serves a site.
	CrawlAllow []string `env:"CRAWL_ALLOW"`
	// CrawlPause leaves a pause between two requests to a site. Off only with Dev, for sites of one's own.
	CrawlPause bool `env:"CRAWL_PAUSE" envDefault:"true"`
	// Browser opens pages that show nothing without scripts in a local Chromium, when one is installed.
	Browser bool `env:"BROWSER" envDefault:"true"`

	// CRM is the company's system of records: local (the one that comes with Steward) or hubspot.
	CRM string `env:"CRM" envDefault:"local"`
	// HubSpotToken is the token of a HubSpot private app that may read and write contacts. Needed when CRM is hubspot.
	HubSpotToken Secret `env:"HUBSPOT_TOKEN"`
	// SMTPURL is the mail server: smtp://user:password@host:587 (with STARTTLS, but for a server on this machine) or smtps://user:password@host:465. Empty means that mails are files in the folder mail of the data folder.
	SMTPURL Secret `env:"SMTP_URL"`
	// MailFrom is the address that mails come from. Needed with a mail server.
	MailFrom string `env:"MAIL_FROM"`

	// WorkerPollers is the number of pollers per task queue, for workflow tasks and for activities each.
	WorkerPollers int `env:"WORKER_POLLERS" envDefault:"8"`
	// WorkerMaxActivities is the number of activities that run at once per task queue. Keep it near WorkerPoolSize.
	WorkerMaxActivities int `env:"WORKER_MAX_ACTIVITIES" envDefault:"64"`
	// StickyCacheSize is the number of conversations kept in the worker's memory, about 30 KB each.
	StickyCacheSize int `env:"STICKY_CACHE_SIZE" envDefault:"10000"`
	// StopTimeout is the longest time a worker waits for its running activities when it stops.
	StopTimeout time.Duration `env:"STOP_TIMEOUT" envDefault:"30s"`
	// ShutdownTimeout is the longest time the HTTP server waits for its open requests when it stops.
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"20s"`

	// RelayConcurrency is the number of messages that the relay hands to Temporal at once.
	RelayConcurrency int `env:"RELAY_CONCURRENCY" envDefault:"64"`
	// TrustedProxies are the addresses of proxies in front of Steward, as a list of CIDRs with commas. A visitor's address is then taken from X-Forwarded-For, for rate limits.
	TrustedProxies []string `env:"TRUSTED_PROXIES"`
	// RateLimits limits how much one visitor and one address may write. Off only for load tests.
	RateLimits bool `env:"RATE_LIMITS" envDefault:"true"`
	// IngressPoolSize is the number of database connections for incoming requests.
	IngressPoolSize int `env:"INGRESS_POOL_SIZE" envDefault:"16"`
	// RelayPoolSize is the number of database connections for the relay, apart from IngressPoolSize so that neither starves the other.
	RelayPoolSize int `env:"RELAY_POOL_SIZE" envDefault:"8"`
	// WorkerPoolSize is the number of database connections of a worker process.
	WorkerPoolSize int `env:"WORKER_POOL_SIZE" envDefault:"32"`

	// TemporalBin is the `temporal` program that `steward dev` and the tests start. Empty means bin/temporal of the project, then the PATH.
	TemporalBin string `env:"TEMPORAL_BIN"`
	// WeaviateBin is the Weaviate server program that `steward dev` and the tests start. Empty means bin/weaviate of the project, then the PATH.
	WeaviateBin string `env:"WEAVIATE_BIN"`
	// PostgresBin is the folder with the Postgres programs (postgres, initdb) that `steward dev` and the tests use. Empty means the PATH, then the highest version in /usr/lib/postgresql.
	PostgresBin string `env:"POSTGRES_BIN"`
	// TestPostgresURL names a running cluster that the tests use instead of starting their own. Its user must be allowed to create databases.
	TestPostgresURL Secret `env:"TEST_POSTGRES_URL"`
}

// MailFolder is where mails are files when there is no mail server.
func (c Config) MailFolder() string { return filepath.Join(c.DataDir, "mail") }
