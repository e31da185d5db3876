package schemas

import (
	"fmt"
	"time"
)

// PauseScope is how much of the agent a pause stops. Spec: D2.
type PauseScope string

// The scopes. The zero value is read as ScopeAgent: a Pause whose input cannot
// be read pauses the whole agent. Settled: rule 18.
const (
	ScopeAgent        PauseScope = "agent"
	ScopeChannel      PauseScope = "channel"
	ScopeConversation PauseScope = "conversation"
)

// Valid reports whether s is one of the scopes.
func (s PauseScope) Valid() bool {
	return s == ScopeAgent || s == ScopeChannel || s == ScopeConversation
}

// PauseInput is the argument of the Pause and Resume signals, and of the
// matching API calls. The zero value means the whole agent, until resumed.
type PauseInput struct {
	Scope PauseScope `json:"scope,omitempty"`
	// Target is a kind of channel, or a conversation id.
	Target string `json:"target,omitempty"`
	// Until ends the pause by itself; zero is never. Pause only.
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// Validate says what is wrong with p.
func (p PauseInput) Validate() error {
	switch p.Scope {
	case "", ScopeAgent:
		if p.Target != "" {
			return NewError(KindInvalid, "scope agent takes no target")
		}
	case ScopeChannel:
		if !ChannelKind(p.Target).Valid() {
			return NewError(KindInvalid, fmt.Sprintf("unknown channel %q: only live_chat is served", p.Target))
		}
	case ScopeConversation:
		if _, err := ParseID(PrefixConversation, p.Target); err != nil {
			return NewError(KindInvalid, "scope conversation needs a conversation id as target")
		}
	default:
		return NewError(KindInvalid, fmt.Sprintf("unknown scope %q: use agent, channel or conversation", p.Scope))
	}
	return nil
}

// SwitchInput is the argument of the SwitchOn and SwitchOff signals.
type SwitchInput struct {
	Reason string `json:"reason,omitempty"`
}

// AgentCommandKind is what an operator asked of the agent.
type AgentCommandKind string

// The commands.
const (
	CommandPause     AgentCommandKind = "pause"
	CommandResume    AgentCommandKind = "resume"
	CommandSwitchOn  AgentCommandKind = "switch_on"
	CommandSwitchOff AgentCommandKind = "switch_off"
	// CommandExpire ends the pauses whose time has come.
	CommandExpire AgentCommandKind = "expire"
	// CommandRead changes nothing and returns the state.
	CommandRead AgentCommandKind = "read"
)

// AgentInput starts or continues an Agent workflow.
type AgentInput struct {
	Agent AgentID `json:"agent"`
	// Queue holds commands not yet applied when the run was continued as new.
	Queue []AgentCommand `json:"queue,omitempty"`
}

// AgentCommand is one command with its argument.
type AgentCommand struct {
	Kind   AgentCommandKind `json:"kind"`
	Pause  PauseInput       `json:"pause"`
	Switch SwitchInput      `json:"switch"`
}

// AgentCommandInput asks the store to apply a command. Number is the state
// number the command is to produce; a number already reached is not applied
// again. Settled: rule 18.
type AgentCommandInput struct {
	Agent   AgentID      `json:"agent"`
	Command AgentCommand `json:"command"`
	Number  int64        `json:"number"`
}

// AgentState is the agent's switch as stored.
type AgentState struct {
	Agent AgentID `json:"agent"`
	Name  string  `json:"name,omitempty"`
	On    bool    `json:"on"`
	// Number rises with every change.
	Number int64 `json:"number"`
	// Reason is what the operator gave for the latest switch.
	Reason string  `json:"reason,omitempty"`
	Pauses []Pause `json:"pauses,omitempty"`
	// Next is when the next pause ends by itself; zero is never.
	Next time.Time `json:"next,omitzero"`
	// Published is the published version, 0 when there is none.
	Published int `json:"published"`
}

// Paused reports whether the whole agent is paused.
func (s AgentState) Paused() bool {
	for _, p := range s.Pauses {
		if p.Scope == ScopeAgent {
			return true
		}
	}
	return false
}

// Pause is one pause that is in force.
type Pause struct {
	ID     PauseID    `json:"id"`
	Scope  PauseScope `json:"scope"`
	Target string     `json:"target,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Since  time.Time  `json:"since"`
	Until  time.Time  `json:"until,omitzero"`
}

// FanOutInput asks to wake the conversations that a change of the agent's
// state or settings moves. Settled: rules 18, 22.
type FanOutInput struct {
	Agent  AgentID `json:"agent"`
	Number int64   `json:"number"`
}

// FanOutResult counts the conversations woken.
type FanOutResult struct {
	Woken int `json:"woken"`
}
