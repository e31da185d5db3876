package schemas

import "time"

// IdentityLevel is how well we know who is writing. Spec: D7. Settled: rule 28.
type IdentityLevel string

// The levels, from the weakest. A matched address is no proof of who somebody
// is: it opens low-risk data only.
const (
	IdentityAnonymous     IdentityLevel = "anonymous"
	IdentityClaimedEmail  IdentityLevel = "claimed_email"
	IdentityMatchedEmail  IdentityLevel = "matched_email"
	IdentityVerifiedEmail IdentityLevel = "verified_email"
	IdentityAuthenticated IdentityLevel = "authenticated"
)

// Rank orders the levels; an unknown one is 0, below anonymous.
func (l IdentityLevel) Rank() int {
	switch l {
	case IdentityAnonymous:
		return 1
	case IdentityClaimedEmail:
		return 2
	case IdentityMatchedEmail:
		return 3
	case IdentityVerifiedEmail:
		return 4
	case IdentityAuthenticated:
		return 5
	}
	return 0
}

// Valid reports whether l is one of the levels.
func (l IdentityLevel) Valid() bool { return l.Rank() > 0 }

// Meets reports whether l is at least need. An unknown level meets nothing, and
// an unknown need is met by nothing.
func (l IdentityLevel) Meets(need IdentityLevel) bool {
	return l.Valid() && need.Valid() && l.Rank() >= need.Rank()
}

// ProofKind is what shows who is writing.
type ProofKind string

// The proofs. Their levels are one table in the policy. Settled: rule 28.
const (
	// ProofTyped: the customer wrote the address.
	ProofTyped ProofKind = "typed_email"
	// ProofFrom: the From of an email without an aligned DMARC pass.
	ProofFrom ProofKind = "email_from"
	// ProofDMARC: the From of an email with an aligned DMARC pass.
	ProofDMARC ProofKind = "email_dmarc"
	// ProofCookie: the browser of a visitor who has been here before.
	ProofCookie ProofKind = "visitor_cookie"
	// ProofPhone: a number that the channel vouches for, as WhatsApp does.
	ProofPhone ProofKind = "channel_phone"
	// ProofPage: an id of the channel that only says "the same person as
	// before", as Messenger's does.
	ProofPage ProofKind = "channel_id"
	// ProofCode: the code that was sent to the address.
	ProofCode ProofKind = "code"
	// ProofToken: a visitor token that the company's own system signed.
	ProofToken ProofKind = "visitor_token"
)

// Proof is one thing that shows who is writing.
type Proof struct {
	Kind ProofKind
	// Address is the keyed hash of the email address or number that it proves,
	// empty when it proves none.
	Address string
	// At is when it was shown.
	At time.Time
}

// IdentityFacts are what the level of a conversation follows from.
type IdentityFacts struct {
	Now time.Time
	// LastActive is when the customer wrote last before this message; zero for a
	// first message.
	LastActive time.Time
	// Address is the keyed hash of the address that the contact has now; empty
	// for none.
	Address string
	// Matched: exactly one CRM record has that address.
	Matched bool
	Proofs  []Proof
}

// CodeStart asks for a row for a code that is about to be sent.
type CodeStart struct {
	Conversation ConversationID
	// Key of the effect; a repeated key replaces the code and is no new send.
	Key string
	// Address is the keyed hash of the email address, HMAC that of the code.
	Address string
	HMAC    []byte
	// TTL is how long the code may be used.
	TTL time.Duration
}

// CodeSends are the codes sent in the last hour: to the address from anywhere,
// and from the conversation to any address.
type CodeSends struct {
	Address, Conversation int
}

// CodeStarted is a row for a code.
type CodeStarted struct {
	ID        CheckID
	ExpiresAt time.Time
	// Refused: too many codes were sent; there is no row and nothing is sent.
	Refused bool
	// At is when the row was made: the date of the mail, however often it is tried.
	At time.Time
	// Sent: the mail has gone out already.
	Sent bool
}

// CodeFacts are what the verdict on a code that a customer gave follows from:
// the newest code of the conversation.
type CodeFacts struct {
	Conversation ConversationID
	Now          time.Time
	// Address and HMAC are those of the code that was sent; HMAC is empty when
	// none was.
	Address   string
	HMAC      []byte
	Tries     int
	ExpiresAt time.Time
	// Used: it has verified the address already.
	Used bool
}

// CodeVerdict is what came of a code that a customer gave.
type CodeVerdict string

// The verdicts. CodeNone: no code is waited for. CodeLocked: too many wrong
// ones; a new code has to be sent.
const (
	CodeAccepted CodeVerdict = "accepted"
	CodeWrong    CodeVerdict = "wrong"
	CodeLocked   CodeVerdict = "locked"
	CodeExpired  CodeVerdict = "expired"
	CodeNone     CodeVerdict = "none"
)
