package policy

import (
	"testing"
	"time"

	"steward/schemas"
)

// One step makes one code, however often it is tried. Settled: rule 2.
func TestCodeFor(t *testing.T) {
	t.Parallel()
	secret := []byte("a secret of the deployment")
	seen := map[string]int{}
	for turn := range 400 {
		in := schemas.SendCodeInput{TurnRef: schemas.TurnRef{Conversation: "conv_1", Turn: turn, Step: 3}}
		code, err := CodeFor(secret, in.CodeKey())
		again, _ := CodeFor(secret, in.CodeKey())
		if err != nil || code != again || len(code) != CodeDigits {
			t.Fatalf("code %q, then %q, %v", code, again, err)
		}
		other, _ := CodeFor([]byte("another secret"), in.CodeKey())
		if other == code {
			seen["other secret"]++
		}
		seen[code]++
	}
	if len(seen) < 390 || seen["other secret"] > 2 {
		t.Errorf("%d different codes of 400, %d like those of another secret", len(seen), seen["other secret"])
	}
	for _, tt := range []struct {
		secret []byte
		key    string
	}{{nil, "a"}, {secret, ""}} {
		if _, err := CodeFor(tt.secret, tt.key); err == nil {
			t.Errorf("a code of the secret %q and the key %q", tt.secret, tt.key)
		}
	}
}

// What the CRM said counts for the address that it was asked about, and for a
// while. Cases 75, 78.
func TestCustomer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	key := []byte("key")
	known := func(change func(*schemas.Known)) schemas.Known {
		k := schemas.Known{
			Now: now, Email: "Ada@example.com", Key: key, Proof: schemas.Proof{Kind: schemas.ProofTyped, At: now},
			Customer: &schemas.Customer{Address: AddressHash(key, "ada@example.com"), Match: schemas.MatchOne, At: now.Add(-time.Minute)},
		}
		change(&k)
		return k
	}
	code := func(address string) *schemas.Proof {
		return &schemas.Proof{Kind: schemas.ProofCode, Address: AddressHash(key, address), At: now}
	}
	for name, tt := range map[string]struct {
		change func(*schemas.Known)
		want   schemas.IdentityLevel
		known  bool
	}{
		"one record":                  {func(*schemas.Known) {}, schemas.IdentityMatchedEmail, true},
		"no record":                   {func(k *schemas.Known) { k.Customer.Match = schemas.MatchNone }, schemas.IdentityClaimedEmail, true},
		"two records":                 {func(k *schemas.Known) { k.Customer.Match = schemas.MatchSeveral }, schemas.IdentityClaimedEmail, true},
		"asked about another":         {func(k *schemas.Known) { k.Email = "bob@example.com" }, schemas.IdentityClaimedEmail, false},
		"asked too long ago":          {func(k *schemas.Known) { k.Customer.At = now.Add(-schemas.CustomerFresh - time.Second) }, schemas.IdentityClaimedEmail, false},
		"never asked":                 {func(k *schemas.Known) { k.Customer = nil }, schemas.IdentityClaimedEmail, false},
		"no address":                  {func(k *schemas.Known) { k.Email = "" }, schemas.IdentityAnonymous, false},
		"no address, verified before": {func(k *schemas.Known) { k.Email, k.Code = "", code("ada@example.com") }, schemas.IdentityAnonymous, false},
		"verified":                    {func(k *schemas.Known) { k.Code = code("ada@example.com") }, schemas.IdentityVerifiedEmail, true},
		"verified as somebody else":   {func(k *schemas.Known) { k.Code = code("bob@example.com") }, schemas.IdentityMatchedEmail, true},
		"known by the browser, no match": {func(k *schemas.Known) {
			k.Proof.Kind, k.Customer.Match = schemas.ProofCookie, schemas.MatchNone
		}, schemas.IdentityAnonymous, true},
	} {
		k := known(tt.change)
		if got := LevelOf(IdentityFactsOf(k)); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if got := Customer(k) != nil; got != tt.known {
			t.Errorf("%s: the customer is known: %v, want %v", name, got, tt.known)
		}
	}
}

