package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

// waiting is how long a command waits for a synchronisation.
type waiting struct {
	wait, strict bool
	timeout      time.Duration
}

const (
	// waitOne and waitMany are how long a command waits by default, for one
	// document and for the pages of a domain: a polite crawl takes its time.
	waitOne  = 30 * time.Minute
	waitMany = 24 * time.Hour
)

func (w *waiting) flags(cmd *cobra.Command, many bool) {
	timeout := waitOne
	if many {
		timeout = waitMany
	}
	cmd.Flags().BoolVar(&w.wait, "wait", false, "wait until it is ready or has failed")
	cmd.Flags().BoolVar(&w.strict, "strict", false, "with --wait: exit with 8 when it is ready with warnings")
	cmd.Flags().DurationVar(&w.timeout, "timeout", timeout, "with --wait: how long to wait")
}

func (w *waiting) check() error {
	if w.strict && !w.wait {
		return &usageError{text: "--strict is for --wait: without it nothing is known yet"}
	}
	return nil
}

func (a *app) sourceSync() *cobra.Command {
	var w waiting
	var retry bool
	cmd := &cobra.Command{
		Use: "sync SOURCE", Short: "Read a content source again", Args: cobra.ExactArgs(1),
		Example: "  steward source sync src_…\n  steward source sync src_… --retry --wait",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := w.check(); err != nil {
				return err
			}
			start := c.SyncSource
			if retry {
				start = c.RetrySync
			}
			source, err := start(ctx, schemas.SourceID(args[0]))
			if err != nil {
				return err
			}
			return a.synced(ctx, c, source, w)
		}),
	}
	w.flags(cmd, true)
	cmd.Flags().BoolVar(&retry, "retry", false, "read only the pages that failed, and new ones that they link to")
	return cmd
}

const (
	// syncPoll is how often a synchronisation is looked at.
	syncPoll = 250 * time.Millisecond
	// patience is how long a server that does not answer is waited for, so that
	// its restart does not end a wait of hours.
	patience = time.Minute
	// lineEvery and logEvery are how often a line tells how far it is, at most:
	// for people who watch, and for what collects lines.
	lineEvery = 2 * time.Second
	logEvery  = 10 * time.Second
)

// synced shows a source, after its synchronisation when that is waited for.
func (a *app) synced(ctx context.Context, c *client.Client, source schemas.Source, w waiting) error {
	if !w.wait {
		return a.printSources(source, []schemas.Source{source})
	}
	ended, err := a.follow(ctx, c, source, w.timeout)
	if err != nil {
		return err
	}
	if err := a.printSources(ended, []schemas.Source{ended}); err != nil {
		return err
	}
	switch {
	case ended.Status == schemas.SourceFailed && ended.SyncedAt.IsZero():
		return fmt.Errorf("the source cannot be used: %s; see `steward source pages %s`", ended.Reason, ended.ID)
	case ended.Status == schemas.SourceFailed:
		return fmt.Errorf("the source could not be read: %s; what was read before is still used", ended.Reason)
	case w.strict && ended.Status != schemas.SourceReady:
		return &warningError{text: fmt.Sprintf("the source is %s: %s; see `steward source pages %s`", ended.Status, ended.Reason, ended.ID)}
	}
	return nil
}

// follow waits until the source has been read, telling how far it is. A source
// that was read before counts only once a later run has ended.
func (a *app) follow(caller context.Context, c *client.Client, before schemas.Source, timeout time.Duration) (schemas.Source, error) {
	ctx, cancel := context.WithTimeout(caller, timeout)
	defer cancel()
	line, answered := &progressLine{a: a, every: a.lineEvery()}, time.Now()
	for {
		s, err := c.SourceSync(ctx, before.ID)
		switch {
		case err == nil:
			answered = time.Now()
			later := s.Run != nil && s.Run.ID != before.Sync || before.Status == schemas.SourceSyncing
			line.say(s, later && s.Source.Status.Resting())
			if later && s.Source.Status.Resting() {
				return s.Source, nil
			}
		case ctx.Err() == nil && (exitCode(err) != exitUnavailable || time.Since(answered) > patience):
			return schemas.Source{}, err
		}
		select {
		case <-ctx.Done():
			if caller.Err() != nil {
				return schemas.Source{}, caller.Err()
			}
			return schemas.Source{}, &timeoutError{text: "the synchronisation has not ended in time; it goes on: see `steward source list`"}
		case <-time.After(syncPoll):
		}
	}
}

