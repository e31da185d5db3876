package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestMayRemove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gone, total int
		want        bool
	}{
		{0, 0, true},
		{1, 1, true},
		{10, 10, true},
		{10, 1000, true},
		{11, 11, false},
		{11, 54, false},
		{11, 55, true},
		{12, 55, false},
		{200, 1000, true},
		{201, 1000, false},
		{1000, 5000, true},
		{1001, 5000, false},
	} {
		if got := MayRemove(c.gone, c.total); got != c.want {
			t.Errorf("%d of %d: %v", c.gone, c.total, got)
		}
	}
}

// readFacts is a run of a file that has read and indexed all there is.
func readFacts(change func(f *schemas.SyncFacts)) schemas.SyncFacts {
	f := schemas.SyncFacts{
		Type: schemas.SourceFile, Said: schemas.SyncDone, Documents: 1, Chunks: 3, Indexed: 3,
		Pages: []schemas.PageCount{{Outcome: schemas.PageNew, Pages: 1}},
	}
	change(&f)
	return f
}

// crawled is a crawl with pages of these outcomes.
func crawled(pages ...schemas.PageCount) func(*schemas.SyncFacts) {
	return func(f *schemas.SyncFacts) {
		f.Type, f.Documents, f.Chunks, f.Indexed, f.Pages = schemas.SourceCrawl, 20, 40, 40, pages
	}
}

func count(outcome schemas.PageOutcome, reason schemas.FailCode, n int) schemas.PageCount {
	return schemas.PageCount{Outcome: outcome, Reason: reason, Pages: n}
}

// empty is a run after which the source has no text.
func empty(f *schemas.SyncFacts) { f.Documents, f.Chunks, f.Indexed = 0, 0, 0 }

type endCase struct {
	change func(*schemas.SyncFacts)
	want   schemas.SyncEnd
}

