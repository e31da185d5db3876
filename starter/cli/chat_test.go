package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"steward/starter/cli"
)

// widget is a gateway that answers one question. Its first stream is cut after
// the first message, and the second goes on from there.
type widget struct {
	streams atomic.Int64
	resumed atomic.Value
	reply   string
}

func (w *widget) serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/widget/v1/session", func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprint(rw, `{"token":"tok","agent":{"name":"Luma"},"state":{"owner":"none","label":"Powered by AI"}}`)
	})
	mux.HandleFunc("POST /api/widget/v1/messages", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer tok" {
			t.Error("message without the session's token")
		}
		rw.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(rw, `{"seq":1}`)
	})
	mux.HandleFunc("GET /api/widget/v1/events", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/event-stream")
		if w.streams.Add(1) == 1 {
			_, _ = fmt.Fprint(rw, "retry: 1000\n\n: ping\n\nid: conv_1/1\nevent: message\ndata: {\"speaker\":\"customer\",\"text\":\"hi\"}\n\nevent: mess")
			return
		}
		w.resumed.Store(r.Header.Get("Last-Event-ID"))
		_, _ = fmt.Fprint(rw, "id: conv_1/2\nevent: message\ndata: "+w.reply+"\n\n")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func command(ctx context.Context, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	root := cli.New(cli.Options{
		Version: "test", In: strings.NewReader(""), Out: &o, Err: &e, Getenv: func(string) string { return "" },
	})
	root.SetArgs(args)
	code = cli.Execute(ctx, root)
	return code, o.String(), e.String()
}

func TestChatOncePrintsTheAnswerWithItsCitations(t *testing.T) {
	t.Parallel()
	w := &widget{reply: `{"speaker":"agent","name":"Luma","text":"30 days. [1]\u001b[31m","citations":[{"number":1,"title":"Returns","url":"https://example.com/r"}]}`}
	code, out, errs := command(t.Context(), "chat", "--once", "returns?", "--channel", "key", "--url", w.serve(t))
	if code != 0 || out != "30 days. [1][31m\n[1] Returns https://example.com/r\n" {
		t.Errorf("code %d, out %q, err %q", code, out, errs)
	}
	if got := w.resumed.Load(); got != "conv_1/1" {
		t.Errorf("the cut stream went on from %v", got)
	}
}

func TestChatOnceAsJSON(t *testing.T) {
	t.Parallel()
	w := &widget{reply: `{"speaker":"system","name":"Luma","text":"A colleague comes.","ask_email":true}`}
	code, out, _ := command(t.Context(), "chat", "--once", "human", "--channel", "key", "-o", "jsonl", "--url", w.serve(t))
	if code != 0 || !strings.Contains(out, `"ask_email":true`) || strings.Count(out, "\n") != 1 {
		t.Errorf("code %d, out %q", code, out)
	}
}

func TestInterruptedCommandSaysSoByItsCode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, _, _ := command(ctx, "chat", "--once", "x", "--channel", "key", "--url", (&widget{}).serve(t)); code != 130 {
		t.Errorf("code %d", code)
	}
}
