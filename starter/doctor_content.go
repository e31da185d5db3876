package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"steward/internal/config"
	"steward/internal/knowledge/embed/openai"
	"steward/internal/knowledge/files"
	"steward/internal/knowledge/render"
	"steward/schemas"
)

// examineContent says which optional parts there are for reading and searching
// content, and what they are for. One that is not there is a note; an endpoint
// that is configured and cannot be used is a failure.
func (d *doctor) examineContent(ctx context.Context, cfg config.Config, tools files.Tools) {
	d.say("\nOptional parts. Programs have to be where the worker runs; this is this machine.")
	for _, tool := range tools.Report() {
		d.part(tool.Name, tool.Found, tool.Meaning, "apt install "+tool.Package)
	}
	d.browser(cfg)
	d.transcriber(cfg)
	d.embedder(ctx, cfg)
	d.part("reranker", cfg.RerankerURL != "",
		"What a search finds is put in order by a model.", "set STEWARD_RERANKER_URL to have a model put what is found in order")
}

// part tells about something that may be absent.
func (d *doctor) part(name string, there bool, meaning, how string) {
	if there {
		d.say("yes   %s. %s", name, meaning)
		return
	}
	if meaning != "" {
		meaning += " "
	}
	d.say("no    %s. %sTo have it: %s", name, meaning, how)
}

func (d *doctor) browser(cfg config.Config) {
	const without = "Pages that show nothing without scripts are skipped as js_required."
	if !cfg.Browser {
		d.part("browser", false, "It is switched off. "+without, "STEWARD_BROWSER=true")
		return
	}
	// Nothing is opened: the browser starts with its first page.
	closed := func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("nothing is read here")
	}
	b, err := render.New(render.Options{Dial: closed})
	if err != nil {
		d.part("browser", false, without, "apt install chromium")
		return
	}
	b.Close()
	d.part("browser", true, "Pages that show nothing without scripts are opened in Chromium.", "")
}

func (d *doctor) transcriber(cfg config.Config) {
	if cfg.TranscriberBaseURL == "" {
		d.part("transcriber", false, "Videos without subtitles fail with needs_transcription.",
			"set STEWARD_TRANSCRIBER_BASE_URL to an OpenAI-compatible endpoint for speech")
		return
	}
	d.part("transcriber", true, "The sound of videos is sent to "+cfg.TranscriberBaseURL+", model "+cfg.TranscriberModel+".", "")
}

// embedderTimeout bounds the question to an endpoint, which may load its model
// first.
const embedderTimeout = 45 * time.Second

// embedder says what makes vectors, and asks an endpoint for one.
func (d *doctor) embedder(ctx context.Context, cfg config.Config) {
	switch cfg.Embedder {
	case config.EmbedderNone:
		d.part("embedder", false, "The search is by words alone.", "STEWARD_EMBEDDER=lsa, or openai with an endpoint")
		return
	case config.EmbedderLSA:
		d.part("embedder", true, "lsa: keywords and statistics of the content itself. Connect an embeddings endpoint for search by meaning and across languages: STEWARD_EMBEDDER=openai.", "")
		return
	}
	d.within(ctx, embedderTimeout, fmt.Sprintf("embedder %s, %d dimensions", cfg.EmbedderModel, cfg.EmbedderDims),
		"check STEWARD_EMBEDDER_BASE_URL, STEWARD_EMBEDDER_MODEL, STEWARD_EMBEDDER_DIMS and STEWARD_EMBEDDER_API_KEY; until then the search is by words alone",
		func(ctx context.Context) error { return checkEmbedder(ctx, cfg) })
}

func checkEmbedder(ctx context.Context, cfg config.Config) error {
	// Without a length the endpoint says what it gives, whatever it is.
	e, err := openai.New(openai.Config{BaseURL: cfg.EmbedderBaseURL, APIKey: cfg.EmbedderAPIKey.Reveal(), Model: cfg.EmbedderModel})
	if err != nil {
		return err
	}
	dims, err := e.Check(ctx)
	if err != nil {
		return err
	}
	if dims != cfg.EmbedderDims {
		return schemas.NewError(schemas.KindInvalid, fmt.Sprintf("the endpoint gives vectors of %d numbers: set STEWARD_EMBEDDER_DIMS=%d", dims, dims))
	}
	return nil
}
