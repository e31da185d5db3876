package policy

import (
	"cmp"

	"steward/schemas"
)

const (
	// manyFailed is the share of pages above which failures are a warning of
	// their own.
	manyFailed = 0.2
	// manyGone and fewGone bound what a run may remove without an admin's word:
	// more than a fifth and more than ten documents are held back.
	manyGone = 0.2
	fewGone  = 10
)

// MayRemove reports whether a run may remove gone of total documents by
// itself. A site that is broken for an hour must not empty the answers.
func MayRemove(gone, total int) bool {
	return gone <= fewGone || float64(gone) <= manyGone*float64(total)
}

// EndOfSync decides how a run ended and where its source stands. A source
// without text is never ready, and one that was ready once stays usable.
// Spec: D24.
func EndOfSync(f schemas.SyncFacts) schemas.SyncEnd {
	end := schemas.SyncEnd{State: schemas.SyncDone, Status: schemas.SourceReady, Usable: f.Usable}
	switch {
	case f.Chunks == 0 && f.Said != schemas.SyncCancelled:
		return failed(end, cmp.Or(f.Reason, worst(f.Pages), schemas.FailNoText))
	case f.Said == schemas.SyncFailed:
		return failed(end, cmp.Or(f.Reason, schemas.FailInternal))
	case f.Held > 0 && f.Indexed == f.Chunks:
		return schemas.SyncEnd{State: schemas.SyncReviewNeeded, Reason: schemas.FailManyGone, Status: schemas.SourceReview, Usable: true}
	case f.Said == schemas.SyncCancelled:
		end.State, end.Reason = schemas.SyncCancelled, schemas.FailCancelled
		end.Usable = end.Usable || f.Indexed > 0
		end.Status = schemas.SourceFailed
		if end.Usable {
			end.Status = schemas.SourceWarnings
		}
		return end
	case f.Indexed < f.Chunks:
		return failed(end, schemas.FailIndex)
	}
	end.Usable = true
	if warn := warning(f); warn != schemas.FailNone {
		end.State, end.Reason, end.Status = schemas.SyncDoneErrors, warn, schemas.SourceWarnings
	}
	return end
}

// failed ends a run that did not succeed. What was usable stays so.
func failed(end schemas.SyncEnd, why schemas.FailCode) schemas.SyncEnd {
	end.State, end.Reason, end.Status = schemas.SyncFailed, why, schemas.SourceFailed
	return end
}

// warning is why a source that can be used deserves a look.
func warning(f schemas.SyncFacts) schemas.FailCode {
	good, bad := 0, 0
	for _, p := range f.Pages {
		switch p.Outcome {
		case schemas.PageFailed, schemas.PageStale:
			bad += p.Pages
		case schemas.PageNew, schemas.PageUpdated, schemas.PageUnchanged:
			good += p.Pages
		}
	}
	switch {
	case f.Reason != schemas.FailNone && f.Reason != schemas.FailLimitReached:
		return f.Reason
	case bad > 0 && float64(bad) > manyFailed*float64(good+bad):
		return schemas.FailManyFailed
	case bad > 0:
		return schemas.FailSomeFailed
	case f.Type == schemas.SourceCrawl && f.Documents == 1:
		return schemas.FailOnePage
	}
	return f.Warn
}

// worst is the reason of most of the pages that gave nothing.
func worst(pages []schemas.PageCount) schemas.FailCode {
	var why schemas.FailCode
	most := 0
	for _, p := range pages {
		if p.Reason != schemas.FailNone && (p.Pages > most || p.Pages == most && p.Reason < why) {
			why, most = p.Reason, p.Pages
		}
	}
	return why
}
