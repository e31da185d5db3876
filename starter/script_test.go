package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"steward/schemas"
	"steward/starter/cli"
)

func checkPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v", path, info.Mode().Perm())
	}
}

// The commands against a real server. Beside `steward` the scripts know
// `fails CODE ARGS...`, which is steward with an exit code, `adds NAME ARGS...`,
// which sets NAME to the id of what steward adds, and `asks NAME`, which sets
// NAME to a new conversation that waits for people. `answers NAME` sets it to one
// that the agent has answered, and `plays RUN` ends the run of past conversations
// with another answer. $SHOP is a system to call.
func TestCommands(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			p, shop := start(t), openShop(t)
			testscript.Run(t, testscript.Params{
				Files: []string{file}, Cmds: p.commands(),
				Setup: func(env *testscript.Env) error {
					env.Setenv("STEWARD_DATA_DIR", p.folder)
					env.Setenv("SHOP", shop)
					return nil
				},
			})
		})
	}
}

// openShop is another system on loopback, with one order and the token "let me
// in". It returns its host and port.
func openShop(t *testing.T) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("Authorization") != "Bearer let me in":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path != "/orders/7" && r.URL.Path != "/orders/7/cancel":
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPost:
			_, _ = io.WriteString(w, `{"status":"cancelled"}`)
		default:
			_, _ = io.WriteString(w, `{"status":"shipped"}`)
		}
	}))
	t.Cleanup(web.Close)
	return strings.TrimPrefix(web.URL, "http://")
}

func (p *place) commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"steward": func(ts *testscript.TestScript, neg bool, args []string) {
			if code := steward(ts, args); (code != 0) != neg {
				ts.Fatalf("exit code %d", code)
			}
		},
		"fails": func(ts *testscript.TestScript, _ bool, args []string) {
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			if code := steward(ts, args[1:]); code != want {
				ts.Fatalf("exit code %d, want %d", code, want)
			}
		},
		"adds": func(ts *testscript.TestScript, _ bool, args []string) {
			code, out := runs(ts, append(args[1:], "-o", "json"))
			var made struct{ ID string }
			if err := json.Unmarshal(out, &made); code != 0 || err != nil || made.ID == "" {
				ts.Fatalf("exit code %d, error %v: %s", code, err, out)
			}
			ts.Setenv(args[0], made.ID)
		},
		"asks": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Setenv(args[0], string(p.waiting(ts)))
		},
		"answers": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Setenv(args[0], string(p.answered(ts)))
		},
		"plays": func(ts *testscript.TestScript, _ bool, args []string) {
			p.play(ts, schemas.EvalRunID(args[0]))
		},
	}
}

// steward runs a command line inside the test.
func steward(ts *testscript.TestScript, args []string) int {
	code, _ := runs(ts, args)
	return code
}

func runs(ts *testscript.TestScript, args []string) (code int, output []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	root := cli.New(cli.Options{Version: "test", In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: ts.Getenv})
	for i, arg := range args {
		if file, ok := strings.CutPrefix(arg, "@"); ok {
			args[i] = ts.MkAbs(file)
		}
	}
	root.SetArgs(args)
	code = cli.Execute(ctx, root)
	_, _ = ts.Stdout().Write(out.Bytes())
	_, _ = ts.Stderr().Write(errs.Bytes())
	return code, out.Bytes()
}

// waiting makes a conversation that the rules hand over to people.
func (p *place) waiting(ts *testscript.TestScript) schemas.ConversationID {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	session, err := p.main.ingress.OpenSession(ctx, p.main.deployment.PublicKey, "en", time.Hour)
	ts.Check(err)
	got, err := p.main.ingress.Receive(ctx, session.Inbound(uuid.NewString(), "I want to talk to a person"))
	ts.Check(err)
	_, err = p.main.ingress.NextStep(ctx, got.Conversation, schemas.Rules{
		Next: func(f schemas.Facts) schemas.Verdict {
			if f.Head.Owner == schemas.OwnerQueue {
				return schemas.Verdict{Do: schemas.DoStartHandoff}
			}
			return schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonCustomerRequest}
		},
		Notice: func(schemas.Facts, schemas.Verdict, schemas.PeopleFacts) schemas.Notice {
			return schemas.Notice{Text: "I'm getting a colleague."}
		},
		Summary: func(schemas.Facts, schemas.Verdict, []schemas.Line) string { return "asked for a person" },
	})
	ts.Check(err)
	return got.Conversation
}
