package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) crm() *cobra.Command {
	cmd := &cobra.Command{
		Use: "crm", Short: "Show and change records of the CRM, as a person",
		Example: "  steward crm set contact email=ada@example.com phone=+442079460000\n  steward crm show contact email=ada@example.com",
	}
	cmd.AddCommand(a.crmProperties(), a.crmShow(), a.crmSet())
	return cmd
}

func (a *app) crmProperties() *cobra.Command {
	return &cobra.Command{
		Use: "properties [KIND]", Short: "List the properties of contact (the default), company, deal or ticket", Args: cobra.MaximumNArgs(1),
		Example: "  steward crm properties\n  steward crm properties deal -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			object := schemas.ObjectContact
			if len(args) > 0 {
				object = schemas.ObjectType(args[0])
			}
			list, err := c.Properties(ctx, object)
			if err != nil {
				return err
			}
			rows := table{{"PROPERTY", "LABEL", "TYPE", "SET BY", "OPTIONS"}}
			for _, p := range list {
				by := "anybody"
				switch {
				case p.ReadOnly:
					by = "the CRM"
				case p.Sensitive:
					by = "people"
				}
				var options []string
				for _, o := range p.Options {
					options = append(options, o.Value)
				}
				rows = append(rows, []string{p.Name, p.Label, string(p.Type), by, dash(strings.Join(options, ", "))})
			}
			return a.print(some(list), rows)
		}),
	}
}

func (a *app) crmShow() *cobra.Command {
	return &cobra.Command{
		Use: "show KIND PROPERTY=VALUE", Short: "Show the record whose property has a value", Args: cobra.ExactArgs(2),
		Example: "  steward crm show contact email=ada@example.com\n  steward crm show company domain=example.com -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			by, value, ok := strings.Cut(args[1], "=")
			if !ok || value == "" {
				return notPair(args[1])
			}
			r, err := c.Record(ctx, schemas.ObjectType(args[0]), by, value)
			if err != nil {
				return err
			}
			return a.print(r, recordTable(r))
		}),
	}
}

func (a *app) crmSet() *cobra.Command {
	return &cobra.Command{
		Use: "set KIND PROPERTY=VALUE …", Short: "Change the record that the first property names, or make it; an empty value clears one",
		Args: cobra.MinimumNArgs(2), Example: "  steward crm set contact email=ada@example.com phone=+442079460000 city=London\n" +
			"  steward crm set contact email=ada@example.com city=",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			in := schemas.NewRecord{Properties: map[string]string{}}
			for i, pair := range args[1:] {
				name, value, ok := strings.Cut(pair, "=")
				if !ok || name == "" {
					return notPair(pair)
				}
				if i == 0 {
					in.By = name
				}
				in.Properties[name] = value
			}
			r, err := c.SetRecord(ctx, schemas.ObjectType(args[0]), in, uuid.NewString())
			if err != nil {
				return err
			}
			return a.print(r, recordTable(r))
		}),
	}
}

func recordTable(r schemas.Record) table {
	rows := table{{"PROPERTY", "VALUE"}, {"id", fmt.Sprintf("%s %s", r.Object, r.ID)}}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		rows = append(rows, []string{name, r.Properties[name]})
	}
	return rows
}

func notPair(arg string) error {
	return &usageError{text: fmt.Sprintf("%q is not of the form property=value", arg)}
}
