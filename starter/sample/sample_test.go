package sample_test

import (
	"context"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/extract"
	"steward/internal/knowledge/files"
	"steward/internal/knowledge/memory"
	"steward/internal/language"
	"steward/schemas"
	"steward/starter/sample"
)

const (
	agent  = schemas.AgentID("agent_00000000000000000000000000000001")
	source = schemas.SourceID("src_00000000000000000000000000000001")
)

// TestQuestionsFindTheirPage reads the pages as an upload does and asks them.
func TestQuestionsFindTheirPage(t *testing.T) {
	t.Parallel()
	pages := sample.Files()
	library := knowledge.Library{Files: files.Reader{HTML: extract.Reader{}, Fragment: extract.Fragment}}
	index := memory.New()
	chunks := make(map[schemas.ChunkID]schemas.Chunk)
	for _, page := range pages {
		read, err := library.Read(context.Background(), schemas.SourceJob{
			Source: schemas.Source{ID: source, Type: schemas.SourceFile}, Agent: agent,
			FileName: page.Name, Content: page.Content,
		})
		if err != nil || read.Outcome != schemas.PageNew || read.Document == nil {
			t.Fatalf("%s: %v %q", page.Name, err, read.Reason)
		}
		doc := knowledge.SplitDocument(agent, source, *read.Document, nil)
		if doc.Title == "" || doc.Language == "" || !strings.HasPrefix(doc.URL, "https://fernhill-outdoor.example/") {
			t.Errorf("%s: title %q, language %q, url %q", page.Name, doc.Title, doc.Language, doc.URL)
		}
		objects := make([]knowledge.Object, 0, len(doc.Chunks))
		for _, chunk := range doc.Chunks {
			objects = append(objects, knowledge.Object{Chunk: chunk})
			chunks[chunk.ID] = chunk
		}
		if err := index.Put(context.Background(), agent, objects); err != nil {
			t.Fatal(err)
		}
	}
	for question, want := range map[string]string{
		"How long do I have to return an order?":     "You have 30 days from the day of delivery to return an order.",
		"how much is shipping to Norway":             "Norway and Switzerland | Standard | 5 to 8 working days | £14.95",
		"where is my parcel?":                        "You can follow your order with the tracking link that we email you as soon as the parcel leaves our warehouse.",
		"I forgot my password":                       "Select Forgot password on the sign-in page and enter your email address.",
		"when are you open on saturday":              "Our customer service is open Monday to Friday from 9 am to 6 pm and Saturday from 10 am to 4 pm, UK time.",
		"is my gift card still valid":                "A gift card is valid for 3 years from the day it was bought.",
		"how long is the warranty on tents":          "All Fernhill tents, backpacks and sleeping bags have a warranty of 5 years.",
		"can i pay with paypal":                      "We accept Visa, Mastercard and American Express, PayPal, Apple Pay, Google Pay, Klarna and our own gift cards.",
		"Entro quanto tempo posso fare un reso?":     "Hai 30 giorni di tempo dalla consegna per restituire un ordine.",
		"hur lang tid har jag pa mig att returnera?": "Du har 30 dagar på dig att returnera en beställning, räknat från dagen då den levererades.",
	} {
		hits, err := index.Search(context.Background(), knowledge.Query{
			Tenant: agent, Text: question, Languages: []string{"en", "it", "sv"}, Sources: []schemas.SourceID{source}, Limit: 3,
		})
		if err != nil || len(hits) == 0 {
			t.Errorf("%q finds nothing: %v", question, err)
			continue
		}
		if !says(chunks[hits[0].Chunk], want) && !says(chunks[hits[min(1, len(hits)-1)].Chunk], want) {
			t.Errorf("%q finds %q, %q", question, chunks[hits[0].Chunk].Title, chunks[hits[0].Chunk].Headings)
		}
	}
}

func says(chunk schemas.Chunk, sentence string) bool {
	for _, s := range language.Sentences(chunk.Text) {
		if strings.Join(strings.Fields(s), " ") == sentence {
			return true
		}
	}
	return false
}
