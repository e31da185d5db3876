package schemas

import (
	"fmt"
	"time"
)

// Known is what is stored about who writes in a conversation. It holds the
// address and the key of its hashes, so it stays inside the process that read
// it: no prompt, no history. Spec: D7.
type Known struct {
	// Now is the database's clock; LastActive is when the customer wrote last
	// before the messages of this turn, zero when they had not.
	Now, LastActive time.Time
	// Email is the address that the contact has now, empty for none.
	Email string
	// Proof is what came with Email, as of Proof.At; its Address is not set.
	Proof Proof
	// Code is the code by which the conversation verified an address last, nil
	// for none.
	Code *Proof
	// Preview is how well the customer of a preview counts as known, empty in a
	// conversation with a customer.
	Preview IdentityLevel
	// PlaysPast: the preview plays a past conversation again, so that nobody is
	// asked about its customer.
	PlaysPast bool
	// Key is the deployment's key of the hashes of addresses and codes.
	Key []byte
	// Customer is what the CRM said of the customer last, nil before it was asked.
	Customer *Customer
}

// Match says how many records of a CRM have the customer's address.
type Match string

// The matches. MatchUnknown: there is no address, or the CRM did not answer.
const (
	MatchUnknown Match = "unknown"
	MatchNone    Match = "none"
	MatchOne     Match = "one"
	// MatchSeveral binds nobody: which of them writes is for people to find out.
	MatchSeveral Match = "several"
)

// Valid reports whether m is one of the matches.
func (m Match) Valid() bool {
	switch m {
	case MatchUnknown, MatchNone, MatchOne, MatchSeveral:
		return true
	}
	return false
}

// CustomerFresh is how long what a CRM said of a customer may be used: about
// the length of a turn with its waits. Each turn asks anew.
const CustomerFresh = 10 * time.Minute

// Customer is a short-lived copy of what a CRM says of who writes. The records
// stay with the CRM; a conversation has one copy, which each turn replaces and
// another address takes away. Spec: S51, S52.
type Customer struct {
	// System is the name of the CRM.
	System string
	// Address is the keyed hash of the address that was looked up, empty when
	// there was none.
	Address string
	Match   Match
	// Record is set for MatchOne, with the granted properties only.
	Record Record
	// Properties are the definitions of the granted properties; empty when the CRM
	// did not answer.
	Properties []Property
	// OpenTickets counts the tickets of the record that are not closed, when there
	// are goals; they wait for such worries.
	OpenTickets int
	// At is set by the store.
	At time.Time
}

// LookUpInput asks for what the CRM says of the customer of a turn.
type LookUpInput struct {
	TurnRef
}

// LookUpResult counts; what was found is stored.
type LookUpResult struct {
	Match Match `json:"match"`
}

// IdentityNews is what a message of the customer said about who they are, read
// when it was stored: the code itself is in no row.
type IdentityNews string

// The news. NewsCodeNone: a code was given and none was waited for, or it was
// sent to another address. NewsAddress: the customer wrote their address.
const (
	NewsNone         IdentityNews = ""
	NewsCodeAccepted IdentityNews = "accepted"
	NewsCodeWrong    IdentityNews = "wrong"
	NewsCodeLocked   IdentityNews = "locked"
	NewsCodeExpired  IdentityNews = "expired"
	NewsCodeNone     IdentityNews = "none"
	NewsAddress      IdentityNews = "address"
)

// CheckFacts is how the proof of an address stands.
type CheckFacts struct {
	// News is the latest of the messages that no turn has answered.
	News IdentityNews
	// Left is how many tries the code has that was sent last.
	Left int
	// Sent: that code can still be given.
	Sent bool
}

// InboundRules read identity from a customer's message before it is stored.
// The zero value reads nothing. Spec: D7.
type InboundRules struct {
	// Read finds a code and an address in a text.
	Read func(text string) InboundRead
	// Judge decides on a code for the address that the contact has now.
	Judge func(f CodeFacts, key []byte, email, code string) CodeVerdict
}

// InboundRead is what a text holds.
type InboundRead struct {
	// Code is the one code in it, empty for none or several.
	Code string
	// Masked is the text without anything that may be a code.
	Masked string
	// Address is the one email address in it, empty for none or several.
	Address string
	// Own: the text says that Address is the customer's.
	Own bool
}

// SendCodeInput asks to send the customer a code about a run that waits.
type SendCodeInput struct {
	// TurnRef holds the step, which is the key of the mail and of the message.
	TurnRef
	Epoch int64  `json:"epoch"`
	Run   RunRef `json:"run"`
	// Resumed is true when the turn goes on with the run.
	Resumed bool `json:"resumed,omitempty"`
	// Decision and Place are those of the call's check.
	Decision int `json:"decision,omitempty"`
	Place    int `json:"place,omitempty"`
}

// CodeKey is the key of the code, its mail and the message about it.
func (in SendCodeInput) CodeKey() string {
	return fmt.Sprintf("%s/%d/%d", in.Conversation, in.Turn, in.Step)
}

// SendCodeResult returns the conversation's head. Neither the code nor the
// address is in it.
type SendCodeResult struct {
	Outcome CodeOutcome `json:"outcome"`
	Head    Head        `json:"head"`
}

// CodeOutcome is what became of sending a code.
type CodeOutcome string

// The outcomes. CodeRefused: too many were sent in the last hour.
// CodeNotSent: the mail could not be handed over.
const (
	CodeSent    CodeOutcome = "sent"
	CodeRefused CodeOutcome = "refused"
	CodeNotSent CodeOutcome = "not_sent"
)
