package schemas

import "time"

// Limits of an evaluation of the past. Spec: D23.
const (
	PastDays     = 7
	PastCases    = 100
	MaxPastTurns = maxEvalTurns
)

// NewEvalPast is what an admin gives to play past conversations again.
type NewEvalPast struct {
	// Version is a published one; 0 is the draft as it stands now.
	Version int `json:"version,omitempty" minimum:"0"`
	// Days is how far back conversations may have begun. Default 7.
	Days int `json:"days,omitempty" minimum:"0" maximum:"90"`
	// Limit is how many are played, the newest. Default 100.
	Limit int `json:"limit,omitempty" minimum:"0" maximum:"1000"`
}

// Defaults fills in what is not given.
func (n NewEvalPast) Defaults() NewEvalPast {
	if n.Days == 0 {
		n.Days = PastDays
	}
	if n.Limit == 0 {
		n.Limit = PastCases
	}
	return n
}

// EvalPast is the time in which the conversations of a run began.
type EvalPast struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// PastDifference is in what a turn that was played again differs from the past.
type PastDifference string

// The differences. PastSame stands in totals only.
const (
	PastSame PastDifference = "same"
	// PastHandedOver: people get the conversation now; PastNotHandedOver: they got
	// it then.
	PastHandedOver    PastDifference = "handed_over"
	PastNotHandedOver PastDifference = "not_handed_over"
	// PastKind is that of the decision.
	PastKind    PastDifference = "kind"
	PastText    PastDifference = "text"
	PastActions PastDifference = "actions"
	PastSources PastDifference = "sources"
	// PastNotRecorded: a call was made that was not made then, so it had no result.
	PastNotRecorded PastDifference = "not_recorded"
	// PastNotPlayed: the turn was not reached, or had no reply in time.
	PastNotPlayed PastDifference = "not_played"
)

// EvalTotal counts turns and conversations with one kind of difference. A turn
// may have several.
type EvalTotal struct {
	Difference    PastDifference `json:"difference"`
	Turns         int            `json:"turns"`
	Conversations int            `json:"conversations"`
}

// PastCase is a conversation as it was, to be played again. It is read when it
// is played and stored nowhere else.
type PastCase struct {
	Conversation ConversationID
	Channel      ChannelKind
	Language     string
	// Known is what showed who wrote, as of the customer's last message.
	Known Known
	// Was are the turns up to the one after which people had it. None: the
	// conversation is gone.
	Was EvalTranscript
}
