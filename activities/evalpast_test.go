package activities

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"steward/internal/policy"
	"steward/schemas"
)

// TestPlayPast plays what the customer wrote then, as the customer was known
// then, and stores in what it differs. Spec: D23.
func TestPlayPast(t *testing.T) {
	t.Parallel()
	two := []schemas.EvalTurn{
		{Turn: 1, Question: "How long?", Kind: schemas.DecisionAnswer, Reply: "30 days"},
		{Turn: 2, Question: "And shoes?", Kind: schemas.DecisionAnswer, Reply: "14 days"},
	}
	at := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	key := []byte("key")
	code := &schemas.Proof{Kind: schemas.ProofCode, Address: policy.AddressHash(key, "ada@example.com"), At: at.Add(-time.Minute)}
	for _, c := range []struct {
		name    string
		turns   []schemas.EvalTurn
		change  func(*stage)
		written []string
		want    []schemas.EvalFailure
	}{
		{"another answer", two, nil, []string{"How long?", "And shoes?"}, []schemas.EvalFailure{{Turn: 2, Field: "text", Want: "14 days", Got: "30 days"}}},
		{"the same", two[:1], nil, []string{"How long?"}, nil},
		{"people would have it", two, func(s *stage) { s.people = true }, []string{"How long?"}, []schemas.EvalFailure{{Turn: 2, Field: "not_played"}}},
		{"no reply", two[:1], func(s *stage) { s.silent = true }, []string{"How long?"}, nil},
		{"gone", nil, nil, nil, []schemas.EvalFailure{{Field: "not_played", Got: "gone"}}},
		{"no such channel", two[:1], func(s *stage) { s.refuse = schemas.NewError(schemas.KindInvalid, "no such channel") }, nil, []schemas.EvalFailure{{Turn: 1, Field: "not_played", Got: "player_failed"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &stage{closedAt: -1, written: map[schemas.ConversationID][]string{}, target: schemas.EvalTarget{Repeats: 1, Past: &schemas.PastCase{
				Conversation: "conv_1", Was: schemas.EvalTranscript{Turns: c.turns},
				Known: schemas.Known{Now: at, LastActive: at, Email: "ada@example.com", Key: key, Code: code},
			}}}
			if c.change != nil {
				c.change(s)
			}
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			evals := &Evals{Store: s, Poll: time.Microsecond, Patience: time.Millisecond}
			env.RegisterActivity(evals)
			if _, err := env.ExecuteActivity(evals.PlayCase, schemas.PlayCaseInput{Run: "run_1", Place: 4}); err != nil || len(s.saved) != 1 {
				t.Fatalf("%d saved, %v", len(s.saved), err)
			}
			got := s.saved[0]
			if diff := cmp.Diff(c.want, got.Failures); diff != "" {
				t.Errorf("differences:\n%s", diff)
			}
			if diff := cmp.Diff(c.written, s.written["run_1/4/1"]); diff != "" {
				t.Errorf("written:\n%s", diff)
			}
			if got.Case != "conv_1" || got.Was == nil || (len(c.written) > 0 && s.level != schemas.IdentityVerifiedEmail) {
				t.Errorf("result %+v at level %q", got, s.level)
			}
		})
	}
}

// nobody fails the test when anybody outside is asked.
type nobody struct {
	t *testing.T
	TurnStore
	CodeStore
	material schemas.Material
	kept     []schemas.Customer
	outcome  schemas.CodeOutcome
}

func (n *nobody) Material(context.Context, schemas.TurnRef) (schemas.Material, error) {
	return n.material, nil
}

func (n *nobody) LookUp(context.Context, schemas.CRMSettings, string) schemas.Customer {
	n.t.Error("the CRM was asked")
	return schemas.Customer{Match: schemas.MatchNone}
}

func (n *nobody) OpenTickets(context.Context, schemas.RecordRef) int {
	n.t.Error("the CRM was asked for tickets")
	return 0
}

func (n *nobody) Send(context.Context, schemas.Mail) (schemas.Delivered, error) {
	n.t.Error("a mail was sent")
	return schemas.Delivered{Result: schemas.SentDone}, nil
}

func (n *nobody) SaveCustomer(_ context.Context, _ schemas.ConversationID, c schemas.Customer) error {
	n.kept = append(n.kept, c)
	return nil
}

func (n *nobody) FinishCode(_ context.Context, _ schemas.SendCodeInput, o schemas.CodeOutcome, _ schemas.GateRules) (schemas.Head, error) {
	n.outcome = o
	return schemas.Head{}, nil
}

// TestThePastAsksNobody: neither the CRM nor the customer hears of it when a past
// conversation is played again. Spec: D23. Settled: rule 26.
func TestThePastAsksNobody(t *testing.T) {
	t.Parallel()
	was := schemas.Customer{System: "local", Match: schemas.MatchOne, Address: "hash"}
	n := &nobody{t: t, material: schemas.Material{Settings: schemas.Settings{Goals: []schemas.Goal{{Name: "demo"}}}, Known: schemas.Known{
		Email: "ada@example.com", Key: []byte("key"), Preview: schemas.IdentityAnonymous, PlaysPast: true, Customer: &was,
	}}}
	a := &Conversations{Turns: n, Customers: n, CustomerStore: n, Codes: Codes{Store: n, Mail: n, From: "shop@example.com"}}
	out, err := a.LookUp(t.Context(), schemas.LookUpInput{})
	if err != nil || out.Match != schemas.MatchOne || cmp.Diff([]schemas.Customer{was}, n.kept) != "" {
		t.Errorf("looked up %+v, kept %+v, %v", out, n.kept, err)
	}
	n.material.Known.Customer = nil
	if out, err = a.LookUp(t.Context(), schemas.LookUpInput{}); err != nil || out.Match != schemas.MatchUnknown || len(n.kept) != 1 {
		t.Errorf("looked up %+v, kept %+v, %v", out, n.kept, err)
	}
	// No preview mails anything.
	n.material.Known.PlaysPast = false
	if _, err := a.SendCode(t.Context(), schemas.SendCodeInput{}); err != nil || n.outcome != schemas.CodeSent {
		t.Errorf("the customer hears that the code is %q, %v", n.outcome, err)
	}
}
