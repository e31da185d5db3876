package knowledge

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// The keys of the one document of a short answer and of an article.
const (
	shortAnswerKey = "short_answer"
	articleKey     = "article"
)

// detectBytes is how much of a text its language is detected by.
const detectBytes = 4096

// Library reads sources that are not on the web: files, articles and short
// answers.
type Library struct {
	// Files reads uploads.
	Files Reader
	// Pages reads the HTML of articles.
	Pages Reader
}

// Read turns a source into one page with its document. A page without one says
// why in its reason. An error comes only when the same call may succeed later;
// the page then has the reason to give up with.
// Spec: S12, S13, S14, S18.
func (l Library) Read(ctx context.Context, job schemas.SourceJob) (schemas.PageRead, error) {
	page, err := l.read(ctx, job)
	if err == nil {
		page.Outcome = schemas.PageNew
		page.BytesHash, page.TextHash = BytesHash(job), TextHash(*page.Document)
		return page, nil
	}
	code, again := CodeOf(err)
	page.Outcome, page.Reason, page.Document = schemas.PageFailed, code, nil
	if again {
		return page, fmt.Errorf("read source %s: %w", job.Source.ID, err)
	}
	return page, nil
}

func (l Library) read(ctx context.Context, job schemas.SourceJob) (schemas.PageRead, error) {
	switch job.Source.Type {
	case schemas.SourceShortAnswer:
		doc, err := shortAnswer(job)
		return schemas.PageRead{Key: shortAnswerKey, URL: job.Source.Question, Document: &doc}, err
	case schemas.SourceFile:
		page := schemas.PageRead{Key: job.FileName, URL: job.FileName, Bytes: len(job.Content)}
		text, err := l.Files.Read(ctx, Page{Name: job.FileName, Language: job.Source.Language, Body: job.Content})
		if err != nil {
			return page, err
		}
		public := publicURL(text.URL)
		if public == "" {
			public = publicURL(job.Source.URL)
		}
		return l.composed(page, job, Parts{Key: job.FileName, URL: public, Title: fileTitle(job)}, text)
	case schemas.SourceArticle:
		page := schemas.PageRead{Key: articleKey, URL: job.Article.Title, Bytes: len(job.Article.Body)}
		text := Text{Title: job.Article.Title, Markdown: job.Article.Body, Language: job.Article.Language}
		if job.Article.Format == schemas.FormatHTML {
			read, err := l.Pages.Read(ctx, Page{URL: job.Article.URL, ContentType: "text/html; charset=utf-8", Body: []byte(job.Article.Body)})
			if err != nil {
				return page, err
			}
			text.Markdown, text.Answers = read.Markdown, read.Answers
		}
		return l.composed(page, job, Parts{Key: articleKey, URL: publicURL(job.Article.URL), Title: job.Article.Title}, text)
	}
	return schemas.PageRead{Key: string(job.Source.ID)}, Fail(schemas.FailUnsupportedType, nil)
}

func (l Library) composed(page schemas.PageRead, job schemas.SourceJob, parts Parts, text Text) (schemas.PageRead, error) {
	doc, err := Compose(job.Agent, job.Source, parts, text)
	page.Document = &doc
	return page, err
}

// Parts are what the kind of source adds to a text: the key that names the
// document in its source, the address to cite, and the title when the text has
// none of its own.
type Parts struct {
	Key, URL, Title string
}

// Compose makes the document of a text, without its chunks. A text without
// words is a Failure. Private content never gets an address to cite.
// Spec: S24.
func Compose(agent schemas.AgentID, source schemas.Source, p Parts, text Text) (schemas.Document, error) {
	body := strings.TrimSpace(text.Markdown)
	if len(language.Words(body)) == 0 && len(text.Answers) == 0 {
		return schemas.Document{}, Fail(schemas.FailNoText, nil)
	}
	title := oneLine(text.Title)
	if title == "" {
		title = oneLine(p.Title)
	}
	if source.Private {
		p.URL = ""
	}
	named := text.Language
	if source.Language != "" {
		named = source.Language
	}
	return schemas.Document{
		ID: DocumentID(agent, source.ID, p.Key), Key: p.Key, Title: title, URL: p.URL,
		Language: languageOf(named, body), Text: body, Answers: text.Answers,
	}, nil
}

// SplitDocument gives a document its chunks: the passages of its text without
// the blocks that are no content, and one for each question that it answers
// itself. A short answer is one chunk whatever its length: it is sent as it was
// written. Spec: S18.
func SplitDocument(agent schemas.AgentID, source schemas.SourceID, doc schemas.Document, boilerplate []uint64) schemas.Document {
	if doc.Key == shortAnswerKey {
		doc.Chunks = []schemas.Chunk{answerChunk(agent, source, doc, schemas.Answer{Question: doc.Title, Answer: doc.Text}, 0, make(map[string]int))}
		return doc
	}
	whole := doc.Text
	doc.Text = withoutBlocks(doc.Text, boilerplate)
	doc.Chunks = Split(agent, source, doc)
	doc.Text = whole
	seen := make(map[string]int)
	for _, a := range doc.Answers {
		if strings.TrimSpace(a.Question) == "" || strings.TrimSpace(a.Answer) == "" {
			continue
		}
		doc.Chunks = append(doc.Chunks, answerChunk(agent, source, doc, a, len(doc.Chunks), seen))
	}
	return doc
}

func answerChunk(agent schemas.AgentID, source schemas.SourceID, doc schemas.Document, a schemas.Answer, ord int, seen map[string]int) schemas.Chunk {
	chunk := schemas.Chunk{
		Ord: ord, Section: -1 - ord, Document: doc.ID, Source: source, Title: oneLine(a.Question), Question: oneLine(a.Question),
		Text: language.Clean(a.Answer), Language: doc.Language, URL: doc.URL,
	}
	finish(&chunk, agent, doc.Key, seen)
	return chunk
}

func shortAnswer(job schemas.SourceJob) (schemas.Document, error) {
	question, answer := oneLine(job.Source.Question), language.Clean(job.Source.Answer)
	if question == "" || answer == "" {
		return schemas.Document{}, Fail(schemas.FailNoText, nil)
	}
	return schemas.Document{
		ID: DocumentID(job.Agent, job.Source.ID, shortAnswerKey), Key: shortAnswerKey,
		Title: question, Text: answer, Language: languageOf(job.Source.Language, question+" "+answer),
	}, nil
}

// PageKey is the key of the one page of a source that is not on the web.
func PageKey(job schemas.SourceJob) string {
	switch job.Source.Type {
	case schemas.SourceFile:
		return job.FileName
	case schemas.SourceArticle:
		return articleKey
	case schemas.SourceShortAnswer:
		return shortAnswerKey
	}
	return string(job.Source.ID)
}

// BytesHash identifies what a source that is not on the web holds, and how it
// is read: equal hashes need no reading.
func BytesHash(job schemas.SourceJob) string {
	s, a := job.Source, job.Article
	return hashOf(string(s.Type), string(job.Content), s.Question, s.Answer, s.URL, s.Language, fmt.Sprint(s.Private),
		a.Title, a.Body, string(a.Format), a.URL, a.Language)
}

// TextHash identifies a document's text.
func TextHash(d schemas.Document) string {
	parts := []string{d.Title, d.URL, d.Language, d.Text}
	for _, a := range d.Answers {
		parts = append(parts, a.Question, a.Answer)
	}
	return hashOf(parts...)
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
