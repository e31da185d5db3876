package schemas

import "time"

// SyncTrigger says what started a run.
type SyncTrigger string

// The triggers.
const (
	TriggerManual   SyncTrigger = "manual"
	TriggerSchedule SyncTrigger = "schedule"
	// TriggerChange is an article, a file or settings that changed.
	TriggerChange SyncTrigger = "change"
	// TriggerRetry reads the pages again that failed, and what they link to that
	// is new. All else of the source counts as seen.
	TriggerRetry SyncTrigger = "retry"
	// TriggerRemoval clears the index of what is gone.
	TriggerRemoval SyncTrigger = "removal"
)

// Wider is the trigger of a run for which both have been given. A retry reads
// least, and what an admin asks for reads most. An empty one is none.
func (t SyncTrigger) Wider(other SyncTrigger) SyncTrigger {
	switch {
	case t == "" || t == TriggerRetry && other != "":
		return other
	case other == TriggerManual:
		return other
	}
	return t
}

// SyncState is where a run stands.
type SyncState string

// The states of a run. Every run ends in one of the last five.
const (
	SyncQueued      SyncState = "queued"
	SyncDiscovering SyncState = "discovering"
	SyncCrawling    SyncState = "crawling"
	SyncPaused      SyncState = "paused"
	SyncReading     SyncState = "reading"
	SyncIndexing    SyncState = "indexing"
	SyncSettling    SyncState = "settling"

	SyncDone         SyncState = "done"
	SyncDoneErrors   SyncState = "done_with_errors"
	SyncReviewNeeded SyncState = "needs_review"
	SyncFailed       SyncState = "failed"
	SyncCancelled    SyncState = "cancelled"
)

// Ended reports whether the run is over.
func (s SyncState) Ended() bool {
	switch s {
	case SyncDone, SyncDoneErrors, SyncReviewNeeded, SyncFailed, SyncCancelled:
		return true
	}
	return false
}

// SyncCounts count the pages of a run by what became of them. A source that is
// not a crawl has one.
type SyncCounts struct {
	Found     int `json:"found"`
	Fetched   int `json:"fetched"`
	New       int `json:"new"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	// Embedded counts the passages for which vectors were made.
	Embedded int `json:"embedded"`
	Indexed  int `json:"indexed"`
}

// SyncRun is one run of a source's synchronisation.
type SyncRun struct {
	ID      SyncID      `json:"id"`
	Source  SourceID    `json:"source_id"`
	Trigger SyncTrigger `json:"trigger"`
	State   SyncState   `json:"state"`
	Reason  FailCode    `json:"reason,omitempty"`
	Counts  SyncCounts  `json:"counts"`
	// Queued is how many pages wait to be read.
	Queued     int       `json:"queued"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// SecondsLeft is an estimate by the pace of the site; 0 when there is none.
	SecondsLeft int `json:"seconds_left,omitempty"`
	// PauseSeconds is the pause between two pages that the site is read with.
	PauseSeconds float64 `json:"pause_seconds,omitempty"`
	// Held is how many documents would be removed and wait for a decision.
	Held int `json:"held,omitempty"`
	// Workflow is the id of its workflow, for the Temporal UI.
	Workflow string `json:"workflow_id,omitempty"`
}

// SyncSourceInput starts a SyncSource.
type SyncSourceInput struct {
	Source  SourceID    `json:"source"`
	Agent   AgentID     `json:"agent"`
	Trigger SyncTrigger `json:"trigger"`
}

// SyncRef names one run.
type SyncRef struct {
	Source SourceID `json:"source"`
	Agent  AgentID  `json:"agent"`
	Sync   SyncID   `json:"sync"`
}

// PrepareSyncInput claims a source for a run.
type PrepareSyncInput struct {
	SyncRef
	Trigger SyncTrigger `json:"trigger"`
	// Workflow and Run are where the watchdog looks.
	Workflow string `json:"workflow"`
	Run      string `json:"run"`
}

// PrepareSyncResult says what a run has to do.
type PrepareSyncResult struct {
	SyncRef
	// Claimed is false when another run has the source, or it is gone: this one
	// ends at once.
	Claimed bool `json:"claimed"`
	// Crawl is true when pages are read from the web.
	Crawl bool `json:"crawl"`
	// Removing is true when there is only the index to clear.
	Removing bool `json:"removing"`
}

