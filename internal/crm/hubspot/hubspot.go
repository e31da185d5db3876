// Package hubspot reads and writes a HubSpot portal over its public interface.
//
// It owns the calls, the portal's rate limits and what this process has made
// lately, which the portal's search does not show at once. It must not keep
// records, decide what the agent may see, or read the token from anywhere: its
// caller hands that over. Wrapped by crm.Journaled its writes happen once.
package hubspot

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"steward/internal/crm"
	"steward/schemas"
)

// System is its name where several CRMs are named.
const System = "hubspot"

const (
	// DefaultBaseURL is the interface of every portal.
	DefaultBaseURL = "https://api.hubapi.com"
	// DefaultVersion is the oldest one that has all calls.
	DefaultVersion = "v3"
	// DefaultExternalID is the property that holds the key of a create. An admin
	// adds it to deals and tickets, with unique values: then two creates with one
	// key can never make two records.
	DefaultExternalID = "steward_external_id"
)

// Options set up a CRM.
type Options struct {
	// Token returns the token of a private app. Required.
	Token func(ctx context.Context) (string, error)
	// Client makes the requests; its transport holds the network guard. Default
	// http.DefaultClient. It follows no redirects.
	Client *http.Client
	// BaseURL is an https address. Default DefaultBaseURL.
	BaseURL string
	// Version is v3 or that of a dated interface, such as 2026-03. Default
	// DefaultVersion.
	Version string
	// ExternalID is the name of the property for the key of a create. Default
	// DefaultExternalID.
	ExternalID string
	// Zone is the portal's time zone: its day of calls begins at midnight there.
	// Default UTC.
	Zone *time.Location
	// UserAgent of the requests.
	UserAgent string
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// CRM is a portal. Safe for concurrent use.
type CRM struct {
	o      Options
	client *http.Client
	quota  *quota
	made   *made
}

var _ crm.CRM = (*CRM)(nil)

var (
	version  = regexp.MustCompile(`^(v3|20[0-9]{2}-[0-9]{2})$`)
	property = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
	recordID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// New makes a CRM. It makes no call.
func New(o Options) (*CRM, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	if o.Version == "" {
		o.Version = DefaultVersion
	}
	if o.ExternalID == "" {
		o.ExternalID = DefaultExternalID
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	u, err := url.Parse(o.BaseURL)
	switch {
	case o.Token == nil:
		return nil, errors.New("set up HubSpot: a token is required")
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "":
		return nil, errors.New("set up HubSpot: the base address begins with https:// and has no user and no query")
	case !version.MatchString(o.Version):
		return nil, errors.New("set up HubSpot: the version is v3 or a date such as 2026-03")
	case !property.MatchString(o.ExternalID):
		return nil, errors.New("set up HubSpot: the name of the property for keys has only lower-case letters, digits and _")
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	// A redirect would carry the token to whatever it names.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	return &CRM{o: o, client: &client, quota: &quota{}, made: newMade()}, nil
}

// plural is the word of a kind of record in paths, empty for an unknown one.
func plural(object schemas.ObjectType) string {
	switch object {
	case schemas.ObjectContact:
		return "contacts"
	case schemas.ObjectCompany:
		return "companies"
	case schemas.ObjectDeal:
		return "deals"
	case schemas.ObjectTicket:
		return "tickets"
	}
	return ""
}

// objects is the path of a kind of record, of a record below it, or of a call.
func (c *CRM) objects(word string, more ...string) string {
	path := "/crm/objects/" + c.o.Version + "/" + word
	if c.o.Version == DefaultVersion {
		path = "/crm/v3/objects/" + word
	}
	for _, m := range more {
		path += "/" + url.PathEscape(m)
	}
	return path
}

func (c *CRM) properties(word string) string {
	if c.o.Version == DefaultVersion {
		return "/crm/v3/properties/" + word
	}
	return "/crm/properties/" + c.o.Version + "/" + word
}

// place checks a reference and returns its word.
func place(ref schemas.RecordRef) (string, error) {
	word := plural(ref.Object)
	if word == "" {
		return "", crm.Fail(crm.KindRefused)
	}
	if !recordID.MatchString(ref.ID) {
		return "", crm.Fail(crm.KindNotFound)
	}
	return word, nil
}

// wanted is the query that asks for properties: without it only some defaults
// come.
func wanted(properties []string) url.Values {
	return url.Values{"properties": {strings.Join(properties, ",")}, "archived": {"false"}}
}
