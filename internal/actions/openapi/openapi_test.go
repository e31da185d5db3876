package openapi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/actions"
	"steward/internal/actions/openapi"
	"steward/schemas"
)

const shop = `openapi: 3.0.3
info: {title: Corner Shop, version: "1"}
servers:
  - url: https://{region}.shop.example/v1/
    variables: {region: {default: eu}}
  - url: https://evil.example
security: [{key: []}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Shop-Key}
  schemas:
    Line: {type: object, required: [sku], properties: {sku: {type: string}, count: {type: integer, minimum: 0, exclusiveMinimum: true}}}
    Loop: {type: object, properties: {self: {$ref: '#/components/schemas/Loop'}}}
paths:
  /orders/{orderId}:
    parameters:
      - {name: orderId, in: path, required: true, description: 'What is the order number?', schema: {type: string, pattern: '^A-', maxLength: 20}}
    get:
      operationId: getOrder
      summary: Find an order
      parameters:
        - {name: lang, in: query, schema: {type: string, nullable: true, enum: [en, it, null]}}
        - {name: filter, in: query, schema: {type: object}}
        - {name: session, in: cookie, schema: {type: string}}
        - {name: Accept, in: header, schema: {type: string}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object}}}}}
    delete:
      operationId: Cancel-Order
      responses: {"204": {description: gone}}
  /orders:
    post:
      operationId: createOrder
      deprecated: true
      parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [lines]
              properties:
                id: {type: string, readOnly: true}
                lines: {type: array, maxItems: 5, items: {$ref: '#/components/schemas/Line'}}
                lang: {type: string, format: x-language}
      responses: {"201": {description: ok, content: {text/html: {}}}}
  /upload:
    post:
      operationId: upload
      requestBody: {required: true, content: {multipart/form-data: {schema: {type: object}}}}
      responses: {"200": {description: ok}}
  /loop:
    post:
      operationId: loop
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Loop'}}}}
      responses: {"200": {description: ok}}
  /nameless:
    get:
      responses: {"200": {description: ok}}
`

