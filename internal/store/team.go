package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// maxName is the longest name of a user, a team, a token or a source, in
// characters.
const maxName = 200

// AddUser adds a member of staff. Presence defaults to online, capacity to 5,
// hours to all. A name in use is KindConflict.
func (s *Store) AddUser(ctx context.Context, u schemas.User) (schemas.User, error) {
	u, err := completeUser(u)
	if err != nil {
		return u, err
	}
	hours, err := json.Marshal(u.Hours)
	if err != nil {
		return u, fmt.Errorf("encode hours: %w", err)
	}
	id := newID()
	err = s.q.InsertUser(ctx, s.pool, dbq.InsertUserParams{
		ID: id, Name: u.Name, Email: u.Email, Presence: string(u.Presence), Capacity: int32(u.Capacity), Hours: hours, Skills: append([]string{}, u.Skills...),
	})
	if isUnique(err, "users_name_key") {
		return u, schemas.NewError(schemas.KindConflict, "a user with this name exists already")
	}
	if err != nil {
		return u, fmt.Errorf("add user: %w", err)
	}
	u.ID = show[schemas.UserID](schemas.PrefixUser, id)
	return u, nil
}

func completeUser(u schemas.User) (schemas.User, error) {
	var err error
	if u.Name, err = nameOf(u.Name); err != nil {
		return u, err
	}
	u.Email, u.Open = plain(strings.TrimSpace(u.Email), maxName), 0
	if u.Presence == "" {
		u.Presence = schemas.PresenceOnline
	}
	if !u.Presence.Valid() {
		return u, unknownPresence(u.Presence)
	}
	if u.Capacity == 0 {
		u.Capacity = 5
	}
	if u.Capacity < 1 || u.Capacity > 1000 {
		return u, schemas.NewError(schemas.KindInvalid, "capacity is 1 to 1000 conversations at once")
	}
	if u.Hours.Mode == "" {
		u.Hours.Mode = schemas.HoursAll
	}
	if u.Skills, err = skillsOf(u.Skills); err != nil {
		return u, err
	}
	return u, u.Hours.Validate()
}

func unknownPresence(p schemas.Presence) error {
	return schemas.NewError(schemas.KindInvalid, fmt.Sprintf("unknown presence %q: use online, away or offline", p))
}

