package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func (b adminBundle) user(t *testing.T, name string) schemas.User {
	t.Helper()
	u, err := b.AddUser(t.Context(), schemas.User{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUsers(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	hours := schemas.Hours{Mode: schemas.HoursDuring, TimeZone: "Europe/Rome", Weekly: []schemas.Interval{{Day: 1, Start: 540, End: 1020}}}
	in := schemas.User{Name: " Bea ", Email: "bea@example.com", Presence: schemas.PresenceAway, Capacity: 2, Hours: hours}
	bea, err := b.AddUser(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	ann := b.user(t, "Ann")
	want := schemas.User{ID: ann.ID, Name: "Ann", Presence: schemas.PresenceOnline, Capacity: 5, Hours: schemas.Hours{Mode: schemas.HoursAll}}
	if diff := cmp.Diff(want, ann); diff != "" {
		t.Error(diff)
	}
	_, err = b.AddUser(t.Context(), schemas.User{Name: "Ann"})
	wantKind(t, err, schemas.KindConflict)

	conv := b.conversation(t, "lifecycle = 'waiting_human'")
	beaID, err := parse(schemas.PrefixUser, bea.ID, "user")
	if err != nil {
		t.Fatal(err)
	}
	b.exec(t, "update conversations set owner = 'human', assigned_to = $2 where id = $1", mustUUID(t, conv), beaID)
	bea.Open = 1
	users, err := b.ListUsers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]schemas.User{ann, bea}, users); diff != "" {
		t.Error(diff)
	}

	if err := b.SetPresence(t.Context(), bea.ID, schemas.PresenceOnline); err != nil {
		t.Fatal(err)
	}
	bea.Presence = schemas.PresenceOnline
	found, err := b.UserByName(t.Context(), "Bea")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bea, found); diff != "" {
		t.Error(diff)
	}
	_, err = b.UserByName(t.Context(), "Nobody\x00")
	wantKind(t, err, schemas.KindNotFound)
	wantKind(t, b.SetPresence(t.Context(), bea.ID, "asleep"), schemas.KindInvalid)
	wantKind(t, b.SetPresence(t.Context(), "user_x", schemas.PresenceAway), schemas.KindNotFound)
	wantKind(t, b.SetPresence(t.Context(), show[schemas.UserID](schemas.PrefixUser, newID()), schemas.PresenceAway), schemas.KindNotFound)
}

func TestUsersThatAreRefused(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	for name, u := range map[string]schemas.User{
		"no name":      {Name: "  "},
		"NUL":          {Name: "a\x00b"},
		"not UTF-8":    {Name: "a\xff"},
		"presence":     {Name: "a", Presence: "asleep"},
		"capacity":     {Name: "a", Capacity: 1001},
		"unknown zone": {Name: "a", Hours: schemas.Hours{Mode: schemas.HoursDuring, TimeZone: "Moon/Base"}},
	} {
		if _, err := b.AddUser(t.Context(), u); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	ann, bea := b.user(t, "Ann"), b.user(t, "Bea")
	support, err := b.AddTeam(t.Context(), "Support")
	if err != nil {
		t.Fatal(err)
	}
	billing, err := b.AddTeam(t.Context(), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.AddTeam(t.Context(), "Support")
	wantKind(t, err, schemas.KindConflict)
	for _, u := range []schemas.UserID{bea.ID, ann.ID, ann.ID} {
		if err := b.AddMember(t.Context(), support.ID, u); err != nil {
			t.Fatal(err)
		}
	}
	teams, err := b.ListTeams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	support.Members = []schemas.User{ann, bea}
	if diff := cmp.Diff([]schemas.Team{billing, support}, teams); diff != "" {
		t.Error(diff)
	}
	if err := b.RemoveMember(t.Context(), support.ID, ann.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, b.RemoveMember(t.Context(), support.ID, ann.ID), schemas.KindNotFound)
	wantKind(t, b.AddMember(t.Context(), show[schemas.TeamID](schemas.PrefixTeam, newID()), ann.ID), schemas.KindNotFound)
	wantKind(t, b.AddMember(t.Context(), support.ID, show[schemas.UserID](schemas.PrefixUser, newID())), schemas.KindNotFound)
	wantKind(t, b.AddMember(t.Context(), "support", ann.ID), schemas.KindNotFound)
}
