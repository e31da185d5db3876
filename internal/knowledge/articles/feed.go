package articles

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"steward/internal/knowledge"
	"steward/schemas"
)

// maxFeedPages bounds the pages of a feed, for feeds that go on with nothing in
// them.
const maxFeedPages = 1000

// feedVersion begins the version of every JSON feed.
const feedVersion = "https://jsonfeed.org/version/1"

// feedPage is one page of a JSON feed. Fields of no use here are left out.
type feedPage struct {
	Version  string     `json:"version"`
	Language string     `json:"language"`
	NextURL  string     `json:"next_url"`
	Items    []feedItem `json:"items"`
}

type feedItem struct {
	// ID is a string; the format asks readers to take other types too.
	ID          json.RawMessage `json:"id"`
	URL         string          `json:"url"`
	Title       string          `json:"title"`
	ContentHTML string          `json:"content_html"`
	ContentText string          `json:"content_text"`
	Language    string          `json:"language"`
	Tags        []string        `json:"tags"`
}

// feed pulls a JSON feed, page by page.
func (l *listing) feed(ctx context.Context, address string) ([]schemas.ArticleType, error) {
	start, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, knowledge.Fail(schemas.FailUnreachable, errors.New("not an address"))
	}
	read := make(map[string]bool)
	for next := start; next != nil; {
		// "It must not be the same as feed_url, nor a previous next_url."
		if read[next.String()] || len(read) == maxFeedPages {
			return nil, knowledge.Fail(schemas.FailUnsupportedType, errors.New("the feed's pages run in circles"))
		}
		read[next.String()] = true
		body, err := l.get(ctx, next.String(), maxFeedBytes)
		if err != nil {
			return nil, err
		}
		page, err := parseFeed(body)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if err := l.item(item, page.Language); err != nil {
				return nil, err
			}
		}
		if next, err = following(next, page.NextURL); err != nil {
			return nil, err
		}
		if next != nil && !sameHost(start, next) {
			return nil, knowledge.Fail(schemas.FailOutOfScope, errors.New("the feed goes on on another host"))
		}
	}
	return []schemas.ArticleType{schemas.ArticleKB, schemas.ArticleWebsite, schemas.ArticleLanding, schemas.ArticleBlog}, nil
}

func parseFeed(body []byte) (feedPage, error) {
	var page feedPage
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &page); err != nil {
		return feedPage{}, knowledge.Fail(schemas.FailUnsupportedType, errors.New("not a JSON feed"))
	}
	if !strings.HasPrefix(page.Version, feedVersion) || page.Items == nil {
		return feedPage{}, knowledge.Fail(schemas.FailUnsupportedType, errors.New("not a JSON feed"))
	}
	return page, nil
}

func following(page *url.URL, next string) (*url.URL, error) {
	if strings.TrimSpace(next) == "" {
		return nil, nil
	}
	u, err := page.Parse(strings.TrimSpace(next))
	if err != nil {
		return nil, knowledge.Fail(schemas.FailUnsupportedType, errors.New("next_url is no address"))
	}
	u.Fragment = ""
	return u, nil
}

// item gives one item out. Those without an id or without a text are none.
func (l *listing) item(item feedItem, lang string) error {
	a := schemas.PulledArticle{
		External: itemID(item.ID), Type: itemType(item.Tags), Title: item.Title, URL: item.URL,
		Body: item.ContentHTML, Format: schemas.FormatHTML, Language: item.Language,
	}
	if strings.TrimSpace(a.Body) == "" {
		a.Body, a.Format = item.ContentText, schemas.FormatMarkdown
	}
	if a.External == "" || strings.TrimSpace(a.Body) == "" {
		return nil
	}
	if a.Title == "" {
		a.Title = item.URL
	}
	if a.Language == "" {
		a.Language = lang
	}
	return l.give(a)
}

// itemID reads an id that may be a number.
func itemID(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(text)
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// itemType is the type that an item's tags name, else a knowledge-base article.
func itemType(tags []string) schemas.ArticleType {
	for _, tag := range tags {
		if t := schemas.ArticleType(strings.ToLower(strings.TrimSpace(tag))); t.Valid() {
			return t
		}
	}
	return schemas.ArticleKB
}
