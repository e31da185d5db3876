package main

import (
	"net"
	"net/url"
	"path/filepath"
	"strconv"

	"steward/activities"
	"steward/internal/config"
	"steward/internal/mail"
)

// spoolFrom is the sender of mails that go into the folder.
const spoolFrom = "steward@localhost.localdomain"

// mailer sends mail through the configured server, or puts it into the folder
// mail of the data folder.
func mailer(cfg config.Config) (send activities.Mailer, from string, err error) {
	if cfg.SMTPURL == "" {
		spool, err := mail.NewSpool(filepath.Join(cfg.DataDir, "mail"))
		return spool, spoolFrom, err
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
