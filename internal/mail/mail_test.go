package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/schemas"
)

// server is an SMTP server on loopback that answers as it is told, once.
type server struct {
	port int
	// got is what was sent between DATA and the final dot.
	got chan string
}

// script is what a server answers to a command instead of 250; "" hangs up.
type script map[string]string

// listen starts a server. After the data it answers the entry ".".
func listen(t *testing.T, s script, extensions ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, s, extensions)
}

func serve(t *testing.T, l net.Listener, s script, extensions []string) *server {
	t.Helper()
	out := &server{port: l.Addr().(*net.TCPAddr).Port, got: make(chan string, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		out.talk(conn, s, extensions)
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return out
}

func (s *server) talk(conn net.Conn, script script, extensions []string) {
	lines := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 test ESMTP\r\n")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		reply, told := script[verb]
		switch {
		case told && reply == "":
			return
		case told:
		case verb == "EHLO":
			reply = "250-test\r\n"
			for _, e := range extensions {
				reply += "250-" + e + "\r\n"
			}
			reply += "250 8BITMIME"
		case verb == "DATA":
			reply = "354 go on"
		case verb == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			reply = "250 ok"
		}
		fmt.Fprint(conn, reply+"\r\n")
		if verb != "DATA" || told {
			continue
		}
		var text strings.Builder
		for {
			part, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if part == ".\r\n" {
				break
			}
			text.WriteString(part)
		}
		s.got <- text.String()
		end, told := script["."]
		if told && end == "" {
			return
		}
		if !told {
			end = "250 queued"
		}
		fmt.Fprint(conn, end+"\r\n")
	}
}

func sample() schemas.Mail {
	return schemas.Mail{
		From: "steward@example.com", FromName: "Steward Ä", To: []string{"team@example.com"}, ReplyTo: "a+h_x@example.com",
		Subject: "Handed over: größe", ID: "hand_1.desk@example.com", InReplyTo: "root@example.com", References: []string{"root@example.com", "two@example.com"},
		Date: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Text: "Hello\n.dot\nKim", HTML: "<p>Hello</p>",
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Steward-Handoff": "hand_1"},
	}
}

func sender(t *testing.T, port int, change func(*Config)) *SMTP {
	t.Helper()
	c := Config{Host: "127.0.0.1", Port: port, Security: SecurityNone, Timeout: 20 * time.Second, Hello: "test"}
	if change != nil {
		change(&c)
	}
	s, err := NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSMTP: each way in which a server can answer, and what is known then.
func TestSMTP(t *testing.T) {
	t.Parallel()
	login := func(c *Config) { c.User, c.Password = "u", "secret-password" }
	for name, c := range map[string]struct {
		script     script
		extensions []string
		change     func(*Config)
		want       schemas.Sent
		code       string
	}{
		"taken":                  {nil, nil, nil, schemas.SentDone, ""},
		"taken, then hung up":    {script{"QUIT": ""}, nil, nil, schemas.SentDone, ""},
		"refuses the recipient":  {script{"RCPT": "550 5.1.1 no such kim@example.com"}, nil, nil, schemas.SentFailed, "smtp_550"},
		"full for now":           {script{"RCPT": "452 4.2.2 full"}, nil, nil, schemas.SentLater, "smtp_452"},
		"refuses the sender":     {script{"MAIL": "553 no"}, nil, nil, schemas.SentFailed, "smtp_553"},
		"refuses the data":       {script{"DATA": "554 no"}, nil, nil, schemas.SentFailed, "smtp_554"},
		"refuses what it read":   {script{".": "554 spam"}, nil, nil, schemas.SentFailed, "smtp_554"},
		"cannot store it now":    {script{".": "451 later"}, nil, nil, schemas.SentLater, "smtp_451"},
		"silent after the dot":   {script{".": ""}, nil, nil, schemas.SentUnknown, "unreachable"},
		"hangs up before data":   {script{"DATA": ""}, nil, nil, schemas.SentLater, "unreachable"},
		"hangs up at once":       {script{"EHLO": "", "HELO": ""}, nil, nil, schemas.SentLater, "unreachable"},
		"refuses the login":      {script{"AUTH": "535 5.7.8 bad"}, []string{"AUTH PLAIN"}, login, schemas.SentFailed, "auth"},
		"takes the login":        {script{"AUTH": "235 ok"}, []string{"AUTH PLAIN"}, login, schemas.SentDone, ""},
		"no STARTTLS when asked": {nil, nil, func(c *Config) { c.Security = SecurityStartTLS }, schemas.SentLater, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := listen(t, c.script, c.extensions...)
			got, err := sender(t, server.port, c.change).Send(t.Context(), sample())
			if err != nil || got.Result != c.want || got.Code != c.code {
				t.Errorf("%+v, %v; want %s %s", got, err, c.want, c.code)
			}
		})
	}
}

// TestTLS: under TLS from the start the login is sent, and only to a server
// whose certificate is believed.
func TestTLS(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	believed := x509.NewCertPool()
	believed.AddCert(web.Certificate())
	for name, c := range map[string]struct {
		roots *x509.CertPool
		want  schemas.Delivered
	}{
		"believed":     {believed, schemas.Delivered{Result: schemas.SentDone, ProviderID: sample().ID}},
		"not believed": {x509.NewCertPool(), schemas.Delivered{Result: schemas.SentFailed, Code: "tls"}},
	} {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
		if err != nil {
			t.Fatal(err)
		}
		server := serve(t, l, script{"AUTH": "235 ok"}, []string{"AUTH PLAIN"})
		got, err := sender(t, server.port, func(o *Config) {
			o.Security, o.Roots, o.User, o.Password = SecurityTLS, c.roots, "u", "p"
		}).Send(t.Context(), sample())
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestMessage: what goes over the wire is a multipart mail with our ids as they
// are.
func TestMessage(t *testing.T) {
	t.Parallel()
	server := listen(t, nil)
	if got, err := sender(t, server.port, nil).Send(t.Context(), sample()); err != nil || got.Result != schemas.SentDone {
		t.Fatalf("%+v, %v", got, err)
	}
	checkMail(t, <-server.got)
}

func checkMail(t *testing.T, text string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<hand_1.desk@example.com>", "In-Reply-To": "<root@example.com>", "Reply-To": "<a+h_x@example.com>",
		"To": "<team@example.com>", "Auto-Submitted": "auto-generated", "X-Steward-Handoff": "hand_1", "Date": "Mon, 02 Mar 2026 10:00:00 +0000",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if refs := strings.Fields(m.Header.Get("References")); len(refs) != 2 || refs[1] != "<two@example.com>" {
		t.Errorf("References are %q", refs)
	}
	if kind := m.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("the type is %s", kind)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !strings.Contains(string(body), "text/plain") || !strings.Contains(string(body), "text/html") || !strings.Contains(string(body), "Kim") {
		t.Errorf("the body is %s, %v", body, err)
	}
}

// TestInjection: what would break out of its header is refused, and nobody is
// called.
func TestInjection(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*schemas.Mail){
		"subject":         func(m *schemas.Mail) { m.Subject = "a\r\nBcc: x@y.example" },
		"subject, LF":     func(m *schemas.Mail) { m.Subject = "a\nb" },
		"name":            func(m *schemas.Mail) { m.FromName = "a\r\nBcc: x@y.example" },
		"sender":          func(m *schemas.Mail) { m.From = "a@b.example\r\nRCPT TO:<x@y.example>" },
		"recipient":       func(m *schemas.Mail) { m.To = []string{"a@b.example>\r\nDATA"} },
		"two in one":      func(m *schemas.Mail) { m.To = []string{"a@b.example, c@d.example"} },
		"named recipient": func(m *schemas.Mail) { m.To = []string{"Kim <a@b.example>"} },
		"no recipient":    func(m *schemas.Mail) { m.To = nil },
		"reply address":   func(m *schemas.Mail) { m.ReplyTo = "a@b.example\nX: y" },
		"id":              func(m *schemas.Mail) { m.ID = "a> <b" },
		"no id":           func(m *schemas.Mail) { m.ID = "" },
		"reference":       func(m *schemas.Mail) { m.References = []string{"a\r\nX: y"} },
		"header's value":  func(m *schemas.Mail) { m.Headers = map[string]string{"X-A": "a\r\nBcc: b"} },
		"header's name":   func(m *schemas.Mail) { m.Headers = map[string]string{"X-A: b\r\nBcc": "c"} },
		"header of ours":  func(m *schemas.Mail) { m.Headers = map[string]string{"Bcc": "x@y.example"} },
		"no date":         func(m *schemas.Mail) { m.Date = time.Time{} },
	} {
		m := sample()
		change(&m)
		// Nobody listens on port 1, so anything else than a refusal shows.
		if got, err := sender(t, 1, nil).Send(t.Context(), m); err != nil || got.Result != schemas.SentFailed || got.Code != "invalid" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"no host":                        {Port: 25},
		"unprotected to another machine": {Host: "mail.example.com", Security: SecurityNone},
		"unknown security":               {Host: "mail.example.com", Security: "ssl"},
		"host with a line break":         {Host: "a\r\nb"},
		"port":                           {Host: "a", Port: 70000},
	} {
		if _, err := NewSMTP(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, c := range []Config{{Host: "mail.example.com"}, {Host: "mail.example.com", Security: SecurityTLS, User: "u"}, {Host: "localhost", Security: SecurityNone}} {
		if _, err := NewSMTP(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestSpool: a mail is one whole file, also when it is sent twice.
func TestSpool(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "mail")
	s, err := NewSpool(folder)
	if err != nil {
		t.Fatal(err)
	}
	other := sample()
	other.ID = "../../x@example.com"
	for _, m := range []schemas.Mail{sample(), sample(), other} {
		if got, err := s.Send(t.Context(), m); err != nil || got.Result != schemas.SentDone {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	text, err := os.ReadFile(filepath.Join(folder, name(sample())))
	if err != nil {
		t.Fatal(err)
	}
	checkMail(t, string(text))
	bad := sample()
	bad.Subject = "a\nb"
	if got, err := s.Send(t.Context(), bad); err != nil || got.Result != schemas.SentFailed {
		t.Errorf("%+v, %v", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Send(ended, sample()); err == nil {
		t.Error("sent after the end")
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), sample()); err == nil || strings.Contains(err.Error(), folder) {
		t.Errorf("without its folder: %v", err)
	}
}
