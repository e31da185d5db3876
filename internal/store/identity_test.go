package store

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"steward/schemas"
)

// The decisions of these tests; the real ones are the policy's.
func threeSends(s schemas.CodeSends) bool { return s.Address < 3 && s.Conversation < 6 }

func judge(given string) func(schemas.CodeFacts) schemas.CodeVerdict {
	return func(f schemas.CodeFacts) schemas.CodeVerdict {
		switch {
		case f.Used:
			return schemas.CodeNone
		case f.Tries >= 5:
			return schemas.CodeLocked
		case !f.Now.Before(f.ExpiresAt):
			return schemas.CodeExpired
		case bytes.Equal(f.HMAC, []byte(given)):
			return schemas.CodeAccepted
		case f.Tries == 4:
			return schemas.CodeLocked
		}
		return schemas.CodeWrong
	}
}

// checks are the codes of one conversation.
type checks struct {
	adminBundle
	t    *testing.T
	id   schemas.ConversationID
	keys int
}

func setupChecks(t *testing.T) *checks {
	b := setupAdmin(t)
	return &checks{adminBundle: b, t: t, id: b.conversation(t, "language = 'en'")}
}

func (c *checks) start(conversation schemas.ConversationID, key, address, code string) schemas.CodeStarted {
	c.t.Helper()
	out, err := c.StartCheck(c.t.Context(), schemas.CodeStart{Conversation: conversation, Key: key, Address: address, HMAC: []byte(code), TTL: 10 * time.Minute}, threeSends)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// send stores a code under a key of its own.
func (c *checks) send(address, code string) schemas.CodeStarted {
	c.t.Helper()
	c.keys++
	return c.start(c.id, fmt.Sprint(c.id, "/", c.keys), address, code)
}

func (c *checks) try(code string, want schemas.CodeVerdict) {
	c.t.Helper()
	c.keys++
	c.tryAs(fmt.Sprint("msg ", c.keys), code, want)
}

func (c *checks) tryAs(message, code string, want schemas.CodeVerdict) {
	c.t.Helper()
	got, err := c.TryCode(c.t.Context(), c.id, message, judge(code))
	if err != nil || got.Verdict != want {
		c.t.Errorf("%q is %q, %v; want %q", code, got.Verdict, err, want)
	}
}

// Case 76: five wrong codes lock, an expired one is replaced, a fourth send in an
// hour is refused. Settled: rule 28.
func TestCodeTries(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	c.try("111111", schemas.CodeNone)
	c.send("ada", "123456")
	for range 4 {
		c.try("000000", schemas.CodeWrong)
	}
	c.try("000000", schemas.CodeLocked)
	c.try("123456", schemas.CodeLocked)
	if _, found, err := c.VerifiedAddress(t.Context(), c.id); found || err != nil {
		t.Errorf("verified %v, %v", found, err)
	}
	c.send("ada", "654321")
	c.try("123456", schemas.CodeWrong)
	c.try("654321", schemas.CodeAccepted)
	c.try("654321", schemas.CodeNone)
	proof, found, err := c.VerifiedAddress(t.Context(), c.id)
	if err != nil || !found || proof != (schemas.Proof{Kind: schemas.ProofCode, Address: "ada", At: c.now}) {
		t.Errorf("proof %+v, %v, %v", proof, found, err)
	}
}

func TestCodeExpires(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	started := c.send("ada", "123456")
	if !started.ExpiresAt.Equal(c.now.Add(10*time.Minute)) || started.ID == "" {
		t.Errorf("started %+v", started)
	}
	c.at(t, c.now.Add(10*time.Minute-time.Second))
	c.try("000000", schemas.CodeWrong)
	c.at(t, c.now.Add(10*time.Minute))
	c.try("123456", schemas.CodeExpired)
	c.send("ada", "222222")
	c.try("222222", schemas.CodeAccepted)
}

func TestFourthSend(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	other := c.conversation(t, "language = 'en'")
	c.send("ada", "111111")
	c.at(t, c.now.Add(20*time.Minute))
	c.start(other, "other/1", "ada", "222222")
	c.send("ada", "333333")
	if out := c.send("ada", "444444"); !out.Refused || out.ID != "" {
		t.Errorf("a fourth send: %+v", out)
	}
	if out := c.start(other, "other/2", "ada", "444444"); !out.Refused {
		t.Error("a fourth send from another conversation")
	}
	// Nothing was stored: the code before still counts.
	c.try("444444", schemas.CodeWrong)
	c.try("333333", schemas.CodeAccepted)
	if out := c.send("bob", "555555"); out.Refused {
		t.Error("another address is refused")
	}
	c.at(t, c.now.Add(time.Hour))
	if out := c.send("ada", "666666"); out.Refused {
		t.Error("refused an hour after the first one")
	}
	for i := range 6 {
		if out := c.start(other, fmt.Sprint("more/", i), fmt.Sprint("address ", i), "1"); out.Refused != (i == 5) {
			t.Errorf("send %d of a conversation: %+v", i+2, out)
		}
	}
}

// A sending that is tried again makes another code and is no new send.
// Settled: rule 2.
func TestSendTriedAgain(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	first := c.start(c.id, "conv/1/1", "ada", "111111")
	for range 5 {
		if again := c.start(c.id, "conv/1/1", "ada", "222222"); again.ID != first.ID || again.Refused {
			t.Fatalf("again %+v", again)
		}
	}
	if n := c.number(t, "select count(*) from identity_checks"); n != 1 {
		t.Errorf("%d rows", n)
	}
	c.try("111111", schemas.CodeWrong)
	c.try("222222", schemas.CodeAccepted)
	c.start(c.id, "conv/1/1", "ada", "333333")
	if _, found, _ := c.VerifiedAddress(t.Context(), c.id); !found {
		t.Error("a late repetition takes the proof away")
	}
	_, err := c.StartCheck(t.Context(), schemas.CodeStart{Conversation: c.id, Key: "conv/1/1", Address: "bob", HMAC: []byte("1"), TTL: time.Minute}, threeSends)
	wantKind(t, err, schemas.KindConflict)
}

func TestTryOfOneMessageCountsOnce(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	c.send("ada", "123456")
	for range 8 {
		c.tryAs("msg_1", "000000", schemas.CodeWrong)
	}
	for range 3 {
		c.tryAs("msg_2", "123456", schemas.CodeAccepted)
	}
	if n := c.number(t, "select tries from identity_checks"); n != 1 {
		t.Errorf("%d tries", n)
	}
}

// Many wrong tries at once are counted one by one: five, and no sixth guess.
func TestTriesAtOnce(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	c.send("ada", "123456")
	verdicts := make([]schemas.CodeVerdict, 16)
	var wg sync.WaitGroup
	for i := range verdicts {
		wg.Go(func() {
			out, err := c.TryCode(t.Context(), c.id, fmt.Sprint("msg ", i), judge("000000"))
			if err != nil {
				t.Error(err)
			}
			verdicts[i] = out.Verdict
		})
	}
	wg.Wait()
	wrong := 0
	for _, v := range verdicts {
		if v == schemas.CodeWrong {
			wrong++
		} else if v != schemas.CodeLocked {
			t.Errorf("verdict %q", v)
		}
	}
	if wrong != 4 {
		t.Errorf("%d wrong tries before the lock, want 4", wrong)
	}
	c.try("123456", schemas.CodeLocked)
}

// Two right tries at once: one is accepted, and the code is used.
func TestRightCodeAtOnce(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	c.send("ada", "123456")
	verdicts := make([]schemas.CodeVerdict, 2)
	var wg sync.WaitGroup
	for i := range verdicts {
		wg.Go(func() {
			out, err := c.TryCode(t.Context(), c.id, fmt.Sprint("msg ", i), judge("123456"))
			if err != nil {
				t.Error(err)
			}
			verdicts[i] = out.Verdict
		})
	}
	wg.Wait()
	if verdicts[0] == verdicts[1] || verdicts[0] != schemas.CodeAccepted && verdicts[1] != schemas.CodeAccepted {
		t.Errorf("verdicts %v", verdicts)
	}
}

// Sends from several conversations to one address at once are counted together.
func TestSendsAtOnce(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	ids := make([]schemas.ConversationID, 8)
	for i := range ids {
		ids[i] = c.conversation(t, "language = 'en'")
	}
	sent := make([]bool, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			out, err := c.StartCheck(t.Context(), schemas.CodeStart{Conversation: id, Key: string(id), Address: "ada", HMAC: []byte("1"), TTL: time.Minute}, threeSends)
			if err != nil {
				t.Error(err)
			}
			sent[i] = !out.Refused
		})
	}
	wg.Wait()
	n := 0
	for _, s := range sent {
		if s {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d codes went to one address", n)
	}
}

func TestCodeRefusals(t *testing.T) {
	t.Parallel()
	c := setupChecks(t)
	good := schemas.CodeStart{Conversation: c.id, Key: "k", Address: "ada", HMAC: []byte("1"), TTL: time.Minute}
	for name, change := range map[string]func(*schemas.CodeStart){
		"no key":     func(s *schemas.CodeStart) { s.Key = "" },
		"no address": func(s *schemas.CodeStart) { s.Address = "" },
		"no code":    func(s *schemas.CodeStart) { s.HMAC = nil },
		"no time":    func(s *schemas.CodeStart) { s.TTL = 0 },
	} {
		in := good
		change(&in)
		if _, err := c.StartCheck(t.Context(), in, threeSends); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	const nobody = schemas.ConversationID("conv_00000000000000000000000000000000")
	good.Conversation = nobody
	_, err := c.StartCheck(t.Context(), good, threeSends)
	wantKind(t, err, schemas.KindNotFound)
	_, err = c.TryCode(t.Context(), nobody, "m", judge("1"))
	wantKind(t, err, schemas.KindNotFound)
	_, err = c.TryCode(t.Context(), c.id, "", judge("1"))
	wantKind(t, err, schemas.KindInvalid)
}
