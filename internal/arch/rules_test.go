package arch

// anything stands for every package of ours.
const anything = "*"

// imports is who a package may import of ours, apart from tests. A name that
// ends in /... is a package and all below it.
type imports struct {
	pkg string
	may []string
	why string
}

// importRules has one row for every package of the module.
func importRules() []imports {
	return []imports{
		{"schemas", nil, "contracts know nobody"},
		{"schemas/postgres", nil, "migrations are data"},
		{"schemas/weaviate", nil, "collection definitions are data"},

		{"internal/policy", []string{"schemas"}, "decisions are pure"},
		{"internal/language", nil, "a leaf: words, stems, detection, cleaning"},
		{"internal/fault", nil, "a leaf: points at which tests kill a process"},

		{"internal/agent", []string{"schemas", "internal/language", "internal/agent/llm"}, "features never import each other"},
		{"internal/agent/llm", []string{"schemas"}, "the port of models"},
		{"internal/agent/llm/anthropic", []string{"schemas", "internal/agent/llm"}, "an adapter knows its parent"},
		{"internal/agent/llm/openai", []string{"schemas", "internal/agent/llm"}, "an adapter knows its parent"},
		{"internal/agent/llm/scripted", []string{"schemas", "internal/agent/llm"}, "an adapter knows its parent"},
		{"internal/agent/llm/llmtest", []string{"schemas", "internal/agent/llm", "internal/agent/llm/scripted"}, "the port's conformance suite, against a server that misbehaves"},

		{"internal/actions", []string{"schemas", "internal/language", "internal/netguard"}, "features never import each other; words and the guard of the network are leaves"},
		{"internal/actions/mcp", []string{"schemas", "internal/actions"}, "an adapter knows its parent"},
		{"internal/actions/openapi", []string{"schemas", "internal/actions"}, "an adapter knows its parent"},

		{"internal/eval", []string{"schemas", "internal/language"}, "measures transcripts; the agent is played by whoever calls it"},
		{"internal/agent/llm/extractive", []string{"schemas", "internal/language", "internal/agent", "internal/agent/llm", "internal/agent/slots"}, "an adapter knows its parents, and reads values from words"},
		{"internal/agent/slots", []string{"schemas", "internal/language"}, "values from a customer's words"},

		{"internal/channels", []string{"schemas", "internal/language"}, "the port of channels"},
		{"internal/channels/livechat", []string{"schemas", "internal/language", "internal/channels"}, "an adapter knows its parent"},

		{"internal/handoff", []string{"schemas", "internal/language", "internal/netguard"}, "the port of destinations, and the exchange that they share"},
		{"internal/handoff/chatwoot", []string{"schemas", "internal/language", "internal/handoff"}, "an adapter knows its parent"},
		{"internal/handoff/email", []string{"schemas", "internal/handoff"}, "an adapter knows its parent; the mail server is a port of its own"},
		{"internal/handoff/hubspot", []string{"schemas", "internal/language", "internal/handoff"}, "an adapter knows its parent"},
		{"internal/handoff/slack", []string{"schemas", "internal/language", "internal/handoff"}, "an adapter knows its parent"},
		{"internal/handoff/webhook", []string{"schemas", "internal/language", "internal/handoff"}, "an adapter knows its parent"},
		{"internal/handoff/zendesk", []string{"schemas", "internal/language", "internal/handoff"}, "an adapter knows its parent"},
		{"internal/handoff/handofftest", []string{"schemas", "internal/language", "internal/handoff"}, "the port's conformance suite, and fakes of the vendors"},
		{"internal/desks", []string{"schemas", "internal/config", "internal/netguard", "internal/actions", "internal/handoff", "internal/handoff/...", "internal/mail"}, "wires the destinations once for both programs"},
		{"internal/mail", []string{"schemas"}, "a leaf: sends what it is given"},

		{"internal/knowledge", []string{"schemas", "internal/language"}, "the ports of content"},
		{"internal/knowledge/articles", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/articles/hubspottest", nil, "a fake of the vendor"},
		{"internal/knowledge/crawl", []string{"schemas", "internal/language", "internal/knowledge", "internal/netguard"}, "an adapter knows its parent, and the guard of the network"},
		{"internal/knowledge/embed", []string{"schemas", "internal/knowledge", "internal/knowledge/embed/..."}, "opens the embedders below it"},
		{"internal/knowledge/embed/endpoint", []string{"schemas"}, "what the endpoints below embed share"},
		{"internal/knowledge/embed/lsa", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/embed/openai", []string{"schemas", "internal/knowledge", "internal/knowledge/embed/endpoint"}, "an adapter knows its parent"},
		{"internal/knowledge/embed/rerank", []string{"schemas", "internal/knowledge", "internal/knowledge/embed/endpoint"}, "an adapter knows its parent"},
		{"internal/knowledge/extract", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/files", []string{"schemas", "internal/language", "internal/knowledge", "internal/knowledge/files/..."}, "sends each file to the reader of its format"},
		{"internal/knowledge/files/media", []string{"schemas", "internal/language", "internal/knowledge", "internal/knowledge/files/sandbox"}, "runs ffmpeg within limits"},
		{"internal/knowledge/files/office", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/files/pdf", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/files/sandbox", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/render", []string{"schemas", "internal/knowledge", "internal/netguard"}, "an adapter knows its parent, and the guard of the network"},
		{"internal/knowledge/weaviate", []string{"schemas", "schemas/weaviate", "internal/language", "internal/knowledge"}, "an adapter knows its parent and its collections"},
		{"internal/knowledge/memory", []string{"schemas", "internal/language", "internal/knowledge"}, "an adapter knows its parent"},
		{"internal/knowledge/indextest", []string{"schemas", "internal/language", "internal/knowledge"}, "the port's conformance suite"},
		{"internal/crm", []string{"schemas"}, "the port of CRMs, and what the agent may do with one"},
		{"internal/crm/local", []string{"schemas", "internal/crm"}, "an adapter knows its parent"},
		{"internal/crm/hubspot", []string{"schemas", "internal/crm"}, "an adapter knows its parent"},
		{"internal/crm/hubspot/hubspottest", nil, "a fake of the vendor"},
		{"internal/crm/crmtest", []string{"schemas", "internal/crm"}, "the port's conformance suite"},
		{"internal/seal", nil, "a leaf: secrets that are stored encrypted"},
		{"internal/netguard", nil, "a leaf: which addresses may be dialled"},

		{"internal/store", []string{"schemas", "internal/store/dbq"}, "decisions reach the store as functions"},
		{"internal/store/dbq", nil, "generated; its types never leave the store"},
		{"internal/config", []string{"schemas"}, "settings of a process"},
		{"internal/httpkit", []string{"schemas"}, "what every HTTP surface shares"},
		{"internal/retrieval", []string{"schemas", "activities", "internal/policy", "internal/config", "internal/knowledge", "internal/knowledge/embed", "internal/knowledge/embed/rerank", "internal/knowledge/weaviate"}, "wires the search once for both programs, which have to find the same"},
		{"internal/customers", []string{"schemas", "internal/config", "internal/store", "internal/netguard", "internal/crm", "internal/crm/local", "internal/crm/hubspot"}, "wires the CRM once for both programs, which have to see the same"},
		{"internal/temporalclient", []string{"internal/config"}, "knows no workflow"},
		{"internal/devstack", []string{"internal/config"}, "knows no feature"},

		{"activities", []string{"schemas", "internal/policy", "internal/eval", "internal/agent", "internal/agent/llm", "internal/knowledge", "internal/channels", "internal/actions", "internal/crm", "internal/handoff"}, "ports and policy, never an adapter, so that workflows see no driver"},
		{"workflows", []string{"schemas", "activities"}, "branch on recorded results only (rule 5): not even policy"},

		{"starter/dispatch", []string{"schemas", "workflows"}, "typed client of our workflows"},
		{"starter/gateway", []string{"schemas", "internal/channels/...", "internal/actions", "internal/handoff", "internal/store", "internal/httpkit", "internal/fault", "starter/dispatch"}, "the edge decides nothing; it reads what systems report"},
		{"starter/gateway/demo", nil, "a page and its assets"},
		{"starter/api", []string{"schemas", "internal/policy", "internal/actions/...", "internal/agent/llm", "internal/seal", "internal/eval", "internal/store", "internal/httpkit", "starter/dispatch"}, "policy only to explain; what an admin may save as an action is decided in actions, which names are taken in llm; eval reads and compares suites; secrets are sealed on their way in"},
		{"starter/api/client", []string{"schemas"}, "what the CLI sees of the API"},
		{"starter/cli", []string{"schemas", "starter/api/client"}, "the CLI can do what the API can, and nothing else"},
		{"starter/sample", nil, "sample pages are data"},

		{"starter", []string{anything}, "a main wires everything"},
		{"worker", []string{anything}, "a main wires everything"},
		{"internal/testkit", []string{anything}, "fakes wired together"},
		{"internal/testkit/script", []string{anything}, "runs conversation scripts"},
		{"internal/testkit/evil", []string{anything}, "attacks the engine with an evil model"},
		{"internal/testkit/stack", []string{anything}, "starts the products for tests"},
		{"internal/arch", []string{anything}, "tests only"},
		{"internal/killtest", []string{anything}, "tests only"},
		{"bench/...", []string{"schemas", "starter/api/client", "bench/..."}, "measures what users have: public surfaces"},
		{"bench/engine", []string{"schemas", "internal/agent/llm/scripted", "bench/rig"}, "scripts the model that the engine is measured with"},
		{"bench/extract", []string{"schemas", "internal/knowledge", "internal/knowledge/extract"}, "measures one organ beside the library that it builds on"},
		{"bench/extractive", []string{"schemas", "bench/lines", "internal/language", "internal/agent/llm", "internal/agent/llm/extractive"}, "measures one engine beside plain BM25"},
		{"bench/retrieval", []string{"schemas", "bench/lines", "internal/devstack", "internal/policy", "internal/knowledge", "internal/knowledge/..."}, "measures search on a real server beside plain BM25"},
		{"bench/replay-tau", []string{"schemas", "bench/...", "internal/agent/llm/scripted"}, "says what a recorded model said"},
		{"bench/rig", []string{"schemas", "starter/api/client", "internal/devstack", "internal/store", "starter/dispatch", "internal/testkit/...", "internal/agent/llm/scripted", "bench/..."}, "starts servers and a model to measure against, then uses public surfaces"},
	}
}

// forTests are packages that only tests, other test packages and the dev
// command may import.
func forTests() map[string][]string {
	return map[string][]string{
		"internal/testkit":             {"internal/testkit/...", "bench/..."},
		"internal/testkit/script":      {"internal/testkit/..."},
		"internal/testkit/evil":        nil,
		"internal/arch":                nil,
		"internal/agent/llm/llmtest":   nil,
		"internal/agent/llm/scripted":  {"internal/agent/llm/llmtest", "internal/testkit/...", "bench/..."},
		"internal/handoff/handofftest": nil,
		"internal/knowledge/indextest": nil,
		"internal/knowledge/memory":    {"internal/testkit/..."},

		"internal/knowledge/articles/hubspottest": nil,
		"internal/crm/crmtest":                    nil,
		"internal/crm/hubspot/hubspottest":        {"internal/testkit/..."},
	}
}

// vendor is who may import a third-party module, apart from tests.
type vendor struct {
	// module is the prefix of the import paths.
	module string
	by     []string
	why    string
}

// vendorRules has one row for every third-party module that is imported.
func vendorRules() []vendor {
	return []vendor{
		{"github.com/jackc/pgx/v5", []string{"internal/store", "internal/store/dbq", "schemas/postgres", "internal/devstack", "internal/testkit/..."}, "one place knows SQL; the others start, migrate or copy databases"},
		{"github.com/jackc/tern/v2", []string{"schemas/postgres"}, "migrations run where they live"},
		{"github.com/weaviate/weaviate-go-client/v4", []string{"internal/knowledge/weaviate"}, "the index is a port"},
		{"github.com/weaviate/weaviate", []string{"internal/knowledge/weaviate"}, "the index is a port"},
		{"github.com/go-openapi/strfmt", []string{"internal/knowledge/weaviate"}, "the Weaviate client's own types"},
		{"github.com/gocolly/colly/v2", []string{"internal/knowledge/crawl", "bench/knowledge"}, "fetching is a port; alone it is a yardstick"},
		{"github.com/nlnwa/whatwg-url", []string{"internal/knowledge/crawl"}, "addresses as browsers read them"},
		{"github.com/JohannesKaufmann/html-to-markdown/v2", []string{"internal/knowledge/extract"}, "HTML is read in one place"},
		{"github.com/markusmobius/go-trafilatura", []string{"internal/knowledge/extract", "bench/extract"}, "HTML is read in one place"},
		{"github.com/chromedp/chromedp", []string{"internal/knowledge/render"}, "a browser is an option"},
		{"github.com/chromedp/cdproto", []string{"internal/knowledge/render"}, "the browser's protocol"},
		{"github.com/gabriel-vasile/mimetype", []string{"internal/knowledge/files/..."}, "types by content"},
		{"github.com/xuri/excelize/v2", []string{"internal/knowledge/files/office"}, "a format is read in one place"},
		{"github.com/richardlehane/mscfb", []string{"internal/knowledge/files/office"}, "a format is read in one place"},
		{"github.com/ledongthuc/pdf", []string{"internal/knowledge/files/pdf"}, "a format is read in one place"},
		{"gonum.org/v1/gonum", []string{"internal/knowledge/embed/lsa"}, "linear algebra of the default embedder"},
		{"github.com/yuin/goldmark", []string{"internal/knowledge/files", "internal/agent"}, "Markdown: content in, replies checked"},
		{"go.yaml.in/yaml/v3", []string{"internal/knowledge/files"}, "front matter of pages"},
		{"golang.org/x/sys", []string{"internal/knowledge/files/sandbox"}, "limits of a process"},
		{"golang.org/x/net", []string{"internal/knowledge/...", "internal/agent", "bench/extract"}, "HTML and charsets of content; public suffixes of links"},
		{"github.com/wneessen/go-mail", []string{"internal/mail"}, "mail is sent in one place"},
		{"github.com/openai/openai-go/v3", []string{"internal/agent/llm/openai", "internal/knowledge/embed/openai"}, "models and embedders are ports"},
		{"github.com/santhosh-tekuri/jsonschema/v6", []string{"internal/actions", "internal/agent/slots"}, "arguments are checked in one place, and values by the schema of their input"},
		{"golang.org/x/oauth2", []string{"internal/actions"}, "credentials of calls"},
		{"github.com/golang-jwt/jwt/v5", []string{"internal/actions"}, "tokens that name the customer to other systems"},
		{"code.dny.dev/ssrf", []string{"internal/actions"}, "registries of special networks beside our own list"},
		{"github.com/modelcontextprotocol/go-sdk", []string{"internal/actions/mcp"}, "a protocol is spoken in one place"},
		{"github.com/getkin/kin-openapi", []string{"internal/actions/openapi"}, "a format is read in one place"},
		{"github.com/anthropics/anthropic-sdk-go", []string{"internal/agent/llm/anthropic"}, "models are ports"},
		{"github.com/abadojack/whatlanggo", []string{"internal/language"}, "language is detected in one place"},
		{"github.com/blevesearch/snowballstem", []string{"internal/language"}, "words are stemmed in one place, for content and questions alike"},
		{"github.com/rivo/uniseg", []string{"internal/language"}, "words are cut in one place"},
		{"golang.org/x/text", []string{"internal/language", "internal/actions", "internal/knowledge/files/...", "starter/gateway"}, "normal forms of text; Accept-Language"},
		{"golang.org/x/time", []string{"starter/gateway"}, "rate limits of visitors"},
		{"github.com/google/uuid", []string{"internal/store", "internal/store/dbq", "internal/knowledge/...", "starter", "starter/gateway", "starter/api", "starter/cli", "internal/testkit/...", "bench/..."}, "ids are made where rows and messages are made"},
		{"github.com/nyaruka/phonenumbers", []string{"internal/agent/slots"}, "numbering plans of all countries"},
		{"github.com/caarlos0/env/v11", []string{"internal/config"}, "the environment is read in one place"},
		{"github.com/danielgtaylor/huma/v2", []string{"starter/api"}, "only the API knows its framework"},
		{"github.com/spf13/cobra", []string{"starter", "starter/cli"}, "only the commands know it"},
		{"github.com/spf13/pflag", []string{"starter/cli"}, "the flags of cobra's commands, for their reference page"},
		{"go.temporal.io/sdk/activity", []string{"activities", "internal/testkit/..."}, "heartbeats and activity info"},
		{"go.temporal.io/sdk/workflow", []string{"workflows", "internal/testkit/...", "bench/..."}, "workflow code is in one place"},
		{"go.temporal.io/sdk/converter", []string{"workflows", "internal/temporalclient", "internal/testkit/..."}, "payloads are shaped in one place; signals are read by hand"},
		{"go.temporal.io/sdk/temporal", []string{"activities", "workflows", "starter/dispatch", "internal/temporalclient", "bench/..."}, "failures and retry policies"},
		{"go.temporal.io/sdk/worker", []string{"activities", "workflows", "worker", "internal/testkit/...", "bench/..."}, "registration, and the worker's main"},
		{"go.temporal.io/sdk/client", []string{"starter/dispatch", "internal/temporalclient", "worker", "starter", "internal/testkit/...", "bench/..."}, "the typed client and the wiring"},
		{"go.temporal.io/sdk/testsuite", []string{"internal/testkit/..."}, "virtual time is for tests"},
		{"go.temporal.io/sdk/interceptor", []string{"internal/temporalclient", "internal/testkit/..."}, "what sees every call"},
		{"go.temporal.io/sdk/log", []string{"internal/temporalclient", "worker", "internal/testkit/...", "bench/..."}, "the SDK's log goes to ours"},
		{"go.temporal.io/sdk/contrib/envconfig", []string{"internal/temporalclient"}, "TEMPORAL_* is read in one place"},
		{"go.temporal.io/api", []string{"workflows", "starter/dispatch", "internal/temporalclient", "internal/devstack", "worker", "starter", "internal/testkit/...", "bench/..."}, "enums and raw service calls of the wiring"},
		{"google.golang.org/grpc", []string{"internal/devstack", "internal/knowledge/weaviate"}, "asks a starting server for its health; the kinds of an import's failures"},
		{"google.golang.org/protobuf", []string{"internal/devstack", "internal/testkit/..."}, "durations in raw service calls"},
		{"golang.org/x/sync", []string{"activities", "internal/devstack", "internal/knowledge/embed", "starter", "worker", "bench/..."}, "parts that start, work and stop together"},
	}
}

// testVendors are the third-party modules that only tests may import. A test
// may also import whatever product code may.
func testVendors() map[string]string {
	return map[string]string{
		"github.com/google/go-cmp":              "shows what differs",
		"go.uber.org/goleak":                    "finds goroutines that stay behind",
		"github.com/compose-spec/compose-go/v2": "loads the compose file as Docker does",
		"github.com/rogpeppe/go-internal":       "txtar fixtures",
		"pgregory.net/rapid":                    "random models",
	}
}
