package schemas

// Goal is a set of qualifying questions with rules that score the answers.
// It is part of the versioned settings. Spec: S54.
type Goal struct {
	// Name is unique in the agent: ^[a-z][a-z0-9_]{0,47}$.
	Name    string      `json:"name"`
	Title   string      `json:"title"`
	Trigger GoalTrigger `json:"trigger"`
	// Criteria are one to five questions, in the order in which they are asked.
	Criteria []Criterion `json:"criteria"`
	// QualifiedAt is the score from which a customer is qualified, PartialAt
	// from which they are partially qualified.
	QualifiedAt int `json:"qualified_at"`
	PartialAt   int `json:"partial_at"`
	// Outcomes are what happens by verdict.
	Outcomes map[GoalVerdict]GoalOutcome `json:"outcomes,omitempty"`
	// CooldownDays is how long a contact is not asked again. Default 30.
	CooldownDays int `json:"cooldown_days,omitempty"`
	// AskEmail asks for an email address before the outcome.
	AskEmail bool `json:"ask_email,omitempty"`
	Disabled bool `json:"disabled,omitempty"`
}

// GoalTrigger says when a goal starts: when a customer's message contains one
// of the phrases. Without phrases it starts with any question.
type GoalTrigger struct {
	Phrases  []string      `json:"phrases,omitempty"`
	Channels []ChannelKind `json:"channels,omitempty"`
}

// Criterion is one qualifying question.
type Criterion struct {
	// Name is unique in the goal: ^[a-z][a-z0-9_]{0,47}$.
	Name string `json:"name"`
	// Question by language; the agent's first language is required.
	Question map[string]string `json:"question"`
	// Object and Property are where the answer is kept in the CRM.
	Object   ObjectType `json:"object,omitempty"`
	Property string     `json:"property,omitempty"`
	// Type is text, number, boolean or enum.
	Type PropertyType `json:"type"`
	// Options are the values of an enum. From and To are the bounds of a number
	// that an option stands for, both included, 0 for none.
	Options []CriterionOption `json:"options,omitempty"`
	// Required criteria must be answered for the verdict qualified.
	Required bool `json:"required,omitempty"`
	// MaxAsks is one or two. Default 2.
	MaxAsks int        `json:"max_asks,omitempty"`
	Rules   []GoalRule `json:"rules,omitempty"`
}

// CriterionOption is one answer to choose.
type CriterionOption struct {
	Value string `json:"value"`
	// Label by language.
	Label map[string]string `json:"label,omitempty"`
	From  float64           `json:"from,omitempty"`
	To    float64           `json:"to,omitempty"`
}

// GoalOp compares an answer.
type GoalOp string

// The comparisons.
const (
	OpEquals   GoalOp = "eq"
	OpIn       GoalOp = "in"
	OpAtLeast  GoalOp = "gte"
	OpAtMost   GoalOp = "lte"
	OpContains GoalOp = "contains"
	OpExists   GoalOp = "exists"
)

// Valid reports whether o is one of the comparisons.
func (o GoalOp) Valid() bool {
	switch o {
	case OpEquals, OpIn, OpAtLeast, OpAtMost, OpContains, OpExists:
		return true
	}
	return false
}

// GoalRule gives points for an answer, or rules the customer out.
type GoalRule struct {
	Op GoalOp `json:"op"`
	// Values are compared with; eq, gte, lte and contains take one, exists none.
	Values []string `json:"values,omitempty"`
	// Points may be negative.
	Points int `json:"points,omitempty"`
	// Knockout makes the verdict unqualified. The customer is not told.
	Knockout bool   `json:"knockout,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// GoalVerdict is what the rules say of a customer.
type GoalVerdict string

// The verdicts. Incomplete: the customer did not answer enough.
const (
	GoalQualified   GoalVerdict = "qualified"
	GoalPartial     GoalVerdict = "partially_qualified"
	GoalUnqualified GoalVerdict = "unqualified"
	GoalIncomplete  GoalVerdict = "incomplete"
)

// Valid reports whether v is one of the verdicts.
func (v GoalVerdict) Valid() bool {
	switch v {
	case GoalQualified, GoalPartial, GoalUnqualified, GoalIncomplete:
		return true
	}
	return false
}

// GoalOutcome is what happens with a verdict. It happens once per run.
type GoalOutcome struct {
	// Set are CRM properties of the contact.
	Set map[string]string `json:"set,omitempty"`
	// Create makes a deal or a ticket, with these properties.
	Create     ObjectType        `json:"create,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
	// Route hands over to this team while people are there; BookingURL is
	// offered otherwise.
	Route      TeamID            `json:"route,omitempty"`
	BookingURL string            `json:"booking_url,omitempty"`
	Message    map[string]string `json:"message,omitempty"`
}

// GoalAnswer is one answer with its evidence.
type GoalAnswer struct {
	Criterion string `json:"criterion"`
	// Value in the criterion's form; empty when the customer would not say.
	Value string `json:"value"`
	// Message is the customer's message that says so, empty for a value that
	// the CRM had.
	Message MessageID `json:"message,omitempty"`
	Refused bool      `json:"refused,omitempty"`
}

// GoalScore is what the rules make of the answers.
type GoalScore struct {
	Verdict GoalVerdict `json:"verdict"`
	Points  int         `json:"points"`
	// Reasons are those of the rules that matched, in the order of the criteria.
	Reasons []string `json:"reasons,omitempty"`
	// Missing are required criteria without an answer.
	Missing []string `json:"missing,omitempty"`
}
