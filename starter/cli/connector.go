package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) connector() *cobra.Command {
	cmd := &cobra.Command{
		Use: "connector", Short: "Connections to outside knowledge systems",
		Example: "  steward connector add feed https://example.com/feed.json --add-new\n  steward connector list",
	}
	add := &cobra.Command{
		Use: "add", Short: "Connect a JSON feed or HubSpot",
		Example: "  steward connector add feed https://example.com/feed.json\n  steward connector add hubspot --token-env STEWARD_TOKEN_HUBSPOT",
	}
	add.AddCommand(
		a.connectorAdd(schemas.ConnectorFeed, "feed ADDRESS", "Connect a JSON feed", 1),
		a.connectorAdd(schemas.ConnectorHubSpot, "hubspot", "Connect HubSpot's pages and posts", 0))
	cmd.AddCommand(add, a.connectorList(),
		a.connectorDo("pull", "Read a connector now", (*client.Client).PullConnector),
		a.connectorDo("remove", "Remove a connector with its articles and the sources made of them", (*client.Client).RemoveConnector))
	return cmd
}

func (a *app) connectorAdd(kind schemas.ConnectorKind, use, short string, args int) *cobra.Command {
	n := client.NewConnector{Kind: kind}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args),
		Example: "  steward connector add " + string(kind) + " --help\n  steward connector list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				n.URL = args[0]
			}
			n.Name = first(n.Name, n.URL, string(kind))
			one, err := c.AddConnector(ctx, n)
			if err != nil {
				return err
			}
			return a.printConnectors(one, []schemas.Connector{one})
		}),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "its name in lists")
	cmd.Flags().StringVar(&n.TokenEnv, "token-env", "", "environment variable of the worker with the access token; its name begins with STEWARD_TOKEN_")
	cmd.Flags().BoolVar(&n.AddNew, "add-new", false, "make every new item a source by itself")
	return cmd
}

func (a *app) connectorList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the connectors", Args: cobra.NoArgs,
		Example: "  steward connector list\n  steward connector list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			list, err := c.Connectors(ctx)
			if err != nil {
				return err
			}
			return a.printConnectors(some(list), list)
		}),
	}
}

func (a *app) connectorDo(word, short string, do func(*client.Client, context.Context, schemas.ConnectorID) error) *cobra.Command {
	return &cobra.Command{
		Use: word + " CONNECTOR", Short: short, Args: cobra.ExactArgs(1),
		Example: "  steward connector " + word + " con_…\n  steward connector list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return do(c, ctx, schemas.ConnectorID(args[0]))
		}),
	}
}

func (a *app) printConnectors(value any, list []schemas.Connector) error {
	rows := table{{"CONNECTOR", "KIND", "ARTICLES", "PULLED", "REASON", "ADDS NEW", "NAME"}}
	for _, c := range list {
		rows = append(rows, []string{string(c.ID), string(c.Kind), fmt.Sprint(c.Articles), when(c.PulledAt), dash(c.Reason), fmt.Sprint(c.AddNew), c.Name})
	}
	return a.print(value, rows)
}