// Who is not known well enough is asked for an address, then for a code.
// Cases 73, 76, 83. Spec: D7.
func TestGateIdentity(t *testing.T) {
	t.Parallel()
	type expect struct {
		do     schemas.GateDo
		ask    bool
		reason schemas.Reason
	}
	resumed := &schemas.Resume{Kind: schemas.PendingIdentity, Answer: schemas.PendingOpen}
	for name, tt := range map[string]struct {
		need  schemas.Protection
		level schemas.IdentityLevel
		facts schemas.GateFacts
		want  expect
	}{
		"known well enough":    {schemas.ProtectMatchEmail, schemas.IdentityVerifiedEmail, schemas.GateFacts{}, expect{do: schemas.GateRun}},
		"nothing needed":       {schemas.ProtectNone, schemas.IdentityAnonymous, schemas.GateFacts{}, expect{do: schemas.GateRun}},
		"no address":           {schemas.ProtectVerifyEmail, schemas.IdentityAnonymous, schemas.GateFacts{}, expect{do: schemas.GateAsk, ask: true}},
		"an address":           {schemas.ProtectVerifyEmail, schemas.IdentityClaimedEmail, schemas.GateFacts{Facts: schemas.Facts{EmailKnown: true}}, expect{do: schemas.GateVerify}},
		"an unmatched address": {schemas.ProtectMatchEmail, schemas.IdentityClaimedEmail, schemas.GateFacts{Facts: schemas.Facts{EmailKnown: true}}, expect{do: schemas.GateVerify}},
		"a code is out": {
			schemas.ProtectVerifyEmail, schemas.IdentityClaimedEmail,
			schemas.GateFacts{Facts: schemas.Facts{EmailKnown: true, Check: schemas.CheckFacts{Sent: true, Left: 5}}},
			expect{do: schemas.GateAsk},
		},
		"another code is asked for": {
			schemas.ProtectVerifyEmail, schemas.IdentityClaimedEmail,
			schemas.GateFacts{Resume: resumed, Facts: schemas.Facts{EmailKnown: true, Check: schemas.CheckFacts{Sent: true, Left: 5}}},
			expect{do: schemas.GateVerify},
		},
		"a wrong code": {
			schemas.ProtectVerifyEmail, schemas.IdentityClaimedEmail,
			schemas.GateFacts{Resume: resumed, Facts: schemas.Facts{EmailKnown: true, Check: schemas.CheckFacts{News: schemas.NewsCodeWrong, Sent: true, Left: 2}}},
			expect{do: schemas.GateAsk},
		},
		"the last wrong code": {
			schemas.ProtectVerifyEmail, schemas.IdentityClaimedEmail,
			schemas.GateFacts{Resume: resumed, Facts: schemas.Facts{EmailKnown: true, Check: schemas.CheckFacts{News: schemas.NewsCodeLocked}}},
			expect{do: schemas.GateHandOff, reason: schemas.ReasonVerificationFailed},
		},
		"an old code": {
			schemas.ProtectVerifyEmail, schemas.IdentityClaimedEmail,
			schemas.GateFacts{Resume: resumed, Facts: schemas.Facts{EmailKnown: true, Check: schemas.CheckFacts{News: schemas.NewsCodeExpired, Left: 5}}},
			expect{do: schemas.GateVerify},
		},
		"more than a code can prove": {schemas.ProtectAuthenticated, schemas.IdentityVerifiedEmail, schemas.GateFacts{Facts: schemas.Facts{EmailKnown: true}}, expect{do: schemas.GateTell}},
		"a level that is none":       {"sesame", schemas.IdentityVerifiedEmail, schemas.GateFacts{Facts: schemas.Facts{EmailKnown: true}}, expect{do: schemas.GateTell}},
	} {
		f := tt.facts
		f.Read = schemas.ReadCall{Action: &schemas.Action{Protection: tt.need}, Status: schemas.CallOK}
		f.Material.Identity = tt.level
		v, ok := gateIdentity(f)
		if !ok {
			v.Do = schemas.GateRun
		}
		if v.Do != tt.want.do || v.AskEmail != tt.want.ask || v.HandOff.Reason != tt.want.reason {
			t.Errorf("%s: %+v, want %+v", name, v, tt.want)
		}
	}
}

func TestGateRecord(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	key := []byte("key")
	for match, want := range map[schemas.Match]schemas.GateDo{
		schemas.MatchOne: schemas.GateRun, schemas.MatchNone: schemas.GateRun,
		schemas.MatchSeveral: schemas.GateHandOff, schemas.MatchUnknown: schemas.GateTell, "": schemas.GateTell,
	} {
		f := schemas.GateFacts{Read: schemas.ReadCall{Action: &schemas.Action{Kind: schemas.ActionCRM}, Status: schemas.CallOK}}
		f.EmailKnown = true
		f.Material.Known = schemas.Known{Now: now, Email: "ada@example.com", Key: key}
		if match != "" {
			f.Material.Known.Customer = &schemas.Customer{Address: AddressHash(key, "ada@example.com"), Match: match, At: now}
		}
		v, ok := gateRecord(f)
		if !ok {
			v.Do = schemas.GateRun
		}
		if v.Do != want {
			t.Errorf("%q: %s, want %s", match, v.Do, want)
		}
		f.EmailKnown = false
		if v, ok := gateRecord(f); !ok || v.Do != schemas.GateAsk || !v.AskEmail {
			t.Errorf("%q without an address: %+v", match, v)
		}
		f.Read.Action.Kind = schemas.ActionHTTP
		if _, ok := gateRecord(f); ok {
			t.Errorf("%q: another system's action is held back", match)
		}
	}
}
