package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) actionTest() *cobra.Command {
	var (
		t         schemas.ActionTest
		args      []string
		identity  string
		published bool
	)
	cmd := &cobra.Command{
		Use: "test NAME", Short: "Call the other system as the action would", Args: cobra.ExactArgs(1),
		Long: "Call the other system as the action would: a read is made, a write only with --really, which has its effect.\n" +
			"It shows what is read of the answer and who may see it.",
		Example: "  steward action test look_up_order --arg order=7\n  steward action test cancel_order --arg order=7 --email ann@example.com --really",
		RunE: a.call(func(ctx context.Context, c *client.Client, names []string) error {
			shown, err := c.Action(ctx, names[0])
			if err != nil {
				return err
			}
			one := shown.Draft
			if published {
				one = shown.Published
			}
			if t.Arguments, err = arguments(one, args); err != nil {
				return err
			}
			t.Draft, t.Identity = !published, schemas.IdentityLevel(identity)
			got, err := c.TestAction(ctx, names[0], t)
			if err != nil {
				return err
			}
			return a.printTest(got)
		}),
	}
	f := cmd.Flags()
	f.StringArrayVar(&args, "arg", nil, "what the customer would say, as name=value; what is no text by its schema is JSON; repeat for several")
	f.BoolVar(&t.Really, "really", false, "make the call of a write too: it has its effect")
	f.BoolVar(&published, "published", false, "the published action instead of the one in the draft")
	f.StringVar(&t.Email, "email", "", "the customer's email address")
	f.StringVar(&t.Name, "name", "", "the customer's name")
	f.StringVar(&t.Language, "language", "", "the conversation's language, such as en")
	f.StringVar(&identity, "identity", "", "how well the customer counts as known (default: as the action asks for)")
	return cmd
}

// arguments are those of a command line as one object: texts as they are, where
// the input's schema wants one, everything else as JSON, else as it is.
func arguments(one *schemas.Action, args []string) (json.RawMessage, error) {
	out := map[string]any{}
	for _, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, &usageError{text: fmt.Sprintf("%q is not of the form name=value", arg)}
		}
		out[name] = text
		if !isText(one, name) && json.Valid([]byte(text)) {
			out[name] = json.RawMessage(text)
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write arguments: %w", err)
	}
	return raw, nil
}

// isText reports whether an input takes texts alone.
func isText(one *schemas.Action, name string) bool {
	if one == nil {
		return false
	}
	for _, in := range one.Inputs {
		var schema struct{ Type any }
		if in.Name == name && json.Unmarshal(in.Schema, &schema) == nil {
			return schema.Type == "string"
		}
	}
	return false
}

func (a *app) printTest(got schemas.ActionTested) error {
	says := fmt.Sprintf("%s in %d ms", got.State, got.TookMillis)
	if got.Status != 0 {
		says += fmt.Sprintf(", HTTP %d", got.Status)
	}
	if got.DryRun {
		says += ": nothing was sent; --really makes the call"
	}
	a.progress("%s", says)
	rows := table{{"VALUE", "SEEN BY", "IS"}}
	for _, v := range got.Values {
		rows = append(rows, []string{v.Name, string(v.Visibility), string(v.Value)})
	}
	if err := a.print(got, rows); err != nil {
		return err
	}
	if a.output == "table" && got.Engine != "" {
		a.progress("an engine reads: %s", harmless(got.Engine))
	}
	if got.State == schemas.RunOK || got.State == schemas.RunWaiting {
		return nil
	}
	return fmt.Errorf("the call is %s (%s): %s", got.State, dash(got.Error), harmless(got.Advice))
}

func (a *app) actionImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import", Short: "Make actions of an OpenAPI document or of the tools of an MCP server",
		Example: "  steward action import openapi shop.yaml\n  steward action import mcp tools --tool find_order",
	}
	cmd.AddCommand(a.importOpenAPI(), a.importMCP())
	return cmd
}

func (a *app) importOpenAPI() *cobra.Command {
	var n client.NewActions
	cmd := &cobra.Command{
		Use: "openapi FILE", Short: "Make actions of operations of an OpenAPI 3 document; without --operation, list them", Args: cobra.ExactArgs(1),
		Example: "  steward action import openapi shop.yaml\n  steward action import openapi shop.yaml --operation getOrder --save",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			raw, err := a.read(args[0])
			if err != nil {
				return err
			}
			n.Document = string(raw)
			return a.runImport(ctx, c, n, c.ImportOpenAPI)
		}),
	}
	cmd.Flags().StringArrayVar(&n.Operations, "operation", nil, "operationId to make an action of; repeat for several")
	cmd.Flags().StringVar(&n.Connection, "connection", "", "connection to call through, or the name of the one to make")
	cmd.Flags().BoolVar(&n.Save, "save", false, "add the actions to the draft, and make the connection")
	return cmd
}

func (a *app) importMCP() *cobra.Command {
	var (
		n     client.NewActions
		words []string
	)
	cmd := &cobra.Command{
		Use: "mcp CONNECTION", Short: "Make actions of tools of an MCP server; without --tool, list them", Args: cobra.ExactArgs(1),
		Long: "Make actions of tools of an MCP server; without --tool, list them.\n" +
			"A tool is approved as it is now: when its definition changes, it is not called any more.",
		Example: "  steward action import mcp tools\n  steward action import mcp tools --tool find_order --describe 'find_order=When the customer asks for an order.' --save",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			n.Connection, n.Descriptions = args[0], map[string]string{}
			for _, word := range words {
				name, text, ok := strings.Cut(word, "=")
				if !ok || name == "" {
					return &usageError{text: fmt.Sprintf("%q is not of the form tool=text", word)}
				}
				n.Descriptions[name] = text
			}
			return a.runImport(ctx, c, n, c.ImportMCP)
		}),
	}
	cmd.Flags().StringArrayVar(&n.Tools, "tool", nil, "tool to make an action of; repeat for several")
	cmd.Flags().StringArrayVar(&words, "describe", nil, "when to use a tool, in your words, as tool=text; needed to save")
	cmd.Flags().BoolVar(&n.Save, "save", false, "add the actions to the draft")
	return cmd
}

func (a *app) runImport(ctx context.Context, c *client.Client, n client.NewActions, do func(context.Context, client.NewActions, string) (schemas.ActionImport, error)) error {
	etag := ""
	if n.Save {
		var err error
		if _, etag, err = c.Actions(ctx); err != nil {
			return err
		}
	}
	got, err := do(ctx, n, etag)
	if err != nil {
		return err
	}
	for _, note := range got.Notes {
		a.progress("note: %s: %s", first(harmless(note.Name), "all"), harmless(note.Text))
	}
	rows := table{{"NAME", "EFFECT", "CALLS", "SAYS"}}
	for _, choice := range got.Choices {
		rows = append(rows, []string{choice.Name, string(choice.Effect), strings.TrimSpace(choice.Method + " " + choice.Path), choice.Summary})
	}
	for _, one := range got.Actions {
		rows = append(rows, []string{one.Name, string(one.Effect), callsOf(one), one.Title})
	}
	switch {
	case got.Saved:
		a.progress("saved in the draft; look at it with `steward action show`, then `steward config publish`")
	case len(got.Actions) > 0:
		a.progress("nothing is saved yet: give --save, or take the actions from -o json")
	}
	return a.print(got, rows)
}
