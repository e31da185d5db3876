package api

import (
	"net/url"
	"strings"

	"steward/schemas"
)

// admit holds the address of a source to the rules: one that is read has to be
// public, one that is only cited has to be a link that is safe to click.
func (a *API) admit(kind schemas.SourceType, address string) error {
	if !kind.Web() {
		return checkLink(address)
	}
	return a.reachable(address)
}

// reachable refuses an address that the operator does not let be read.
func (a *API) reachable(address string) error {
	if a.o.Admit == nil || address == "" {
		return nil
	}
	return a.o.Admit(address)
}

// checkLink refuses an address that cannot be cited: customers click on it.
func checkLink(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(address, " \t\r\n") {
		return schemas.NewError(schemas.KindInvalid, "url is the public address to cite: it begins with https:// or http:// and has no user name, such as https://example.com/returns")
	}
	return nil
}