func checkEnds(t *testing.T, cases map[string]endCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, EndOfSync(readFacts(c.change))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func failedEnd(why schemas.FailCode, usable bool) schemas.SyncEnd {
	return schemas.SyncEnd{State: schemas.SyncFailed, Reason: why, Status: schemas.SourceFailed, Usable: usable}
}

func TestARunThatFails(t *testing.T) {
	t.Parallel()
	usable := func(change func(*schemas.SyncFacts)) func(*schemas.SyncFacts) {
		return func(f *schemas.SyncFacts) { f.Usable = true; change(f) }
	}
	notRead := func(f *schemas.SyncFacts) { f.Said, f.Reason = schemas.SyncFailed, schemas.FailRobots }
	checkEnds(t, map[string]endCase{
		"not read":                          {notRead, failedEnd(schemas.FailRobots, false)},
		"not read, there is an old copy":    {usable(notRead), failedEnd(schemas.FailRobots, true)},
		"no reason given":                   {func(f *schemas.SyncFacts) { f.Said = schemas.SyncFailed }, failedEnd(schemas.FailInternal, false)},
		"not indexed":                       {func(f *schemas.SyncFacts) { f.Indexed = 2 }, failedEnd(schemas.FailIndex, false)},
		"not indexed, there is an old copy": {usable(func(f *schemas.SyncFacts) { f.Indexed = 2 }), failedEnd(schemas.FailIndex, true)},
		"no text":                           {func(f *schemas.SyncFacts) { empty(f); f.Pages = nil }, failedEnd(schemas.FailNoText, false)},
		"no text for a reason":              {func(f *schemas.SyncFacts) { empty(f); f.Reason = schemas.FailEncrypted }, failedEnd(schemas.FailEncrypted, false)},
		"no text, the reason of most pages": {func(f *schemas.SyncFacts) {
			crawled(count(schemas.PageFailed, "http_500", 2), count(schemas.PageSkipped, schemas.FailRobots, 3), count(schemas.PageNew, "", 9))(f)
			empty(f)
		}, failedEnd(schemas.FailRobots, false)},
		"no text, as many pages of two reasons": {func(f *schemas.SyncFacts) {
			crawled(count(schemas.PageFailed, "http_500", 2), count(schemas.PageFailed, "http_404", 2))(f)
			empty(f)
		}, failedEnd("http_404", false)},
		"no text is no success even when much is held back": {func(f *schemas.SyncFacts) { empty(f); f.Pages, f.Held = nil, 20 }, failedEnd(schemas.FailNoText, false)},
	})
}

func TestARunThatSucceeds(t *testing.T) {
	t.Parallel()
	ready := schemas.SyncEnd{State: schemas.SyncDone, Status: schemas.SourceReady, Usable: true}
	warned := func(why schemas.FailCode) schemas.SyncEnd {
		return schemas.SyncEnd{State: schemas.SyncDoneErrors, Reason: why, Status: schemas.SourceWarnings, Usable: true}
	}
	review := schemas.SyncEnd{State: schemas.SyncReviewNeeded, Reason: schemas.FailManyGone, Status: schemas.SourceReview, Usable: true}
	good := count(schemas.PageUnchanged, "", 80)
	checkEnds(t, map[string]endCase{
		"done":                    {func(*schemas.SyncFacts) {}, ready},
		"nothing has changed":     {func(f *schemas.SyncFacts) { f.Usable, f.Pages = true, []schemas.PageCount{good} }, ready},
		"pages left out by rules": {crawled(good, count(schemas.PageSkipped, schemas.FailNoIndex, 300), count(schemas.PageGone, "http_410", 5)), ready},
		"some failed":             {crawled(good, count(schemas.PageFailed, "http_500", 20)), warned(schemas.FailSomeFailed)},
		"some are stale":          {crawled(good, count(schemas.PageStale, "http_500", 1)), warned(schemas.FailSomeFailed)},
		"many failed":             {crawled(good, count(schemas.PageFailed, "http_500", 11), count(schemas.PageStale, "http_503", 10)), warned(schemas.FailManyFailed)},
		"deadline":                {func(f *schemas.SyncFacts) { crawled(good)(f); f.Reason = schemas.FailDeadline }, warned(schemas.FailDeadline)},
		"the limit is no trouble": {func(f *schemas.SyncFacts) { crawled(good)(f); f.Reason = schemas.FailLimitReached }, ready},
		"a lesser trouble":        {func(f *schemas.SyncFacts) { f.Warn = schemas.FailInternal }, warned(schemas.FailInternal)},
		"failures are more than a lesser trouble": {func(f *schemas.SyncFacts) {
			crawled(good, count(schemas.PageFailed, "http_500", 1))(f)
			f.Warn = schemas.FailInternal
		}, warned(schemas.FailSomeFailed)},
		"a crawl of one page": {func(f *schemas.SyncFacts) { crawled(good)(f); f.Documents = 1 }, warned(schemas.FailOnePage)},
		"held back":           {func(f *schemas.SyncFacts) { crawled(good)(f); f.Held = 11 }, review},
		"held back, with failures": {func(f *schemas.SyncFacts) {
			crawled(good, count(schemas.PageFailed, "http_500", 50))(f)
			f.Held = 11
		}, review},
	})
}

func TestARunThatIsCancelled(t *testing.T) {
	t.Parallel()
	cancelled := func(status schemas.SourceStatus, usable bool) schemas.SyncEnd {
		return schemas.SyncEnd{State: schemas.SyncCancelled, Reason: schemas.FailCancelled, Status: status, Usable: usable}
	}
	stop := func(change func(*schemas.SyncFacts)) func(*schemas.SyncFacts) {
		return func(f *schemas.SyncFacts) { f.Said = schemas.SyncCancelled; change(f) }
	}
	checkEnds(t, map[string]endCase{
		"what was read is used": {stop(func(*schemas.SyncFacts) {}), cancelled(schemas.SourceWarnings, true)},
		"nothing was read":      {stop(func(f *schemas.SyncFacts) { empty(f) }), cancelled(schemas.SourceFailed, false)},
		"there is an old copy":  {stop(func(f *schemas.SyncFacts) { f.Usable = true }), cancelled(schemas.SourceWarnings, true)},
	})
}
