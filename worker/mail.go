package main

import (
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"steward/activities"
	"steward/internal/config"
	"steward/internal/mail"
)

// spoolFrom is the sender of mails that go into the folder.
const spoolFrom = "steward@localhost.localdomain"

// mailer sends mail through the configured server, or puts it into the folder
// mail of the data folder. Where that cannot be written to there is none: the
// worker does everything else, and customers hear that no code can be sent.
func mailer(cfg config.Config, log *slog.Logger) (send activities.Mailer, from string, err error) {
	if cfg.SMTPURL == "" {
		spool, err := mail.NewSpool(filepath.Join(cfg.DataDir, "mail"))
		if err != nil {
			log.Warn("no codes can be mailed: set STEWARD_SMTP_URL, or make the data folder writable", "error", err)
			return nil, spoolFrom, nil
		}
		return spool, spoolFrom, nil
	}
	c, err := smtp(cfg.SMTPURL.Reveal())
	if err != nil {
		return nil, "", err
	}
	server, err := mail.NewSMTP(c)
	return server, cfg.MailFrom, err
}

// smtp reads an address that config has checked. Without TLS is for a server on
// this machine only.
func smtp(address string) (mail.Config, error) {
	u, err := url.Parse(address)
	if err != nil {
		return mail.Config{}, err
	}
	c := mail.Config{Host: u.Hostname(), Security: mail.SecurityStartTLS, User: u.User.Username()}
	c.Password, _ = u.User.Password()
	if u.Port() != "" {
		if c.Port, err = strconv.Atoi(u.Port()); err != nil {
			return mail.Config{}, err
		}
	}
	ip := net.ParseIP(c.Host)
	switch {
	case u.Scheme == "smtps":
		c.Security = mail.SecurityTLS
	case ip != nil && ip.IsLoopback(), c.Host == "localhost":
		c.Security = mail.SecurityNone
	}
	return c, nil
}

// hostOf is the host of an address, which may stand after a name in brackets.
func hostOf(address string) string {
	_, host, _ := strings.Cut(strings.TrimRight(address, ">"), "@")
	return host
}
