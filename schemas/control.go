package schemas

// ControlKind is what a control row says. Settled: rule 6.
type ControlKind string

// The control rows.
const (
	ControlTakeOver     ControlKind = "take_over"
	ControlGiveBack     ControlKind = "give_back"
	ControlClose        ControlKind = "close"
	ControlEnd          ControlKind = "end"
	ControlHandoff      ControlKind = "handoff"
	ControlHumanMessage ControlKind = "human_message"
	ControlAgentState   ControlKind = "agent_state"
	ControlSettings     ControlKind = "settings"
	ControlEmail        ControlKind = "email"
	ControlWake         ControlKind = "wake"
	// ControlConfirmation: the customer answered by a button.
	ControlConfirmation ControlKind = "confirmation"
	// ControlApproval: a person decided.
	ControlApproval ControlKind = "approval"
	// ControlCallback: a system reported the result of an action.
	ControlCallback ControlKind = "callback"
	// ControlVerified: the customer proved who they are.
	ControlVerified ControlKind = "verified"
)

// Valid reports whether k is one of the control rows.
func (k ControlKind) Valid() bool {
	switch k {
	case ControlTakeOver, ControlGiveBack, ControlClose, ControlEnd, ControlHandoff,
		ControlHumanMessage, ControlAgentState, ControlSettings, ControlEmail, ControlWake,
		ControlConfirmation, ControlApproval, ControlCallback, ControlVerified:
		return true
	}
	return false
}
