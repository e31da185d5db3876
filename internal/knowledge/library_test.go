package knowledge_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files"
	"steward/schemas"
)

// fetcher answers with one page or error.
type fetcher struct {
	page knowledge.Page
	err  error
}

func (f fetcher) Fetch(context.Context, string) (knowledge.Page, error) { return f.page, f.err }

func job(kind schemas.SourceType) schemas.SourceJob {
	return schemas.SourceJob{
		Agent:  "agent_00000000000000000000000000000001",
		Source: schemas.Source{ID: "src_00000000000000000000000000000001", Type: kind},
	}
}

func readOne(t *testing.T, l knowledge.Library, j schemas.SourceJob) schemas.Document {
	t.Helper()
	docs, code, err := l.Read(context.Background(), j)
	if err != nil || code != schemas.FailNone || len(docs) != 1 || len(docs[0].Chunks) == 0 {
		t.Fatalf("Read = %d documents, %q, %v", len(docs), code, err)
	}
	if docs[0].Chunks[0].Document != docs[0].ID || docs[0].Chunks[0].Terms == "" {
		t.Errorf("chunk %+v", docs[0].Chunks[0])
	}
	return docs[0]
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	l := knowledge.Library{Files: files.Reader{}}
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

func TestReadURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, canonical, want string }{
		{"none", "", "https://shop.example/final"},
		{"own host", "https://shop.example/canonical", "https://shop.example/canonical"},
		{"relative", "/canonical", "https://shop.example/canonical"},
		{"other host", "https://evil.example/x", "https://shop.example/final"},
		{"no page", "javascript:x", "https://shop.example/final"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := `<html lang=en><head><link rel=canonical href="` + tt.canonical + `"></head><body><p>All about returns of orders.</p></body></html>`
			l := knowledge.Library{Files: files.Reader{}, Fetcher: fetcher{page: knowledge.Page{
				URL: "https://shop.example/final", ContentType: "text/html", Body: []byte(body),
			}}}
			j := job(schemas.SourceURL)
			j.Source.URL = "https://shop.example/start"
			doc := readOne(t, l, j)
			if doc.URL != tt.want || doc.Key != j.Source.URL || doc.Title != "https://shop.example/final" {
				t.Errorf("%+v", doc)
			}
		})
	}
}

func TestReadShortAnswer(t *testing.T) {
	t.Parallel()
	j := job(schemas.SourceShortAnswer)
	j.Source.Question, j.Source.Answer = " Do you ship\nabroad? ", "Yes. "+strings.Repeat("We ship to many countries. ", 200)
	doc := readOne(t, knowledge.Library{}, j)
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
	file.FileName, file.Content = "a.docx", []byte("PK")
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
		{"nothing visible", empty, nil, schemas.FailEmpty, false},
		{"empty answer", answer, nil, schemas.FailEmpty, false},
		{"type of source", job("crm"), nil, schemas.FailUnsupportedType, false},
		{"final", job(schemas.SourceURL), knowledge.Fail("http_404", nil), "http_404", false},
		{"for now", job(schemas.SourceURL), knowledge.FailForNow(schemas.FailTimeout, errors.New("slow")), schemas.FailTimeout, true},
		{"deadline", job(schemas.SourceURL), context.DeadlineExceeded, schemas.FailTimeout, true},
		{"unknown", job(schemas.SourceURL), errors.New("odd"), schemas.FailInternal, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := knowledge.Library{Files: files.Reader{}, Fetcher: fetcher{err: tt.err}}
			docs, code, err := l.Read(context.Background(), tt.job)
			if len(docs) != 0 || code != tt.code || (err != nil) != tt.again {
				t.Errorf("Read = %d documents, %q, %v", len(docs), code, err)
			}
		})
	}
}
