package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) team() *cobra.Command {
	cmd := &cobra.Command{
		Use: "team", Short: "Teams and the people who take conversations",
		Example: "  steward team user add \"Support desk\"\n  steward team list",
	}
	member := &cobra.Command{
		Use: "member", Short: "Put people into teams and take them out",
		Example: "  steward team member add Support operator\n  steward team member remove Support operator",
	}
	member.AddCommand(a.memberAct("add", "Put a person into a team", (*client.Client).AddMember),
		a.memberAct("remove", "Take a person out of a team", (*client.Client).RemoveMember))
	user := &cobra.Command{
		Use: "user", Short: "The people who take conversations",
		Example: "  steward team user list\n  steward team user presence operator away",
	}
	user.AddCommand(a.userList(), a.userAdd(), a.userPresence(), a.userSkills())
	cmd.AddCommand(a.teamList(), a.teamAdd(), member, user)
	return cmd
}

func (a *app) teamList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the teams with their members", Args: cobra.NoArgs,
		Example: "  steward team list\n  steward team list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			teams, err := c.Teams(ctx)
			if err != nil {
				return err
			}
			rows := table{{"TEAM", "NAME", "MEMBERS"}}
			for _, t := range teams {
				var names []string
				for _, m := range t.Members {
					names = append(names, m.Name)
				}
				rows = append(rows, []string{string(t.ID), t.Name, dash(strings.Join(names, ", "))})
			}
			return a.print(some(teams), rows)
		}),
	}
}

func (a *app) teamAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add NAME", Short: "Add a team", Args: cobra.ExactArgs(1),
		Example: "  steward team add Support\n  steward team add \"Second line\" -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			t, err := c.AddTeam(ctx, args[0])
			if err != nil {
				return err
			}
			return a.print(t, table{{"TEAM", "NAME"}, {string(t.ID), t.Name}})
		}),
	}
}

func (a *app) memberAct(use, short string, do func(*client.Client, context.Context, schemas.TeamID, schemas.UserID) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " TEAM PERSON", Short: short, Args: cobra.ExactArgs(2),
		Example: "  steward team member " + use + " Support operator\n  steward team list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			team, err := findTeam(ctx, c, args[0])
			if err != nil {
				return err
			}
			user, err := findUser(ctx, c, args[1])
			if err != nil {
				return err
			}
			return do(c, ctx, team, user.ID)
		}),
	}
}

func notFound(what string) error {
	e := &client.Error{}
	e.Status, e.Detail = 404, "there is no "+what
	return e
}

func findTeam(ctx context.Context, c *client.Client, name string) (schemas.TeamID, error) {
	teams, err := c.Teams(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range teams {
		if t.Name == name || string(t.ID) == name {
			return t.ID, nil
		}
	}
	return "", notFound(fmt.Sprintf("team %q", name))
}

func findUser(ctx context.Context, c *client.Client, name string) (schemas.User, error) {
	users, err := c.Users(ctx)
	if err != nil {
		return schemas.User{}, err
	}
	for _, u := range users {
		if u.Name == name || string(u.ID) == name {
			return u, nil
		}
	}
	return schemas.User{}, notFound(fmt.Sprintf("person %q", name))
}

func (a *app) userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the people who take conversations", Args: cobra.NoArgs,
		Example: "  steward team user list\n  steward team user list -o jsonl",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			users, err := c.Users(ctx)
			if err != nil {
				return err
			}
			return a.printUsers(some(users), users)
		}),
	}
}

func (a *app) printUsers(value any, users []schemas.User) error {
	rows := table{{"USER", "NAME", "PRESENCE", "OPEN", "CAPACITY", "SKILLS"}}
	for _, u := range users {
		rows = append(rows, []string{string(u.ID), u.Name, string(u.Presence), fmt.Sprint(u.Open), fmt.Sprint(u.Capacity), dash(strings.Join(u.Skills, ", "))})
	}
	return a.print(value, rows)
}

func (a *app) userAdd() *cobra.Command {
	var in schemas.NewUser
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a person who takes conversations", Args: cobra.ExactArgs(1),
		Example: "  steward team user add operator\n  steward team user add operator --capacity 3 --presence away",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			in.Name = args[0]
			u, err := c.AddUser(ctx, in)
			if err != nil {
				return err
			}
			return a.printUsers(u, []schemas.User{u})
		}),
	}
	cmd.Flags().StringVar(&in.Email, "email", "", "their address at work")
	cmd.Flags().StringVar((*string)(&in.Presence), "presence", "", "online, away or offline (default online)")
	cmd.Flags().StringSliceVar(&in.Skills, "skill", nil, "what they can do, as routing rules name it")
	cmd.Flags().IntVar(&in.Capacity, "capacity", 0, "how many conversations at once (default 5)")
	return cmd
}

func (a *app) userPresence() *cobra.Command {
	return &cobra.Command{
		Use: "presence PERSON online|away|offline", Short: "Say whether a person takes conversations now", Args: cobra.ExactArgs(2),
		Example: "  steward team user presence operator away\n  steward team user presence operator online",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			u, err := findUser(ctx, c, args[0])
			if err != nil {
				return err
			}
			if u, err = c.SetPresence(ctx, u.ID, schemas.Presence(args[1])); err != nil {
				return err
			}
			return a.printUsers(u, []schemas.User{u})
		}),
	}
}

func (a *app) userSkills() *cobra.Command {
	return &cobra.Command{
		Use: "skills PERSON [SKILL]...", Short: "Say what a person can do; without skills nothing in particular", Args: cobra.MinimumNArgs(1),
		Example: "  steward team user skills operator refunds billing\n  steward team user skills operator",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			u, err := findUser(ctx, c, args[0])
			if err != nil {
				return err
			}
			if u, err = c.SetSkills(ctx, u.ID, args[1:]); err != nil {
				return err
			}
			return a.printUsers(u, []schemas.User{u})
		}),
	}
}
