package workflows

import (
	"fmt"
	"strconv"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// show tells operators where the conversation stands: search attributes in one
// upsert when one of them has changed, and the details of the workflow's page,
// which cost no history.
func (c *conversation) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, c.details())
	if c.head.Conversation == "" {
		return nil
	}
	now := c.attributes()
	if now == c.state.Shown {
		return nil
	}
	updates := changes(c.state.Shown, now)
	c.state.Shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

func (c *conversation) attributes() schemas.Attributes {
	h := c.head
	a := schemas.Attributes{
		AgentID: string(h.Agent), Channel: string(h.Channel), State: string(h.Lifecycle), Owner: string(h.Owner),
		HandoffReason: string(h.HandoffReason), AssignedTo: string(h.AssignedTo), CloseReason: string(h.CloseReason),
		Turns: int64(h.Turn),
	}
	if h.ConfigVersion > 0 {
		a.ConfigVersion = strconv.Itoa(h.ConfigVersion)
	}
	return a
}

func changes(was, now schemas.Attributes) []temporal.SearchAttributeUpdate {
	var out []temporal.SearchAttributeUpdate
	keyword := func(name, was, now string) {
		key := temporal.NewSearchAttributeKeyKeyword(name)
		switch {
		case was == now:
		case now == "":
			out = append(out, key.ValueUnset())
		default:
			out = append(out, key.ValueSet(now))
		}
	}
	keyword(schemas.AttributeAgentID, was.AgentID, now.AgentID)
	keyword(schemas.AttributeChannel, was.Channel, now.Channel)
	keyword(schemas.AttributeConversationState, was.State, now.State)
	keyword(schemas.AttributeOwner, was.Owner, now.Owner)
	keyword(schemas.AttributeHandoffReason, was.HandoffReason, now.HandoffReason)
	keyword(schemas.AttributeAssignedTo, was.AssignedTo, now.AssignedTo)
	keyword(schemas.AttributeCloseReason, was.CloseReason, now.CloseReason)
	keyword(schemas.AttributeConfigVersion, was.ConfigVersion, now.ConfigVersion)
	if was.Turns != now.Turns {
		out = append(out, temporal.NewSearchAttributeKeyInt64(schemas.AttributeTurns).ValueSet(now.Turns))
	}
	return out
}

// details is the Markdown on the workflow's page.
func (c *conversation) details() string {
	h := c.head
	var b strings.Builder
	add(&b, "**%s**, owner %s", orDash(string(h.Lifecycle)), orDash(string(h.Owner)))
	if h.HandoffReason != schemas.ReasonNone {
		add(&b, " · reason: %s", h.HandoffReason)
	}
	if h.CloseReason != schemas.CloseNone {
		add(&b, " · closed: %s", h.CloseReason)
	}
	if h.Outcome != schemas.OutcomeNone {
		add(&b, " · outcome: %s", h.Outcome)
	}
	add(&b, "\n\n- %s\n- %d turns, engagement %d, epoch %d, configuration %d\n", c.doing, h.Turn, h.Engagement, h.Epoch, h.ConfigVersion)
	if h.Unsent > 0 {
		add(&b, "- %d parts to send\n", h.Unsent)
	}
	if !h.Deadline.IsZero() {
		add(&b, "- %s at %s\n", h.DeadlineKind, h.Deadline.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	if h.Handoff != "" {
		add(&b, "- handoff `%s`\n", schemas.HandoffWorkflowID(h.Handoff))
	}
	return b.String()
}

// add writes formatted text. A builder never fails, and only text in memory is
// touched, unlike with fmt.Fprintf, which the determinism check refuses.
func add(b *strings.Builder, format string, args ...any) {
	b.WriteString(fmt.Sprintf(format, args...))
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
