package actions

import (
	"steward/schemas"
)

// maxReport bounds the body of a report.
const maxReport = 256 << 10

// Report reads what a system reports of a call that it had only accepted: one
// JSON object {"status": "ok" or "failed", "result": …}. The result is mapped by
// the action's outputs like an answer. The error is of KindInvalid.
func Report(a schemas.Action, body []byte) (schemas.RunResult, error) {
	const form = `a report is a JSON object {"status": "ok" or "failed", "result": …} of at most 256 KiB`
	a = Normalise(a)
	if len(body) > maxReport {
		return schemas.RunResult{}, schemas.NewError(schemas.KindTooLarge, form)
	}
	root, err := parse(body, maxAnswerDepth, maxAnswerMembers)
	object, ok := root.(map[string]any)
	if err != nil || !ok {
		return schemas.RunResult{}, schemas.NewError(schemas.KindInvalid, form)
	}
	switch object["status"] {
	case "ok":
	case "failed":
		return schemas.RunResult{State: schemas.RunFailed, Error: schemas.RunErrorRejected}, nil
	default:
		return schemas.RunResult{}, schemas.NewError(schemas.KindInvalid, form)
	}
	out := schemas.RunResult{State: schemas.RunOK}
	result, given := object["result"]
	if !given || result == nil {
		return out, nil
	}
	// A result that the outputs cannot be read from is still a success.
	out.Values, _ = answer{json: true, root: result}.values(a, nil)
	return out, nil
}

// Outcome is what is kept of a call: what an engine may read of it and what
// the customer may see.
func Outcome(a schemas.Action, r schemas.RunResult) schemas.RunOutcome {
	out := schemas.RunOutcome{Result: r}
	switch r.State {
	case schemas.RunOK:
		out.Status = schemas.CallOK
	case schemas.RunUnknown:
		out.Status = schemas.CallUnknown
	case schemas.RunWaiting:
		out.Status = schemas.CallAsked
	default:
		out.Status = schemas.CallFailed
	}
	out.Detail = ForEngine(a, r)
	if r.State == schemas.RunWaiting {
		out.Detail = "the system reports the result later"
	}
	for _, v := range r.Values {
		if v.Visibility == schemas.VisibleCustomer {
			out.Shown = append(out.Shown, v)
		}
	}
	return out
}
