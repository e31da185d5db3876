package agent

import "steward/schemas"

// WaitingFor describes to an engine what the conversation waits for, so that it
// neither asks again nor says that it is done.
func WaitingFor(pending []schemas.Pending) []string {
	var out []string
	for _, p := range pending {
		switch p.Kind {
		case schemas.PendingConfirmation:
			out = append(out, "the customer's yes or no to "+p.Action)
		case schemas.PendingIdentity:
			out = append(out, "proof of who the customer is, for "+p.Action)
		case schemas.PendingApproval:
			out = append(out, "a colleague's decision about "+p.Action)
		case schemas.PendingReply:
			out = append(out, "a colleague's decision about a reply")
		case schemas.PendingCallback:
			out = append(out, "another system's result of "+p.Action)
		}
	}
	return out
}
