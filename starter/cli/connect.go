package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"steward/starter/api/client"
)

// Where a server on this machine leaves its token and its addresses, inside
// the data folder. Both can be read by its user alone.
const (
	TokenFile = "run/admin-token"
	URLsFile  = "run/urls.json"
)

// URLs is what URLsFile holds.
type URLs struct {
	URL        string `json:"url"`
	Demo       string `json:"demo"`
	TemporalUI string `json:"temporal_ui"`
	// Channel is the public key of the live-chat channel.
	Channel string `json:"channel"`
}

// usualURL is where a server listens by default.
const usualURL = "http://127.0.0.1:8080"

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (a *app) folder() string { return first(a.dataDir, a.o.Getenv("STEWARD_DATA_DIR"), ".data") }

// local reads what a server on this machine has left; nothing when there is
// none.
func (a *app) local() URLs {
	var u URLs
	raw, err := os.ReadFile(filepath.Join(a.folder(), URLsFile))
	if err != nil || json.Unmarshal(raw, &u) != nil {
		return URLs{}
	}
	return u
}

func (a *app) address() string {
	return first(a.url, a.o.Getenv("STEWARD_URL"), a.local().URL, usualURL)
}

func (a *app) secret() string {
	if given := first(a.token, a.o.Getenv("STEWARD_TOKEN")); given != "" {
		return given
	}
	raw, err := os.ReadFile(filepath.Join(a.folder(), TokenFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}

func (a *app) client() (*client.Client, error) {
	return client.New(client.Options{URL: a.address(), Token: a.secret()})
}

// action is the body of a command that uses the admin API.
type action func(ctx context.Context, c *client.Client, args []string) error

// call makes a command's RunE of an action.
func (a *app) call(f action) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.client()
		if err != nil {
			return &usageError{text: err.Error()}
		}
		return f(cmd.Context(), c, args)
	}
}

// Connect makes a client of the server whose data folder is given.
func Connect(folder string) (*client.Client, error) {
	a := &app{o: Options{Getenv: os.Getenv}, dataDir: folder}
	return a.client()
}
