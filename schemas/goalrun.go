package schemas

import "time"

// DefaultCooldown is how long a contact is left alone after a goal.
const DefaultCooldown = 30 * 24 * time.Hour

// Cooldown is how long a contact is not asked again after g.
func (g Goal) Cooldown() time.Duration {
	if g.CooldownDays == 0 {
		return DefaultCooldown
	}
	return time.Duration(g.CooldownDays) * 24 * time.Hour
}

// Asks is how often c is asked at most.
func (c Criterion) Asks() int {
	if c.MaxAsks == 0 {
		return 2
	}
	return c.MaxAsks
}

// GoalRun is one pass of a customer through a goal, in one conversation.
// Settled: rule 27.
type GoalRun struct {
	// Key names the run; its outcome is applied once under it.
	Key          string         `json:"key"`
	Goal         string         `json:"goal"`
	Version      int            `json:"version"`
	Conversation ConversationID `json:"conversation"`
	// Answers are those known so far, at most one per criterion, also those that
	// the CRM had.
	Answers []GoalAnswer `json:"answers,omitempty"`
	// Asks counts how often each criterion was asked, by name.
	Asks map[string]int `json:"asks,omitempty"`
	// Asking is the criterion asked last, empty once the customer has written.
	Asking string `json:"asking,omitempty"`
	// Ignored counts the questions in a row that the customer passed over.
	Ignored int `json:"ignored,omitempty"`
	// Refused: the customer would not answer, so nothing more is asked.
	Refused bool `json:"refused,omitempty"`
	// Score is set when the run has been decided.
	Score     *GoalScore `json:"score,omitempty"`
	DecidedAt time.Time  `json:"decided_at,omitzero"`
	// AppliedAt is when the outcome was applied; zero before.
	AppliedAt time.Time `json:"applied_at,omitzero"`
	// Left are values that the outcome did not write to the CRM, with why.
	Left []GoalLeft `json:"left,omitempty"`
}

// GoalHeard is what an engine or the rules read from a customer's messages of
// one turn about a goal.
type GoalHeard struct {
	// Answers are those with a value, and those refused.
	Answers []GoalAnswer
	// Unclear: the customer answered the question, in a way that fits no value or
	// several. It is asked again, and not counted as passed over.
	Unclear bool
}

// GoalFacts is what policy.DecideGoal decides on.
type GoalFacts struct {
	Now     time.Time
	Goal    Goal
	Channel ChannelKind
	// Run is the conversation's latest run of the goal, nil before the first.
	Run *GoalRun
	// LastRun is when the contact's latest run of the goal was decided, in any
	// conversation; zero is never.
	LastRun time.Time
	// Triggered: the customer's messages of this turn ask for what starts it.
	Triggered bool
	// OpenTicket, Complaint and Negative each forbid a question: the customer has
	// other worries.
	OpenTicket bool
	Complaint  bool
	Negative   bool
	// QuestionOpen: the customer's own question has no answer in this turn.
	QuestionOpen bool
	// AskedNow: the reply of this turn asks the customer something already.
	AskedNow bool
	// Ending: the conversation is being closed or handed over.
	Ending bool
	// EmailKnown and EmailAsked are about the contact's address.
	EmailKnown bool
	EmailAsked bool
	// Hours are those of the outcome's team, Present is true while one of its
	// members takes conversations.
	Hours   Hours
	Present bool
}

// ApplyGoalInput asks to apply the outcome of a conversation's decided goal.
type ApplyGoalInput struct {
	Conversation ConversationID `json:"conversation"`
}

// ApplyGoalResult says what verdict was applied, empty when there was none to
// apply.
type ApplyGoalResult struct {
	Verdict GoalVerdict `json:"verdict,omitempty"`
	Head    Head        `json:"head"`
}

// DueGoal is a decided run whose outcome is to be applied.
type DueGoal struct {
	Goal Goal
	Run  GoalRun
}

// GoalTold is what the outcome of a goal does in the conversation.
type GoalTold struct {
	// HandOff passes it to people who are there; nil to go on.
	HandOff *Verdict
	// Notice is what the customer reads; empty for nothing.
	Notice Notice
}

// GoalRules decide what an outcome does in the conversation, in the transaction
// that marks it as applied.
type GoalRules struct {
	Rules
	// Team is whose people an outcome may route to, empty for every active user.
	Team    TeamID
	Outcome func(Facts, GoalRun, PeopleFacts) GoalTold
	// Writes reports whether the outcome has something for the CRM, and Level how
	// well the customer is known, which the write goes by however late it is made.
	Writes func(GoalRun) bool
	Level  func(Known) IdentityLevel
}

// GoalDo is the next step of a goal.
type GoalDo string

// The steps. After Start and Decide the caller applies the step and asks again.
const (
	GoalDoNothing GoalDo = ""
	// GoalDoStart opens a run, with what the CRM knows.
	GoalDoStart GoalDo = "start"
	// GoalDoAsk asks Criterion after the answer to the customer's own question.
	GoalDoAsk GoalDo = "ask"
	// GoalDoAskEmail asks for an email address before the outcome.
	GoalDoAskEmail GoalDo = "ask_email"
	// GoalDoDecide stores Score as the run's verdict, also over an earlier one
	// whose outcome was not applied.
	GoalDoDecide GoalDo = "decide"
	// GoalDoApply applies Outcome under Key.
	GoalDoApply GoalDo = "apply"
)

// GoalStep is what was decided about a goal.
type GoalStep struct {
	Do        GoalDo
	Criterion Criterion
	Score     GoalScore
	// Outcome is what to apply; Key makes it happen once.
	Outcome GoalOutcome
	Key     string
	// Live: people are there, so the conversation is handed to the outcome's
	// team. Booking is the address to offer otherwise; empty for none.
	Live    bool
	Booking string
}
