package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"steward/schemas"
)

// wantNoDeadlocks closes the store and checks that its database had none: that
// a transaction which is repeated succeeds does not make up for its wait.
func (b adminBundle) wantNoDeadlocks(t *testing.T) {
	t.Helper()
	url := b.pool.Config().ConnString()
	// What a session has counted is there when it ends.
	b.Store.Close()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var deadlocks int
	if err := conn.QueryRow(t.Context(), "select deadlocks from pg_stat_database where datname = current_database()").Scan(&deadlocks); err != nil {
		t.Fatal(err)
	}
	if deadlocks > 0 {
		t.Errorf("%d deadlocks", deadlocks)
	}
}

func manyKeys(prefix string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s%04d", prefix, i)
	}
	return keys
}

// shuffled are some of the keys in an order that depends on the seed.
func shuffled(keys []string, seed uint64, n int) []string {
	rng := rand.New(rand.NewPCG(seed, 1))
	keys = slices.Clone(keys)
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys[:n]
}

func TestManyClaimsShareNoAddress(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 1000)
	keys := manyKeys("", 400)
	c.add(t, links(keys...)...)
	got := make([][]string, 4)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			for {
				urls, _, _, err := c.Claim(t.Context(), c.run, 7, time.Hour)
				if err != nil {
					t.Error(err)
				}
				if len(urls) == 0 {
					return
				}
				got[i] = append(got[i], keysOf(urls)...)
			}
		})
	}
	wg.Wait()
	all := slices.Concat(got...)
	slices.Sort(all)
	if !slices.Equal(all, keys) {
		t.Errorf("%d addresses were given, %d are there", len(all), len(keys))
	}
}

func TestManyAddsOfTheSameLinks(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 1000)
	keys := manyKeys("", 300)
	c.add(t, schemas.FrontierURL{Key: keys[0], URL: "https://shop.example/", Class: schemas.ClassKnown})
	added := make([]int, 8)
	var wg sync.WaitGroup
	for i := range added {
		wg.Go(func() {
			for block := range uint64(6) {
				n, err := c.Add(t.Context(), c.run, links(shuffled(keys, 10*uint64(i)+block, 150)...))
				if err != nil {
					t.Error(err)
				}
				added[i] += n
			}
		})
	}
	wg.Wait()
	total := 1
	for _, n := range added {
		total += n
	}
	if got := c.getSync(t, c.run.Sync); got.Counts.Found != 300 || total != 300 {
		t.Errorf("%d found, %d added", got.Counts.Found, total)
	}
	c.wantNoDeadlocks(t)
}

// Two pages that name each other are stored at once, and nothing has named them
// before: each changes the other's address too.
func TestTwoPagesThatNameEachOther(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 1000)
	for round := range 40 {
		pair := []string{fmt.Sprint("a", round), fmt.Sprint("b", round)}
		for _, key := range pair {
			c.add(t, schemas.FrontierURL{Key: key, URL: "https://shop.example/" + key, Class: schemas.ClassKnown})
		}
		var wg sync.WaitGroup
		for i, key := range pair {
			wg.Go(func() {
				page := readPage(document(c.run.Source, key, "text of "+key))
				page.Links = links(pair[1-i])
				if _, err := c.StorePage(t.Context(), c.run, page); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if got := c.getSync(t, c.run.Sync); got.Counts.Found != 80 || got.Counts.New != 80 {
		t.Errorf("counts %+v", got.Counts)
	}
	c.wantNoDeadlocks(t)
}

// Many pages of a site name each other, as their menus do.
func TestPagesThatNameEachOther(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 1000)
	known, fresh := manyKeys("known", 60), manyKeys("new", 200)
	for _, key := range known {
		c.add(t, schemas.FrontierURL{Key: key, URL: "https://shop.example/" + key, Class: schemas.ClassKnown})
	}
	urls, _, _, err := c.Claim(t.Context(), c.run, 100, time.Hour)
	if err != nil || len(urls) != len(known) {
		t.Fatalf("claimed %d, %v", len(urls), err)
	}
	added := make([]int, 4)
	var wg sync.WaitGroup
	for i := range added {
		wg.Go(func() {
			for n := i; n < len(known); n += len(added) {
				page := readPage(document(c.run.Source, known[n], "text of "+known[n]))
				page.Links = append(links(shuffled(known, uint64(n), 40)...), links(shuffled(fresh, uint64(n), 20)...)...)
				if n%2 == 0 {
					page.Again = c.now.Add(-time.Second)
				}
				out, err := c.StorePage(t.Context(), c.run, page)
				if err != nil {
					t.Error(err)
				}
				if _, _, _, err := c.Claim(t.Context(), c.run, 1, time.Hour); err != nil {
					t.Error(err)
				}
				if err := c.Renew(t.Context(), c.run, shuffled(known, uint64(n), 40), time.Hour); err != nil {
					t.Error(err)
				}
				added[i] += out.Added
			}
		})
	}
	wg.Wait()
	total := len(known)
	for _, n := range added {
		total += n
	}
	if got := c.getSync(t, c.run.Sync); got.Counts.Found != total || got.Counts.New != 30 {
		t.Errorf("%d were added: %+v", total, got.Counts)
	}
	c.wantNoDeadlocks(t)
}
