// Command replay-tau replays recorded conversations through the whole product:
// real servers, gateway and worker, a scripted model that says what the recorded
// agent said, and an API on loopback that answers what was recorded. It shows
// that every call reaches the other system exactly once and in order, and every
// text the customer, also when the worker is killed again and again.
//
// The data stay outside of the project: a folder with tau-airline-replay and
// tau-retail. Exit code 1 means that a figure is short.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"steward/bench/replay-tau/shop"
	"steward/schemas"
)

// options are those of the command line.
type options struct {
	data, only      string
	kills, parallel int
	limit           int
	seed            uint64
}

func main() {
	var o options
	flag.StringVar(&o.data, "data", "", "folder with tau-airline-replay and tau-retail")
	flag.StringVar(&o.only, "only", "", "airline or retail; empty for both")
	flag.IntVar(&o.kills, "kills", 8, "how often the worker is killed in the runs with kills; 0 leaves them out")
	flag.IntVar(&o.parallel, "parallel", 6, "conversations at once")
	flag.IntVar(&o.limit, "limit", 0, "replay only the first so many conversations of each set")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the random kills")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "replay-tau:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.data == "" {
		return errors.New("name the folder with the recordings: -data FOLDER, or make replay-tau DATA=FOLDER")
	}
	if o.only != "" && o.only != "airline" && o.only != "retail" {
		return errors.New("-only is airline or retail")
	}
	var all []performance
	if o.only != "retail" {
		airline, err := airlines(os.DirFS(filepath.Join(o.data, "tau-airline-replay")))
		if err != nil {
			return err
		}
		all = append(all, o.withKills(airline)...)
	}
	if o.only != "airline" {
		folder := os.DirFS(filepath.Join(o.data, "tau-retail"))
		for _, confirm := range []schemas.Confirm{schemas.ConfirmNever, schemas.ConfirmAlways} {
			retail, err := retailer(folder, confirm)
			if err != nil {
				return err
			}
			all = append(all, o.withKills(retail)...)
		}
	}
	short := false
	for _, p := range all {
		f, err := p.replay(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		short = p.report(f) || short
	}
	if short {
		return errors.New("a figure is short")
	}
	return nil
}

// withKills is a performance as it is, and once more with kills.
func (o options) withKills(p performance) []performance {
	p.parallel, p.seed = max(o.parallel, 1), o.seed
	if o.limit > 0 {
		p.stories = p.stories[:min(o.limit, len(p.stories))]
	}
	if o.kills <= 0 {
		return []performance{p}
	}
	killed := p
	killed.kills = o.kills
	return []performance{p, killed}
}

func airlines(folder fs.FS) (performance, error) {
	p := performance{name: "airline", changes: changesFlights}
	var errs [3]error
	p.stories, errs[0] = readAirline(folder)
	p.actions, errs[1] = readTools(folder, changesFlights, schemas.ConfirmNever)
	p.policy, errs[2] = fs.ReadFile(folder, "policy.md")
	return p, errors.Join(errs[:]...)
}

func retailer(folder fs.FS, confirm schemas.Confirm) (performance, error) {
	p := performance{name: "retail", confirm: confirm == schemas.ConfirmAlways}
	p.changes = func(name string) bool { return slices.Contains(shop.Writes(), name) }
	var errs [5]error
	p.stories, errs[0] = readTasks(folder)
	p.actions, errs[1] = readTools(folder, p.changes, confirm)
	p.policy, errs[2] = fs.ReadFile(folder, "policy_tau2.md")
	item, err := itemDetails()
	p.actions, errs[3] = append(p.actions, item), err
	database, err := fs.Sub(folder, "db")
	if err != nil {
		return p, err
	}
	files, err := shop.ReadFiles(database)
	p.files, errs[4] = &files, err
	return p, errors.Join(errs[:]...)
}

// report prints the figures of a performance and says whether one is short.
func (p performance) report(f figures) (short bool) {
	short = len(f.problems) > 0 || f.calls != f.wantCalls || f.texts != f.wantTexts || f.beside != f.wantBeside ||
		f.handoffs != f.wantHandoffs || f.states != f.wantStates || f.kills < p.kills
	how := fmt.Sprintf("%d kills with seed %d, %d calls repeated under their key, %d s",
		f.kills, p.seed, f.repeats, int(f.took.Round(time.Second).Seconds()))
	switch {
	case p.files == nil:
		fmt.Printf("airline: %d/%d calls, %d/%d texts, %d/%d handoffs (%d/%d texts beside calls, %s)\n",
			f.calls, f.wantCalls, f.texts, f.wantTexts, f.handoffs, f.wantHandoffs, f.beside, f.wantBeside, how)
	case p.confirm:
		short = short || f.unconfirmed > 0 || f.readBacks != f.wantWrites
		fmt.Printf("retail: %d/%d database states, %d unconfirmed writes (%d/%d calls, %d/%d writes read back, %s)\n",
			f.states, f.wantStates, f.unconfirmed, f.calls, f.wantCalls, f.readBacks, f.wantWrites, how)
	default:
		// The counter of the run with confirmations has to see what is unconfirmed.
		short = short || f.unconfirmed != f.wantWrites
		fmt.Printf("retail without confirmations: %d/%d database states (%d/%d calls, %d refused by the shop, %d/%d writes seen as unconfirmed, %d/%d texts, %d/%d handoffs, %s)\n",
			f.states, f.wantStates, f.calls, f.wantCalls, f.refused, f.unconfirmed, f.wantWrites,
			f.texts, f.wantTexts, f.handoffs, f.wantHandoffs, how)
	}
	for _, text := range f.problems {
		fmt.Fprintln(os.Stderr, "  "+text)
	}
	return short
}
