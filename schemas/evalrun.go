package schemas

import "time"

type (
	// EvalSuiteID names one suite of cases.
	EvalSuiteID string
	// EvalRunID names one pass of a suite.
	EvalRunID string
)

// Prefixes of the shown form of the ids of evaluation.
const (
	PrefixEvalSuite = "suite"
	PrefixEvalRun   = "run"
)

// EvalState is where a run stands.
type EvalState string

// The states.
const (
	EvalRunning   EvalState = "running"
	EvalDone      EvalState = "done"
	EvalCancelled EvalState = "cancelled"
)

// MaxEvalRepeats bounds how often each case of a run is played.
const MaxEvalRepeats = 20

// NewEvalSuite is what an admin gives to add a suite.
type NewEvalSuite struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
}

// EvalSuiteShown is a suite in a list.
type EvalSuiteShown struct {
	ID        EvalSuiteID `json:"id"`
	Name      string      `json:"name"`
	Cases     int         `json:"cases"`
	CreatedAt time.Time   `json:"created_at"`
}

// EvalImport is what became of an imported file. A broken row does not keep the
// others out.
type EvalImport struct {
	Suite    EvalSuiteShown   `json:"suite"`
	Imported int              `json:"imported"`
	Errors   []EvalRowProblem `json:"errors"`
}

// EvalRowProblem says what is wrong with one row of a file.
type EvalRowProblem struct {
	// Line is the line of the file, from 1; 0 is the file as a whole.
	Line int `json:"line"`
	// Field is the column; empty for the row as a whole.
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// NewEvalRun is what an admin gives to measure a suite.
type NewEvalRun struct {
	// Version is a published one; 0 is the draft as it stands now.
	Version int `json:"version,omitempty" minimum:"0"`
	// Repeats is how often each case is played. Default 1.
	Repeats int `json:"repeats,omitempty" minimum:"0" maximum:"20"`
}

// EvalRunSummary is a run with how far it has come.
type EvalRunSummary struct {
	ID EvalRunID `json:"id"`
	// Suite and its Name are empty in a run of past conversations, which has Past.
	Suite EvalSuiteID `json:"suite_id,omitempty"`
	Name  string      `json:"suite,omitempty"`
	Past  *EvalPast   `json:"past,omitempty"`
	// Version is the published one that is measured, Draft the revision of the
	// draft; one of them is 0.
	Version int       `json:"version,omitempty"`
	Draft   int64     `json:"draft,omitempty"`
	Repeats int       `json:"repeats"`
	State   EvalState `json:"state"`
	// Tries is how many there are to be, Done how many are over, Passed how many
	// met every expectation, or went as they did in the past.
	Tries  int `json:"tries"`
	Done   int `json:"done"`
	Passed int `json:"passed"`
	// PassAll is the share of cases that pass all their tries; CasesDone is how
	// many it is of.
	PassAll   float64   `json:"pass_all"`
	CasesDone int       `json:"cases_done"`
	Engine    string    `json:"engine,omitempty"`
	Prompt    string    `json:"prompt,omitempty"`
	Content   string    `json:"content,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// EvalRunShown is a run with its results, in the order of the suite, or the
// newest conversation first.
type EvalRunShown struct {
	EvalRunSummary
	// Totals count the differences to past conversations.
	Totals  []EvalTotal `json:"totals,omitempty"`
	Results []EvalTry   `json:"results"`
}

// EvalTry is one try of a case with the preview that played it.
type EvalTry struct {
	EvalResult
	Conversation ConversationID `json:"conversation_id,omitempty"`
}

// EvalTarget is what a run measures, and one of its cases.
type EvalTarget struct {
	Agent   AgentID
	Version int
	Draft   int64
	Repeats int
	Case    EvalCase
	// Past is set in place of Case when a past conversation is played again.
	Past *PastCase
	// Done are the tries that are stored.
	Done []int
}

// EvaluationInput starts an Evaluation, from the case at place From on.
type EvaluationInput struct {
	Run  EvalRunID `json:"run"`
	From int       `json:"from,omitempty"`
	// Failed counts cases that could not be played so far.
	Failed int `json:"failed,omitempty"`
}

// EvaluationResult says how it ended.
type EvaluationResult struct {
	Cases  int `json:"cases"`
	Failed int `json:"failed,omitempty"`
}

// EvalPlanInput asks how many cases a run has.
type EvalPlanInput struct {
	Run EvalRunID `json:"run"`
}

// EvalPlanResult is how many cases a run has; Over is true when it has ended.
type EvalPlanResult struct {
	Cases int  `json:"cases"`
	Over  bool `json:"over,omitempty"`
}

// PlayCaseInput asks to play every try of one case.
type PlayCaseInput struct {
	Run   EvalRunID `json:"run"`
	Place int       `json:"place"`
}

// PlayCaseResult counts its tries.
type PlayCaseResult struct {
	Tries  int `json:"tries"`
	Passed int `json:"passed"`
}

// EndEvaluationInput ends a run.
type EndEvaluationInput struct {
	Run       EvalRunID `json:"run"`
	Cancelled bool      `json:"cancelled,omitempty"`
}

// EvalProgress answers the Progress query of an Evaluation.
type EvalProgress struct {
	Cases  int `json:"cases"`
	Done   int `json:"done"`
	Failed int `json:"failed"`
}
