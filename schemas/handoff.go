package schemas

import "time"

// Strategy chooses among the available members of a team.
type Strategy string

// The strategies.
const (
	// StrategyRoundRobin takes the member offered to longest ago.
	StrategyRoundRobin Strategy = "round_robin"
	// StrategyLeastLoaded takes the member with the fewest open conversations.
	StrategyLeastLoaded Strategy = "least_loaded"
)

// Valid reports whether s is one of the strategies.
func (s Strategy) Valid() bool { return s == StrategyRoundRobin || s == StrategyLeastLoaded }

// Availability is what the customer is told about people when handed over.
type Availability string

// The availabilities.
const (
	AvailableNow    Availability = "now"
	AvailableQueued Availability = "queued"
	AvailableClosed Availability = "closed"
)

// Valid reports whether a is one of the availabilities.
func (a Availability) Valid() bool {
	return a == AvailableNow || a == AvailableQueued || a == AvailableClosed
}

// Presence is whether a user takes conversations.
type Presence string

// The presences. Only online users are offered handoffs.
const (
	PresenceOnline  Presence = "online"
	PresenceAway    Presence = "away"
	PresenceOffline Presence = "offline"
)

// Valid reports whether p is one of the presences.
func (p Presence) Valid() bool {
	return p == PresenceOnline || p == PresenceAway || p == PresenceOffline
}

// HandoffState is where a handoff stands. docs/explanation/state-machines.md draws it.
// Spec: D19.
type HandoffState string

// The states of a handoff.
const (
	// HandoffWaiting: nobody has it and nobody is being asked.
	HandoffWaiting HandoffState = "waiting"
	// HandoffOffered: one member is asked, until the deadline.
	HandoffOffered HandoffState = "offered"
	// HandoffAccepted: a person has the conversation.
	HandoffAccepted HandoffState = "accepted"
	// HandoffReturned: the agent has the conversation again.
	HandoffReturned HandoffState = "returned"
	// HandoffClosed: the conversation was closed.
	HandoffClosed HandoffState = "closed"
)

// Valid reports whether s is one of the states.
func (s HandoffState) Valid() bool {
	switch s {
	case HandoffWaiting, HandoffOffered, HandoffAccepted, HandoffReturned, HandoffClosed:
		return true
	}
	return false
}

// Ended reports whether the handoff is over.
func (s HandoffState) Ended() bool { return s == HandoffReturned || s == HandoffClosed }

// Tier is how far along the routing chain a handoff is.
type Tier string

// The tiers, in order.
const (
	// TierPeople are the persons whom the plan names before a team.
	TierPeople   Tier = "people"
	TierTeam     Tier = "team"
	TierFallback Tier = "fallback"
	// TierShared: everybody was asked; it stays in the shared queue.
	TierShared Tier = "shared"
)

// Valid reports whether t is one of the tiers.
func (t Tier) Valid() bool {
	return t == TierPeople || t == TierTeam || t == TierFallback || t == TierShared
}

// HandoffInput starts a Handoff workflow.
type HandoffInput struct {
	Handoff HandoffID `json:"handoff"`
	// Steps counts the steps of earlier runs.
	Steps int `json:"steps,omitempty"`
}

// HandoffResult is what a finished Handoff returns.
type HandoffResult struct {
	Handoff HandoffID    `json:"handoff"`
	State   HandoffState `json:"state"`
	Offers  int          `json:"offers"`
}

// HandoffStepInput asks for the next step of a handoff.
type HandoffStepInput struct {
	Handoff HandoffID `json:"handoff"`
}

// HandoffStepResult says where the handoff stands after the step.
type HandoffStepResult struct {
	State     HandoffState `json:"state"`
	Reason    Reason       `json:"reason,omitempty"`
	Tier      Tier         `json:"tier,omitempty"`
	Offer     int          `json:"offer,omitempty"`
	Offered   UserID       `json:"offered,omitempty"`
	Accepted  UserID       `json:"accepted,omitempty"`
	Escalated int          `json:"escalated,omitempty"`
	// Wake is when to look again; zero is only when woken.
	Wake time.Time `json:"wake,omitzero"`
	// DeskDue: a destination has to be told something now. DeskOpen: one has not
	// been told everything yet.
	DeskDue  bool `json:"desk_due,omitempty"`
	DeskOpen bool `json:"desk_open,omitempty"`
	// Write are the texts that a model is asked for now.
	Write []HandoffWriteInput `json:"write,omitempty"`
}

// HandoffView answers the State query of a Handoff.
type HandoffView struct {
	Handoff HandoffID         `json:"handoff"`
	Step    HandoffStepResult `json:"step"`
}

// Candidate is a team member as routing sees them.
type Candidate struct {
	User UserID
	// Available: online, inside their hours, below their capacity.
	Available bool
	// Load counts open conversations assigned to them.
	Load int
	// LastOffered is when they were last offered any handoff; zero is never.
	LastOffered time.Time
	// Asked is true when this handoff was already offered to them in this tier.
	Asked bool
	// NextOpen is when their hours next begin, zero when open or unknown.
	NextOpen time.Time
}

