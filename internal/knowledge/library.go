package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// shortAnswerKey is the key of the one document of a short answer.
const shortAnswerKey = "short_answer"

// detectBytes is how much of a text its language is detected by.
const detectBytes = 4096

// Library reads whole sources.
type Library struct {
	Fetcher Fetcher
	Files   Reader
}

// Read turns a source into documents with their chunks. The code says why there
// are none. An error comes with it only when the same call may succeed later,
// so a code without an error is final. Spec: S12, S14, S16, S18.
func (l Library) Read(ctx context.Context, job schemas.SourceJob) ([]schemas.Document, schemas.FailCode, error) {
	doc, err := l.document(ctx, job)
	if err != nil {
		code, again := CodeOf(err)
		if again {
			return nil, code, fmt.Errorf("read source %s: %w", job.Source.ID, err)
		}
		return nil, code, nil
	}
	return []schemas.Document{doc}, schemas.FailNone, nil
}

func (l Library) document(ctx context.Context, job schemas.SourceJob) (schemas.Document, error) {
	switch job.Source.Type {
	case schemas.SourceShortAnswer:
		return shortAnswer(job)
	case schemas.SourceFile:
		text, err := l.Files.Read(Page{Name: job.FileName, Body: job.Content})
		if err != nil {
			return schemas.Document{}, err
		}
		public := publicURL(text.URL)
		if public == "" {
			public = publicURL(job.Source.URL)
		}
		return compose(job, part{key: job.FileName, url: public, fallback: fileTitle(job)}, text)
	case schemas.SourceURL:
		page, err := l.Fetcher.Fetch(ctx, job.Source.URL)
		if err != nil {
			return schemas.Document{}, err
		}
		text, err := l.Files.Read(page)
		if err != nil {
			return schemas.Document{}, err
		}
		return compose(job, part{key: job.Source.URL, url: canonical(page.URL, text.URL), fallback: cmp.Or(job.Source.Name, page.URL)}, text)
	}
	return schemas.Document{}, Fail(schemas.FailUnsupportedType, nil)
}

// part is what the kind of source adds to a text.
type part struct {
	key, url, fallback string
}

func compose(job schemas.SourceJob, p part, text Text) (schemas.Document, error) {
	body := strings.TrimSpace(text.Markdown)
	if len(language.Words(body)) == 0 {
		return schemas.Document{}, Fail(schemas.FailEmpty, nil)
	}
	title := oneLine(text.Title)
	if title == "" {
		title = oneLine(p.fallback)
	}
	if job.Source.Private {
		// Private uploads never get an address to cite. Spec: S24.
		p.url = ""
	}
	doc := schemas.Document{
		ID: DocumentID(job.Agent, job.Source.ID, p.key), Key: p.key, Title: title, URL: p.url,
		Language: languageOf(text.Language, body), Text: body,
	}
	doc.Chunks = Split(job.Agent, job.Source.ID, doc)
	if len(doc.Chunks) == 0 {
		return schemas.Document{}, Fail(schemas.FailEmpty, nil)
	}
	return doc, nil
}

// shortAnswer is one chunk whatever its length: it is sent as it was written.
func shortAnswer(job schemas.SourceJob) (schemas.Document, error) {
	question, answer := oneLine(job.Source.Question), language.Clean(job.Source.Answer)
	if question == "" || answer == "" {
		return schemas.Document{}, Fail(schemas.FailEmpty, nil)
	}
	doc := schemas.Document{
		ID: DocumentID(job.Agent, job.Source.ID, shortAnswerKey), Key: shortAnswerKey,
		Title: question, Text: answer, Language: languageOf("", question+" "+answer),
	}
	chunk := schemas.Chunk{
		Document: doc.ID, Source: job.Source.ID, Title: question, Question: question,
		Text: answer, Language: doc.Language,
	}
	finish(&chunk, job.Agent, doc.Key, make(map[string]int))
	doc.Chunks = []schemas.Chunk{chunk}
	return doc, nil
}

// languageOf trusts a page that names its language, else the text itself.
func languageOf(named, text string) string {
	if named != "" {
		return named
	}
	if len(text) > detectBytes {
		text = strings.ToValidUTF8(text[:detectBytes], "")
	}
	if lang, reliable := language.Detect(text, nil); reliable {
		return lang
	}
	return ""
}

func fileTitle(job schemas.SourceJob) string {
	if job.Source.Name != "" {
		return job.Source.Name
	}
	base := path.Base(strings.ReplaceAll(job.FileName, `\`, "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}

// canonical takes the address a page names for itself only on its own host: a
// page must not send readers elsewhere.
func canonical(final, named string) string {
	own, err := url.Parse(final)
	if err != nil {
		return ""
	}
	if other, err := url.Parse(named); err == nil && strings.EqualFold(other.Host, own.Host) && publicURL(named) != "" {
		return named
	}
	return publicURL(final)
}

// publicURL returns an address that may be shown to customers, else nothing.
func publicURL(shown string) string {
	u, err := url.Parse(strings.TrimSpace(shown))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(language.Clean(s)), " ") }
