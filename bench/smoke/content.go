package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"steward/schemas"
	apiclient "steward/starter/api/client"
)

// sourceName begins the names of the sources that the smoke test makes.
const sourceName = "smoke test"

// readsFiles uploads a file of each document format, finds each by its word,
// and removes them.
func (s *smoke) readsFiles(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.removeSources(ctx)) }()
	var made []schemas.SourceID
	files := uploads()
	for _, file := range files {
		source, _, err := s.api.UploadSource(ctx, schemas.NewSource{
			Type: schemas.SourceFile, Name: sourceName + " " + file.name, FileName: file.name, Content: file.content, Citations: true,
		})
		if err != nil {
			return fmt.Errorf("upload %s: %w", file.name, err)
		}
		made = append(made, source.ID)
	}
	for i, file := range files {
		now, err := s.rests(ctx, made[i], "")
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if now.Status != schemas.SourceReady {
			return fmt.Errorf("%s is %s: %s", file.name, now.Status, now.Reason)
		}
	}
	for i, file := range files {
		if err := s.finds(ctx, file.word, made[i], true); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
	}
	return nil
}

// crawls reads a site, changes it and reads it again.
func (s *smoke) crawls(ctx context.Context) (err error) {
	h, stop, err := serveSite(ctx)
	if err != nil {
		return err
	}
	defer stop()
	defer func() { err = errors.Join(err, s.removeSources(ctx)) }()
	source, _, err := s.api.AddSource(ctx, schemas.NewSource{
		Type: schemas.SourceCrawl, Name: sourceName + " site", URL: "http://" + siteAddress + "/", Citations: true,
	})
	if err != nil && strings.Contains(err.Error(), "STEWARD_CRAWL_ALLOW") {
		return fmt.Errorf("%w: this Steward may not read %s (STEWARD_CRAWL_ALLOW)", errNotTried, siteAddress)
	}
	if err != nil {
		return fmt.Errorf("add the site: %w", err)
	}
	first, err := s.readsSite(ctx, source.ID, "", schemas.SyncCounts{New: siteTopics + 2, Failed: 1})
	if err != nil {
		return err
	}
	for path, word := range h.first {
		if err := s.finds(ctx, word, source.ID, path != "/private/plans"); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	h.later.Store(true)
	if _, err := s.api.SyncSource(ctx, source.ID); err != nil {
		return fmt.Errorf("read the site again: %w", err)
	}
	want := schemas.SyncCounts{New: 1, Updated: 1, Unchanged: siteTopics, Removed: 1, Failed: 1}
	if _, err := s.readsSite(ctx, source.ID, first, want); err != nil {
		return fmt.Errorf("again: %w", err)
	}
	for path, word := range h.second {
		if err := s.finds(ctx, word, source.ID, path != "/private/plans"); err != nil {
			return fmt.Errorf("%s, again: %w", path, err)
		}
	}
	for _, path := range []string{topic(changes), topic(goes)} {
		if err := s.finds(ctx, h.first[path], source.ID, false); err != nil {
			return fmt.Errorf("%s, the text of before: %w", path, err)
		}
	}
	if n := h.forbidden.Load(); n > 0 {
		return fmt.Errorf("a page that robots.txt forbids was asked for %d times", n)
	}
	return nil
}

// readsSite waits for the run after a given one and compares what it did with
// the pages.
func (s *smoke) readsSite(ctx context.Context, source schemas.SourceID, after schemas.SyncID, want schemas.SyncCounts) (schemas.SyncID, error) {
	now, err := s.rests(ctx, source, after)
	if err != nil {
		return "", err
	}
	runs, err := s.api.Syncs(ctx, source)
	if err != nil || len(runs) == 0 {
		return "", fmt.Errorf("list the runs: %w", err)
	}
	c := runs[0].Counts
	got := schemas.SyncCounts{New: c.New, Updated: c.Updated, Unchanged: c.Unchanged, Removed: c.Removed, Failed: c.Failed}
	// The link that leads nowhere is worth a warning.
	if now.Status != schemas.SourceWarnings || now.Reason != schemas.FailSomeFailed || now.Documents != siteTopics+2 || got != want {
		return "", fmt.Errorf("the site is %s (%s) with %d pages: %+v, want %+v%s", now.Status, now.Reason, now.Documents, got, want, s.pages(ctx, source))
	}
	return runs[0].ID, nil
}

// pages lists the pages of a source, for failures.
func (s *smoke) pages(ctx context.Context, source schemas.SourceID) string {
	var b strings.Builder
	pages, _ := s.api.Pages(ctx, source, apiclient.PageFilter{})
	for _, p := range pages {
		fmt.Fprintf(&b, "\n      %s %s %s", p.URL, p.Outcome, p.Reason)
	}
	return b.String()
}

// rests waits until a source has had a run after the given one, and no other is
// under way.
func (s *smoke) rests(ctx context.Context, source schemas.SourceID, after schemas.SyncID) (now schemas.Source, err error) {
	err = until(ctx, "the source to be read", func() (bool, error) {
		var err error
		now, err = s.api.Source(ctx, source)
		return err == nil && now.Status.Resting() && now.Sync != after, err
	})
	return now, err
}

// finds searches for a word that is in one source, or in none.
func (s *smoke) finds(ctx context.Context, word string, source schemas.SourceID, want bool) error {
	found, err := s.api.Search(ctx, word)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	got := false
	for _, p := range found.Passages {
		got = got || p.Source == source && strings.Contains(p.Text+p.Title+p.Headings, word)
	}
	if got != want {
		return fmt.Errorf("a search for %q: found %v, want %v (%s, %d passages)", word, got, want, found.Mode, len(found.Passages))
	}
	return nil
}

// removeSources removes what the smoke test has added, also by a run that was
// cut short, and waits until it is gone.
func (s *smoke) removeSources(ctx context.Context) error {
	// Also after Ctrl-C.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	all, err := s.api.Sources(ctx)
	if err != nil {
		return fmt.Errorf("list sources: %w", err)
	}
	var made []schemas.SourceID
	var files []schemas.FileID
	for _, source := range all {
		if !strings.HasPrefix(source.Name, sourceName) {
			continue
		}
		made = append(made, source.ID)
		if source.File != "" {
			files = append(files, source.File)
		}
	}
	if len(made) == 0 {
		return nil
	}
	if _, err := s.api.RemoveSources(ctx, made); err != nil {
		return fmt.Errorf("remove sources: %w", err)
	}
	if err := until(ctx, "the sources to be gone", func() (bool, error) {
		left, err := s.api.Sources(ctx)
		for _, source := range left {
			if strings.HasPrefix(source.Name, sourceName) {
				return false, err
			}
		}
		return err == nil, err
	}); err != nil {
		return err
	}
	for _, file := range files {
		if err := s.api.DeleteFile(ctx, file); err != nil {
			return fmt.Errorf("delete a file: %w", err)
		}
	}
	return nil
}
