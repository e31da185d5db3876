package actions_test

import (
	"encoding/json"
	"strings"
	"testing"

	"steward/internal/actions"
	"steward/schemas"
)

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func tool() schemas.Action {
	return schemas.Action{
		Name: "weather", Title: "Weather", Description: "When asked for the weather.", Kind: schemas.ActionMCP, Effect: schemas.EffectRead,
		Inputs: []schemas.Input{{Name: "city"}},
		MCP:    &schemas.MCPCall{Connection: "shop", Tool: "weather", Digest: strings.Repeat("a", 64)},
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method     string
		effect     schemas.Effect
		confirm    schemas.Confirm
		protection schemas.Protection
	}{
		"GET":    {"GET", schemas.EffectRead, schemas.ConfirmNever, schemas.ProtectMatchEmail},
		"none":   {"", schemas.EffectRead, schemas.ConfirmNever, schemas.ProtectMatchEmail},
		"POST":   {"post", schemas.EffectWrite, schemas.ConfirmAlways, schemas.ProtectVerifyEmail},
		"DELETE": {"DELETE", schemas.EffectDestructive, schemas.ConfirmAlways, schemas.ProtectVerifyEmail},
	} {
		a := schemas.Action{
			HTTP:   &schemas.HTTPCall{Method: tc.method},
			Inputs: []schemas.Input{{Name: "a"}}, Outputs: []schemas.Output{{Name: "b"}}, Approval: &schemas.Approval{}, Callback: &schemas.Callback{},
		}
		before, _ := json.Marshal(a)
		n := actions.Normalise(a)
		if n.Kind != schemas.ActionHTTP || n.Effect != tc.effect || n.Confirm != tc.confirm || n.Protection != tc.protection {
			t.Errorf("%s: %s %s %s", name, n.Effect, n.Confirm, n.Protection)
		}
		if n.HTTP.TimeoutSeconds != 10 || n.HTTP.MaxBytes != 256<<10 || n.HTTP.ResultBytes != 4<<10 || n.PerHour != 60 ||
			n.Inputs[0].Source != schemas.InputCustomer || n.Inputs[0].MaxAsks != 2 || string(n.Inputs[0].Schema) != `{"maxLength":200,"type":"string"}` ||
			n.Outputs[0].Visibility != schemas.VisibleModel || n.Approval.EscalateSeconds != 14400 || n.Approval.ExpireSeconds != 259200 || n.Callback.ExpireSeconds != 86400 {
			t.Errorf("%s: %+v %+v", name, n, n.HTTP)
		}
		if after, _ := json.Marshal(a); string(after) != string(before) {
			t.Errorf("%s: the action itself was changed", name)
		}
		if twice := actions.Digest(n); twice != actions.Digest(a) || len(twice) != 64 {
			t.Errorf("%s: defaults change the digest", name)
		}
	}
}

