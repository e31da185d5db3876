package articles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// hubSpotAPI is the host of HubSpot's public interface.
	hubSpotAPI = "https://api.hubapi.com"
	// pageLength is how many entries one page of a listing has.
	pageLength = 50
)

// hubSpotList is one of HubSpot's list endpoints.
type hubSpotList struct {
	kind schemas.ArticleType
	path string
	// filter are query parameters of this endpoint alone.
	filter url.Values
}

// hubSpotLists are read in this order. Sorted by creation, what is new comes at
// the end and does not move what a later page holds.
func hubSpotLists() []hubSpotList {
	live := url.Values{"archived": {"false"}, "sort": {"createdAt"}}
	return []hubSpotList{
		{schemas.ArticleKB, "/cms/knowledge-base/2027-03-beta/articles", url.Values{
			"state": {"PUBLISHED"}, "sort": {"createdAt"}, "includeTranslations": {"false"},
		}},
		{schemas.ArticleWebsite, "/cms/v3/pages/site-pages", live},
		{schemas.ArticleLanding, "/cms/v3/pages/landing-pages", live},
		{schemas.ArticleBlog, "/cms/v3/blogs/posts", live},
	}
}

// hubSpot pulls the four listings of a portal.
func (l *listing) hubSpot(ctx context.Context, api string) ([]schemas.ArticleType, error) {
	if api == "" {
		api = hubSpotAPI
	}
	var complete []schemas.ArticleType
	var closed error
	for _, list := range hubSpotLists() {
		err := l.pages(ctx, strings.TrimRight(api, "/")+list.path, list)
		if errors.Is(err, errUnreadable) {
			if closed == nil || errors.Is(err, errForbidden) {
				closed = err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		complete = append(complete, list.kind)
	}
	if len(complete) == 0 {
		return nil, closed
	}
	return complete, nil
}

// errUnreadable marks a listing that this portal or token does not have: a
// scope that was not granted, a product that was not bought, a beta that ended.
var errUnreadable = errors.New("the listing is not open to this token")

// hubSpotPage is one page of any of the listings.
type hubSpotPage struct {
	Results []hubSpotEntry `json:"results"`
	Paging  struct {
		Next struct {
			After string `json:"after"`
		} `json:"next"`
	} `json:"paging"`
}

// pages goes through one listing to its end.
func (l *listing) pages(ctx context.Context, endpoint string, list hubSpotList) error {
	read := make(map[string]bool)
	for after := ""; ; {
		query := url.Values{"limit": {strconv.Itoa(pageLength)}}
		for key, values := range list.filter {
			query[key] = values
		}
		if after != "" {
			query.Set("after", after)
		}
		body, err := l.get(ctx, endpoint+"?"+query.Encode(), maxListBytes)
		if code, _ := knowledge.CodeOf(err); err != nil && after == "" && (code == "http_404" || errors.Is(err, errForbidden)) {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
		if err != nil {
			return err
		}
		var page hubSpotPage
		if err := json.Unmarshal(body, &page); err != nil || page.Results == nil {
			return knowledge.Fail(schemas.FailUnsupportedType, errors.New("not a listing of HubSpot"))
		}
		for _, entry := range page.Results {
			if err := l.entry(entry, list.kind); err != nil {
				return err
			}
		}
		after = cursor(page.Paging.Next.After)
		if after == "" {
			return nil
		}
		if read[after] || len(page.Results) == 0 {
			return knowledge.Fail(schemas.FailUnsupportedType, errors.New("the listing runs in circles"))
		}
		read[after] = true
	}
}

// cursor is the plain form of a cursor. HubSpot writes it as it stands in an
// address ("Mg%3D%3D"), and escaping that again would make another one of it.
func cursor(after string) string {
	if plain, err := url.PathUnescape(after); err == nil {
		return plain
	}
	return after
}

// hubSpotEntry is a knowledge-base article, a page or a blog post. Each kind
// fills a part of it.
type hubSpotEntry struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Language string `json:"language"`

	// Knowledge-base articles.
	Title      string `json:"title"`
	Subtitle   string `json:"subtitle"`
	Body       string `json:"body"`
	AccessType string `json:"accessType"`

	// Pages and posts.
	HTMLTitle        string          `json:"htmlTitle"`
	Name             string          `json:"name"`
	PostBody         string          `json:"postBody"`
	LayoutSections   json.RawMessage `json:"layoutSections"`
	WidgetContainers json.RawMessage `json:"widgetContainers"`
	Widgets          json.RawMessage `json:"widgets"`
	State            string          `json:"state"`
	CurrentState     string          `json:"currentState"`
	Published        bool            `json:"currentlyPublished"`
	Password         string          `json:"password"`
	Restricted       bool            `json:"publicAccessRulesEnabled"`
}

// entry gives out one entry of a listing, unless it is not for everybody or
// says nothing.
func (l *listing) entry(e hubSpotEntry, kind schemas.ArticleType) error {
	a := schemas.PulledArticle{
		External: string(kind) + "/" + e.ID, Type: kind, URL: e.URL, Language: e.Language, Format: schemas.FormatHTML,
	}
	open := e.live() && e.Password == "" && !e.Restricted
	switch kind {
	case schemas.ArticleKB:
		open = e.State == "PUBLISHED" && e.AccessType == "PUBLIC"
		a.Title, a.Body = e.Title, e.Body
		if e.Subtitle != "" {
			a.Body = "<p>" + html.EscapeString(e.Subtitle) + "</p>\n" + e.Body
		}
	case schemas.ArticleBlog:
		a.Title, a.Body = first(e.HTMLTitle, e.Name), e.PostBody
		if strings.TrimSpace(a.Body) == "" {
			a.Body = moduleText(e)
		}
	case schemas.ArticleWebsite, schemas.ArticleLanding:
		a.Title, a.Body = first(e.HTMLTitle, e.Name), moduleText(e)
	}
	if !open || e.ID == "" || strings.TrimSpace(a.Body) == "" {
		return nil
	}
	return l.give(a)
}

// live reports whether a page or post can be seen now. The state of a published
// one is PUBLISHED_OR_SCHEDULED, so the current state decides where there is
// one. The second variant of an A/B test says the same as the first.
func (e hubSpotEntry) live() bool {
	switch e.CurrentState {
	case "PUBLISHED", "PUBLISHED_AB":
		return true
	case "", "PUBLISHED_OR_SCHEDULED":
		return e.Published || e.State == "PUBLISHED"
	}
	return false
}

func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
