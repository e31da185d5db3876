package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) actions() *cobra.Command {
	cmd := &cobra.Command{
		Use: "action", Short: "Calls into other systems that the agent may make",
		Example: "  steward action set order.json\n  steward action test look_up_order --arg order=7",
	}
	cmd.AddCommand(a.actionList(), a.actionShow(), a.actionSet(), a.actionDelete(), a.actionTest(), a.actionImport())
	return cmd
}

func (a *app) actionList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the actions of the draft and of the published settings", Args: cobra.NoArgs,
		Example: "  steward action list\n  steward action list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			list, _, err := c.Actions(ctx)
			if err != nil {
				return err
			}
			return a.printActions(some(list), list)
		}),
	}
}

func (a *app) printActions(value any, list []schemas.ActionShown) error {
	rows := table{{"ACTION", "CALLS", "EFFECT", "CONFIRM", "PROTECTION", "STATE", "WARNINGS"}}
	for _, s := range list {
		one := s.Draft
		if one == nil {
			one = s.Published
		}
		if one == nil {
			continue
		}
		rows = append(rows, []string{s.Name, callsOf(*one), string(one.Effect), string(one.Confirm), string(one.Protection), stateOf(s), fmt.Sprint(len(s.Warnings))})
	}
	return a.print(value, rows)
}

// callsOf says in a cell what an action calls.
func callsOf(one schemas.Action) string {
	switch {
	case one.HTTP != nil:
		return one.HTTP.Connection + " " + one.HTTP.Method
	case one.MCP != nil:
		return one.MCP.Connection + " " + one.MCP.Tool
	}
	return string(one.Kind)
}

// stateOf says what publishing would do with an action.
func stateOf(s schemas.ActionShown) string {
	state := "published"
	switch {
	case s.Published == nil:
		state = "draft"
	case s.Draft == nil:
		state = "deleted in the draft"
	case s.Changed:
		state = "changed in the draft"
	}
	if one := s.Draft; one != nil && one.Disabled {
		state += ", disabled"
	}
	return state
}

func (a *app) actionShow() *cobra.Command {
	var published bool
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show an action of the draft as JSON, which `action set` takes", Args: cobra.ExactArgs(1),
		Example: "  steward action show look_up_order > order.json\n  steward action show look_up_order --published",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			shown, err := c.Action(ctx, args[0])
			if err != nil {
				return err
			}
			one, where := shown.Draft, "in the draft"
			if published {
				one, where = shown.Published, "published"
			}
			if one == nil {
				return fmt.Errorf("the action %s is not %s", args[0], where)
			}
			a.warn(shown)
			enc := json.NewEncoder(a.o.Out)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			return enc.Encode(one)
		}),
	}
	cmd.Flags().BoolVar(&published, "published", false, "as it is published")
	return cmd
}

// warn tells what should be looked at.
func (a *app) warn(shown schemas.ActionShown) {
	for _, w := range shown.Warnings {
		a.progress("note: %s: %s: %s", shown.Name, harmless(w.Location), harmless(w.Message))
	}
}

func (a *app) actionSet() *cobra.Command {
	return &cobra.Command{
		Use: "set [FILE...]", Short: "Add or replace actions in the draft; publish makes them take effect",
		Long: "Add or replace actions in the draft; `steward config publish` makes them take effect.\n" +
			"A file holds one action as JSON, or a list of them. Without a file standard input is read.",
		Example: "  steward action set order.json cancel.json\n  steward action show look_up_order | steward action set",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) == 0 {
				args = []string{"-"}
			}
			var list []schemas.Action
			for _, name := range args {
				raw, err := a.read(name)
				if err != nil {
					return err
				}
				more, err := readActions(raw)
				if err != nil {
					return &invalidError{cause: fmt.Errorf("read %s: %w", name, err)}
				}
				list = append(list, more...)
			}
			_, etag, err := c.Actions(ctx)
			if err != nil {
				return err
			}
			saved := make([]schemas.ActionShown, 0, len(list))
			for _, one := range list {
				shown, next, err := c.PutAction(ctx, one, etag)
				if err != nil {
					return fmt.Errorf("%s: %w", first(one.Name, "an action without a name"), err)
				}
				etag, saved = next, append(saved, shown)
				a.warn(shown)
			}
			a.progress("saved in the draft; `steward config publish` makes it take effect")
			return a.printActions(saved, saved)
		}),
	}
}

// errNoAction is a file that holds something else.
var errNoAction = errors.New("it is not an action as JSON, or a list of them")

// readActions reads one action or a list, and refuses fields that there are not.
func readActions(raw []byte) ([]schemas.Action, error) {
	raw = bytes.TrimSpace(raw)
	var list []schemas.Action
	var into any = &list
	if !bytes.HasPrefix(raw, []byte("[")) {
		list = make([]schemas.Action, 1)
		into = &list[0]
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		var syntax *json.SyntaxError
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("%w (byte %d)", errNoAction, syntax.Offset)
		case errors.As(err, &wrong):
			return nil, fmt.Errorf("%w: %s has the wrong type", errNoAction, first(wrong.Field, "it"))
		}
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return nil, fmt.Errorf("unknown field %s", field)
		}
		return nil, errNoAction
	}
	if dec.More() || len(list) == 0 {
		return nil, errNoAction
	}
	for _, one := range list {
		if one.Name == "" {
			return nil, errors.New("an action has no name")
		}
	}
	return list, nil
}

func (a *app) actionDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Take an action out of the draft; publish makes it take effect", Args: cobra.ExactArgs(1),
		Example: "  steward action delete look_up_order\n  steward action list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			_, etag, err := c.Actions(ctx)
			if err != nil {
				return err
			}
			if err := c.DeleteAction(ctx, args[0], etag); err != nil {
				return err
			}
			a.progress("deleted in the draft; `steward config publish` makes it take effect")
			return nil
		}),
	}
}
