// Command smoke tries the running Steward end to end, as its customers and
// operators use it: `make run` in one terminal, `make smoke` in another.
//
// It finds the stack by the files that `steward dev` keeps in its data folder,
// uses the public surfaces alone (widget API, admin API, signals of the agent's
// workflow, and SIGKILL of the worker), serves a small site to read, prints one line for each check and sets
// the settings back. It leaves behind its conversations and some versions of
// the settings; what is in the draft when it begins is published at its end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"

	"steward/schemas"
	apiclient "steward/starter/api/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		os.Exit(1)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// smoke is the running Steward and what the checks share.
type smoke struct {
	url, channel string
	dir          string
	api          *apiclient.Client
	temporal     client.Client
	agent        schemas.AgentID
	// person takes conversations over.
	person string
}

// check is one thing that has to work.
type check struct {
	name string
	try  func(ctx context.Context) error
}

// checkTimeout bounds one check. The slowest reads a site twice, with pauses.
const checkTimeout = 3 * time.Minute

// errNotTried is the result of a check that this Steward does not allow.
var errNotTried = errors.New("not tried")

func run(ctx context.Context) (failed int, err error) {
	s, err := open(ctx)
	if err != nil {
		return 0, err
	}
	defer s.temporal.Close()
	restore, err := s.prepare(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, restore()) }()
	checks := []check{
		{"an answer from the content, with a citation", s.answers},
		{"the question for an email address, once", s.asksEmail},
		{"handoff, acceptance, a person's reply, give back", s.handsOff},
		{"pause by signal stops the agent, resume by signal answers", s.pauses},
		{"a quiet conversation closes", s.closes},
		{"the worker killed in a turn: answered once", s.survives},
		{"an action: asked for, read back, made once after the yes", s.acts},
		{"a record is read only after a code that was mailed", s.knows},
		{"a guideline answers a topic in the admin's words", s.obeys},
		{"a goal asks, scores and tells where to book", s.qualifies},
		{"a file of each document format is read, found and removed", s.readsFiles},
		{"a site is read, and read again when it has changed", s.crawls},
	}
	skipped := 0
	for _, c := range checks {
		if ctx.Err() != nil {
			return failed, ctx.Err()
		}
		began := time.Now()
		trying, cancel := context.WithTimeout(ctx, checkTimeout)
		err := c.try(trying)
		cancel()
		took := time.Since(began).Round(10 * time.Millisecond)
		if errors.Is(err, errNotTried) {
			skipped++
			fmt.Printf("skip  %s: %v\n", c.name, err)
			continue
		}
		if err != nil {
			failed++
			fmt.Printf("FAIL  %s (%s): %v\n", c.name, took, err)
			// What the check has not set back must not spoil the next one.
			if err := s.chat(ctx, func(*schemas.ChannelSettings) {}); err != nil {
				return failed, err
			}
			continue
		}
		fmt.Printf("ok    %s (%s)\n", c.name, took)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", len(checks)-failed-skipped, failed, skipped)
	return failed, nil
}

// open finds the stack of the data folder.
func open(ctx context.Context) (*smoke, error) {
	s := &smoke{dir: os.Getenv("STEWARD_DATA_DIR")}
	if s.dir == "" {
		s.dir = ".data"
	}
	var urls struct {
		URL     string `json:"url"`
		Channel string `json:"channel"`
	}
	if err := s.readJSON("urls.json", &urls); err != nil {
		return nil, fmt.Errorf("find the running Steward (start it with `make run`): %w", err)
	}
	s.url, s.channel = urls.URL, urls.Channel
	token := os.Getenv("STEWARD_ADMIN_TOKEN")
	if token == "" {
		raw, err := os.ReadFile(s.runFile("admin-token"))
		if err != nil {
			return nil, fmt.Errorf("read admin token: %w", err)
		}
		token = strings.TrimSpace(string(raw))
	}
	var err error
	if s.api, err = apiclient.New(apiclient.Options{URL: s.url, Token: token}); err != nil {
		return nil, err
	}
	agent, err := s.api.Agent(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the admin API: %w", err)
	}
	s.agent = agent.Agent
	var ports struct {
		Frontend int `json:"frontend"`
	}
	address := os.Getenv("TEMPORAL_ADDRESS")
	if address == "" {
		if err := s.readJSON("temporal.ports.json", &ports); err != nil {
			return nil, fmt.Errorf("find Temporal: %w", err)
		}
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(ports.Frontend))
	}
	s.temporal, err = client.DialContext(ctx, client.Options{HostPort: address, Logger: silent{}})
	return s, err
}

// silent logs nothing: the checks say what is wrong.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

func (s *smoke) runFile(name string) string { return filepath.Join(s.dir, "run", name) }

func (s *smoke) readJSON(name string, into any) error {
	raw, err := os.ReadFile(s.runFile(name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// prepare finds a person for handoffs and publishes settings without a quiet
// window. The returned function sets everything back.
func (s *smoke) prepare(ctx context.Context) (restore func() error, err error) {
	users, err := s.api.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	if len(users) == 0 {
		made, err := s.api.AddUser(ctx, schemas.NewUser{Name: "operator", Presence: schemas.PresenceOnline})
		if err != nil {
			return nil, fmt.Errorf("add a person: %w", err)
		}
		users = append(users, made)
	}
	s.person = users[0].Name
	before, _, err := s.api.Draft(ctx)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var was schemas.Settings
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	restore = func() error {
		// Also after Ctrl-C.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		if _, err := s.api.Resume(ctx, schemas.PauseInput{}); err != nil {
			return fmt.Errorf("end pauses: %w", err)
		}
		return s.publish(ctx, was, "as before the smoke test")
	}
	return restore, s.chat(ctx, func(*schemas.ChannelSettings) {})
}

// chat publishes live-chat settings that differ from those without timers and
// quiet window by change.
func (s *smoke) chat(ctx context.Context, change func(*schemas.ChannelSettings)) error {
	raw, _, err := s.api.Draft(ctx)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	var settings schemas.Settings
	if err := json.Unmarshal(raw, &settings); err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	c := schemas.DefaultSettings().For(schemas.ChannelLiveChat)
	c.AskEmail, c.QuietMillis, c.CapMillis = schemas.AskNever, 0, 0
	change(&c)
	if settings.Channels == nil {
		settings.Channels = map[schemas.ChannelKind]schemas.ChannelSettings{}
	}
	settings.Channels[schemas.ChannelLiveChat] = c
	return s.publish(ctx, settings, "smoke test")
}

func (s *smoke) publish(ctx context.Context, settings schemas.Settings, note string) error {
	_, etag, err := s.api.Draft(ctx)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if etag, err = s.api.SaveDraft(ctx, settings, etag); err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	if _, err := s.api.Publish(ctx, note, etag); err != nil {
		return fmt.Errorf("publish settings: %w", err)
	}
	return nil
}