// refusals are changes of a good action that cannot be saved, with the field.
func refusals() map[string]struct {
	change func(*schemas.Action)
	field  string
} {
	type refusal = struct {
		change func(*schemas.Action)
		field  string
	}
	input := func(in schemas.Input) func(*schemas.Action) {
		return func(a *schemas.Action) { a.Inputs = append(a.Inputs, in) }
	}
	path := func(p string) refusal {
		return refusal{func(a *schemas.Action) { a.HTTP.Path = p }, "http.path"}
	}
	header := func(name, value string) refusal {
		return refusal{func(a *schemas.Action) { a.HTTP.Headers = map[string]string{name: value} }, "http.headers"}
	}
	out := map[string]refusal{
		"name":                {func(a *schemas.Action) { a.Name = "Refund" }, "name"},
		"long name":           {func(a *schemas.Action) { a.Name = strings.Repeat("a", 49) }, "name"},
		"title":               {func(a *schemas.Action) { a.Title = " " }, "title"},
		"description":         {func(a *schemas.Action) { a.Description = "" }, "description"},
		"effect":              {func(a *schemas.Action) { a.Effect = "maybe" }, "effect"},
		"read by DELETE":      {func(a *schemas.Action) { a.Effect, a.HTTP.Method, a.HTTP.Body = "read", "DELETE", nil }, "effect"},
		"confirm":             {func(a *schemas.Action) { a.Confirm = "sometimes" }, "confirm"},
		"destructive, never":  {func(a *schemas.Action) { a.Effect, a.Confirm = "destructive", "never" }, "confirm"},
		"protection":          {func(a *schemas.Action) { a.Protection = "some" }, "protection"},
		"kind":                {func(a *schemas.Action) { a.Kind = "soap" }, "kind"},
		"two kinds":           {func(a *schemas.Action) { a.MCP = &schemas.MCPCall{} }, "kind"},
		"no part":             {func(a *schemas.Action) { a.HTTP = nil }, "kind"},
		"channel":             {func(a *schemas.Action) { a.Channels = []schemas.ChannelKind{"fax"} }, "channels"},
		"too many inputs":     {func(a *schemas.Action) { a.Inputs = make([]schemas.Input, 65) }, "inputs"},
		"input name":          {input(schemas.Input{Name: "order-id"}), "inputs[3].name"},
		"input twice":         {input(schemas.Input{Name: "order"}), "inputs[3].name"},
		"input source":        {input(schemas.Input{Name: "x", Source: "model"}), "inputs[3].source"},
		"customer with path":  {input(schemas.Input{Name: "x", Path: "email"}), "inputs[3].path"},
		"customer with value": {input(schemas.Input{Name: "x", Value: raw(`1`)}), "inputs[3].value"},
		"contact path":        {input(schemas.Input{Name: "x", Source: "contact", Path: "salary"}), "inputs[3].path"},
		"crm path":            {input(schemas.Input{Name: "x", Source: "contact", Path: "crm."}), "inputs[3].path"},
		"conversation path":   {input(schemas.Input{Name: "x", Source: "conversation", Path: "email"}), "inputs[3].path"},
		"no constant":         {input(schemas.Input{Name: "x", Source: "constant"}), "inputs[3].value"},
		"constant of another": {input(schemas.Input{Name: "x", Source: "constant", Value: raw(`1`)}), "inputs[3].value"},
		"secret itself":       {input(schemas.Input{Name: "x", Source: "secret", Path: canary}), "inputs[3].path"},
		"asks":                {input(schemas.Input{Name: "x", MaxAsks: -1}), "inputs[3].max_asks"},
		"method":              {func(a *schemas.Action) { a.HTTP.Method = "TRACE" }, "http.method"},
		"body of a GET":       {func(a *schemas.Action) { a.HTTP.Method = "GET" }, "http.body"},
		"body":                {func(a *schemas.Action) { a.HTTP.Body = raw(`{"a":{order}}`) }, "http.body"},
		"body placeholder":    {func(a *schemas.Action) { a.HTTP.Body = raw(`{"a":["{nothing}"]}`) }, "http.body"},
		"body name":           {func(a *schemas.Action) { a.HTTP.Body = raw(`{"{order}":1}`) }, "http.body"},
		"query placeholder":   {func(a *schemas.Action) { a.HTTP.Query = map[string]string{"a": "{nothing}"} }, "http.query.a"},
		"query name":          {func(a *schemas.Action) { a.HTTP.Query = map[string]string{"{order}": "a"} }, "http.query"},
		"timeout":             {func(a *schemas.Action) { a.HTTP.TimeoutSeconds = 31 }, "http.timeout_seconds"},
		"result":              {func(a *schemas.Action) { a.HTTP.ResultBytes = 64<<10 + 1 }, "http.result_bytes"},
		"bytes":               {func(a *schemas.Action) { a.HTTP.MaxBytes = -1 }, "http.max_bytes"},
		"idempotency":         {func(a *schemas.Action) { a.HTTP.IdempotencyHeader = "Authorization" }, "http.idempotency_header"},
		"success status":      {func(a *schemas.Action) { a.HTTP.Success = &schemas.Success{Statuses: []int{500}} }, "http.success.statuses"},
		"success path":        {func(a *schemas.Action) { a.HTTP.Success = &schemas.Success{Path: "ok"} }, "http.success"},
		"output name":         {func(a *schemas.Action) { a.Outputs = []schemas.Output{{Name: "A"}} }, "outputs[0].name"},
		"output path":         {func(a *schemas.Action) { a.Outputs = []schemas.Output{{Name: "a", Path: "a..b"}} }, "outputs[0].path"},
		"output mask":         {func(a *schemas.Action) { a.Outputs = []schemas.Output{{Name: "a", Mask: "half"}} }, "outputs[0].mask"},
		"output visibility":   {func(a *schemas.Action) { a.Outputs = []schemas.Output{{Name: "a", Visibility: "all"}} }, "outputs[0].visibility"},
		"masked link":         {func(a *schemas.Action) { a.Outputs = []schemas.Output{{Name: "a", Mask: "all", Link: true}} }, "outputs[0].link"},
		"read back":           {func(a *schemas.Action) { a.ReadBack = map[string]string{"en": "Refund {nothing}?"} }, "read_back.en"},
		"read back empty":     {func(a *schemas.Action) { a.ReadBack = map[string]string{"en": " "} }, "read_back.en"},
		"callback":            {func(a *schemas.Action) { a.Callback = &schemas.Callback{ExpireSeconds: -1} }, "callback"},
		"no connection":       {func(a *schemas.Action) { a.HTTP.Connection = "other" }, "http.connection"},
		"header line":         header("X-A", "a\r\nX-B: c"),
		"header name":         header("X A", "a"),
		"header placeholder":  header("X-A", "{nothing}"),
	}
	for _, p := range []string{
		"", "orders", "//evil.example/x", "https://evil.example/", "/a/../b", "/a/%2e%2e/b", "/./a", "/a?b=c", "/a#b", "/a b", "/a\nb", `/a\b`,
		"/{order", "/{Order}", "/{nothing}", "/a/%zz",
	} {
		out["path "+p] = path(p)
	}
	for _, h := range []string{
		"Host", "authorization", "Connection", "Transfer-Encoding", "TE", "Upgrade", "Content-Length", "Cookie", "Proxy-Authorization", "Accept-Encoding",
		"X-Steward-Email", "X-Forwarded-For", "Content-Type", "Expect",
	} {
		out["header "+h] = header(h, "a")
	}
	return out
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	connections := []schemas.Connection{{Name: "shop"}}
	if err := actions.Validate(refund(), connections); err != nil {
		t.Fatal(err)
	}
	for name, tc := range refusals() {
		a := refund()
		tc.change(&a)
		err := actions.Validate(a, connections)
		if err == nil || schemas.KindOf(err) != schemas.KindInvalid || !strings.HasPrefix(err.Error(), "invalid: "+tc.field) {
			t.Errorf("%s: %v, want field %s", name, err, tc.field)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error repeats a secret", name)
		}
	}
}

func TestToolsThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	connections := []schemas.Connection{{Name: "shop"}}
	if err := actions.Validate(tool(), connections); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*schemas.Action){
		"tool":    func(a *schemas.Action) { a.MCP.Tool = "" },
		"digest":  func(a *schemas.Action) { a.MCP.Digest = "" },
		"timeout": func(a *schemas.Action) { a.MCP.TimeoutSeconds = 60 },
		"arguments": func(a *schemas.Action) {
			a.Inputs = append(a.Inputs, schemas.Input{Name: "town"})
			a.MCP.Arguments = map[string]string{"town": "city"}
		},
		"server": func(a *schemas.Action) { a.MCP.Connection = "none" },
	} {
		a := tool()
		change(&a)
		if err := actions.Validate(a, connections); schemas.KindOf(err) != schemas.KindInvalid || !strings.Contains(err.Error(), "mcp.") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	good := schemas.Connection{Name: "shop", BaseURL: "https://api.example.com/v1", Auth: schemas.AuthBearer, Secret: "env:STEWARD_SECRET_SHOP"}
	for name, tc := range map[string]struct {
		change func(*schemas.Connection)
		field  string
	}{
		"good":        {func(*schemas.Connection) {}, ""},
		"port 8443":   {func(c *schemas.Connection) { c.BaseURL = "https://api.example.com:8443" }, ""},
		"listed port": {func(c *schemas.Connection) { c.BaseURL, c.Ports = "https://api.example.com:9000", []int{9000} }, ""},
		"private": {func(c *schemas.Connection) {
			c.BaseURL, c.PrivateHosts = "http://10.0.0.5:8080/x", []string{"10.0.0.5:8080"}
		}, ""},
		"file":       {func(c *schemas.Connection) { c.Secret = "file:/run/secrets/shop" }, ""},
		"none":       {func(c *schemas.Connection) { c.Auth, c.Secret = schemas.AuthNone, "" }, ""},
		"name":       {func(c *schemas.Connection) { c.Name = "Shop" }, "name"},
		"auth":       {func(c *schemas.Connection) { c.Auth = "magic" }, "auth"},
		"plain http": {func(c *schemas.Connection) { c.BaseURL = "http://api.example.com" }, "base_url"},
		"http elsewhere": {func(c *schemas.Connection) {
			c.BaseURL, c.PrivateHosts = "http://10.0.0.6:8080", []string{"10.0.0.5:8080"}
		}, "base_url"},
		"port":           {func(c *schemas.Connection) { c.BaseURL = "https://api.example.com:22" }, "base_url"},
		"private host":   {func(c *schemas.Connection) { c.BaseURL = "https://169.254.169.254" }, "base_url"},
		"wire server":    {func(c *schemas.Connection) { c.BaseURL = "https://168.63.129.16" }, "base_url"},
		"mapped":         {func(c *schemas.Connection) { c.BaseURL = "https://[::ffff:10.0.0.1]" }, "base_url"},
		"user":           {func(c *schemas.Connection) { c.BaseURL = "https://a:b@api.example.com" }, "base_url"},
		"query":          {func(c *schemas.Connection) { c.BaseURL = "https://api.example.com/?a=b" }, "base_url"},
		"placeholder":    {func(c *schemas.Connection) { c.BaseURL = "https://{host}/" }, "base_url"},
		"file address":   {func(c *schemas.Connection) { c.BaseURL = "file:///etc/passwd" }, "base_url"},
		"no address":     {func(c *schemas.Connection) { c.BaseURL = "" }, "base_url"},
		"dots":           {func(c *schemas.Connection) { c.BaseURL = "https://api.example.com/a/../b" }, "base_url"},
		"private pair":   {func(c *schemas.Connection) { c.PrivateHosts = []string{"*.example.com:443"} }, "private_hosts"},
		"private range":  {func(c *schemas.Connection) { c.PrivateHosts = []string{"10.0.0.0/8"} }, "private_hosts"},
		"ports":          {func(c *schemas.Connection) { c.Ports = []int{0} }, "ports"},
		"secret itself":  {func(c *schemas.Connection) { c.Secret = canary }, "secret"},
		"no secret":      {func(c *schemas.Connection) { c.Secret = "" }, "secret"},
		"relative file":  {func(c *schemas.Connection) { c.Secret = "file:secret" }, "secret"},
		"dotted file":    {func(c *schemas.Connection) { c.Secret = "file:/run/secrets/../x" }, "secret"},
		"secret of none": {func(c *schemas.Connection) { c.Auth = schemas.AuthNone }, "secret"},
		"basic":          {func(c *schemas.Connection) { c.Auth = schemas.AuthBasic }, "user"},
		"key header":     {func(c *schemas.Connection) { c.Auth, c.Header = schemas.AuthAPIKeyHeader, "Host" }, "header"},
		"token url": {func(c *schemas.Connection) {
			c.Auth, c.ClientID, c.TokenURL = schemas.AuthOAuth2, "a", "http://login.example.com"
		}, "token_url"},
		"client":   {func(c *schemas.Connection) { c.Auth, c.TokenURL = schemas.AuthOAuth2, "https://login.example.com/t" }, "client_id"},
		"audience": {func(c *schemas.Connection) { c.Auth = schemas.AuthUserJWT }, "audience"},
	} {
		c := good
		tc.change(&c)
		err := actions.ValidateConnection(c)
		if (err == nil) != (tc.field == "") || err != nil && !strings.HasPrefix(err.Error(), "invalid: "+tc.field+": ") {
			t.Errorf("%s: %v, want field %q", name, err, tc.field)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error repeats a secret", name)
		}
	}
}
