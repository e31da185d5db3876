package store

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func (c crawling) turn(t *testing.T, host string) time.Duration {
	t.Helper()
	at, err := c.Turn(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	return at.Sub(c.now)
}

func (c crawling) pace(t *testing.T, host string, delay, busy time.Duration) {
	t.Helper()
	var until time.Time
	if busy > 0 {
		until = c.now.Add(busy)
	}
	if err := c.Pace(t.Context(), host, delay, until); err != nil {
		t.Fatal(err)
	}
}

func (c crawling) host(t *testing.T, host string) schemas.HostState {
	t.Helper()
	state, err := c.Host(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []*time.Time{&state.RobotsAt, &state.BusyUntil} {
		*at = at.UTC()
	}
	return state
}

func TestTurnsOfAHostAreADelayApart(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 10)
	got := make([]time.Duration, 12)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = c.turn(t, "shop.example") })
	}
	wg.Wait()
	slices.Sort(got)
	for i, at := range got {
		if at != time.Duration(i)*500*time.Millisecond {
			t.Fatalf("turns %v", got)
		}
	}
	if at := c.turn(t, "other.example"); at != 0 {
		t.Errorf("another host waits for %v", at)
	}
	c.pace(t, "shop.example", 2*time.Second, 0)
	if first, second := c.turn(t, "shop.example"), c.turn(t, "shop.example"); first != 6*time.Second || second != 8*time.Second {
		t.Errorf("at another pace: %v, %v", first, second)
	}
	// Who comes late has its turn at once.
	c.at(t, c.now.Add(time.Hour))
	if first, second := c.turn(t, "shop.example"), c.turn(t, "shop.example"); first != time.Hour || second != time.Hour+2*time.Second {
		t.Errorf("an hour later: %v, %v", first, second)
	}
}

func TestASiteOfOnesOwnNeedsNoPause(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 10)
	c.pace(t, "shop.example", time.Minute, time.Hour)
	c.NoPause = true
	if first, second := c.turn(t, "shop.example"), c.turn(t, "shop.example"); first != 0 || second != 0 {
		t.Errorf("turns %v, %v", first, second)
	}
	c.NoPause = false
	if at := c.turn(t, "shop.example"); at != time.Hour {
		t.Errorf("turn %v: a host's wish is forgotten", at)
	}
}

func TestABusyHostIsLeftAlone(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 10)
	c.pace(t, "shop.example", time.Second, time.Minute)
	if first, second := c.turn(t, "shop.example"), c.turn(t, "shop.example"); first != time.Minute || second != time.Minute+time.Second {
		t.Errorf("turns %v, %v", first, second)
	}
	c.pace(t, "shop.example", 4*time.Second, 0)
	want := schemas.HostState{Host: "shop.example", Delay: 4 * time.Second, BusyUntil: c.now.Add(time.Minute)}
	if diff := cmp.Diff(want, c.host(t, "shop.example")); diff != "" {
		t.Errorf("a later answer takes back the host's wish: %s", diff)
	}
	c.pace(t, "shop.example", time.Second, 2*time.Minute)
	if at := c.turn(t, "shop.example"); at != 2*time.Minute {
		t.Errorf("turn %v", at)
	}
}

func TestSaveRobots(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 10)
	if diff := cmp.Diff(schemas.HostState{Host: "shop.example"}, c.host(t, "shop.example")); diff != "" {
		t.Errorf("an unknown host: %s", diff)
	}
	save := func(h schemas.HostState) {
		t.Helper()
		if err := c.SaveRobots(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	save(schemas.HostState{Host: "shop.example", Delay: 500 * time.Millisecond, CrawlDelay: 3 * time.Second, Robots: "User-agent: *\x00\n", RobotsStatus: 200})
	want := schemas.HostState{
		Host: "shop.example", Delay: 3 * time.Second, CrawlDelay: 3 * time.Second, Robots: "User-agent: *\n", RobotsStatus: 200, RobotsAt: c.now,
	}
	if diff := cmp.Diff(want, c.host(t, "shop.example")); diff != "" {
		t.Error(diff)
	}
	if first, second := c.turn(t, "shop.example"), c.turn(t, "shop.example"); first != 0 || second != 3*time.Second {
		t.Errorf("turns %v, %v", first, second)
	}
	// No answer may be faster than the file allows, and none takes the file away.
	c.pace(t, "shop.example", time.Second, time.Minute)
	if at := c.turn(t, "shop.example"); at != time.Minute {
		t.Errorf("turn %v", at)
	}
	if at := c.turn(t, "shop.example"); at != time.Minute+3*time.Second {
		t.Errorf("turn %v", at)
	}
	c.at(t, c.now.Add(time.Hour))
	save(schemas.HostState{Host: "shop.example", CrawlDelay: 5 * time.Second, RobotsStatus: 404})
	want = schemas.HostState{
		Host: "shop.example", Delay: 5 * time.Second, CrawlDelay: 5 * time.Second, RobotsStatus: 404, RobotsAt: c.now.Add(time.Hour), BusyUntil: c.now.Add(time.Minute),
	}
	if diff := cmp.Diff(want, c.host(t, "shop.example")); diff != "" {
		t.Error(diff)
	}
	// A host that is known by its file alone has the pause of a start.
	save(schemas.HostState{Host: "other.example", RobotsStatus: 404})
	if first, second := c.turn(t, "other.example"), c.turn(t, "other.example"); first != time.Hour || second != time.Hour+500*time.Millisecond {
		t.Errorf("turns %v, %v", first, second)
	}
}

func TestARunShowsItsPace(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	if err := c.Discovered(t.Context(), c.run, schemas.DiscoverResult{Scope: "shop.example"}); err != nil {
		t.Fatal(err)
	}
	c.add(t, links("a", "b", "c")...)
	if got := c.getSync(t, c.run.Sync); got.PauseSeconds != 0 || got.SecondsLeft != 0 {
		t.Errorf("run on an unknown host %+v", got)
	}
	c.pace(t, "shop.example", 1500*time.Millisecond, 0)
	if got := c.getSync(t, c.run.Sync); got.PauseSeconds != 1.5 || got.SecondsLeft != 4 {
		t.Errorf("run %+v", got)
	}
	c.closeAll(t, schemas.FailCancelled)
	c.end(t, c.run, schemas.SyncCancelled, "")
	if got := c.getSync(t, c.run.Sync); got.PauseSeconds != 0 || got.SecondsLeft != 0 {
		t.Errorf("run that is over %+v", got)
	}
}
