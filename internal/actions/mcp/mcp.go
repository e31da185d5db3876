// Package mcp calls the tools of MCP servers over streamable HTTP.
//
// It implements actions.Tools with the official client of the protocol, one
// session for each call. It offers a server nothing: no sampling, no
// elicitation, no roots, no credential but the connection's own. A server's hints
// and descriptions are shown to the admin who approves a tool and are never
// passed to an engine. It must not make HTTP clients of its own: the guard of the
// network is in the one it gets. Spec: S53.
package mcp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"steward/internal/actions"
	"steward/schemas"
)

// maxTools bounds what is read of a server's list.
const maxTools = 500

// maxEvent bounds one event of a server's stream, in bytes.
const maxEvent = 2 << 20

// Client speaks the protocol. The zero value is ready; it is safe for concurrent
// use and keeps nothing between calls.
type Client struct{}

var _ actions.Tools = Client{}

// Definition is a tool as its server describes it, for the admin who approves it.
type Definition struct {
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"input_schema,omitempty"`
	// Digest is what an action pins: SHA-256 of name, description and schemas.
	Digest string `json:"digest"`
	// ReadOnly, Destructive, Idempotent and OpenWorld are the server's hints, with
	// the defaults of the protocol. They are claims, not facts.
	ReadOnly    bool `json:"read_only"`
	Destructive bool `json:"destructive"`
	Idempotent  bool `json:"idempotent"`
	OpenWorld   bool `json:"open_world"`
}

// errTooMany is a server with more tools than anybody approves.
var errTooMany = errors.New("server lists too many tools")

// List returns the tools of the server behind a connection, sorted by name. The
// client comes from actions.Runner.Client. The error is of KindUnavailable and
// holds no word of the server.
func List(ctx context.Context, client *http.Client, endpoint string) ([]Definition, error) {
	session, err := connect(ctx, client, endpoint)
	if err != nil {
		return nil, unavailable()
	}
	defer session.Close()
	tools, err := list(ctx, session)
	if err != nil {
		return nil, unavailable()
	}
	out := make([]Definition, 0, len(tools))
	for _, name := range slices.Sorted(maps.Keys(tools)) {
		d, err := define(tools[name])
		if err != nil {
			return nil, unavailable()
		}
		out = append(out, d)
	}
	return out, nil
}

func unavailable() error {
	return schemas.NewError(schemas.KindUnavailable, "the tools of the MCP server cannot be listed: check its address and the credential")
}

// Call implements actions.Tools: it compares the live definition with the
// approved digest and calls the tool once.
func (Client) Call(ctx context.Context, client *http.Client, call actions.ToolCall) (actions.ToolAnswer, error) {
	session, err := connect(ctx, client, call.Endpoint)
	if err != nil {
		return actions.ToolAnswer{}, fmt.Errorf("connect: %w", err)
	}
	defer session.Close()
	tools, err := list(ctx, session)
	if err != nil {
		return actions.ToolAnswer{}, fmt.Errorf("list tools: %w", err)
	}
	tool, ok := tools[call.Tool]
	if !ok {
		return actions.ToolAnswer{}, actions.ErrToolChanged
	}
	definition, err := define(tool)
	if err != nil || definition.Digest != call.Digest {
		return actions.ToolAnswer{}, actions.ErrToolChanged
	}
	arguments := call.Arguments
	if arguments == nil {
		arguments = map[string]json.RawMessage{}
	}
	answer := actions.ToolAnswer{Called: true}
	result, err := session.CallTool(ctx, &sdk.CallToolParams{Name: call.Tool, Arguments: arguments})
	if err != nil {
		// An error of the protocol is an answer; everything else leaves open what
		// has happened.
		if refused, ok := errors.AsType[*jsonrpc.Error](err); ok && definite(refused.Code) {
			return answer, actions.ErrToolRefused
		}
		return answer, fmt.Errorf("call tool: %w", err)
	}
	// A server that asks for more than the arguments gets nothing.
	if answer.Failed = result.IsError || result.NeedsInput(); answer.Failed {
		return answer, nil
	}
	answer.Body, err = content(result)
	return answer, err
}

// definite reports whether an error says that the call was not carried out.
func definite(code int64) bool {
	switch code {
	case jsonrpc.CodeParseError, jsonrpc.CodeInvalidRequest, jsonrpc.CodeMethodNotFound, jsonrpc.CodeInvalidParams:
		return true
	}
	return false
}

func connect(ctx context.Context, client *http.Client, endpoint string) (*sdk.ClientSession, error) {
	// Non-nil capabilities offer none, where nil would offer roots.
	c := sdk.NewClient(&sdk.Implementation{Name: "steward", Version: "1"}, &sdk.ClientOptions{
		Capabilities:   &sdk.ClientCapabilities{},
		MultiRoundTrip: &sdk.MultiRoundTripOptions{Disabled: true},
	})
	return c.Connect(ctx, &sdk.StreamableClientTransport{
		Endpoint: endpoint, HTTPClient: client, MaxRetries: -1, DisableStandaloneSSE: true, MaxEventSize: maxEvent,
	}, nil)
}

func list(ctx context.Context, session *sdk.ClientSession) (map[string]*sdk.Tool, error) {
	out := map[string]*sdk.Tool{}
	for tool, err := range session.Tools(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if tool == nil {
			continue
		}
		// Pages may go on for ever; the names tell whether anything comes.
		if _, twice := out[tool.Name]; twice || len(out) >= maxTools {
			return nil, errTooMany
		}
		out[tool.Name] = tool
	}
	return out, nil
}

func define(t *sdk.Tool) (Definition, error) {
	input, err := json.Marshal(t.InputSchema)
	if err != nil {
		return Definition{}, fmt.Errorf("write input schema: %w", err)
	}
	// Keys of objects are written in order, so that one definition is one text.
	canonical, err := json.Marshal([]any{t.Name, t.Description, t.InputSchema, t.OutputSchema})
	if err != nil {
		return Definition{}, fmt.Errorf("write definition: %w", err)
	}
	sum := sha256.Sum256(canonical)
	d := Definition{
		Name: t.Name, Title: t.Title, Description: t.Description, InputSchema: input, Digest: hex.EncodeToString(sum[:]),
		Destructive: true, OpenWorld: true,
	}
	if hints := t.Annotations; hints != nil {
		d.ReadOnly, d.Idempotent = hints.ReadOnlyHint, hints.IdempotentHint
		if hints.DestructiveHint != nil {
			d.Destructive = *hints.DestructiveHint
		}
		if hints.OpenWorldHint != nil {
			d.OpenWorld = *hints.OpenWorldHint
		}
	}
	return d, nil
}

// content is what a tool says: its structured answer, else its texts.
func content(r *sdk.CallToolResult) ([]byte, error) {
	if r.StructuredContent != nil {
		body, err := json.Marshal(r.StructuredContent)
		if err != nil {
			return nil, fmt.Errorf("write structured content: %w", err)
		}
		return body, nil
	}
	var texts []string
	for _, c := range r.Content {
		if text, ok := c.(*sdk.TextContent); ok {
			texts = append(texts, text.Text)
		}
	}
	return bytes.TrimSpace([]byte(strings.Join(texts, "\n"))), nil
}
