package script

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"steward/internal/store"
	"steward/schemas"
)

// firstVisitor is who writes before a script names anybody else.
const firstVisitor = "Visitor"

// setUp makes the staff, the deployment with its settings, and the visitor.
func (w *world) setUp() {
	start := w.script.start
	w.must(w.store.SetClock(w.ctx, &start, 0))
	for _, l := range w.script.users {
		w.addUser(l)
	}
	settings := schemas.DefaultSettings()
	settings.Profile.Languages = []string{"en", "it", "sv"}
	for _, l := range w.script.settings {
		for _, pair := range strings.Fields(l.rest) {
			w.must(w.set(&settings, pair))
		}
	}
	for _, l := range w.script.actions {
		settings.Actions = append(settings.Actions, w.action(l))
	}
	for _, l := range w.script.desks {
		w.addDesk(l)
	}
	w.must(settings.Validate(true))
	service := settings.Handoff.Service
	w.watching = w.desk != nil || service.Copilot || service.WriteSummary || service.FirstResponse+service.NextResponse > 0 ||
		settings.Handoff.Timing != "" || len(settings.Handoff.Rules) > 0
	var err error
	w.deploy, err = w.store.Bootstrap(w.ctx, store.Bootstrap{Settings: &settings})
	w.must(err)
	w.addContent()
	for _, l := range w.script.records {
		w.addRecord(l)
	}
	for _, c := range w.wiring.Connections {
		_, err = w.store.PutConnection(w.ctx, c)
		w.must(err)
	}
	w.must(w.visitor(firstVisitor))
}

// visitor makes a visitor speak who may be new.
func (w *world) visitor(name string) error {
	session, known := w.visitors[name]
	if !known {
		var err error
		if session, err = w.store.OpenSession(w.ctx, w.deploy.PublicKey, "", 365*24*time.Hour); err != nil {
			return err
		}
		w.visitors[name] = session
	}
	w.session = session
	return nil
}

// addUser reads "user Dana online capacity=2 team=Support hours={…}".
func (w *world) addUser(l line) {
	fields := strings.Fields(l.rest)
	u := schemas.User{Name: fields[0], Presence: schemas.PresenceOnline, Capacity: 5, Hours: schemas.Hours{Mode: schemas.HoursAll}}
	var teams []schemas.TeamID
	for _, f := range fields[1:] {
		key, value, ok := strings.Cut(f, "=")
		switch {
		case !ok:
			u.Presence = schemas.Presence(f)
		case key == "capacity":
			n, err := strconv.Atoi(value)
			w.must(err)
			u.Capacity = n
		case key == "hours":
			w.must(json.Unmarshal([]byte(value), &u.Hours))
		case key == "skills":
			u.Skills = strings.Split(value, ",")
		case key == "team":
			teams = append(teams, w.team(value))
		default:
			w.t.Fatalf("%s:%d: a user has no %q", w.script.path, l.number, key)
		}
	}
	made, err := w.store.AddUser(w.ctx, u)
	w.must(err)
	w.users[u.Name] = made.ID
	for _, team := range teams {
		w.must(w.store.AddMember(w.ctx, team, made.ID))
	}
}

func (w *world) team(name string) schemas.TeamID {
	if id, ok := w.teams[name]; ok {
		return id
	}
	made, err := w.store.AddTeam(w.ctx, name)
	w.must(err)
	w.teams[name] = made.ID
	return made.ID
}

// set writes one path=value into the settings; the value is JSON or a bare
// word. A team is named "team:Support".
func (w *world) set(settings *schemas.Settings, pair string) error {
	path, value, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("settings are path=value, not %q", pair)
	}
	if name, ok := strings.CutPrefix(value, "team:"); ok {
		id, known := w.teams[name]
		if !known {
			return fmt.Errorf("there is no team %q", name)
		}
		value = string(id)
	}
	// Teams are named inside JSON too.
	for name, id := range w.teams {
		value = strings.ReplaceAll(value, `"team:`+name+`"`, `"`+string(id)+`"`)
	}
	return setPath(settings, path, value)
}

func setPath(settings *schemas.Settings, path, value string) error {
	raw, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		v = value
	}
	keys := strings.Split(path, ".")
	at := doc
	for _, k := range keys[:len(keys)-1] {
		next, ok := at[k].(map[string]any)
		if !ok {
			// What is not set is left out of the JSON; a misspelt name is refused below.
			next = map[string]any{}
			at[k] = next
		}
		at = next
	}
	at[keys[len(keys)-1]] = v
	if raw, err = json.Marshal(doc); err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	*settings = schemas.Settings{}
	return decoder.Decode(settings)
}