// lineEvery is how often progress is told.
func (a *app) lineEvery() time.Duration {
	if file, ok := a.o.Err.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return lineEvery
		}
	}
	return logEvery
}

// progressLine tells how far a synchronisation is: a line when its state
// changes, and now and then while the counts do.
type progressLine struct {
	a     *app
	every time.Duration
	state schemas.SyncState
	told  string
	at    time.Time
}

func (l *progressLine) say(s schemas.SourceSync, last bool) {
	if s.Run == nil {
		return
	}
	text := runLine(*s.Run)
	changed := s.Run.State != l.state
	if text == l.told || !changed && !last && time.Since(l.at) < l.every {
		return
	}
	l.state, l.told, l.at = s.Run.State, text, time.Now()
	l.a.progress("%s", text)
}

// runLine is a run in one line.
func runLine(r schemas.SyncRun) string {
	n := r.Counts
	parts := []string{fmt.Sprintf("%s: %d found, %d read", r.State, n.Found, n.Fetched)}
	for _, p := range []struct {
		count int
		word  string
	}{
		{n.New, "new"},
		{n.Updated, "updated"},
		{n.Unchanged, "unchanged"},
		{n.Removed, "removed"},
		{n.Skipped, "skipped"},
		{n.Failed, "failed"},
		{r.Queued, "waiting"},
		{n.Indexed, "passages indexed"},
		{r.Held, "held for review"},
	} {
		if p.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.count, p.word))
		}
	}
	text := strings.Join(parts, ", ")
	if r.SecondsLeft > 0 {
		text += fmt.Sprintf("; about %s left at %.1f s between pages", (time.Duration(r.SecondsLeft) * time.Second).String(), r.PauseSeconds)
	}
	if r.Reason != schemas.FailNone {
		text += " (" + string(r.Reason) + ")"
	}
	return text
}

func (a *app) sourceRuns() *cobra.Command {
	return &cobra.Command{
		Use: "runs SOURCE", Short: "The runs in which a source was read, newest first", Args: cobra.ExactArgs(1),
		Example: "  steward source runs src_…\n  steward source runs src_… -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			runs, err := c.Syncs(ctx, schemas.SourceID(args[0]))
			if err != nil {
				return err
			}
			rows := table{{"RUN", "STARTED", "TOOK", "BY", "STATE", "REASON", "FOUND", "NEW", "UPDATED", "UNCHANGED", "REMOVED", "SKIPPED", "FAILED", "EMBEDDED"}}
			for _, r := range runs {
				took := "-"
				if !r.FinishedAt.IsZero() {
					took = r.FinishedAt.Sub(r.StartedAt).Round(time.Second).String()
				}
				n := r.Counts
				rows = append(rows, []string{
					string(r.ID), when(r.StartedAt), took, string(r.Trigger), string(r.State), dash(r.Reason), fmt.Sprint(n.Found), fmt.Sprint(n.New),
					fmt.Sprint(n.Updated), fmt.Sprint(n.Unchanged), fmt.Sprint(n.Removed), fmt.Sprint(n.Skipped), fmt.Sprint(n.Failed), fmt.Sprint(n.Embedded),
				})
			}
			return a.print(some(runs), rows)
		}),
	}
}

func (a *app) sourceReview() *cobra.Command {
	var approve, reject bool
	cmd := &cobra.Command{
		Use: "review SOURCE", Short: "Decide about documents whose removal was held back", Args: cobra.ExactArgs(1),
		Example: "  steward source review src_… --approve\n  steward source review src_… --reject",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if approve == reject {
				return &usageError{text: "give --approve to remove them, or --reject to keep them"}
			}
			s, err := c.ReviewSource(ctx, schemas.SourceID(args[0]), approve)
			if err != nil {
				return err
			}
			return a.printSources(s, []schemas.Source{s})
		}),
	}
	cmd.Flags().BoolVar(&approve, "approve", false, "remove them")
	cmd.Flags().BoolVar(&reject, "reject", false, "keep them until a later run")
	return cmd
}
