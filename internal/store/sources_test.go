package store

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// added is a source as it is after it was added, but for what differs by type.
func (b adminBundle) added(src schemas.Source) schemas.Source {
	src.Status, src.CreatedAt, src.UpdatedAt = schemas.SourceQueued, b.now, b.now
	if src.Schedule == "" {
		src.Schedule = schemas.ResyncWeekly
	}
	src.Render = schemas.RenderAuto
	src.NextSync = schemas.NextResync(src.ID, src.Schedule, b.now)
	src.Include, src.Exclude = array(src.Include), array(src.Exclude)
	return src
}

func TestAddSource(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	file, err := b.AddFile(t.Context(), b.Agent, "terms.pdf", []byte("%PDF"))
	if err != nil {
		t.Fatal(err)
	}
	article := b.article(t, schemas.Article{Title: "Refunds", Body: "Yes.", URL: "https://kb.example/refunds"})
	cases := []struct {
		name string
		add  schemas.NewSource
		want schemas.Source
	}{
		{
			"upload",
			schemas.NewSource{Type: schemas.SourceFile, FileName: "returns.md", Content: []byte("# Returns\x00"), URL: "https://shop.example/returns", Citations: true},
			schemas.Source{Type: schemas.SourceFile, Name: "returns.md", URL: "https://shop.example/returns", Citations: true},
		},
		{
			"file that is there",
			schemas.NewSource{Type: schemas.SourceFile, File: file.ID, Name: "Terms"},
			schemas.Source{Type: schemas.SourceFile, Name: "Terms", File: file.ID},
		},
		{
			"page",
			schemas.NewSource{Type: schemas.SourceURL, URL: "https://shop.example/help", Citations: true, SourceSettings: schemas.SourceSettings{Schedule: schemas.ResyncDaily}},
			schemas.Source{
				Type: schemas.SourceURL, Name: "https://shop.example/help", URL: "https://shop.example/help", Citations: true,
				SourceSettings: schemas.SourceSettings{Schedule: schemas.ResyncDaily},
			},
		},
		{
			"domain",
			schemas.NewSource{
				Type: schemas.SourceCrawl, URL: "https://shop.example/",
				SourceSettings: schemas.SourceSettings{Language: "it", Include: []string{"/help/*"}, Exclude: []string{"/help/old/*"}, IgnoreRobots: true},
			},
			schemas.Source{
				Type: schemas.SourceCrawl, Name: "https://shop.example/", URL: "https://shop.example/",
				SourceSettings: schemas.SourceSettings{
					Language: "it", Include: []string{"/help/*"}, Exclude: []string{"/help/old/*"}, IgnoreRobots: true, MaxPages: schemas.MaxCrawlPages,
				},
			},
		},
		{
			"article",
			schemas.NewSource{Type: schemas.SourceArticle, Article: article.ID, Citations: true},
			schemas.Source{
				Type: schemas.SourceArticle, Name: "Refunds", URL: "https://kb.example/refunds", Article: article.ID, Citations: true,
				SourceSettings: schemas.SourceSettings{Schedule: schemas.ResyncOnChange},
			},
		},
		{
			"short answer",
			schemas.NewSource{Type: schemas.SourceShortAnswer, Question: "When?", Answer: "Now.", SourceSettings: schemas.SourceSettings{Schedule: schemas.ResyncNever}},
			schemas.Source{
				Type: schemas.SourceShortAnswer, Name: "When?", Question: "When?", Answer: "Now.",
				SourceSettings: schemas.SourceSettings{Schedule: schemas.ResyncNever},
			},
		},
	}
	all := []schemas.Source{}
	for _, c := range cases {
		got := b.source(t, c.add)
		c.want.ID = got.ID
		if c.name == "upload" {
			c.want.File = got.File
		}
		if diff := cmp.Diff(b.added(c.want), got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		all = append(all, got)
	}
	list, err := b.Sources(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, list); diff != "" {
		t.Error(diff)
	}
	if list, err := b.Sources(t.Context(), b.otherAgent(t)); err != nil || len(list) != 0 {
		t.Errorf("another agent sees %+v, %v", list, err)
	}
}

func TestNextSync(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	id := b.crawlSource(t, 0)
	for schedule, period := range map[schemas.ResyncSchedule]time.Duration{
		schemas.ResyncWeekly: 7 * 24 * time.Hour, schemas.ResyncDaily: 24 * time.Hour, schemas.ResyncNever: 0,
	} {
		src, err := b.ChangeSource(t.Context(), id, schemas.SourceChange{Settings: &schemas.SourceSettings{Schedule: schedule}})
		if err != nil {
			t.Fatal(err)
		}
		if period == 0 {
			if !src.NextSync.IsZero() {
				t.Errorf("%s: next sync %v", schedule, src.NextSync)
			}
			continue
		}
		if !src.NextSync.After(b.now) || src.NextSync.After(b.now.Add(period)) {
			t.Errorf("%s: next sync %v", schedule, src.NextSync)
		}
		b.at(t, src.NextSync)
		if again := b.getSource(t, id).NextSync; !again.Equal(src.NextSync.Add(period)) {
			t.Errorf("%s: the sync after %v is %v", schedule, src.NextSync, again)
		}
		b.at(t, b.now)
	}
}

func TestAddSourceRefuses(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	other := b.otherAgent(t)
	file, err := b.AddFile(t.Context(), other, "a.md", []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	short := func(change func(n *schemas.NewSource)) schemas.NewSource {
		n := schemas.NewSource{Type: schemas.SourceShortAnswer, Question: "When?", Answer: "Now."}
		change(&n)
		return n
	}
	for name, c := range map[string]struct {
		add  schemas.NewSource
		kind schemas.ErrorKind
	}{
		"type":                    {schemas.NewSource{Type: "fax"}, schemas.KindInvalid},
		"empty file":              {schemas.NewSource{Type: schemas.SourceFile, FileName: "a.md"}, schemas.KindInvalid},
		"file type":               {schemas.NewSource{Type: schemas.SourceFile, FileName: "a.exe", Content: []byte("x")}, schemas.KindInvalid},
		"NUL":                     {short(func(n *schemas.NewSource) { n.Question = "a\x00" }), schemas.KindInvalid},
		"not UTF-8":               {short(func(n *schemas.NewSource) { n.Answer = "b\xff" }), schemas.KindInvalid},
		"schedule of another":     {short(func(n *schemas.NewSource) { n.Schedule = schemas.ResyncOnChange }), schemas.KindInvalid},
		"file of another agent":   {schemas.NewSource{Type: schemas.SourceFile, File: file.ID}, schemas.KindNotFound},
		"unknown article":         {schemas.NewSource{Type: schemas.SourceArticle, Article: show[schemas.ArticleID](schemas.PrefixArticle, newID())}, schemas.KindNotFound},
		"not an id of an article": {schemas.NewSource{Type: schemas.SourceArticle, Article: "art_1"}, schemas.KindNotFound},
	} {
		_, err := b.AddSource(t.Context(), b.Agent, c.add)
		if schemas.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := b.Sources(t.Context(), b.Agent); err != nil || len(list) != 0 {
		t.Errorf("sources %+v, %v", list, err)
	}
	_, err = b.Source(t.Context(), show[schemas.SourceID](schemas.PrefixSource, newID()))
	wantKind(t, err, schemas.KindNotFound)
}

// wantDuplicate checks that a source is refused and that the refusal names the
// one that is there.
func wantDuplicate(t *testing.T, err error, there schemas.SourceID) {
	t.Helper()
	wantKind(t, err, schemas.KindConflict)
	if !strings.Contains(err.Error(), string(there)) {
		t.Errorf("%v does not name %s", err, there)
	}
}

func TestNoAddressTwice(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	page := func(address string) schemas.NewSource {
		return schemas.NewSource{Type: schemas.SourceURL, URL: address}
	}
	first := b.source(t, page("https://shop.example/help"))
	variants := []string{
		"https://shop.example/help", "https://shop.example/help/", "http://shop.example/help", "HTTPS://Shop.Example/help", "shop.example/help/",
	}
	for _, address := range variants {
		_, err := b.AddSource(t.Context(), b.Agent, page(address))
		wantDuplicate(t, err, first.ID)
	}
	second := b.source(t, page("https://shop.example/help?page=2"))
	for _, address := range variants {
		_, err := b.ChangeSource(t.Context(), second.ID, schemas.SourceChange{URL: &address})
		wantDuplicate(t, err, first.ID)
		if _, err := b.ChangeSource(t.Context(), first.ID, schemas.SourceChange{URL: &address}); err != nil {
			t.Errorf("its own address in another form: %v", err)
		}
	}
	b.source(t, schemas.NewSource{Type: schemas.SourceCrawl, URL: "https://shop.example/help"})
	if _, err := b.AddSource(t.Context(), b.otherAgent(t), page("https://shop.example/help")); err != nil {
		t.Errorf("the page of another agent: %v", err)
	}
	if _, err := b.RemoveSources(t.Context(), []schemas.SourceID{first.ID}); err != nil {
		t.Fatal(err)
	}
	b.source(t, page("https://shop.example/help"))
}

func TestNoFileOrArticleTwice(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	upload := schemas.NewSource{Type: schemas.SourceFile, FileName: "a.md", Content: []byte("text")}
	file := b.source(t, upload)
	_, err := b.AddSource(t.Context(), b.Agent, upload)
	wantDuplicate(t, err, file.ID)
	_, err = b.AddSource(t.Context(), b.Agent, schemas.NewSource{Type: schemas.SourceFile, File: file.File})
	wantDuplicate(t, err, file.ID)
	for _, change := range []func(n *schemas.NewSource){
		func(n *schemas.NewSource) { n.FileName = "b.md" }, func(n *schemas.NewSource) { n.Content = []byte("other") },
	} {
		n := upload
		change(&n)
		b.source(t, n)
	}
	article := b.article(t, schemas.Article{Title: "Refunds", Body: "Yes."})
	n := schemas.NewSource{Type: schemas.SourceArticle, Article: article.ID}
	src := b.source(t, n)
	_, err = b.AddSource(t.Context(), b.Agent, n)
	wantKind(t, err, schemas.KindConflict)
	if _, err := b.RemoveSources(t.Context(), []schemas.SourceID{src.ID, file.ID}); err != nil {
		t.Fatal(err)
	}
	b.source(t, n)
	b.source(t, schemas.NewSource{Type: schemas.SourceFile, File: file.File})
}

func TestOneOfManyAddsTheAddress(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	for name, n := range map[string]schemas.NewSource{
		"page": {Type: schemas.SourceURL, URL: "https://shop.example/help"},
		"file": {Type: schemas.SourceFile, FileName: "a.md", Content: []byte("text")},
	} {
		var added atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := b.AddSource(t.Context(), b.Agent, n)
				if err == nil {
					added.Add(1)
				} else if schemas.KindOf(err) != schemas.KindConflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if added.Load() != 1 {
			t.Errorf("%s: added %d times", name, added.Load())
		}
	}
}

func TestPrivateContentIsNeverCited(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	on, off := true, false
	src := b.shortSource(t, func(n *schemas.NewSource) { n.Private = true })
	if !src.Private || src.Citations {
		t.Fatalf("added %+v", src)
	}
	open := b.shortSource(t, plainSource)
	steps := []struct {
		name               string
		change             schemas.SourceChange
		private, citations bool
	}{
		{"made private", schemas.SourceChange{Private: &on}, true, false},
		{"citations asked for", schemas.SourceChange{Citations: &on}, true, false},
		{"both at once", schemas.SourceChange{Private: &on, Citations: &on}, true, false},
		{"made public", schemas.SourceChange{Private: &off}, false, false},
		{"citations on", schemas.SourceChange{Citations: &on}, false, true},
		{"private again", schemas.SourceChange{Private: &on}, true, false},
		{"public and cited", schemas.SourceChange{Private: &off, Citations: &on}, false, true},
		{"citations off", schemas.SourceChange{Citations: &off}, false, false},
	}
	for _, s := range steps {
		got, err := b.ChangeSource(t.Context(), open.ID, s.change)
		if err != nil || got.Private != s.private || got.Citations != s.citations {
			t.Errorf("%s: %+v, %v", s.name, got, err)
		}
	}
}

func TestChangeSource(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.source(t, schemas.NewSource{
		Type: schemas.SourceCrawl, URL: "https://shop.example/", Citations: true,
		SourceSettings: schemas.SourceSettings{Include: []string{"/help/*"}, MaxPages: 10, Language: "it"},
	})
	later := b.now.Add(time.Hour)
	b.at(t, later)
	name, address := "The shop", "https://shop.example/help"
	got, err := b.ChangeSource(t.Context(), src.ID, schemas.SourceChange{Name: &name, URL: &address})
	if err != nil {
		t.Fatal(err)
	}
	want := src
	want.Name, want.URL, want.UpdatedAt = name, address, later
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	settings := schemas.SourceSettings{Exclude: []string{"/old/*"}, Render: schemas.RenderNever}
	got, err = b.ChangeSource(t.Context(), src.ID, schemas.SourceChange{Settings: &settings})
	if err != nil {
		t.Fatal(err)
	}
	want.SourceSettings = settings.Defaults(schemas.SourceCrawl)
	want.Include = []string{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAChangeKeepsTheRules(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	page := b.source(t, schemas.NewSource{Type: schemas.SourceURL, URL: "https://shop.example/"})
	short := b.shortSource(t, plainSource)
	gone := b.shortSource(t, plainSource)
	if _, err := b.RemoveSources(t.Context(), []schemas.SourceID{gone.ID}); err != nil {
		t.Fatal(err)
	}
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		id     schemas.SourceID
		change schemas.SourceChange
		kind   schemas.ErrorKind
	}{
		"no name":         {page.ID, schemas.SourceChange{Name: text(" ")}, schemas.KindInvalid},
		"not an address":  {page.ID, schemas.SourceChange{URL: text("ftp://shop.example/")}, schemas.KindInvalid},
		"password":        {page.ID, schemas.SourceChange{URL: text("https://a:b@shop.example/")}, schemas.KindInvalid},
		"no question":     {short.ID, schemas.SourceChange{Question: text("")}, schemas.KindInvalid},
		"no answer":       {short.ID, schemas.SourceChange{Answer: text("\n")}, schemas.KindInvalid},
		"NUL":             {short.ID, schemas.SourceChange{Answer: text("a\x00")}, schemas.KindInvalid},
		"schedule":        {page.ID, schemas.SourceChange{Settings: &schemas.SourceSettings{Schedule: schemas.ResyncOnChange}}, schemas.KindInvalid},
		"paths of a page": {page.ID, schemas.SourceChange{Settings: &schemas.SourceSettings{Include: []string{"/a"}}}, schemas.KindInvalid},
		"in removal":      {gone.ID, schemas.SourceChange{Name: text("x")}, schemas.KindNotFound},
		"unknown":         {show[schemas.SourceID](schemas.PrefixSource, newID()), schemas.SourceChange{}, schemas.KindNotFound},
	} {
		_, err := b.ChangeSource(t.Context(), c.id, c.change)
		if schemas.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(page, b.getSource(t, page.ID)); diff != "" {
		t.Error(diff)
	}
}
