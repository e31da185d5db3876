package knowledge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/extract"
	"steward/internal/knowledge/files"
	"steward/schemas"
)

func job(kind schemas.SourceType) schemas.SourceJob {
	return schemas.SourceJob{
		Agent:  "agent_00000000000000000000000000000001",
		Source: schemas.Source{ID: "src_00000000000000000000000000000001", Type: kind},
	}
}

// library reads as the product does, without processes of its own.
func library() knowledge.Library {
	html := extract.Reader{}
	return knowledge.Library{Files: files.Reader{HTML: html, Fragment: extract.Fragment}, Pages: html}
}

func readOne(t *testing.T, l knowledge.Library, j schemas.SourceJob) schemas.Document {
	t.Helper()
	page, err := l.Read(context.Background(), j)
	if err != nil || page.Outcome != schemas.PageNew || page.Document == nil || page.Key != knowledge.PageKey(j) {
		t.Fatalf("Read = %+v, %v", page, err)
	}
	if page.BytesHash != knowledge.BytesHash(j) || page.TextHash == "" {
		t.Errorf("hashes %q %q", page.BytesHash, page.TextHash)
	}
	doc := knowledge.SplitDocument(j.Agent, j.Source.ID, *page.Document, nil)
	if len(doc.Chunks) == 0 || doc.Chunks[0].Document != doc.ID || doc.Chunks[0].Terms == "" {
		t.Fatalf("chunks %+v", doc.Chunks)
	}
	return doc
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	l := library()
	j := job(schemas.SourceFile)
	j.FileName, j.Content = "help/Shipping times.txt", []byte("Wir versenden jede Bestellung innerhalb von zwei Tagen nach dem Kauf.")
	doc := readOne(t, l, j)
	if doc.Title != "Shipping times" || doc.Language != "de" || doc.URL != "" || doc.Key != j.FileName {
		t.Errorf("%+v", doc)
	}
	if again := readOne(t, l, j); again.ID != doc.ID || again.Chunks[0].ID != doc.Chunks[0].ID {
		t.Error("a second read gives other ids")
	}
	j.Source.Name, j.Source.URL = "Versand", "https://shop.example/versand"
	if doc := readOne(t, l, j); doc.Title != "Versand" || doc.URL != j.Source.URL || doc.Chunks[0].URL != doc.URL {
		t.Errorf("%+v", doc)
	}
	j.FileName, j.Content = "a.md", []byte("---\nurl: javascript:alert(1)\n---\nhello there")
	if doc := readOne(t, l, j); doc.URL != j.Source.URL {
		t.Errorf("url %q", doc.URL)
	}
	j.Content = []byte("---\nurl: https://shop.example/a\n---\nhello there")
	if doc := readOne(t, l, j); doc.URL != "https://shop.example/a" {
		t.Errorf("url %q", doc.URL)
	}
	j.Source.Private = true
	if doc := readOne(t, l, j); doc.URL != "" || doc.Chunks[0].URL != "" {
		t.Errorf("a private source has the address %q", doc.URL)
	}
}

func TestReadArticle(t *testing.T) {
	t.Parallel()
	j := job(schemas.SourceArticle)
	j.Article = schemas.Article{
		Title: "Shipping abroad", Format: schemas.FormatHTML, URL: "https://shop.example/abroad",
		Body: "<h2>Countries</h2><p>We ship to all countries of the <b>EU</b>.</p><script>alert(1)</script>",
	}
	doc := readOne(t, library(), j)
	if doc.Title != "Shipping abroad" || doc.URL != j.Article.URL || !strings.Contains(doc.Text, "We ship to all countries of the EU.") || strings.Contains(doc.Text, "alert") {
		t.Errorf("%+v", doc)
	}
	before := knowledge.BytesHash(j)
	j.Article.Format, j.Article.Body = schemas.FormatMarkdown, "## Countries\n\nOnly Italy."
	if doc := readOne(t, library(), j); !strings.Contains(doc.Text, "Only Italy.") || knowledge.BytesHash(j) == before {
		t.Errorf("%+v", doc)
	}
}

// What a page answers word for word is a passage of its own.
func TestAnswersBecomePassages(t *testing.T) {
	t.Parallel()
	j := job(schemas.SourceFile)
	j.FileName = "faq.html"
	j.Content = []byte(`<html lang=en><head><script type="application/ld+json">{"@type":"FAQPage","mainEntity":[{"@type":"Question",
		"name":"Do you ship abroad?","acceptedAnswer":{"@type":"Answer","text":"Yes, to the EU."}}]}</script></head>
		<body><main><h1>Questions</h1><p>Here are the questions we hear most often from customers.</p></main></body></html>`)
	doc := readOne(t, library(), j)
	last := doc.Chunks[len(doc.Chunks)-1]
	if len(doc.Chunks) != 2 || last.Question != "Do you ship abroad?" || last.Text != "Yes, to the EU." || last.Section >= 0 {
		t.Errorf("%+v", doc.Chunks)
	}
}

