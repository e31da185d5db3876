package schemas

import (
	"strings"
	"testing"
)

// TestDeskValidate: each wrong field is named, and the settings of each kind as
// they should be are taken.
func TestDeskValidate(t *testing.T) {
	t.Parallel()
	good := map[DeskKind]Desk{
		DeskWebhook:  {BaseURL: "https://hooks.example.com/in?tenant=1"},
		DeskEmail:    {From: "a@example.com", To: []string{"b@example.com"}},
		DeskSlack:    {Account: "A0123456789", Channel: "C0123456789"},
		DeskZendesk:  {BaseURL: "https://acme.zendesk.com", Account: "900", User: "bot@example.com"},
		DeskChatwoot: {BaseURL: "http://desk.intranet:3000", Account: "1", Channel: "5", PrivateHosts: []string{"desk.intranet:3000"}, PathToken: true},
		DeskHubSpot:  {Account: "4242", Channel: "71", Inbox: "710001"},
	}
	for kind, d := range good {
		d.Kind, d.Name, d.Secret = kind, "Desk", "env:TOKEN"
		good[kind] = d
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for name, c := range map[string]struct {
		kind   DeskKind
		change func(*Desk)
		field  string
	}{
		"kind":               {DeskEmail, func(d *Desk) { d.Kind = "fax" }, "kind"},
		"no name":            {DeskEmail, func(d *Desk) { d.Name = " " }, "name"},
		"the secret itself":  {DeskSlack, func(d *Desk) { d.Secret = "xoxb-1" }, "secret"},
		"signing secret":     {DeskSlack, func(d *Desk) { d.SigningSecret = "abc" }, "signing_secret"},
		"path token":         {DeskSlack, func(d *Desk) { d.PathToken = true }, "path_token"},
		"reason":             {DeskSlack, func(d *Desk) { d.Reasons = []Reason{"bored"} }, "reasons"},
		"empty reason":       {DeskSlack, func(d *Desk) { d.Reasons = []Reason{""} }, "reasons"},
		"team":               {DeskSlack, func(d *Desk) { d.Teams = []TeamID{"billing"} }, "teams"},
		"feed":               {DeskSlack, func(d *Desk) { d.Feeds = []DeskFeed{"all"} }, "feeds"},
		"no address":         {DeskWebhook, func(d *Desk) { d.BaseURL = "" }, "base_url"},
		"password in it":     {DeskWebhook, func(d *Desk) { d.BaseURL = "https://u:p@x.example" }, "base_url"},
		"unprotected":        {DeskWebhook, func(d *Desk) { d.BaseURL = "http://x.example" }, "base_url"},
		"another private":    {DeskChatwoot, func(d *Desk) { d.BaseURL = "http://desk.intranet:3001" }, "base_url"},
		"query":              {DeskZendesk, func(d *Desk) { d.BaseURL += "?a=b" }, "base_url"},
		"script":             {DeskWebhook, func(d *Desk) { d.BaseURL = "javascript:alert(1)" }, "base_url"},
		"slack channel":      {DeskSlack, func(d *Desk) { d.Channel = "#support" }, "channel"},
		"slack app":          {DeskSlack, func(d *Desk) { d.Account = "" }, "account"},
		"zendesk user":       {DeskZendesk, func(d *Desk) { d.User = "Bot <bot@example.com>" }, "user"},
		"zendesk account":    {DeskZendesk, func(d *Desk) { d.Account = "" }, "account"},
		"zendesk group":      {DeskZendesk, func(d *Desk) { d.Channel = "../1" }, "channel"},
		"chatwoot account":   {DeskChatwoot, func(d *Desk) { d.Account = "1/../2" }, "account"},
		"hubspot inbox":      {DeskHubSpot, func(d *Desk) { d.Inbox = "" }, "channel"},
		"sender":             {DeskEmail, func(d *Desk) { d.From = "a@example.com\r\nBcc: x@y.example" }, "from"},
		"reply address":      {DeskEmail, func(d *Desk) { d.ReplyTo = "nobody" }, "reply_to"},
		"no recipient":       {DeskEmail, func(d *Desk) { d.To = nil }, "to"},
		"recipient's header": {DeskEmail, func(d *Desk) { d.To = []string{"b@example.com, c@example.com"} }, "to"},
	} {
		d := good[c.kind]
		c.change(&d)
		if err := d.Validate(); err == nil || !strings.HasPrefix(err.Error(), "invalid: "+c.field+": ") || KindOf(err) != KindInvalid {
			t.Errorf("%s: %v, want an error of %s", name, err, c.field)
		}
	}
}

func TestDeskTakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		desk Desk
		want bool
	}{
		"everything":   {Desk{}, true},
		"this reason":  {Desk{Reasons: []Reason{ReasonVIP, ReasonManual}}, true},
		"other reason": {Desk{Reasons: []Reason{ReasonManual}}, false},
		"this team":    {Desk{Teams: []TeamID{"team_1"}}, true},
		"other team":   {Desk{Teams: []TeamID{"team_2"}}, false},
		"disabled":     {Desk{Disabled: true}, false},
	} {
		if got := c.desk.Takes(ReasonVIP, "team_1"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	d := Desk{Feeds: []DeskFeed{FeedUpdates}}
	if !d.Wants(FeedUpdates) || d.Wants(FeedNotes) || !(Desk{}).Wants(FeedNotes) {
		t.Error("feeds are not as chosen")
	}
}

func TestRouteRuleValidate(t *testing.T) {
	t.Parallel()
	user := UserID(PrefixUser + "_" + strings.Repeat("0", 32))
	for name, c := range map[string]struct {
		rule  RouteRule
		field string
	}{
		"everything to the settings' team": {RouteRule{Name: "a"}, ""},
		"a fixed user":                     {RouteRule{Name: "a", To: RouteTo{User: RouteFixedUser, UserID: user}}, ""},
		"no name":                          {RouteRule{}, "route name"},
		"timing":                           {RouteRule{Name: "a", Timing: "soon"}, "timing"},
		"who":                              {RouteRule{Name: "a", To: RouteTo{User: "boss"}}, "to.user"},
		"fixed without a user":             {RouteRule{Name: "a", To: RouteTo{User: RouteFixedUser}}, "to.user_id"},
		"a user who is not asked":          {RouteRule{Name: "a", To: RouteTo{User: RouteContactOwner, UserID: user}}, "to.user_id"},
		"team":                             {RouteRule{Name: "a", To: RouteTo{Team: "x"}}, "to.team"},
		"reason":                           {RouteRule{Name: "a", Match: RouteMatch{Reasons: []Reason{""}}}, "match.reasons"},
		"channel":                          {RouteRule{Name: "a", Match: RouteMatch{Channels: []ChannelKind{"fax"}}}, "match.channels"},
		"property": {
			RouteRule{Name: "a", Match: RouteMatch{Properties: []RouteProperty{{Object: ObjectContact, Property: "tier"}}}}, "match.properties",
		},
		"empty phrase":  {RouteRule{Name: "a", Match: RouteMatch{Phrases: []string{" "}}}, "match"},
		"empty message": {RouteRule{Name: "a", Messages: map[string]string{"en": ""}}, "messages"},
	} {
		err := c.rule.Validate()
		if (err == nil) != (c.field == "") || err != nil && !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
