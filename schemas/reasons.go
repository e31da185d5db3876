package schemas

// Reason is the one vocabulary of why a conversation is with people or waits,
// shared by admission, handoff, search attributes and metrics.
// Settled: rule 23. Spec: D1.
type Reason string

// Reasons of admission. Spec: D1.
const (
	ReasonNone         Reason = ""
	ReasonAgentOff     Reason = "agent_off"
	ReasonOutOfCredits Reason = "out_of_credits"
	ReasonOutsideHours Reason = "outside_hours"
	ReasonNotDeployed  Reason = "not_deployed"
	ReasonNotPublished Reason = "not_published"
	ReasonIgnoreList   Reason = "ignore_list"
	ReasonAgentPaused  Reason = "agent_paused"
)

// Reasons found during a conversation.
const (
	ReasonCustomerRequest    Reason = "customer_request"
	ReasonKeyword            Reason = "keyword"
	ReasonTopic              Reason = "topic"
	ReasonCannotAnswer       Reason = "cannot_answer"
	ReasonRepeatedFailure    Reason = "repeated_failure"
	ReasonSentiment          Reason = "sentiment"
	ReasonVIP                Reason = "vip"
	ReasonSensitiveAction    Reason = "sensitive_action"
	ReasonOtherParticipant   Reason = "other_participant"
	ReasonUnsupportedContent Reason = "unsupported_content"
	ReasonVerificationFailed Reason = "verification_failed"
	ReasonSystemError        Reason = "system_error"
	ReasonDeliveryFailed     Reason = "delivery_failed"
	ReasonManual             Reason = "manual"
	ReasonBudget             Reason = "budget"
	// ReasonQualified: a goal found a lead that people should talk to.
	ReasonQualified Reason = "qualified"
	// ReasonUnanswered: the customer went quiet while a question of theirs had
	// no answer, so it goes to people instead of being closed. Spec: D5.
	ReasonUnanswered Reason = "unanswered"
)

// Valid reports whether r is in the vocabulary or none.
func (r Reason) Valid() bool {
	switch r {
	case ReasonNone, ReasonAgentOff, ReasonOutOfCredits, ReasonOutsideHours, ReasonNotDeployed,
		ReasonNotPublished, ReasonIgnoreList, ReasonAgentPaused, ReasonCustomerRequest, ReasonKeyword,
		ReasonTopic, ReasonCannotAnswer, ReasonRepeatedFailure, ReasonSentiment, ReasonVIP,
		ReasonSensitiveAction, ReasonOtherParticipant, ReasonUnsupportedContent, ReasonVerificationFailed,
		ReasonSystemError, ReasonDeliveryFailed, ReasonManual, ReasonBudget, ReasonUnanswered, ReasonQualified:
		return true
	}
	return false
}