func TestReadShortAnswer(t *testing.T) {
	t.Parallel()
	j := job(schemas.SourceShortAnswer)
	j.Source.Question, j.Source.Answer = " Do you ship\nabroad? ", "Yes. "+strings.Repeat("We ship to many countries. ", 200)
	doc := readOne(t, library(), j)
	if len(doc.Chunks) != 1 || doc.Title != "Do you ship abroad?" || doc.Language != "en" {
		t.Fatalf("%d chunks, title %q, language %q", len(doc.Chunks), doc.Title, doc.Language)
	}
	if c := doc.Chunks[0]; c.Question != doc.Title || c.Text != strings.TrimSpace(j.Source.Answer) || !strings.Contains(c.Terms, "abroad") {
		t.Errorf("chunk %.80q %q", c.Text, c.Question)
	}
}

func TestReadFailures(t *testing.T) {
	t.Parallel()
	file := job(schemas.SourceFile)
	file.FileName, file.Content = "a.exe", []byte("MZ")
	empty := job(schemas.SourceFile)
	empty.FileName, empty.Content = "a.html", []byte("<p hidden>x</p>")
	answer := job(schemas.SourceShortAnswer)
	answer.Source.Question, answer.Source.Answer = "a?", "\u200b"
	for _, tt := range []struct {
		name  string
		job   schemas.SourceJob
		err   error
		code  schemas.FailCode
		again bool
	}{
		{"type of file", file, nil, schemas.FailUnsupportedType, false},
		{"nothing visible", empty, nil, schemas.FailNoText, false},
		{"empty answer", answer, nil, schemas.FailNoText, false},
		{"type of source", job("crm"), nil, schemas.FailUnsupportedType, false},
		{"final", file, knowledge.Fail(schemas.FailEncrypted, nil), schemas.FailEncrypted, false},
		{"for now", file, knowledge.FailForNow(schemas.FailTimeout, errors.New("slow")), schemas.FailTimeout, true},
		{"deadline", file, context.DeadlineExceeded, schemas.FailTimeout, true},
		{"unknown", file, errors.New("odd"), schemas.FailInternal, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := library()
			if tt.err != nil {
				l.Files = broken{tt.err}
			}
			page, err := l.Read(context.Background(), tt.job)
			if page.Document != nil || page.Outcome != schemas.PageFailed || page.Reason != tt.code || (err != nil) != tt.again {
				t.Errorf("Read = %+v, %v", page, err)
			}
		})
	}
}

// broken reads nothing.
type broken struct{ err error }

func (b broken) Read(context.Context, knowledge.Page) (knowledge.Text, error) {
	return knowledge.Text{}, b.err
}

func TestPrivateContentHasNoAddress(t *testing.T) {
	t.Parallel()
	doc, err := knowledge.Compose("agent_00000000000000000000000000000001", schemas.Source{ID: "src_1", Private: true},
		knowledge.Parts{Key: "k", URL: "https://shop.example/secret"}, knowledge.Text{Markdown: "Words of ours."})
	if err != nil || doc.URL != "" {
		t.Errorf("Compose = %+v, %v", doc, err)
	}
}

// A notice that stands on every page is no content, and a page that has nothing
// else stays as it is.
func TestBoilerplate(t *testing.T) {
	t.Parallel()
	const notice = "We use cookies. Read our policy about cookies and consent."
	var count knowledge.BlockCount
	page := func(i int) string {
		return fmt.Sprintf("# Page %d\n\n%s\n\nThis page explains topic number %d in its own words.", i, notice, i)
	}
	for i := range 9 {
		count.Add(page(i))
	}
	if blocks := count.Boilerplate(); len(blocks) != 0 {
		t.Errorf("nine pages have boilerplate %v", blocks)
	}
	count.Add(page(9))
	blocks := count.Boilerplate()
	if len(blocks) != 1 {
		t.Fatalf("boilerplate %v", blocks)
	}
	split := func(text string) schemas.Document {
		doc := schemas.Document{ID: "doc_1", Key: "k", Title: "T", Text: text, Language: "en"}
		return knowledge.SplitDocument("agent_00000000000000000000000000000001", "src_1", doc, blocks)
	}
	if doc := split(page(3)); strings.Contains(doc.Chunks[0].Text, "cookies") || !strings.Contains(doc.Chunks[0].Text, "topic number 3") || !strings.Contains(doc.Text, "cookies") {
		t.Errorf("%+v", doc)
	}
	if doc := split(notice); len(doc.Chunks) != 1 || doc.Chunks[0].Text != notice {
		t.Errorf("a page of nothing else: %+v", doc.Chunks)
	}
}
