// Package mail sends email: through an SMTP server, or into a folder for
// machines that have none. It owns the shape of a message on the wire and one
// connection per send.
//
// It must not repeat a send, since a mail cannot be taken back, and must not
// pass on what a server wrote, which may name addresses. Addresses and headers
// with line breaks in them are refused.
package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"steward/schemas"
)

// maxReferences bounds the References header: the first and the latest.
const maxReferences = 20

// ErrInvalid is a mail that cannot be sent as it is: an address, a header or the
// subject is none. Nothing was sent.
var ErrInvalid = errors.New("the mail has an address or a header that cannot be sent")

// build makes the message, or returns ErrInvalid.
func build(m schemas.Mail) (*gomail.Msg, error) {
	if err := check(m); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	err := errors.Join(msg.FromFormat(m.FromName, m.From), msg.To(m.To...))
	if m.ReplyTo != "" {
		err = errors.Join(err, msg.ReplyTo(m.ReplyTo))
	}
	if err != nil {
		return nil, ErrInvalid
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Date)
	if m.InReplyTo != "" {
		msg.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, "<"+m.InReplyTo+">")
	}
	if refs := references(m.References); refs != "" {
		msg.SetGenHeaderPreformatted(gomail.HeaderReferences, refs)
	}
	for name, value := range m.Headers {
		msg.SetGenHeader(gomail.Header(name), value)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// references are folded, one on a line.
func references(ids []string) string {
	if len(ids) > maxReferences {
		ids = append(slices.Clone(ids[:1]), ids[len(ids)-maxReferences+1:]...)
	}
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, "<"+id+">")
	}
	return strings.Join(out, "\r\n ")
}

// check refuses what would break out of its header.
func check(m schemas.Mail) error {
	addresses := append([]string{m.From}, m.To...)
	if m.ReplyTo != "" {
		addresses = append(addresses, m.ReplyTo)
	}
	for _, a := range addresses {
		parsed, err := netmail.ParseAddress(a)
		if err != nil || parsed.Name != "" || parsed.Address != a || broken(a) {
			return ErrInvalid
		}
	}
	if len(m.To) == 0 || m.ID == "" || m.Date.IsZero() || broken(m.FromName) || broken(m.Subject) {
		return ErrInvalid
	}
	for _, id := range append([]string{m.ID, m.InReplyTo}, m.References...) {
		if broken(id) || strings.ContainsAny(id, "<> \t") {
			return ErrInvalid
		}
	}
	for name, value := range m.Headers {
		if !headerName(name) || broken(value) {
			return ErrInvalid
		}
	}
	return nil
}

// broken reports whether s has a character that ends a header's line.
func broken(s string) bool { return strings.ContainsAny(s, "\r\n\x00\x0b\x0c\u0085\u2028\u2029") }

// headerName reports whether s is the name of an extension header: those that
// have a field of Mail are not set by hand.
func headerName(s string) bool {
	lower := strings.ToLower(s)
	if !strings.HasPrefix(lower, "x-") && lower != "auto-submitted" && lower != "precedence" && lower != "list-id" {
		return false
	}
	return strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// codeOf is the code of a status of SMTP, or of none.
func codeOf(status int) string {
	if status == 0 {
		return "unreachable"
	}
	return fmt.Sprintf("smtp_%d", status)
}
