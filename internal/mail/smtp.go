package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"steward/schemas"
)

// Security is how the connection to the server is protected.
type Security string

// The ways. The zero value is read as STARTTLS. SecurityNone is for a server on
// this machine only.
const (
	SecurityStartTLS Security = "starttls"
	SecurityTLS      Security = "tls"
	SecurityNone     Security = "none"
)

// Config is an SMTP server.
type Config struct {
	Host string
	// Port is that of the server. Default 587, with TLS 465.
	Port     int
	Security Security
	// User and Password log in with what the server offers; an empty User does
	// not log in.
	User     string
	Password string
	// Timeout bounds the connection and each command. Default 30 s.
	Timeout time.Duration
	// Hello is the name that we give. Default the machine's.
	Hello string
	// Roots are the authorities whose certificates are believed. Default those
	// of the machine.
	Roots *x509.CertPool
}

// SMTP sends through one server, with one connection for each mail. It is safe
// for concurrent use.
type SMTP struct {
	host string
	// dial connects, under TLS where the configuration says so from the start.
	dial    gomail.DialContextFunc
	options []gomail.Option
}

// NewSMTP says what is wrong with c, or makes the sender. It does not connect.
func NewSMTP(c Config) (*SMTP, error) {
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Port == 0 {
		c.Port = 587
		if c.Security == SecurityTLS {
			c.Port = 465
		}
	}
	if strings.ContainsAny(c.Host, "\r\n \x00") || c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return nil, errors.New("the SMTP server needs a host and a port from 1 to 65535")
	}
	options := []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithoutNoop()}
	switch c.Security {
	case "", SecurityStartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case SecurityTLS:
		// The connection is protected before the library sees it.
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case SecurityNone:
		if !loopback(c.Host) {
			return nil, errors.New("an SMTP server on another machine needs starttls or tls")
		}
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, errors.New("SMTP security is starttls, tls or none")
	}
	if c.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if c.Security == SecurityNone {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	if c.Hello != "" {
		options = append(options, gomail.WithHELO(c.Hello))
	}
	protection := &tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	options = append(options, gomail.WithTLSConfig(protection))
	s := &SMTP{host: c.Host, options: options, dial: (&net.Dialer{}).DialContext}
	if c.Security == SecurityTLS {
		s.dial = (&tls.Dialer{Config: protection}).DialContext
	}
	return s, nil
}

// loopback reports whether host is this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Send hands m over to the server. A mail that may have been taken, because the
// connection broke after its last line was sent, is unknown.
func (s *SMTP) Send(ctx context.Context, m schemas.Mail) (schemas.Delivered, error) {
	msg, err := build(m)
	if err != nil {
		return schemas.Delivered{Result: schemas.SentFailed, Code: "invalid"}, nil
	}
	// The library leaves the connection open when the server cannot do what it
	// should, so it is closed here in any case.
	var conn net.Conn
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		conn, err = s.dial(ctx, network, address)
		return conn, err
	}
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	client, err := gomail.NewClient(s.host, append(slices.Clone(s.options), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return schemas.Delivered{Result: schemas.SentFailed, Code: "configuration"}, nil
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		return schemas.Delivered{Result: schemas.SentDone, ProviderID: m.ID}, nil
	}
	return judge(err), nil
}

// judge sorts an error of the library. Its text holds addresses and what the
// server wrote, so it goes no further.
func judge(err error) schemas.Delivered {
	var send *gomail.SendError
	if !errors.As(err, &send) {
		return unsent(err)
	}
	status := send.ErrorCode()
	switch {
	case send.Reason == gomail.ErrSMTPDataClose && status == 0:
		return schemas.Delivered{Result: schemas.SentUnknown, Code: "unreachable"}
	case status >= 500:
		return schemas.Delivered{Result: schemas.SentFailed, Code: codeOf(status)}
	case send.Reason == gomail.ErrNoUnencoded, send.Reason == gomail.ErrGetSender, send.Reason == gomail.ErrGetRcpts:
		return schemas.Delivered{Result: schemas.SentFailed, Code: "invalid"}
	}
	return schemas.Delivered{Result: schemas.SentLater, Code: codeOf(status)}
}

// unsent judges an error before the mail: the connection, its protection or the
// login failed, so nothing was handed over.
func unsent(err error) schemas.Delivered {
	var certificate *tls.CertificateVerificationError
	var refused *textproto.Error
	switch {
	case errors.As(err, &certificate):
		return schemas.Delivered{Result: schemas.SentFailed, Code: "tls"}
	case errors.As(err, &refused) && refused.Code >= 530 && refused.Code < 540:
		return schemas.Delivered{Result: schemas.SentFailed, Code: "auth"}
	}
	return schemas.Delivered{Result: schemas.SentLater, Code: "unreachable"}
}
