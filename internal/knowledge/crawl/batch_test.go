package crawl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"steward/schemas"
)

func TestNoPageIsBegunWithoutTimeForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		st.batch(t)
		before := st.web.asked("*")
		ctx, cancel := context.WithTimeout(t.Context(), pageTimeout-time.Second)
		defer cancel()
		res, err := st.Batch(ctx, st.job, nil)
		if err != nil || res.Done != 0 || res.Left != 50 || res.Stop != "" {
			t.Fatalf("%+v, %v", res, err)
		}
		if n := st.web.asked("*"); n != before {
			t.Errorf("%d requests", n-before)
		}
		// What it had is free at once.
		if res := st.batch(t); res.Done != 50 {
			t.Errorf("the next batch: %+v", res)
		}
	})
}

func TestABatchEndsWhenTheHostsTurnIsTooFar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		st.batch(t)
		st.store.host("shop.example").next = time.Now().Add(9 * time.Minute)
		began := time.Now()
		if res := st.batch(t); res.Done != 0 || res.Left != 50 || time.Since(began) > time.Second {
			t.Fatalf("%+v after %s", res, time.Since(began))
		}
		res := st.batch(t)
		if res.Done != 0 || res.Wait < 8*60_000 {
			t.Fatalf("it is not told to wait: %+v", res)
		}
	})
}

func TestABatchEndsWhenItsTimeIsShorterThanTheSitesPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		s.runs[1].pages["http://shop.example/p/1"] = &served{
			status: 200, statuses: []int{429, 200}, header: map[string][]string{"Retry-After": {"500"}},
			body: "<title>Busy</title><p>A page of a busy site.</p>",
		}
		st := discovered(t, s)
		st.batch(t)
		res := st.batch(t)
		if res.Done != 0 || res.Left != 50 || res.Stop != "" {
			t.Fatalf("%+v", res)
		}
		if res := st.batch(t); res.Wait < 490_000 {
			t.Fatalf("it is not told to wait: %+v", res)
		}
		st.drain(t)
		if len(st.store.docs) != 51 {
			t.Errorf("%d documents", len(st.store.docs))
		}
	})
}

func TestASiteThatAskedForQuietInAnotherRunIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		st.batch(t)
		before := st.web.asked("*")
		st.store.host("shop.example").BusyUntil = time.Now().Add(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		if res, err := st.Batch(ctx, st.job, nil); err != nil || res.Stop != schemas.FailSlow || res.Left != 50 || res.Done != 0 {
			t.Errorf("batch: %+v, %v", res, err)
		}
		if res, err := st.Discover(ctx, st.job, nil); err != nil || res.Reason != schemas.FailSlow {
			t.Errorf("discover: %+v, %v", res, err)
		}
		if n := st.web.asked("*"); n != before {
			t.Errorf("%d requests", n-before)
		}
	})
}

func TestLeasesLastAsLongAsABatch(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"slow pages": 15 * time.Second, "pages that never come": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := fifty()
				s.runs[1].pages["http://shop.example/p/*"].delays = []time.Duration{delay}
				st := discovered(t, s)
				st.batch(t)
				ended := make(chan schemas.CrawlBatchResult)
				go func() { ended <- st.batch(t) }()
				<-time.After(4 * time.Minute)
				urls, _, left, err := st.store.Claim(t.Context(), st.job.SyncRef, 100, lease)
				if err != nil || left == 0 {
					t.Errorf("%d addresses are left, %v", left, err)
				}
				for _, u := range urls {
					// What was tried is put back.
					if st.web.asked(u.URL) == 0 {
						t.Errorf("another batch got %s, which this one holds", u.URL)
					}
				}
				<-ended
			})
		})
	}
}

func TestALeaseLastsWhileADocumentIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		s.runs[1].pages = map[string]*served{
			"http://shop.example/robots.txt":  {status: 200, body: "User-agent: *\nCrawl-delay: 110"},
			"http://shop.example/":            {status: 200, body: `<title>Shop</title><p>Welcome.</p><a href="/endless.pdf">PDF</a>`},
			"http://shop.example/endless.pdf": {status: 200, body: "endless", delays: []time.Duration{19 * time.Second}},
		}
		st := discovered(t, s)
		st.batch(t)
		ended := make(chan schemas.CrawlBatchResult)
		go func() { ended <- st.batch(t) }()
		// The turn comes after 110 s, the document after 129, its end after 219.
		<-time.After(215 * time.Second)
		if urls, _, left, err := st.store.Claim(t.Context(), st.job.SyncRef, 1, lease); err != nil || left != 1 || len(urls) != 0 {
			t.Errorf("another batch got %d of %d addresses, %v", len(urls), left, err)
		}
		<-ended
	})
}

