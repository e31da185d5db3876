package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) connection() *cobra.Command {
	cmd := &cobra.Command{
		Use: "connection", Short: "Systems that actions call",
		Example: "  steward connection set shop --base-url https://api.shop.example/v1 --auth bearer\n  steward connection secret shop < token.txt",
	}
	cmd.AddCommand(a.connectionList(), a.connectionSet(), a.connectionSecret(), a.connectionDelete())
	return cmd
}

func (a *app) connectionList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the connections", Args: cobra.NoArgs,
		Example: "  steward connection list\n  steward connection list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			list, err := c.Connections(ctx)
			if err != nil {
				return err
			}
			return a.printConnections(some(list), list)
		}),
	}
}

func (a *app) printConnections(value any, list []schemas.ConnectionShown) error {
	rows := table{{"CONNECTION", "ADDRESS", "AUTH", "SECRET", "USED BY"}}
	for _, c := range list {
		secret := c.Secret
		if strings.HasPrefix(secret, "stored:") {
			switch secret = "not set"; {
			case c.SecretOldKey:
				secret = "stored under an old key"
			case c.SecretStored:
				secret = "stored"
			}
		}
		if c.Disabled {
			c.Auth += " (disabled)"
		}
		rows = append(rows, []string{c.Name, c.BaseURL, string(c.Auth), dash(secret), dash(strings.Join(c.UsedBy, ", "))})
	}
	return a.print(value, rows)
}

func (a *app) connectionSet() *cobra.Command {
	var given schemas.Connection
	var auth string
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Make a connection, or change what the flags say", Args: cobra.ExactArgs(1),
		Long: "Make a connection, or change what the flags say. It takes effect at the next call.\n" +
			"A connection that moves to another host loses its stored secret: set it again.",
		Example: "  steward connection set shop --base-url https://api.shop.example/v1 --auth bearer\n" +
			"  steward connection set erp --base-url http://erp.intranet:8069 --private-host erp.intranet:8069 --auth basic --user steward\n" +
			"  steward connection set shop --secret env:STEWARD_SECRET_SHOP",
	}
	f := cmd.Flags()
	f.StringVar(&given.BaseURL, "base-url", "", "address that the paths of actions are below")
	f.StringVar(&auth, "auth", "none", "none, bearer, basic, api_key_header, oauth2_cc, hmac or user_jwt")
	f.StringVar(&given.Secret, "secret", "", "where the secret is, never the secret: stored: (default), env:STEWARD_SECRET_NAME or file:/run/secrets/NAME")
	f.StringVar(&given.User, "user", "", "name for basic")
	f.StringVar(&given.Header, "header", "", "header for api_key_header and hmac")
	f.StringVar(&given.KeyID, "key-id", "", "id of the key for hmac and user_jwt")
	f.StringVar(&given.TokenURL, "token-url", "", "token endpoint for oauth2_cc")
	f.StringVar(&given.ClientID, "client-id", "", "client for oauth2_cc")
	f.StringArrayVar(&given.Scopes, "scope", nil, "scope for oauth2_cc; repeat for several")
	f.StringVar(&given.Audience, "audience", "", "audience of a user_jwt")
	f.IntSliceVar(&given.Ports, "port", nil, "port beside 443 and 8443; repeat for several")
	f.StringArrayVar(&given.PrivateHosts, "private-host", nil, "host:port on a private network that may be called; repeat for several")
	f.BoolVar(&given.Disabled, "disabled", false, "make no calls through it")
	cmd.RunE = a.call(func(ctx context.Context, c *client.Client, args []string) error {
		given.Auth = schemas.AuthKind(auth)
		now, err := c.Connection(ctx, args[0])
		var answer *client.Error
		switch {
		case errors.As(err, &answer) && answer.Status == http.StatusNotFound:
			given.Name = args[0]
			now.Connection = given
		case err != nil:
			return err
		default:
			changeConnection(cmd, &now.Connection, given)
		}
		shown, err := c.PutConnection(ctx, now.Connection)
		if err != nil {
			return err
		}
		if strings.HasPrefix(shown.Secret, "stored:") && !shown.SecretStored {
			a.progress("it has no secret yet: `steward connection secret %s`", shown.Name)
		}
		return a.printConnections(shown, []schemas.ConnectionShown{shown})
	})
	return cmd
}

// changeConnection sets what the flags say.
func changeConnection(cmd *cobra.Command, c *schemas.Connection, given schemas.Connection) {
	for flag, set := range map[string]func(){
		"base-url":     func() { c.BaseURL = given.BaseURL },
		"auth":         func() { c.Auth = given.Auth },
		"secret":       func() { c.Secret = given.Secret },
		"user":         func() { c.User = given.User },
		"header":       func() { c.Header = given.Header },
		"key-id":       func() { c.KeyID = given.KeyID },
		"token-url":    func() { c.TokenURL = given.TokenURL },
		"client-id":    func() { c.ClientID = given.ClientID },
		"scope":        func() { c.Scopes = given.Scopes },
		"audience":     func() { c.Audience = given.Audience },
		"port":         func() { c.Ports = given.Ports },
		"private-host": func() { c.PrivateHosts = given.PrivateHosts },
		"disabled":     func() { c.Disabled = given.Disabled },
	} {
		if cmd.Flags().Changed(flag) {
			set()
		}
	}
	if c.Auth == schemas.AuthNone && !cmd.Flags().Changed("secret") {
		c.Secret = ""
	}
}

// maxInput bounds what is read of standard input or of a file, in bytes.
const maxInput = 8 << 20

// read returns a file, or standard input for - and for no name.
func (a *app) read(name string) ([]byte, error) {
	in := a.o.In
	if name != "" && name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &invalidError{cause: err}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	switch {
	case err != nil:
		return nil, &invalidError{cause: fmt.Errorf("read %s: %w", first(name, "standard input"), err)}
	case len(raw) > maxInput:
		return nil, &invalidError{cause: fmt.Errorf("read %s: more than %d bytes", first(name, "standard input"), maxInput)}
	}
	return raw, nil
}

func (a *app) connectionSecret() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "secret NAME", Short: "Keep the secret of a connection, encrypted; it is never shown again", Args: cobra.ExactArgs(1),
		Long: "Keep the secret of a connection, encrypted; it is never shown again.\n" +
			"It is read from standard input or from a file, so that it is in no list of commands.",
		Example: "  steward connection secret shop < token.txt\n  steward connection secret shop --file token.txt",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			raw, err := a.read(file)
			if err != nil {
				return err
			}
			secret := strings.TrimRight(string(raw), "\r\n")
			if secret == "" {
				return &usageError{text: "there is no secret on standard input: pipe it in, or name a file with --file"}
			}
			if err := c.SetConnectionSecret(ctx, args[0], secret); err != nil {
				return err
			}
			a.progress("the secret of %s is kept", args[0])
			return nil
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "file with the secret")
	return cmd
}

func (a *app) connectionDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Delete a connection that no action uses, with its secret", Args: cobra.ExactArgs(1),
		Example: "  steward connection delete shop\n  steward connection list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return c.DeleteConnection(ctx, args[0])
		}),
	}
}