// skillsOf checks skills as an admin gave them: at most 50, each once.
func skillsOf(skills []string) ([]string, error) {
	var out []string
	for _, s := range skills {
		s = strings.TrimSpace(s)
		if s == "" || len([]rune(s)) > 60 || plain(s, 60) != s || len(skills) > 50 {
			return nil, schemas.NewError(schemas.KindInvalid, "skills are at most 50, each of 1 to 60 characters of text")
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// SetSkills says what a user can do.
func (s *Store) SetSkills(ctx context.Context, id schemas.UserID, skills []string) error {
	user, err := parse(schemas.PrefixUser, id, "user")
	if err != nil {
		return err
	}
	if skills, err = skillsOf(skills); err != nil {
		return err
	}
	changed, err := s.q.SetSkills(ctx, s.pool, append([]string{}, skills...), user)
	if err != nil {
		return fmt.Errorf("set skills: %w", err)
	}
	if changed == 0 {
		return notFound("user")
	}
	return nil
}

// nameOf checks a name that an admin gave.
func nameOf(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len([]rune(name)) > maxName || plain(name, maxName) != name {
		return "", schemas.NewError(schemas.KindInvalid, "a name is 1 to 200 characters of text")
	}
	return name, nil
}

// SetPresence says whether a user takes conversations.
func (s *Store) SetPresence(ctx context.Context, id schemas.UserID, p schemas.Presence) error {
	if !p.Valid() {
		return unknownPresence(p)
	}
	user, err := parse(schemas.PrefixUser, id, "user")
	if err != nil {
		return err
	}
	changed, err := s.q.SetPresence(ctx, s.pool, string(p), user)
	if err != nil {
		return fmt.Errorf("set presence: %w", err)
	}
	if changed == 0 {
		return notFound("user")
	}
	return nil
}

// ListUsers returns every user by name, with the conversations they have now.
func (s *Store) ListUsers(ctx context.Context) ([]schemas.User, error) {
	return s.users(ctx, s.pool, nil)
}

// UserByName returns the user of that name.
func (s *Store) UserByName(ctx context.Context, name string) (schemas.User, error) {
	name, err := nameOf(name)
	if err != nil {
		return schemas.User{}, notFound("user")
	}
	users, err := s.users(ctx, s.pool, &name)
	if err != nil {
		return schemas.User{}, err
	}
	if len(users) == 0 {
		return schemas.User{}, notFound("user")
	}
	return users[0], nil
}

func (s *Store) users(ctx context.Context, db dbq.DBTX, name *string) ([]schemas.User, error) {
	rows, err := s.q.ListUsers(ctx, db, name)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	out := make([]schemas.User, 0, len(rows))
	for _, r := range rows {
		u := schemas.User{
			ID: show[schemas.UserID](schemas.PrefixUser, r.ID), Name: r.Name, Email: r.Email,
			Presence: schemas.Presence(r.Presence), Capacity: int(r.Capacity), Open: int(r.Open),
		}
		if len(r.Skills) > 0 {
			u.Skills = r.Skills
		}
		if err := json.Unmarshal(r.Hours, &u.Hours); err != nil {
			return nil, fmt.Errorf("decode a user's hours: %w", err)
		}
		out = append(out, u)
	}
	return out, nil
}

// AddTeam adds an empty team. A name in use is KindConflict.
func (s *Store) AddTeam(ctx context.Context, name string) (schemas.Team, error) {
	name, err := nameOf(name)
	if err != nil {
		return schemas.Team{}, err
	}
	id := newID()
	err = s.q.InsertTeam(ctx, s.pool, id, name)
	if isUnique(err, "teams_name_key") {
		return schemas.Team{}, schemas.NewError(schemas.KindConflict, "a team with this name exists already")
	}
	if err != nil {
		return schemas.Team{}, fmt.Errorf("add team: %w", err)
	}
	return schemas.Team{ID: show[schemas.TeamID](schemas.PrefixTeam, id), Name: name, Members: []schemas.User{}}, nil
}

// AddMember puts a user into a team; again is no error.
func (s *Store) AddMember(ctx context.Context, team schemas.TeamID, user schemas.UserID) error {
	t, u, err := s.teamAndUser(ctx, team, user)
	if err != nil {
		return err
	}
	if err := s.q.InsertMember(ctx, s.pool, t, u); err != nil {
		return fmt.Errorf("add member: %w", err)
	}
	return nil
}

// RemoveMember takes a user out of a team; KindNotFound when they are not in it.
func (s *Store) RemoveMember(ctx context.Context, team schemas.TeamID, user schemas.UserID) error {
	t, u, err := s.teamAndUser(ctx, team, user)
	if err != nil {
		return err
	}
	removed, err := s.q.DeleteMember(ctx, s.pool, t, u)
	if err != nil {
		return fmt.Errorf("remove member: %w", err)
	}
	if removed == 0 {
		return notFound("member of this team")
	}
	return nil
}

func (s *Store) teamAndUser(ctx context.Context, team schemas.TeamID, user schemas.UserID) (t, u uuid.UUID, err error) {
	if t, err = parse(schemas.PrefixTeam, team, "team"); err != nil {
		return t, u, err
	}
	if u, err = parse(schemas.PrefixUser, user, "user"); err != nil {
		return t, u, err
	}
	if ok, err := s.q.TeamExists(ctx, s.pool, t); err != nil {
		return t, u, fmt.Errorf("find team: %w", err)
	} else if !ok {
		return t, u, notFound("team")
	}
	if ok, err := s.q.UserExists(ctx, s.pool, u); err != nil {
		return t, u, fmt.Errorf("find user: %w", err)
	} else if !ok {
		return t, u, notFound("user")
	}
	return t, u, nil
}

// ListTeams returns every team by name with its members by name.
func (s *Store) ListTeams(ctx context.Context) ([]schemas.Team, error) {
	var out []schemas.Team
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		teams, err := s.q.ListTeams(ctx, tx)
		if err != nil {
			return err
		}
		users, err := s.users(ctx, tx, nil)
		if err != nil {
			return err
		}
		memberships, err := s.q.ListMemberships(ctx, tx)
		if err != nil {
			return err
		}
		out = gather(teams, users, memberships)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	return out, nil
}

func gather(teams []dbq.ListTeamsRow, users []schemas.User, memberships []dbq.TeamMembers) []schemas.Team {
	type membership struct {
		team schemas.TeamID
		user schemas.UserID
	}
	in := make(map[membership]bool, len(memberships))
	for _, m := range memberships {
		in[membership{show[schemas.TeamID](schemas.PrefixTeam, m.TeamID), show[schemas.UserID](schemas.PrefixUser, m.UserID)}] = true
	}
	out := make([]schemas.Team, 0, len(teams))
	for _, t := range teams {
		team := schemas.Team{ID: show[schemas.TeamID](schemas.PrefixTeam, t.ID), Name: t.Name, Members: []schemas.User{}}
		for _, u := range users {
			if in[membership{team.ID, u.ID}] {
				team.Members = append(team.Members, u)
			}
		}
		out = append(out, team)
	}
	return out
}
