package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/fault"
	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/gateway"
)

// Variables of a gateway process that a test starts to be killed: its database
// and where it listens.
const (
	childDatabase = "GATEWAY_TEST_DATABASE"
	childAddress  = "GATEWAY_TEST_ADDRESS"
)

// noting notes in the database every delivery it is given.
type noting struct{ *site }

func (n noting) Receive(_ context.Context, _ schemas.ConversationID, d schemas.Delivery, _ string) (schemas.Ack, error) {
	n.exec("insert into deliveries values ($1)", d.Row)
	return schemas.Ack{}, nil
}

// beChild is a whole gateway process with its relay, which dies at the armed
// point.
func beChild(t *testing.T) {
	points, err := fault.Parse(os.Getenv(fault.Env), true)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, url: os.Getenv(childDatabase)}
	if s.store, err = store.Open(t.Context(), s.url, store.Options{}); err != nil {
		t.Fatal(err)
	}
	log := testkit.Logger(t)
	g, err := gateway.New(gateway.Options{
		Chats: s.store, Admission: alwaysOn{}, Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}, Faults: points, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	// A relay beside the intake's point could deliver before the process dies.
	var inbox gateway.Inbox = emptyInbox{}
	if strings.HasPrefix(os.Getenv(fault.Env), "relay.") {
		inbox = s.store
	}
	relay := gateway.NewRelay(gateway.RelayOptions{
		Inbox: inbox, Deliverer: noting{s}, Name: "child", Lease: time.Second, Faults: points, Log: log,
	})
	l, err := net.Listen("tcp", os.Getenv(childAddress))
	if err != nil {
		t.Fatal(err)
	}
	go g.Run(t.Context(), s.store, relay)
	t.Fatal(httpkit.Serve(t.Context(), l, g.Handler(), time.Second))
}

type alwaysOn struct{}

func (alwaysOn) Answers(context.Context, schemas.ChannelID) (bool, error) { return true, nil }

// TestKilled runs this test again as the process that is killed, then looks at
// what is left and lets another process go on.
func TestKilled(t *testing.T) {
	if os.Getenv(childDatabase) != "" {
		beChild(t)
		return
	}
	for _, c := range []struct {
		point      string
		deliveries int
	}{
		{"gateway.after_commit", 1},
		{"relay.after_receive", 2},
	} {
		t.Run(c.point, func(t *testing.T) {
			b := setupInbox(t)
			b.exec("create table deliveries (row bigint)")
			token := b.visit("").Token
			own := b.base
			child := startChild(t, b.site, c.point)
			body := fmt.Sprintf(`{"client_message_id": %q, "text": "hello"}`, uuid.NewString())
			// The first request may meet the child before it listens, or its death.
			for deadline := time.Now().Add(patience); ; {
				a, err := b.try("POST", "/messages", token, body)
				if err == nil && a.status == 202 || errors.Is(err, syscall.ECONNRESET) || err != nil && strings.Contains(err.Error(), "EOF") {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the child does not answer: %v", err)
				}
			}
			if status := child(); !status.Signaled() || status.Signal() != syscall.SIGKILL {
				t.Fatalf("the child ended with %v, want SIGKILL", status)
			}
			b.base = own
			a := b.call("POST", "/messages", token, body)
			if a.status != 202 || !strings.Contains(a.body, `"duplicate":true`) {
				t.Errorf("sent again: %d %s", a.status, a.body)
			}
			b.relay("next", func(o *gateway.RelayOptions) { o.Deliverer = noting{b.site} })
			b.until("relayed", func() bool { return b.inState("relayed") == 1 })
			messages, rows := b.count("select count(*) from messages"), b.count("select count(distinct row) from deliveries")
			if n := b.count("select count(*) from deliveries"); messages != 1 || rows != 1 || n != c.deliveries {
				t.Errorf("%d messages, %d rows in %d deliveries, want 1, 1, %d", messages, rows, n, c.deliveries)
			}
		})
	}
}

// startChild starts the process and points the site's requests at it. The
// returned function waits for its end.
func startChild(t *testing.T, s *site, point string) func() syscall.WaitStatus {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), childDatabase+"="+s.url, childAddress+"="+address, fault.Env+"="+point)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.base = "http://" + address
	return func() syscall.WaitStatus {
		_ = cmd.Wait()
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		return status
	}
}
