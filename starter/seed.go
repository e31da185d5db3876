package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"steward/schemas"
	"steward/starter/sample"
)

// seededFile marks a data folder whose sample content has been loaded, so that
// what was removed later stays removed.
const seededFile = "run/seeded"

// The first member of the team, so that a handoff finds somebody.
const (
	firstUser = "operator"
	firstTeam = "Support"
)

// seed loads the sample content and the first team member at the first start,
// and waits until the agent answers from it.
func (d *devRun) seed(ctx context.Context) error {
	mark := filepath.Join(d.cfg.DataDir, seededFile)
	if _, err := os.Stat(mark); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for %s: %w", mark, err)
	}
	d.log.Info("loading sample content")
	if err := d.seedTeam(ctx); err != nil {
		return err
	}
	if err := d.seedSources(ctx); err != nil {
		return err
	}
	if err := until(ctx, "the sample content", func() error { return d.sourcesReady(ctx) }); err != nil {
		return err
	}
	return writePrivate(mark, nil)
}

func (d *devRun) seedTeam(ctx context.Context) error {
	s := d.main.admin
	user, err := s.AddUser(ctx, schemas.User{Name: firstUser})
	if schemas.KindOf(err) == schemas.KindConflict && err != nil {
		// A first start that was cut short has got here before.
		return nil
	}
	if err != nil {
		return err
	}
	team, err := s.AddTeam(ctx, firstTeam)
	if err != nil {
		return err
	}
	return s.AddMember(ctx, team.ID, user.ID)
}

func (d *devRun) seedSources(ctx context.Context) error {
	s, agent := d.main.admin, d.main.deployment.Agent
	there, err := s.Sources(ctx, agent)
	if err != nil {
		return err
	}
	known := make(map[string]schemas.SourceID, len(there))
	for _, source := range there {
		known[source.Name] = source.ID
	}
	for _, f := range sample.Files() {
		id, ok := known[f.Name]
		if !ok {
			source, err := s.AddSource(ctx, agent, schemas.NewSource{
				Type: schemas.SourceFile, FileName: f.Name, Content: f.Content, Citations: true,
			})
			if err != nil {
				return fmt.Errorf("add sample page %s: %w", f.Name, err)
			}
			id = source.ID
		}
		in := schemas.SyncSourceInput{Source: id, Agent: agent, Trigger: schemas.TriggerChange}
		if err := d.main.dispatch.StartSync(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func (d *devRun) sourcesReady(ctx context.Context) error {
	sources, err := d.main.admin.Sources(ctx, d.main.deployment.Agent)
	if err != nil {
		return err
	}
	for _, s := range sources {
		if !s.Status.Resting() {
			return fmt.Errorf("%s is %s", s.Name, s.Status)
		}
		if s.Status == schemas.SourceFailed {
			d.log.Warn("sample page cannot be used", "name", s.Name, "reason", s.Reason)
		}
	}
	return nil
}
