package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"steward/internal/actions"
	"steward/internal/policy"
	"steward/schemas"
)

// ActionStore keeps the runs of actions.
type ActionStore interface {
	CheckAction(ctx context.Context, in schemas.CheckActionInput, rules schemas.GateRules) (schemas.CheckActionResult, error)
	ClaimRun(ctx context.Context, in schemas.RunActionInput, rules schemas.GateRules) (schemas.Claimed, error)
	FinishRun(ctx context.Context, in schemas.RunActionInput, attempt int, o schemas.RunOutcome) error
}

// Caller makes one call of an action. It never fails: what went wrong is in the
// result.
type Caller interface {
	Run(ctx context.Context, r schemas.RunRequest) schemas.RunResult
}

// callAttempts is how often a call is made that may be repeated.
const callAttempts = 3

// CheckAction takes one call past its gates, or asks somebody about it. A local
// activity.
func (a *Conversations) CheckAction(ctx context.Context, in schemas.CheckActionInput) (schemas.CheckActionResult, error) {
	a.fault("check_action.before")
	out, err := a.Runs.CheckAction(ctx, in, a.gateRules())
	a.fault("check_action.after_commit")
	return out, failure(ctx, err)
}

// RunAction makes the call of a run, once its gates still let it, and stores
// what came of it. A call that may be repeated is repeated by Temporal; one
// that may not and whose worker died ends as unknown. Spec: D17.
func (a *Conversations) RunAction(ctx context.Context, in schemas.RunActionInput) (schemas.RunActionResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	a.fault("run_action.before")
	claim, err := a.Runs.ClaimRun(ctx, in, a.gateRules())
	if err != nil {
		return schemas.RunActionResult{}, failure(ctx, err)
	}
	if claim.Result != nil {
		return *claim.Result, nil
	}
	a.fault("run_action.after_claim")
	if claim.Token != "" && a.CallbackBase != "" {
		claim.Request.CallbackURL = a.CallbackBase + claim.Token
	}
	result := a.makeCall(ctx, claim.Request)
	a.fault("run_action.after_call")
	if result.Retryable && claim.Attempt < callAttempts && ctx.Err() == nil {
		return schemas.RunActionResult{}, temporal.NewApplicationErrorWithOptions("the other system cannot answer now",
			string(result.Error), temporal.ApplicationErrorOptions{
				NextRetryDelay: pauseBefore(claim.Attempt, result.RetryAfter), Category: temporal.ApplicationErrorCategoryBenign,
			})
	}
	// The call was made, whatever becomes of this activity.
	if err := a.Runs.FinishRun(context.WithoutCancel(ctx), in, claim.Attempt, actions.Outcome(claim.Request.Action, result)); err != nil {
		return schemas.RunActionResult{}, failure(ctx, err)
	}
	a.fault("run_action.after_commit")
	a.lookAgain(ctx, in, claim.Request.Action, result)
	return schemas.RunActionResult{
		State: result.State, HandOff: claim.Request.Action.HandOff && result.State == schemas.RunOK,
	}, nil
}

// pauseBefore is the wait before the call after attempt n: what the system asks
// for, at most half a minute, else one second doubling.
func pauseBefore(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, 30*time.Second)
	}
	return time.Second << min(n-1, 4)
}

func (a *Conversations) makeCall(ctx context.Context, r schemas.RunRequest) schemas.RunResult {
	caller := a.Callers[r.Action.Kind]
	if caller == nil {
		return schemas.RunResult{State: schemas.RunFailed, Error: schemas.RunErrorConfig}
	}
	env := actions.Env{
		Contact: r.Contact, Email: r.Email, Name: r.Name, Language: r.Language, Channel: r.Channel, Conversation: r.Conversation,
	}
	if r.Level.Meets(schemas.IdentityVerifiedEmail) {
		env.VerifiedEmail = r.Email
	}
	filled, err := actions.Fill(r.Action, r.Arguments, env)
	if err != nil {
		activity.GetLogger(ctx).Error("action cannot be called", "action", r.Action.Name, "error", err)
		return schemas.RunResult{State: schemas.RunFailed, Error: schemas.RunErrorConfig}
	}
	r.Arguments = filled
	return caller.Run(ctx, r)
}

// readCall finds the action of a call and reads its arguments.
func readCall(m schemas.Material, c schemas.Call) schemas.ReadCall {
	return readCRM(m, readConfigured(m, c))
}

func readConfigured(m schemas.Material, c schemas.Call) schemas.ReadCall {
	a := actionNamed(m.Settings, c.Action)
	if a == nil {
		return schemas.ReadCall{Status: schemas.CallNotPossible}
	}
	args, problems := actions.CheckArguments(*a, c.Arguments)
	out := schemas.ReadCall{Action: a, Status: schemas.CallOK, Digest: actions.Digest(*a)}
	if len(problems) > 0 {
		out.Status = schemas.CallMissing
		for _, p := range problems {
			if p.Kind != actions.ProblemMissing {
				out.Status = schemas.CallInvalid
			}
		}
		// Problems hold words of the definition only, which marshal.
		detail, _ := json.Marshal(problems)
		out.Detail = string(detail)
		return out
	}
	raw, err := json.Marshal(args)
	if err != nil {
		out.Status = schemas.CallInvalid
		return out
	}
	out.Arguments, out.Hash = raw, actions.Hash(*a, args)
	return out
}

// actionNamed is the configured action of a name, nil when there is none.
func actionNamed(s schemas.Settings, name string) *schemas.Action {
	for i := range s.Actions {
		if s.Actions[i].Name == name {
			a := actions.Normalise(s.Actions[i])
			return &a
		}
	}
	return nil
}

// toolsOf are the actions offered in a turn, sorted by name.
func toolsOf(m schemas.Material) []schemas.Tool {
	var out []schemas.Tool
	for _, a := range m.Settings.Actions {
		if !a.Disabled && policy.OnChannel(a, m.Channel) {
			out = append(out, actions.Tool(a))
		}
	}
	slices.SortFunc(out, func(a, b schemas.Tool) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
