package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Task queues. Settled: rule 30.
const (
	// QueueConversations runs the workflows and the fast activities.
	QueueConversations = "conversations"
	// QueueModels runs model calls, so that a slow provider holds up no sends.
	QueueModels = "models"
	// QueueKnowledge runs fetching and indexing of content.
	QueueKnowledge = "knowledge"
	// QueuePreview runs previews and evaluations whole, so that they hold up no
	// customer. Settled: rule 26.
	QueuePreview = "preview"
)

// Workflow types.
const (
	WorkflowConversation = "Conversation"
	WorkflowHandoff      = "Handoff"
	WorkflowAgent        = "Agent"
	WorkflowSyncSource   = "SyncSource"
	WorkflowCrawl        = "Crawl"
	WorkflowReindex      = "Reindex"
	WorkflowPull         = "PullConnector"
	WorkflowSweep        = "Sweep"
	WorkflowUpkeep       = "Upkeep"
	WorkflowEvaluation   = "Evaluation"
	WorkflowGoalOutcome  = "GoalOutcome"
)

// UpdateReceive delivers one inbox row to its Conversation. The update id is
// UpdateIDFor the row's dedupe key.
const UpdateReceive = "Receive"

// Signals of the Agent workflow, sent from the Temporal UI, the CLI or the API.
const (
	SignalPause     = "Pause"
	SignalResume    = "Resume"
	SignalSwitchOn  = "SwitchOn"
	SignalSwitchOff = "SwitchOff"
)

// SignalWake tells a Handoff to read its row again. Losing it is harmless: the
// workflow also wakes at its own deadline.
const SignalWake = "Wake"

// Signals of the SyncSource workflow. It also takes Pause and Resume, which
// hold its crawl and let it go on.
const (
	// SignalResync, with a SyncTrigger, asks for another round when the one under
	// way is over: what the source holds has changed, the source goes, or an admin
	// wants it read again.
	SignalResync = "Resync"
	// SignalStop ends the reading; what was read is kept and indexed.
	SignalStop = "Stop"
)

// Queries.
const (
	// QueryState returns where the workflow stands.
	QueryState = "State"
	// QueryTranscript returns ids of the messages the run has taken, no text.
	QueryTranscript = "Transcript"
	// QueryProgress returns how far a sync has come.
	QueryProgress = "Progress"
)

// Search attributes. All but Turns are keywords with opaque values. None is
// named Status, which the Temporal UI hides. Settled: rule 30.
const (
	AttributeAgentID           = "AgentID"
	AttributeChannel           = "Channel"
	AttributeConversationState = "ConversationState"
	AttributeOwner             = "Owner"
	AttributeHandoffReason     = "HandoffReason"
	AttributeAssignedTo        = "AssignedTo"
	AttributeCloseReason       = "CloseReason"
	AttributeConfigVersion     = "ConfigVersion"
	AttributeTurns             = "Turns"
)

// KeywordAttributes lists the keyword search attributes; AttributeTurns is the
// only integer.
func KeywordAttributes() []string {
	return []string{
		AttributeAgentID, AttributeChannel, AttributeConversationState, AttributeOwner,
		AttributeHandoffReason, AttributeAssignedTo, AttributeCloseReason, AttributeConfigVersion,
	}
}

// The schedules of the whole deployment: one wakes overdue rows, one looks after
// content.
const (
	SweepScheduleID  = "sweep"
	UpkeepScheduleID = "upkeep"
)

const (
	conversationWorkflowPrefix = "conversation/"
	handoffWorkflowPrefix      = "handoff/"
	agentWorkflowPrefix        = "agent/"
	syncWorkflowPrefix         = "source-sync/"
	reindexWorkflowPrefix      = "reindex/"
	pullWorkflowPrefix         = "pull/"
	evalWorkflowPrefix         = "eval/"
	goalWorkflowPrefix         = "goal/"
	resyncSchedulePrefix       = "resync/"
)

// ConversationWorkflowID is the workflow id of a conversation.
func ConversationWorkflowID(id ConversationID) string { return conversationWorkflowPrefix + string(id) }

// ConversationIDFromWorkflowID reads the conversation back from a workflow id;
// ok is false for any other workflow's id.
func ConversationIDFromWorkflowID(workflowID string) (id ConversationID, ok bool) {
	rest, ok := strings.CutPrefix(workflowID, conversationWorkflowPrefix)
	return ConversationID(rest), ok
}

// HandoffWorkflowID is the workflow id of a handoff.
func HandoffWorkflowID(id HandoffID) string { return handoffWorkflowPrefix + string(id) }

// AgentWorkflowID is the workflow id of an agent.
func AgentWorkflowID(id AgentID) string { return agentWorkflowPrefix + string(id) }

// SyncWorkflowID is the workflow id of a source's synchronisation.
func SyncWorkflowID(id SourceID) string { return syncWorkflowPrefix + string(id) }

// CrawlWorkflowID is the workflow id of the crawl of a source's synchronisation.
func CrawlWorkflowID(id SourceID) string { return SyncWorkflowID(id) + "/crawl" }

// ResyncScheduleID is the id of the schedule that reads a source again.
func ResyncScheduleID(id SourceID) string { return resyncSchedulePrefix + string(id) }

// ReindexWorkflowID is the workflow id that makes an agent's index anew.
func ReindexWorkflowID(id AgentID) string { return reindexWorkflowPrefix + string(id) }

// EvalWorkflowID is the workflow id of a run of a suite.
func EvalWorkflowID(id EvalRunID) string { return evalWorkflowPrefix + string(id) }

// GoalWorkflowID is the workflow id that writes the outcome of a goal's run to
// the CRM.
func GoalWorkflowID(key string) string { return goalWorkflowPrefix + key }

// PullWorkflowID is the id of a connector's pull, and of its schedule.
func PullWorkflowID(id ConnectorID) string { return pullWorkflowPrefix + string(id) }

// SyncIDFor makes the id of a run from the Temporal run that does it and its
// round, so that a step that is repeated gets the same one.
func SyncIDFor(run string, round int) SyncID {
	sum := sha256.Sum256([]byte(run + "/" + strconv.Itoa(round)))
	var id [16]byte
	copy(id[:], sum[:])
	// The bits of a UUID of version 8 (RFC 9562).
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return SyncID(FormatID(PrefixSync, id))
}

// UpdateIDFor derives the Receive update's id from an inbox row's dedupe key.
// The key may hold a provider's message id, so it is hashed: SHA-256, hex.
// Settled: rule 11.
func UpdateIDFor(dedupeKey string) string {
	sum := sha256.Sum256([]byte(dedupeKey))
	return hex.EncodeToString(sum[:])
}
