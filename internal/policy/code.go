package policy

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"time"

	"steward/schemas"
)

const (
	// CodeDigits is the length of a code that proves an address.
	CodeDigits = 6
	// CodeTTL is how long a code may be given.
	CodeTTL = 10 * time.Minute
	// CodeTries is how many wrong codes lock a code. Settled: rule 28.
	CodeTries = 5
	// SendsPerAddress bounds the codes sent to one address in an hour, and
	// SendsPerConversation those that one conversation asks for.
	SendsPerAddress      = 3
	SendsPerConversation = 6
)

// NewCode makes a code from a source of secure random numbers, such as
// crypto/rand.Reader.
func NewCode(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return fmt.Sprintf("%0*d", CodeDigits, n.Int64()), nil
}

// digitGroups are groups of digits with one space or hyphen between them, and
// digits is one group.
var (
	digitGroups = regexp.MustCompile(`[0-9]+(?:[ -][0-9]+)*`)
	digits      = regexp.MustCompile(`[0-9]+`)
)

// codesIn finds what may be a code in a run of groups of digits: a group of six,
// and two neighbours of three. Each is a start and an end, counted from from.
func codesIn(run string, from int) [][2]int {
	var out [][2]int
	groups := digits.FindAllStringIndex(run, -1)
	for i := 0; i < len(groups); i++ {
		start, end := groups[i][0], groups[i][1]
		if end-start == CodeDigits/2 && i+1 < len(groups) && groups[i+1][1]-groups[i+1][0] == CodeDigits/2 {
			i++
			out = append(out, [2]int{from + start, from + groups[i][1]})
		} else if end-start == CodeDigits {
			out = append(out, [2]int{from + start, from + end})
		}
	}
	return out
}

// FindCode returns the code in a customer's message: six digits on their own, or
// two groups of three and no third, which would be a number of another kind. A
// message with more than one has none.
func FindCode(text string) (string, bool) {
	var found []string
	for _, run := range digitGroups.FindAllStringIndex(text, -1) {
		for _, at := range codesIn(text[run[0]:run[1]], run[0]) {
			if at[1]-at[0] == CodeDigits || at[0] == run[0] && at[1] == run[1] {
				found = append(found, text[at[0]:at[1]])
			}
		}
	}
	if len(found) != 1 {
		return "", false
	}
	code := found[0]
	return code[:CodeDigits/2] + code[len(code)-CodeDigits/2:], true
}

// MaskCode replaces whatever may be a code in a message, before the message goes
// to a transcript, a prompt or a log. It takes more for one than FindCode does.
func MaskCode(text string) string {
	var b strings.Builder
	kept := 0
	for _, run := range digitGroups.FindAllStringIndex(text, -1) {
		for _, at := range codesIn(text[run[0]:run[1]], run[0]) {
			b.WriteString(text[kept:at[0]])
			b.WriteString(strings.Repeat("•", CodeDigits))
			kept = at[1]
		}
	}
	b.WriteString(text[kept:])
	return b.String()
}

// AddressHash is an email address or number in a form that can be compared and
// counted, and not read. Addresses that differ only in case or outer spaces are
// one. key is a secret of the deployment.
func AddressHash(key []byte, address string) string {
	return hex.EncodeToString(keyed(key, "address", strings.ToLower(strings.TrimSpace(address))))
}

// CodeHMAC is a code in the form in which it is kept. It holds for one
// conversation and one address, given as its AddressHash.
func CodeHMAC(key []byte, conversation schemas.ConversationID, address, code string) []byte {
	return keyed(key, "code", string(conversation), address, code)
}

// keyed is the HMAC-SHA-256 of texts, each with its length before it, so that no
// two lists of texts are alike.
func keyed(key []byte, texts ...string) []byte {
	mac := hmac.New(sha256.New, key)
	for _, text := range texts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(text)))
		mac.Write(n[:])
		mac.Write([]byte(text))
	}
	return mac.Sum(nil)
}

// MaySendCode decides whether another code may be sent.
func MaySendCode(s schemas.CodeSends) bool {
	return s.Address < SendsPerAddress && s.Conversation < SendsPerConversation
}

// JudgeCode decides on a code that a customer gave, in its CodeHMAC form.
// address is the AddressHash of the contact's address now: a code that was sent
// to another one is none. The comparison takes the same time for every code.
func JudgeCode(f schemas.CodeFacts, address string, given []byte) schemas.CodeVerdict {
	same := hmac.Equal(f.HMAC, given)
	switch {
	case len(f.HMAC) == 0 || f.Used || f.Address != address:
		return schemas.CodeNone
	case f.Tries >= CodeTries:
		return schemas.CodeLocked
	case !f.Now.Before(f.ExpiresAt):
		return schemas.CodeExpired
	case same:
		return schemas.CodeAccepted
	case f.Tries+1 >= CodeTries:
		return schemas.CodeLocked
	}
	return schemas.CodeWrong
}
