package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) desk() *cobra.Command {
	cmd := &cobra.Command{
		Use: "desk", Short: "Destinations that handoffs also go to: a webhook, email, a help desk",
		Example: "  steward desk set Tickets --kind webhook --url https://example.com/hook --secret env:STEWARD_SECRET_DESK\n  steward desk list",
	}
	cmd.AddCommand(a.deskList(), a.deskSet(), a.deskDelete(), a.deskTest())
	return cmd
}

func (a *app) deskList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the destinations", Args: cobra.NoArgs,
		Example: "  steward desk list\n  steward desk list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			list, err := c.Desks(ctx)
			if err != nil {
				return err
			}
			return a.printDesks(some(list), list)
		}),
	}
}

func (a *app) printDesks(value any, list []schemas.Desk) error {
	rows := table{{"DESK", "NAME", "KIND", "TO", "ON"}}
	for _, d := range list {
		to := d.BaseURL
		if d.Kind == schemas.DeskEmail {
			to = strings.Join(d.To, ", ")
		}
		rows = append(rows, []string{string(d.ID), d.Name, string(d.Kind), dash(to), fmt.Sprint(!d.Disabled)})
	}
	return a.print(value, rows)
}

func (a *app) deskSet() *cobra.Command {
	var d schemas.NewDesk
	var reasons, feeds, teams []string
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Make a destination, or change the one of the same name", Args: cobra.ExactArgs(1),
		Example: "  steward desk set Tickets --kind webhook --url https://example.com/hook --secret env:STEWARD_SECRET_DESK\n" +
			"  steward desk set Mail --kind email --from support@example.com --to team@example.com --secret env:STEWARD_SECRET_MAIL",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			d.Name = args[0]
			for _, r := range reasons {
				d.Reasons = append(d.Reasons, schemas.Reason(r))
			}
			for _, f := range feeds {
				d.Feeds = append(d.Feeds, schemas.DeskFeed(f))
			}
			for _, name := range teams {
				team, err := findTeam(ctx, c, name)
				if err != nil {
					return err
				}
				d.Teams = append(d.Teams, team)
			}
			made, err := c.PutDesk(ctx, d)
			if err != nil {
				return err
			}
			return a.printDesks(made, []schemas.Desk{made})
		}),
	}
	f := cmd.Flags()
	f.StringVar((*string)(&d.Kind), "kind", "webhook", "webhook, email, slack, zendesk, chatwoot or hubspot")
	f.StringVar(&d.BaseURL, "url", "", "its address; empty for slack, hubspot and email")
	f.StringVar(&d.Secret, "secret", "", "reference to its key, such as env:STEWARD_SECRET_DESK (required)")
	f.StringVar(&d.SigningSecret, "signing-secret", "", "reference to what proves its calls to Steward")
	f.BoolVar(&d.PathToken, "path-token", false, "its calls are proved by the last element of the address (chatwoot)")
	f.StringVar(&d.Account, "account", "", "who Steward is there: app id, account number or user number")
	f.StringVar(&d.Channel, "channel", "", "where handoffs are opened: channel, inbox or group")
	f.StringVar(&d.Inbox, "inbox", "", "channel account (hubspot)")
	f.StringVar(&d.User, "user", "", "email address of the user of the token (zendesk)")
	f.StringVar(&d.From, "from", "", "sender (email)")
	f.StringVar(&d.ReplyTo, "reply-to", "", "address for answers (email)")
	f.StringSliceVar(&d.To, "to", nil, "receivers (email)")
	f.StringSliceVar(&reasons, "reason", nil, "only handoffs with these reasons")
	f.StringSliceVar(&teams, "team", nil, "only handoffs for these teams, by name or id")
	f.StringSliceVar(&feeds, "feed", nil, "what follows the opening: messages, notes, updates (default all)")
	f.StringSliceVar(&d.PrivateHosts, "private-host", nil, "host:port on a private network that may be called")
	f.StringVar(&d.Language, "language", "", "language of the words around the conversation: en, it or sv")
	f.BoolVar(&d.Disabled, "off", false, "tell it nothing for now")
	_ = cmd.MarkFlagRequired("secret")
	return cmd
}

func (a *app) deskDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete DESK", Short: "Remove a destination with what it was not told yet", Args: cobra.ExactArgs(1),
		Example: "  steward desk delete Tickets\n  steward desk list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := findDesk(ctx, c, args[0])
			if err != nil {
				return err
			}
			return c.DeleteDesk(ctx, d.ID)
		}),
	}
}

func (a *app) deskTest() *cobra.Command {
	return &cobra.Command{
		Use: "test DESK", Short: "Open a ticket at a destination that says that it is a test", Args: cobra.ExactArgs(1),
		Example: "  steward desk test Tickets\n  steward desk test Tickets -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := findDesk(ctx, c, args[0])
			if err != nil {
				return err
			}
			out, err := c.TestDesk(ctx, d.ID)
			if err != nil {
				return err
			}
			return a.print(out, table{{"RESULT", "CODE", "TICKET"}, {string(out.Result), dash(out.Code), dash(out.Ref)}})
		}),
	}
}

func findDesk(ctx context.Context, c *client.Client, name string) (schemas.Desk, error) {
	list, err := c.Desks(ctx)
	if err != nil {
		return schemas.Desk{}, err
	}
	for _, d := range list {
		if d.Name == name || string(d.ID) == name {
			return d, nil
		}
	}
	return schemas.Desk{}, notFound(fmt.Sprintf("destination %q", name))
}
