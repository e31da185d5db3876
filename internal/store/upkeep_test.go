package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/policy"
	"steward/schemas"
)

func (b adminBundle) openSyncs(t *testing.T) []schemas.SyncID {
	t.Helper()
	list, err := b.OpenSyncs(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	ids := []schemas.SyncID{}
	for _, s := range list {
		if s.Agent != b.Agent || s.Workflow != "source-sync/"+string(s.Source) || s.Run != "r1" {
			t.Errorf("open sync %+v", s)
		}
		ids = append(ids, s.Sync)
	}
	return ids
}

func TestLostSyncs(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	fresh, used := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, used, document(used, "a", "refund"))
	one := b.begin(t, fresh)
	b.at(t, b.now.Add(time.Second))
	two := b.begin(t, used)
	if got := b.openSyncs(t); len(got) != 0 {
		t.Errorf("runs that have just begun are open: %v", got)
	}
	b.at(t, b.now.Add(3*time.Minute))
	if diff := cmp.Diff([]schemas.SyncID{one.Sync, two.Sync}, b.openSyncs(t)); diff != "" {
		t.Error(diff)
	}
	if list, err := b.OpenSyncs(t.Context(), 1); err != nil || len(list) != 1 {
		t.Errorf("limit: %v, %v", list, err)
	}
	for range 2 {
		for _, run := range []schemas.SyncRef{one, two} {
			if err := b.LoseSync(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			got := b.getSync(t, run.Sync)
			if got.State != schemas.SyncFailed || got.Reason != schemas.FailLost || !got.FinishedAt.Equal(b.now.Add(3*time.Minute)) {
				t.Errorf("run %+v", got)
			}
		}
		b.at(t, b.now.Add(3*time.Minute))
	}
	for id, want := range map[schemas.SourceID]schemas.SourceStatus{fresh: schemas.SourceFailed, used: schemas.SourceWarnings} {
		if got := b.getSource(t, id); got.Status != want || got.Reason != schemas.FailLost {
			t.Errorf("source %+v", got)
		}
	}
	if got := b.openSyncs(t); len(got) != 0 {
		t.Errorf("open %v", got)
	}
	// A run that took over is not touched.
	three := b.begin(t, used)
	if err := b.LoseSync(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	if got := b.getSource(t, used); got.Status != schemas.SourceSyncing || got.Sync != three.Sync {
		t.Errorf("source %+v", got)
	}
}

func (b adminBundle) waitingSources(t *testing.T) []schemas.WaitingSource {
	t.Helper()
	list, err := b.WaitingSources(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSourcesThatNobodyReads(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	queued, read, gone, syncing := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, read, document(read, "a", "refund"))
	b.begin(t, syncing)
	b.at(t, b.now.Add(time.Second))
	b.remove(t, gone)
	if got := b.waitingSources(t); len(got) != 0 {
		t.Errorf("sources wait at once: %+v", got)
	}
	b.at(t, b.now.Add(2*time.Minute))
	want := []schemas.WaitingSource{{Source: queued, Agent: b.Agent}, {Source: gone, Agent: b.Agent, Removing: true}}
	if diff := cmp.Diff(want, b.waitingSources(t)); diff != "" {
		t.Error(diff)
	}
	if list, err := b.WaitingSources(t.Context(), 1); err != nil || len(list) != 1 {
		t.Errorf("limit: %+v, %v", list, err)
	}
	b.begin(t, queued)
	b.purge(t, gone, 10)
	if got := b.waitingSources(t); len(got) != 0 {
		t.Errorf("waiting %+v", got)
	}
}

func (b adminBundle) dueSchedules(t *testing.T) map[schemas.SourceID]schemas.ResyncSchedule {
	t.Helper()
	list, err := b.DueSchedules(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	out := map[schemas.SourceID]schemas.ResyncSchedule{}
	for _, d := range list {
		if d.Agent != b.Agent {
			t.Errorf("schedule %+v", d)
		}
		out[d.Source] = d.Schedule
	}
	return out
}

func TestSchedulesToApply(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	weekly := b.shortSource(t, plainSource).ID
	never := b.shortSource(t, func(n *schemas.NewSource) { n.Schedule = schemas.ResyncNever }).ID
	article := b.articleSource(t, b.article(t, schemas.Article{Title: "Refunds", Body: "Yes."}).ID)
	gone := b.shortSource(t, plainSource).ID
	b.remove(t, gone)
	check := func(stage string, want map[schemas.SourceID]schemas.ResyncSchedule) {
		t.Helper()
		if diff := cmp.Diff(want, b.dueSchedules(t)); diff != "" {
			t.Errorf("%s: %s", stage, diff)
		}
	}
	apply := func(id schemas.SourceID, s schemas.ResyncSchedule) {
		t.Helper()
		if err := b.ScheduleApplied(t.Context(), id, s); err != nil {
			t.Fatal(err)
		}
	}
	change := func(id schemas.SourceID, s schemas.ResyncSchedule) {
		t.Helper()
		if _, err := b.ChangeSource(t.Context(), id, schemas.SourceChange{Settings: &schemas.SourceSettings{Schedule: s}}); err != nil {
			t.Fatal(err)
		}
	}
	type due = map[schemas.SourceID]schemas.ResyncSchedule
	check("added", due{weekly: schemas.ResyncWeekly})
	apply(weekly, schemas.ResyncWeekly)
	check("applied", due{})
	change(weekly, schemas.ResyncDaily)
	change(article, schemas.ResyncWeekly)
	check("changed", due{weekly: schemas.ResyncDaily, article: schemas.ResyncWeekly})
	apply(weekly, schemas.ResyncDaily)
	apply(article, schemas.ResyncWeekly)
	change(article, schemas.ResyncOnChange)
	change(weekly, schemas.ResyncNever)
	check("no longer", due{weekly: schemas.ResyncNever, article: schemas.ResyncNever})
	apply(weekly, schemas.ResyncNever)
	apply(article, schemas.ResyncNever)
	check("deleted", due{})
	change(never, schemas.ResyncWeekly)
	check("began", due{never: schemas.ResyncWeekly})
	apply(never, schemas.ResyncWeekly)
	b.remove(t, never)
	check("removed", due{never: schemas.ResyncNever})
	apply(never, schemas.ResyncNever)
	check("done", due{})
}

func TestWhoIsBeingRead(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	check := func(stage string, want bool) {
		t.Helper()
		if got, err := b.AgentReads(t.Context(), b.Agent); err != nil || got != want {
			t.Errorf("%s: %v, %v", stage, got, err)
		}
	}
	with := func() []schemas.AgentID {
		t.Helper()
		ids, err := b.AgentsWithContent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	check("nothing", false)
	if got := with(); len(got) != 0 {
		t.Errorf("agents with content %v", got)
	}
	src := b.shortSource(t, plainSource).ID
	other := b.otherAgent(t)
	if _, err := b.AddSource(t.Context(), other, schemas.NewSource{Type: schemas.SourceShortAnswer, Question: "a", Answer: "b"}); err != nil {
		t.Fatal(err)
	}
	if got := with(); len(got) != 2 || !slices.Contains(got, b.Agent) || !slices.Contains(got, other) {
		t.Errorf("agents with content %v", got)
	}
	run := b.begin(t, src)
	b.at(t, b.now.Add(time.Hour))
	check("under way", true)
	b.end(t, run, schemas.SyncDone, "")
	check("just now", true)
	b.at(t, b.now.Add(time.Hour+6*time.Minute))
	check("six minutes ago", false)
}

// TestSourcesHealWhenTheIndexIsBack: a source that failed only because the index
// was away is ready once the index has its passages.
func TestSourcesHealWhenTheIndexIsBack(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, other := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, other, document(other, "a", "parcel"))
	run := b.begin(t, src)
	b.storeDocs(t, run, document(src, "a", "refund"))
	b.end(t, run, schemas.SyncFailed, schemas.FailIndex)
	healed := func(want ...schemas.SyncRef) {
		t.Helper()
		list, err := b.IndexedNow(t.Context(), 10)
		if err != nil || !slices.Equal(list, want) {
			t.Errorf("indexed now: %v, %v, want %v", list, err, want)
		}
	}
	healed()
	b.index(t, run)
	healed(run)
	facts, err := b.SyncFacts(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.HealSource(t.Context(), run, policy.EndOfSync(facts)); err != nil {
		t.Fatal(err)
	}
	if got := b.getSource(t, src); got.Status != schemas.SourceReady || got.Reason != schemas.FailNone || got.SyncedAt.IsZero() {
		t.Errorf("source %+v", got)
	}
	if got := b.getSync(t, run.Sync); got.State != schemas.SyncFailed {
		t.Errorf("run %+v", got)
	}
	healed()
}
