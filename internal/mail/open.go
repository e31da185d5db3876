package mail

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strconv"

	"steward/schemas"
)

// spoolFrom is the sender of mails that go into the folder.
const spoolFrom = "steward@localhost.localdomain"

// Sender sends one email. An error means that nothing was handed over.
type Sender interface {
	Send(ctx context.Context, m schemas.Mail) (schemas.Delivered, error)
}

// Open sends through the server at address with the sender from, or, without an
// address, puts mail into the folder. Where that cannot be written to there is
// no Sender: everything else works, and whoever needs a mail is told that none
// can be sent. sender is who mails are from.
func Open(address, from, folder string, log *slog.Logger) (send Sender, sender string, err error) {
	if address == "" {
		spool, err := NewSpool(folder)
		if err != nil {
			log.Warn("no mail can be sent: set STEWARD_SMTP_URL, or make the data folder writable", "error", err)
			return nil, spoolFrom, nil
		}
		return spool, spoolFrom, nil
	}
	c, err := parse(address)
	if err != nil {
		return nil, "", err
	}
	server, err := NewSMTP(c)
	return server, from, err
}

// parse reads smtp://user:password@host:587, with STARTTLS but for a server on
// this machine, or smtps:// for TLS from the start. An error does not repeat the
// address, which has a password in it.
func parse(address string) (Config, error) {
	wrong := errors.New("STEWARD_SMTP_URL is not of the form smtp://user:password@host:587 or smtps://user:password@host:465")
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return Config{}, wrong
	}
	c := Config{Host: u.Hostname(), Security: SecurityStartTLS, User: u.User.Username()}
	c.Password, _ = u.User.Password()
	if p := u.Port(); p != "" {
		if c.Port, err = strconv.Atoi(p); err != nil {
			return Config{}, wrong
		}
	}
	ip := net.ParseIP(c.Host)
	switch {
	case u.Scheme == "smtps":
		c.Security = SecurityTLS
	case u.Scheme != "smtp":
		return Config{}, wrong
	case ip != nil && ip.IsLoopback(), c.Host == "localhost":
		c.Security = SecurityNone
	}
	return c, nil
}