func TestOperations(t *testing.T) {
	t.Parallel()
	got, err := openapi.Operations([]byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	want := []openapi.Operation{
		{ID: "loop", Method: "POST", Path: "/loop", Effect: schemas.EffectWrite},
		{ID: "createOrder", Method: "POST", Path: "/orders", Effect: schemas.EffectWrite, Deprecated: true},
		{ID: "Cancel-Order", Method: "DELETE", Path: "/orders/{orderId}", Effect: schemas.EffectDestructive},
		{ID: "getOrder", Method: "GET", Path: "/orders/{orderId}", Summary: "Find an order", Effect: schemas.EffectRead},
		{ID: "upload", Method: "POST", Path: "/upload", Effect: schemas.EffectWrite},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	list, c, notes, err := openapi.Import([]byte(shop), []string{"getOrder", "createOrder", "Cancel-Order"})
	if err != nil {
		t.Fatal(err)
	}
	want := schemas.Connection{Name: "corner_shop", BaseURL: "https://eu.shop.example/v1", Auth: schemas.AuthAPIKeyHeader, Header: "X-Shop-Key"}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	get, create, cancel := list[0], list[1], list[2]
	if get.Name != "get_order" || get.Effect != schemas.EffectRead || get.HTTP.Path != "/orders/{order_id}" || get.HTTP.Query["lang"] != "{lang}" || len(get.HTTP.Query) != 1 {
		t.Errorf("%+v %+v", get, get.HTTP)
	}
	if in := get.Inputs[1]; in.Name != "order_id" || !in.Required || in.Instructions != "What is the order number?" || string(in.Schema) != `{"maxLength":20,"pattern":"^A-","type":"string"}` {
		t.Errorf("%+v %s", in, in.Schema)
	}
	if create.HTTP.IdempotencyHeader != "Idempotency-Key" || string(create.HTTP.Body) != `{"lang":"{lang}","lines":"{lines}"}` || create.Confirm != schemas.ConfirmAlways {
		t.Errorf("%+v %s", create, create.HTTP.Body)
	}
	lines := `{"items":{"properties":{"count":{"exclusiveMinimum":0,"type":"integer"},"sku":{"type":"string"}},"required":["sku"],"type":"object"},"maxItems":5,"type":"array"}`
	if in := create.Inputs[1]; string(in.Schema) != lines || !in.Required {
		t.Errorf("%s", in.Schema)
	}
	if cancel.Name != "cancel_order" || cancel.Effect != schemas.EffectDestructive || cancel.Protection != schemas.ProtectVerifyEmail {
		t.Errorf("%+v", cancel)
	}
	var texts []string
	for _, n := range notes {
		texts = append(texts, n.Operation+": "+n.Text)
	}
	all := strings.Join(texts, "\n")
	for _, part := range []string{": the document has several servers", ": set the secret", "getOrder: the optional parameter filter", "getOrder: the optional parameter session", "createOrder: the operation is deprecated", "createOrder: an answer of the operation is not"} {
		if !strings.Contains(all, part) {
			t.Errorf("no note %q in\n%s", part, all)
		}
	}
	args, problems := actions.CheckArguments(create, []byte(`{"lines":[{"sku":"a","count":1}]}`))
	if len(problems) > 0 || len(args) != 1 {
		t.Errorf("%v", problems)
	}
}

func TestSecuritySchemes(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]schemas.Connection{
		`{type: http, scheme: bearer}`:            {Auth: schemas.AuthBearer},
		`{type: http, scheme: basic}`:             {Auth: schemas.AuthBasic, User: "user"},
		`{type: apiKey, in: query, name: key}`:    {Auth: schemas.AuthNone},
		`{type: apiKey, in: header, name: X-Key}`: {Auth: schemas.AuthAPIKeyHeader, Header: "X-Key"},
		`{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://login.example/t', scopes: {}}}}`: {Auth: schemas.AuthOAuth2, TokenURL: "https://login.example/t", ClientID: "client"},
		`{type: oauth2, flows: {clientCredentials: {tokenUrl: 'http://10.0.0.1/t', scopes: {}}}}`:       {Auth: schemas.AuthNone},
	} {
		doc := strings.Replace(shop, "{type: apiKey, in: header, name: X-Shop-Key}", scheme, 1)
		_, c, _, err := openapi.Import([]byte(doc), []string{"getOrder"})
		want.Name, want.BaseURL = "corner_shop", "https://eu.shop.example/v1"
		if len(c.Scopes) == 0 {
			c.Scopes = nil
		}
		if diff := cmp.Diff(want, c); err != nil || diff != "" {
			t.Errorf("%s: %v %s", scheme, err, diff)
		}
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(name, []byte("type: string\ndescription: canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	change := func(old, with string) string { return strings.Replace(shop, old, with, 1) }
	const line = "{$ref: '#/components/schemas/Line'}"
	for what, tc := range map[string]struct {
		doc string
		ids []string
	}{
		"nothing picked":    {shop, nil},
		"no such operation": {shop, []string{"dropTables"}},
		"picked twice":      {shop, []string{"getOrder", "getOrder"}},
		"no id":             {shop, []string{""}},
		"other body":        {shop, []string{"upload"}},
		"endless schema":    {shop, []string{"loop"}},
		"file":              {change(line, "{$ref: '"+name+"'}"), []string{"createOrder"}},
		"file address":      {change(line, "{$ref: 'file://"+name+"'}"), []string{"createOrder"}},
		"other host":        {change(line, "{$ref: 'http://169.254.169.254/x.yaml'}"), []string{"createOrder"}},
		"plain http":        {change("https://{region}", "http://{region}"), []string{"getOrder"}},
		"private server":    {change("https://{region}.shop.example/v1/", "https://10.0.0.1/"), []string{"getOrder"}},
		"relative server":   {change("https://{region}.shop.example/v1/", "/v1"), []string{"getOrder"}},
		"no server":         {change("servers:\n", "x-servers:\n"), []string{"getOrder"}},
		"version 2":         {change("openapi: 3.0.3", "swagger: '2.0'"), []string{"getOrder"}},
		"no document":       {"<html>", []string{"getOrder"}},
		"empty":             {"", []string{"getOrder"}},
		"path variable":     {change("/orders/{orderId}:", "/orders/{orderId}/{other}:"), []string{"getOrder"}},
		"path that climbs":  {change("/orders/{orderId}:", "/../orders/{orderId}:"), []string{"getOrder"}},
	} {
		list, _, _, err := openapi.Import([]byte(tc.doc), tc.ids)
		if schemas.KindOf(err) != schemas.KindInvalid || list != nil {
			t.Errorf("%s: %v %v", what, list, err)
		}
		if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), name)) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte(`{"openapi":"3.1.0","info":{"title":"a","version":"1"},"servers":[{"url":"https://a.example"}],"paths":{"/a":{"get":{"operationId":"a","responses":{"200":{"description":"b"}}}}}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		list, err := openapi.Operations(doc)
		if err != nil || len(list) == 0 {
			return
		}
		made, c, _, err := openapi.Import(doc, []string{list[0].ID})
		if err != nil {
			return
		}
		if err := actions.Validate(made[0], []schemas.Connection{c}); err != nil {
			t.Errorf("what was imported cannot be saved: %v", err)
		}
	})
}
