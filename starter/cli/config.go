package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"steward/starter/api/client"
)

func (a *app) config() *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "The agent's settings: edit the draft, then publish it",
		Example: "  steward config set channels.live_chat.inactivity_close=3600\n  steward config publish -m \"close after an hour\"",
	}
	cmd.AddCommand(a.configShow(), a.configSet(), a.configPublish(), a.configVersions())
	return cmd
}

func (a *app) configShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the settings being edited, as paths or as JSON", Args: cobra.NoArgs,
		Example: "  steward config show\n  steward config show -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			raw, _, err := c.Draft(ctx)
			if err != nil {
				return err
			}
			var document any
			if err := json.Unmarshal(raw, &document); err != nil {
				return fmt.Errorf("read draft: %w", err)
			}
			rows := table{{"SETTING", "VALUE"}}
			for _, line := range paths("", document) {
				rows = append(rows, line[:])
			}
			return a.print(raw, rows)
		}),
	}
}

// paths lists the values of a document with where they stand.
func paths(prefix string, v any) [][]string {
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		raw, err := json.Marshal(v)
		if err != nil {
			raw = []byte("?")
		}
		return [][]string{{prefix, string(raw)}}
	}
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	sort.Strings(names)
	var out [][]string
	for _, name := range names {
		path := name
		if prefix != "" {
			path = prefix + "." + name
		}
		out = append(out, paths(path, object[name])...)
	}
	return out
}

func (a *app) configSet() *cobra.Command {
	return &cobra.Command{
		Use: "set PATH=VALUE...", Short: "Change settings in the draft; publish makes them take effect", Args: cobra.MinimumNArgs(1),
		Long:    "Change settings in the draft; publish makes them take effect.\nA value is JSON; what is not JSON is a text. null takes a setting away.",
		Example: "  steward config set profile.name=Luma channels.live_chat.ask_email=at_start\n  steward config set 'channels.live_chat.hours={\"mode\":\"all\"}'",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			patch := map[string]any{}
			for _, arg := range args {
				path, text, ok := strings.Cut(arg, "=")
				if !ok || path == "" {
					return &usageError{text: fmt.Sprintf("%q is not of the form path=value", arg)}
				}
				if err := put(patch, strings.Split(path, "."), value(text)); err != nil {
					return err
				}
			}
			_, etag, err := c.Draft(ctx)
			if err != nil {
				return err
			}
			if _, err := c.PatchDraft(ctx, patch, etag); err != nil {
				return err
			}
			a.progress("saved in the draft; `steward config publish` makes it take effect")
			return nil
		}),
	}
}

// value is text as JSON, or as it is.
func value(text string) any {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	return v
}

func put(object map[string]any, path []string, v any) error {
	name := path[0]
	if name == "" {
		return &usageError{text: "a path is made of names with dots between, such as profile.name"}
	}
	if len(path) == 1 {
		object[name] = v
		return nil
	}
	inner, ok := object[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[name] = inner
	}
	return put(inner, path[1:], v)
}

func (a *app) configPublish() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use: "publish", Short: "Publish the draft as the next version", Args: cobra.NoArgs,
		Example: "  steward config publish\n  steward config publish -m \"close after an hour\"",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			_, etag, err := c.Draft(ctx)
			if err != nil {
				return err
			}
			v, err := c.Publish(ctx, note, etag)
			if err != nil {
				return err
			}
			return a.print(v, table{{"VERSION", "PUBLISHED", "NOTE"}, {fmt.Sprint(v.Number), when(v.PublishedAt), dash(v.Note)}})
		}),
	}
	cmd.Flags().StringVarP(&note, "message", "m", "", "what has changed")
	return cmd
}

func (a *app) configVersions() *cobra.Command {
	return &cobra.Command{
		Use: "versions", Short: "List the published versions", Args: cobra.NoArgs,
		Example: "  steward config versions\n  steward config versions -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			versions, err := c.Versions(ctx)
			if err != nil {
				return err
			}
			rows := table{{"VERSION", "PUBLISHED", "NOTE"}}
			for _, v := range versions {
				rows = append(rows, []string{fmt.Sprint(v.Number), when(v.PublishedAt), dash(v.Note)})
			}
			return a.print(some(versions), rows)
		}),
	}
}