// HandoffFacts is what routing decides on.
type HandoffFacts struct {
	Now      time.Time
	Exists   bool
	Handoff  HandoffID
	State    HandoffState
	Reason   Reason
	Tier     Tier
	Offer    int
	Offered  UserID
	Accepted UserID
	Deadline time.Time
	Settings HandoffSettings
	Profile  Profile
	// Members are those of the current tier's team, as stored; Candidates the
	// same as routing sees them, filled by policy.
	Members    []Member
	Candidates []Candidate
	// HasFallback is true when a fallback team with members exists.
	HasFallback bool
	// FallbackTold is true when the customer has been told nobody is free.
	FallbackTold bool
	Escalated    int
	// WaitingSince is the oldest customer message that the person who accepted
	// has not answered; zero when there is none.
	WaitingSince time.Time
	// EscalatedAt is when the latest escalation happened.
	EscalatedAt time.Time
	Language    string
	EmailKnown  bool
	EmailAsked  bool
	AskEmail    AskEmail
	// Plan is where the handoff goes; Deferred that the agent still has the
	// conversation.
	Plan     RoutePlan
	Deferred bool
	// CreatedAt is when the handoff was made. Replied: a person has answered
	// since.
	CreatedAt time.Time
	Replied   bool
	// WarnedFor and BreachedFor are the begins of the waits about which people
	// were warned, and of which the target was missed.
	WarnedFor   time.Time
	BreachedFor time.Time
}

// HandoffDo is one step of a handoff.
type HandoffDo string

// The steps of a handoff.
const (
	HandoffDoOffer    HandoffDo = "offer"
	HandoffDoNextTier HandoffDo = "next_tier"
	HandoffDoTell     HandoffDo = "tell"
	HandoffDoGiveBack HandoffDo = "give_back"
	HandoffDoEscalate HandoffDo = "escalate"
	// HandoffDoTake takes the conversation from the agent, because somebody can
	// have it now.
	HandoffDoTake HandoffDo = "take"
	// HandoffDoWarn and HandoffDoBreach tell people that a target is near or
	// missed.
	HandoffDoWarn   HandoffDo = "warn"
	HandoffDoBreach HandoffDo = "breach"
	HandoffDoWait   HandoffDo = "wait"
	HandoffDoEnd    HandoffDo = "end"
)

// HandoffVerdict is what routing decided.
type HandoffVerdict struct {
	Do   HandoffDo
	User UserID
	Tier Tier
	// Until is the offer's deadline or the next look; zero is none.
	Until time.Time
	// Since is the begin of the wait for warn and breach.
	Since time.Time
	// Notice is the customer's text for tell, take and give_back; the activity fills
	// it in the customer's language.
	Notice Notice
}

// Offer is a handoff as people see it in a list.
type Offer struct {
	Handoff      HandoffID      `json:"id"`
	Conversation ConversationID `json:"conversation_id"`
	State        HandoffState   `json:"state"`
	Reason       Reason         `json:"reason"`
	Summary      string         `json:"summary"`
	OfferedTo    string         `json:"offered_to,omitempty"`
	AcceptedBy   string         `json:"accepted_by,omitempty"`
	Offers       int            `json:"offers"`
	Escalations  int            `json:"escalations"`
	// Task is true while the agent still has the conversation.
	Task     bool        `json:"task,omitempty"`
	Timing   RouteTiming `json:"timing,omitempty"`
	Priority Priority    `json:"priority,omitempty"`
	// Rule is the routing rule that decided, empty for none.
	Rule      string    `json:"rule,omitempty"`
	Deadline  time.Time `json:"deadline,omitzero"`
	CreatedAt time.Time `json:"created_at"`
}

// User is a member of staff who takes conversations.
type User struct {
	ID       UserID   `json:"id"`
	Name     string   `json:"name"`
	Email    string   `json:"email,omitempty"`
	Presence Presence `json:"presence"`
	// Capacity is how many conversations they take at once. Default 5.
	Capacity int   `json:"capacity"`
	Hours    Hours `json:"hours"`
	// Skills are what they can do, in the admin's words.
	Skills []string `json:"skills,omitempty"`
	// Open counts the conversations they have now.
	Open int `json:"open"`
}

// Team is a group of users.
type Team struct {
	ID      TeamID `json:"id"`
	Name    string `json:"name"`
	Members []User `json:"members"`
}

// StartHandoffInput asks to start the Handoff workflow of a handoff row.
type StartHandoffInput struct {
	Conversation ConversationID `json:"conversation"`
	Handoff      HandoffID      `json:"handoff"`
}

// StartHandoffResult returns the conversation's head.
type StartHandoffResult struct {
	Head Head `json:"head"`
}
