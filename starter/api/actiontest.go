package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"steward/internal/actions"
	"steward/internal/seal"
	"steward/schemas"
)

// testAction makes the call of an action for an admin, from this process and
// without a conversation. Spec: S53.
func (a *API) testAction(ctx context.Context, in *struct {
	ActionPath
	Body schemas.ActionTest
},
) (*body[schemas.ActionTested], error) {
	if a.o.Calls == nil {
		return nil, schemas.NewError(schemas.KindUnavailable, "this server makes no calls")
	}
	u, err := a.uses(ctx)
	if err != nil {
		return nil, err
	}
	settings, missing := u.published, "there is no published action of this name: publish the draft, or test the draft"
	if in.Body.Draft {
		settings, missing = u.draft, "there is no action of this name in the draft"
	}
	at := named(settings.Actions, in.Name)
	if at < 0 {
		return nil, noAction(missing)
	}
	one := actions.Normalise(settings.Actions[at])
	// What is out of use is tried before it is used.
	one.Disabled = false
	request, err := a.testRequest(ctx, one, in.Body)
	if err != nil {
		return nil, err
	}
	result := a.o.Calls.Run(ctx, request)
	if one.Effect.Changes() {
		a.o.Log.InfoContext(ctx, "action tested", "action", one.Name, "really", in.Body.Really, "state", result.State, "key", request.Key)
	}
	out := schemas.ActionTested{
		State: result.State, Error: result.Error, Status: result.Status, TookMillis: result.Took.Milliseconds(),
		DryRun: request.Test && one.Effect.Changes(), Values: some(result.Values),
		Engine: actions.ForEngine(one, result), Customer: actions.ForCustomer(one, result),
	}
	if out.Advice, err = a.advice(ctx, request.Connection, result); err != nil {
		return nil, err
	}
	return answer(out, nil)
}

// testRequest is the call with the arguments checked and filled in.
func (a *API) testRequest(ctx context.Context, one schemas.Action, t schemas.ActionTest) (schemas.RunRequest, error) {
	if t.Identity == "" {
		t.Identity = one.Protection.Level()
	}
	if !t.Identity.Valid() {
		return schemas.RunRequest{}, wrong("identity", "one of anonymous, claimed_email, matched_email, verified_email, authenticated")
	}
	c, err := a.o.Store.Connection(ctx, connectionOf(one))
	if err != nil {
		if schemas.KindOf(err) == schemas.KindNotFound {
			err = schemas.NewError(schemas.KindConflict, "the action's connection has been deleted: make one of the same name")
		}
		return schemas.RunRequest{}, err
	}
	args, problems := actions.CheckArguments(one, t.Arguments)
	if len(problems) > 0 {
		return schemas.RunRequest{}, wrongArguments(problems)
	}
	env := actions.Env{Email: t.Email, Name: t.Name, Language: t.Language, Channel: schemas.ChannelLiveChat}
	if t.Identity.Meets(schemas.IdentityVerifiedEmail) {
		env.VerifiedEmail = t.Email
	}
	// There is no contact and no conversation: their ids are those of this test.
	id := uuid.NewString()
	env.Contact, env.Conversation = schemas.ContactID("test-"+id), schemas.ConversationID("test-"+id)
	filled, err := actions.Fill(one, args, env)
	if err != nil {
		return schemas.RunRequest{}, placed("", err)
	}
	return schemas.RunRequest{
		Action: one, Connection: c, Arguments: filled, Key: "test/" + id, Contact: env.Contact, Conversation: env.Conversation,
		Email: t.Email, Name: t.Name, Language: t.Language, Channel: env.Channel, Level: t.Identity, Test: !t.Really,
	}, nil
}

// wrongArguments names every argument that cannot be used.
func wrongArguments(problems []actions.Problem) error {
	p := newProblem(http.StatusUnprocessableEntity, "")
	for i, one := range problems {
		field := strings.TrimSuffix("arguments."+one.Input, ".")
		if i == 0 {
			p.Detail = sentence(field + ": " + one.Hint)
		}
		p.Errors = append(p.Errors, schemas.FieldProblem{Location: "body." + field, Message: one.Hint})
	}
	return p
}

// advice says what to do about a failure, without a word of the other system.
func (a *API) advice(ctx context.Context, c schemas.Connection, r schemas.RunResult) (string, error) {
	if r.State == schemas.RunOK || r.State == schemas.RunWaiting {
		return "", nil
	}
	if r.Error == schemas.RunErrorConfig {
		return a.configAdvice(ctx, c)
	}
	switch r.Error {
	case schemas.RunErrorAuth:
		return "The system refused the credential: set the connection's secret anew and look at its auth.", nil
	case schemas.RunErrorBlocked:
		return "The address is on a private network or on another port: list it in the connection's private_hosts or ports if it is meant.", nil
	case schemas.RunErrorTooLarge:
		return "The answer is over the action's max_bytes.", nil
	case schemas.RunErrorMalformed:
		return "The answer is not JSON or text, or an output's path is not in it.", nil
	case schemas.RunErrorChanged:
		return "The server's tool is not the approved one any more: import it again.", nil
	case schemas.RunErrorArguments:
		return "A value cannot stand where the action puts it.", nil
	case schemas.RunErrorNotFound:
		return "The system has nothing under this address: check the path and the arguments.", nil
	case schemas.RunErrorRejected:
		return "The system refused the call: check its path, body and success.", nil
	}
	return "The system did not answer, or not in time.", nil
}

// configAdvice looks for what is missing.
func (a *API) configAdvice(ctx context.Context, c schemas.Connection) (string, error) {
	switch {
	case c.Disabled:
		return "The connection is disabled.", nil
	case c.Secret == "":
		return "The action cannot be called as it is configured.", nil
	case c.Secret != seal.Reference(c.Name):
		return "The connection's secret is not where its reference says, on the machine of the server.", nil
	}
	sealed, err := a.o.Store.ConnectionSecret(ctx, c.Name)
	if schemas.KindOf(err) == schemas.KindNotFound {
		return "No secret is stored for the connection: set it.", nil
	}
	if err != nil {
		return "", err
	}
	if _, err := a.o.Keys.Open(c.Name, sealed); errors.Is(err, seal.ErrNoKey) || errors.Is(err, seal.ErrOtherKey) {
		return "The stored secret was encrypted under another key: set it again, or put the old key into STEWARD_SECRETS_KEY_OLD.", nil
	} else if err != nil {
		return "The stored secret cannot be read: set it again.", nil
	}
	return "A secret that the action uses is not where its reference says, on the machine of the server.", nil
}
