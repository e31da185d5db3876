package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"steward/schemas"
)

// answered makes a conversation that the agent has answered.
func (p *place) answered(ts *testscript.TestScript) schemas.ConversationID {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db := p.main.ingress
	session, err := db.OpenSession(ctx, p.main.deployment.PublicKey, "en", time.Hour)
	ts.Check(err)
	got, err := db.Receive(ctx, session.Inbound(uuid.NewString(), "How long can I return an order?"))
	ts.Check(err)
	rules := schemas.Rules{Next: func(f schemas.Facts) schemas.Verdict {
		if f.Head.Owner == schemas.OwnerNone {
			return schemas.Verdict{Do: schemas.DoAdmit}
		}
		return schemas.Verdict{Do: schemas.DoTurn, Until: f.Now.Add(time.Minute)}
	}}
	next, err := db.NextStep(ctx, got.Conversation, rules)
	ts.Check(err)
	ref := schemas.TurnRef{Conversation: got.Conversation, Turn: next.Head.Turn, Step: 1}
	ts.Check(db.SaveDecision(ctx, ref, schemas.Decision{Kind: schemas.DecisionAnswer}, schemas.StepNote{}))
	_, err = db.Compose(ctx, schemas.ComposeInput{TurnRef: ref, Epoch: next.Head.Epoch}, schemas.ComposeRules{
		Rules: rules, Reply: func(schemas.ComposeFacts) schemas.Reply {
			return schemas.Reply{Verdict: schemas.ComposedReply, Text: "Within 30 days.", Kind: schemas.DecisionAnswer}
		},
	})
	ts.Check(err)
	claim, err := db.ClaimPart(ctx, got.Conversation)
	ts.Check(err)
	_, err = db.FinishPart(ctx, got.Conversation, claim.Part.Attempt, schemas.Delivered{Result: schemas.SentDone})
	ts.Check(err)
	return got.Conversation
}

// play ends a run of one past conversation, which was answered otherwise.
func (p *place) play(ts *testscript.TestScript, run schemas.EvalRunID) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db := p.main.ingress
	target, err := db.EvalTarget(ctx, run, 0)
	ts.Check(err)
	was := target.Past.Was
	try := schemas.EvalTry{EvalResult: schemas.EvalResult{
		Case: string(target.Past.Conversation), Repeat: 1, Was: &was, Failures: []schemas.EvalFailure{
			{Turn: was.Turns[0].Turn, Field: string(schemas.PastText), Want: was.Turns[0].Reply, Got: "Within 14 days."},
		},
	}}
	ts.Check(db.SaveTry(ctx, schemas.PlayCaseInput{Run: run}, try, ""))
	ts.Check(db.EndEvalRun(ctx, run, schemas.EvalDone))
}
