package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"steward/internal/actions"
	"steward/internal/actions/mcp"
	"steward/internal/actions/openapi"
	"steward/internal/agent/llm"
	"steward/internal/seal"
	"steward/schemas"
)

func (a *API) imports() {
	serve(a, route{
		method: http.MethodPost, path: "/actions/import/openapi", id: "import-openapi",
		summary: "Make actions of operations of an OpenAPI 3 document; without operations, list them", errors: []int{409, 412, 428},
	}, a.importOpenAPI)
	serve(a, route{
		method: http.MethodPost, path: "/actions/import/mcp", id: "import-mcp",
		summary: "Make actions of tools of an MCP server, approved as they are now; without tools, list them", errors: []int{404, 409, 412, 428, 503},
	}, a.importMCP)
}

// importAnswer has the ETag of the draft when something was saved.
type importAnswer struct {
	ETag string `header:"ETag"`
	Body schemas.ActionImport
}

func (a *API) importOpenAPI(ctx context.Context, in *struct {
	IfMatch
	Body struct {
		Document   string   `json:"document" minLength:"1" doc:"The document as JSON or YAML text, with everything it refers to in it."`
		Operations []string `json:"operations,omitempty" maxItems:"50" doc:"The operationIds to make actions of."`
		Connection string   `json:"connection,omitempty" maxLength:"48" doc:"The connection to call through: one that there is, or the name of the one to make. Default: named by the document's title."`
		Save       bool     `json:"save,omitempty" doc:"Add the actions to the draft, and make the connection. Needs If-Match."`
	}
},
) (*importAnswer, error) {
	document := []byte(in.Body.Document)
	if len(in.Body.Operations) == 0 {
		return listOperations(document, in.Body.Save)
	}
	made, connection, notes, err := openapi.Import(document, in.Body.Operations)
	if err != nil {
		return nil, refusedAs("document", err)
	}
	out := schemas.ActionImport{Actions: made}
	for _, n := range notes {
		out.Notes = append(out.Notes, schemas.ImportNote{Name: n.Operation, Text: n.Text})
	}
	connection.Name = cmp.Or(in.Body.Connection, connection.Name)
	connection, isNew, err := a.importInto(ctx, connection, in.Body.Connection != "")
	if err != nil {
		return nil, err
	}
	for i := range out.Actions {
		out.Actions[i].HTTP.Connection = connection.Name
	}
	out.Connection = &connection
	if isNew && (connection.Auth == schemas.AuthBasic || connection.Auth == schemas.AuthOAuth2) {
		out.Notes = append(out.Notes, schemas.ImportNote{Text: "the document does not say who we are: set the connection's user or client_id"})
	}
	if !isNew {
		out.Notes = append(out.Notes, schemas.ImportNote{Text: "the connection " + connection.Name + " is used as it is"})
	}
	return a.imported(ctx, in.IfMatch, in.Body.Save, out, isNew)
}

func listOperations(document []byte, save bool) (*importAnswer, error) {
	if save {
		return nil, wrong("operations", "pick the operations to save")
	}
	list, err := openapi.Operations(document)
	if err != nil {
		return nil, refusedAs("document", err)
	}
	out := schemas.ActionImport{Choices: []schemas.ImportChoice{}}
	for _, o := range list {
		out.Choices = append(out.Choices, schemas.ImportChoice{
			Name: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Effect: o.Effect, Deprecated: o.Deprecated,
		})
	}
	return &importAnswer{Body: out}, nil
}

// importInto is the connection that imported actions call through: the one of
// its name when there is one, else c, which is to be made. One that leads
// elsewhere is used only when the admin named it.
func (a *API) importInto(ctx context.Context, c schemas.Connection, chosen bool) (schemas.Connection, bool, error) {
	there, err := a.o.Store.Connection(ctx, c.Name)
	switch {
	case err == nil && (chosen || there.BaseURL == c.BaseURL):
		return there, false, nil
	case err == nil:
		return c, false, schemas.NewError(schemas.KindConflict, "the connection "+c.Name+" leads to another address: name the connection to use, or a new name, in connection")
	case schemas.KindOf(err) != schemas.KindNotFound:
		return c, false, err
	}
	if err := checkConnection(&c); err != nil {
		return c, false, placed("connection.", err)
	}
	return c, true, nil
}