func TestACancelledBatchDoesNotWaitForTheHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		s.runs[1].pages["http://shop.example/robots.txt"] = &served{status: 200, body: "User-agent: *\nCrawl-delay: 100"}
		st := discovered(t, s)
		st.batch(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-time.After(3 * time.Second)
			cancel()
		}()
		began := time.Now()
		if _, err := st.Batch(ctx, st.job, nil); !errors.Is(err, context.Canceled) || time.Since(began) != 3*time.Second {
			t.Errorf("error %v after %s", err, time.Since(began))
		}
	})
}

func TestOneSlowHostDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		s.runs[1].pages["http://a.shop.example/slow"] = &served{status: 200, body: "<title>Slow</title><p>A page of a slow host."}
		s.runs[1].pages["http://shop.example/"].body += `<a href="http://a.shop.example/slow">Slow</a>`
		st := discovered(t, s)
		st.web.hosts["a.shop.example"] = true
		st.batch(t)
		st.store.host("a.shop.example").next = time.Now().Add(20 * time.Minute)
		// It is first in the order, and puts the others back.
		if res := st.batch(t); res.Done != 0 || res.Left != 51 {
			t.Fatalf("%+v", res)
		}
		if res := st.batch(t); res.Done != 50 || res.Left != 1 {
			t.Fatalf("%+v", res)
		}
		if res := st.batch(t); res.Wait < 19*60_000 {
			t.Errorf("%+v", res)
		}
	})
}

func TestSignsOfLifeAndLeasesOverLongWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		s.runs[1].pages["http://shop.example/robots.txt"] = &served{status: 200, body: "User-agent: *\nCrawl-delay: 110"}
		st := discovered(t, s)
		st.batch(t)
		var mu sync.Mutex
		var beats []time.Time
		ended := make(chan schemas.CrawlBatchResult)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			// Three turns are taken by others.
			st.store.host("shop.example").next = time.Now().Add(330 * time.Second)
			res, err := st.Batch(ctx, st.job, func(details any) {
				mu.Lock()
				defer mu.Unlock()
				if p, ok := details.(Progress); !ok || strings.Contains(p.Page, "shop") {
					t.Errorf("progress %#v", details)
				}
				beats = append(beats, time.Now())
			})
			if err != nil {
				t.Error(err)
			}
			ended <- res
		}()
		<-time.After(300 * time.Second)
		if urls, _, _, err := st.store.Claim(t.Context(), st.job.SyncRef, 100, lease); err != nil || len(urls) != 49 {
			t.Errorf("another batch got %d of the 49 that are free, %v", len(urls), err)
		}
		if res := <-ended; res.Done != 1 {
			t.Errorf("%+v", res)
		}
		mu.Lock()
		defer mu.Unlock()
		if len(beats) < 330/10 {
			t.Fatalf("%d signs of life", len(beats))
		}
		for i, at := range beats[1:] {
			if at.Sub(beats[i]) > beatEvery {
				t.Errorf("%s without a sign of life", at.Sub(beats[i]))
			}
		}
	})
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		delay, crawlDelay time.Duration
		want              int
	}{
		{0, 0, 50},
		{500 * time.Millisecond, 0, 50},
		{3 * time.Second, 0, 40},
		{2 * time.Second, 30 * time.Second, 4},
		{0, 2 * time.Minute, 1},
		{0, time.Hour, 1},
	} {
		t.Run(fmt.Sprint(tt.delay, tt.crawlDelay), func(t *testing.T) {
			t.Parallel()
			m := newMemory(0)
			m.host("shop.example").Delay, m.host("shop.example").CrawlDelay = tt.delay, tt.crawlDelay
			r := (&Crawler{Frontier: m}).open(schemas.CrawlJob{
				Source: schemas.Source{Type: schemas.SourceCrawl, URL: "http://shop.example/a"}, Scope: "shop.example",
			})
			if got, err := r.share(t.Context()); err != nil || got != tt.want {
				t.Errorf("%d, %v; want %d", got, err, tt.want)
			}
		})
	}
}