// SyncSourceResult says how a sync stands or ended.
type SyncSourceResult struct {
	Sync      SyncID     `json:"sync"`
	State     SyncState  `json:"state"`
	Reason    FailCode   `json:"reason,omitempty"`
	Documents int        `json:"documents"`
	Chunks    int        `json:"chunks"`
	Counts    SyncCounts `json:"counts"`
}

// ReadSourceResult says why a source could not be read; empty when it was.
type ReadSourceResult struct {
	Reason FailCode `json:"reason,omitempty"`
}

// IndexBatchResult counts what the index took in one batch.
type IndexBatchResult struct {
	Indexed  int `json:"indexed"`
	Embedded int `json:"embedded"`
	Removed  int `json:"removed"`
	// More is true when there is more to do.
	More bool `json:"more"`
}

// SettleResult says what the index lacked or had too much.
type SettleResult struct {
	Missing int `json:"missing"`
	Extra   int `json:"extra"`
}

// FinishSyncInput ends a run.
type FinishSyncInput struct {
	SyncRef
	State  SyncState `json:"state"`
	Reason FailCode  `json:"reason,omitempty"`
	// Warn is a reason to look at a run that is done.
	Warn FailCode `json:"warn,omitempty"`
}

// SyncFacts is what is stored of a run when it ends, for the decision how it
// ended.
type SyncFacts struct {
	Type SourceType
	// Said and Reason are how the workflow saw it end; Warn is a lesser trouble.
	Said   SyncState
	Reason FailCode
	Warn   FailCode
	// Usable is true when the source was ready once.
	Usable    bool
	Documents int
	Chunks    int
	Indexed   int
	Held      int
	// Pages counts the run's pages by reason for each outcome.
	Pages []PageCount
}

// PageCount is how many pages of a run have an outcome and reason.
type PageCount struct {
	Outcome PageOutcome
	Reason  FailCode
	Pages   int
}

// SyncEnd is how a run ended.
type SyncEnd struct {
	State  SyncState
	Reason FailCode
	Status SourceStatus
	// Usable is true when answers may use the source from now on.
	Usable bool
}

// SplitResult counts the documents that were split in one batch.
type SplitResult struct {
	Documents int  `json:"documents"`
	More      bool `json:"more"`
}

// DropResult counts the documents that a run removed or held back.
type DropResult struct {
	Removed int `json:"removed"`
	Held    int `json:"held"`
}

// MarkSyncInput notes a run's state.
type MarkSyncInput struct {
	SyncRef
	State SyncState `json:"state"`
}

// FillResult counts the passages that got a vector of the filling embedder.
type FillResult struct {
	Filled int  `json:"filled"`
	More   bool `json:"more"`
	// Live is true when the embedder was switched to.
	Live bool `json:"live"`
}

// ReindexInput makes an agent's index anew from what is stored.
type ReindexInput struct {
	Agent AgentID `json:"agent"`
	// Rebuild clears what is known of the index first; else only the embedder
	// is brought up to date.
	Rebuild bool `json:"rebuild"`
}

// ReindexResult counts what a reindex did.
type ReindexResult struct {
	Sources  int `json:"sources"`
	Indexed  int `json:"indexed"`
	Embedded int `json:"embedded"`
	Filled   int `json:"filled"`
}

// PullInput starts a pull of a connector.
type PullInput struct {
	Connector ConnectorID `json:"connector"`
	Agent     AgentID     `json:"agent"`
}

// PullResult counts what a pull found.
type PullResult struct {
	Reason    FailCode `json:"reason,omitempty"`
	New       int      `json:"new"`
	Updated   int      `json:"updated"`
	Unchanged int      `json:"unchanged"`
	Removed   int      `json:"removed"`
	// Changed are the sources to be read again.
	Changed []SourceID `json:"changed,omitempty"`
}

// OpenSync is a run that has not ended, with where its workflow is.
type OpenSync struct {
	SyncRef
	Workflow, Run string
}

// WaitingSource is a source whose sync could not be started.
type WaitingSource struct {
	Source   SourceID
	Agent    AgentID
	Removing bool
}

// DueSchedule is a source whose schedule in Temporal is not what it should be.
type DueSchedule struct {
	Source   SourceID
	Agent    AgentID
	Schedule ResyncSchedule
}

// PullEnd is how a pull of a connector ends: the types that it saw in full,
// when it began, and what may be removed by itself. Without types it goes on.
type PullEnd struct {
	Complete []ArticleType
	Began    time.Time
	May      func(gone, total int) bool
}