func (a *API) importMCP(ctx context.Context, in *struct {
	IfMatch
	Body struct {
		Connection   string            `json:"connection" minLength:"1" maxLength:"48" doc:"The connection whose base URL is the server's endpoint."`
		Tools        []string          `json:"tools,omitempty" maxItems:"50" doc:"The names of the tools to make actions of."`
		Descriptions map[string]string `json:"descriptions,omitempty" doc:"When to use each tool, by its name, in your words: an engine never reads those of the server."`
		Save         bool              `json:"save,omitempty" doc:"Add the actions to the draft. Needs If-Match, and a description for each tool."`
	}
},
) (*importAnswer, error) {
	if in.Body.Save && len(in.Body.Tools) == 0 {
		return nil, wrong("tools", "pick the tools to save")
	}
	if a.o.Calls == nil {
		return nil, schemas.NewError(schemas.KindUnavailable, "this server makes no calls")
	}
	connection, err := a.o.Store.Connection(ctx, in.Body.Connection)
	if err != nil {
		return nil, err
	}
	tools, err := a.tools(ctx, connection)
	if err != nil {
		return nil, err
	}
	if len(in.Body.Tools) == 0 {
		return listTools(tools), nil
	}
	out := schemas.ActionImport{Connection: &connection}
	for i, name := range in.Body.Tools {
		at := slices.IndexFunc(tools, func(d mcp.Definition) bool { return d.Name == name })
		if at < 0 || slices.Contains(in.Body.Tools[:i], name) {
			return nil, wrong(fmt.Sprintf("tools[%d]", i), "is no tool of the server, or is there twice")
		}
		one := mcp.Draft(tools[at], connection.Name)
		one.Description = in.Body.Descriptions[name]
		if in.Body.Save && strings.TrimSpace(one.Description) == "" {
			return nil, wrong("descriptions", "say when to use "+name+", in your own words")
		}
		out.Actions = append(out.Actions, one)
		if tools[at].ReadOnly {
			out.Notes = append(out.Notes, schemas.ImportNote{Name: name, Text: "the server says that it only reads: set effect to read if you trust that"})
		}
	}
	return a.imported(ctx, in.IfMatch, in.Body.Save, out, false)
}

// toolsTimeout bounds the listing of a server's tools.
const toolsTimeout = 20 * time.Second

func (a *API) tools(ctx context.Context, c schemas.Connection) ([]mcp.Definition, error) {
	ctx, cancel := context.WithTimeout(ctx, toolsTimeout)
	defer cancel()
	client, done, err := a.o.Calls.Client(ctx, c)
	if err != nil {
		return nil, placed("connection.", err)
	}
	defer done()
	return mcp.List(ctx, client, c.BaseURL)
}

func listTools(tools []mcp.Definition) *importAnswer {
	out := schemas.ActionImport{Choices: []schemas.ImportChoice{}}
	for _, d := range tools {
		out.Choices = append(out.Choices, schemas.ImportChoice{
			Name: d.Name, Summary: cmp.Or(d.Description, d.Title), Effect: mcp.Draft(d, "").Effect, Digest: d.Digest,
		})
	}
	return &importAnswer{Body: out}
}

// imported shows what was made, or puts it into the draft.
func (a *API) imported(ctx context.Context, m IfMatch, save bool, out schemas.ActionImport, makeConnection bool) (*importAnswer, error) {
	for i := range out.Actions {
		out.Actions[i] = actions.Normalise(out.Actions[i])
	}
	if !save {
		for _, one := range out.Actions {
			if llm.Reserved(one.Name) {
				out.Notes = append(out.Notes, schemas.ImportNote{Name: one.Name, Text: "the agent uses this word for a decision of its own: choose another name"})
			}
		}
		return &importAnswer{Body: out}, nil
	}
	if err := checkActions(out.Actions, []schemas.Connection{*out.Connection}); err != nil {
		return nil, err
	}
	saved, err := a.saveDraft(ctx, defaultAgent, m, func(now schemas.Settings) (schemas.Settings, error) {
		for _, one := range out.Actions {
			if named(now.Actions, one.Name) >= 0 {
				return now, schemas.NewError(schemas.KindConflict, "the draft has an action "+one.Name+" already: delete it first, or do not pick its operation")
			}
		}
		if len(now.Actions)+len(out.Actions) > maxActions {
			return now, tooManyActions()
		}
		now.Actions = append(now.Actions, out.Actions...)
		if !makeConnection {
			return now, nil
		}
		// The draft is refused without it. When the draft is stale after all, the
		// connection stays and the next try finds it.
		stored, err := a.o.Store.PutConnection(ctx, *out.Connection)
		*out.Connection = stored
		return now, err
	})
	if err != nil {
		return nil, err
	}
	out.Saved = true
	if out.Connection.Secret == seal.Reference(out.Connection.Name) && makeConnection {
		out.Notes = append(out.Notes, schemas.ImportNote{Text: "store the secret of the connection " + out.Connection.Name})
	}
	return &importAnswer{ETag: saved.ETag, Body: out}, nil
}

func tooManyActions() error {
	return schemas.NewError(schemas.KindInvalid, fmt.Sprintf("an agent has at most %d actions", maxActions))
}
