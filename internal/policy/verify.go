package policy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"steward/schemas"
)

// CodeFor is the code of one sending, made from its key and a secret of the
// deployment: however often the sending of a step is tried, it is the same mail.
// Spec: D7. Settled: rule 2.
func CodeFor(secret []byte, key string) (string, error) {
	if len(secret) == 0 || key == "" {
		return "", schemas.NewError(schemas.KindInternal, "a code needs the deployment's key and one of its own")
	}
	return NewCode(&codeStream{secret: secret, key: key})
}

// codeStream are bytes that only who has the secret can tell from random ones.
type codeStream struct {
	secret []byte
	key    string
	block  uint64
	left   []byte
}

func (c *codeStream) Read(p []byte) (int, error) {
	for n := range p {
		if len(c.left) == 0 {
			mac := hmac.New(sha256.New, c.secret)
			var number [8]byte
			binary.BigEndian.PutUint64(number[:], c.block)
			c.block++
			mac.Write(number[:])
			mac.Write([]byte("code to send\x00" + c.key))
			c.left = mac.Sum(nil)
		}
		p[n], c.left = c.left[0], c.left[1:]
	}
	return len(p), nil
}

// IdentityFactsOf are the facts that the level of a conversation follows from.
func IdentityFactsOf(k schemas.Known) schemas.IdentityFacts {
	f := schemas.IdentityFacts{Now: k.Now, LastActive: k.LastActive}
	if k.Email == "" {
		return f
	}
	f.Address = AddressHash(k.Key, k.Email)
	proof := k.Proof
	proof.Address = f.Address
	f.Proofs = append(f.Proofs, proof)
	if k.Code != nil {
		f.Proofs = append(f.Proofs, *k.Code)
	}
	if c := Customer(k); c != nil {
		f.Matched = c.Match == schemas.MatchOne
	}
	return f
}

// Customer is what the CRM said of who writes now: nil when it was asked about
// another address, or too long ago.
func Customer(k schemas.Known) *schemas.Customer {
	c := k.Customer
	if c == nil || k.Now.Sub(c.At) > schemas.CustomerFresh || k.Email == "" || c.Address != AddressHash(k.Key, k.Email) {
		return nil
	}
	return c
}

// AfterCode decides what follows the sending of a code: the customer is told,
// and can give it, name another address, or ask for a person.
func AfterCode(o schemas.CodeOutcome) schemas.GateVerdict {
	return schemas.GateVerdict{
		Do: schemas.GateAsk, Ask: schemas.PendingIdentity, Status: schemas.CallAsked, AskEmail: o == schemas.CodeNotSent, Wait: schemas.IdentityWait,
	}
}
