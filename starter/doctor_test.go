package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"steward/internal/config"
	"steward/internal/knowledge/files"
)

// embeddings is an endpoint whose vectors have so many numbers; 0 refuses the
// key.
func embeddings(t *testing.T, dims int) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/embeddings" || r.Header.Get("Authorization") != "Bearer the-key-itself" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "application/json")
		if dims == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		vector := make([]float32, dims)
		vector[0] = 1
		_ = json.NewEncoder(w).Encode(map[string]any{
			"object": "list", "model": "m", "data": []any{map[string]any{"object": "embedding", "index": 0, "embedding": vector}},
			"usage": map[string]int{"prompt_tokens": 5, "total_tokens": 5},
		})
	}))
	t.Cleanup(web.Close)
	return web.URL + "/v1"
}

// Not parallel: it takes all programs off the path.
func TestDoctorTellsOfOptionalParts(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	there := files.Tools{Pdftotext: "/usr/bin/pdftotext", Pdftoppm: "/usr/bin/pdftoppm", Tesseract: "/usr/bin/tesseract", FFmpeg: "/usr/bin/ffmpeg"}
	for _, c := range []struct {
		name   string
		tools  files.Tools
		change func(*config.Config)
		all    int
		bad    int
		says   []string
	}{
		{"nothing there", files.Tools{}, func(c *config.Config) { c.Embedder = config.EmbedderNone }, 0, 0, []string{
			"no    pdftotext. ", "apt install poppler-utils", "no    pdftoppm. ", "no    tesseract. ", "needs_ocr", "apt install tesseract-ocr", "no    ffmpeg. ",
			"no    browser. ", "js_required", "apt install chromium", "no    transcriber. ", "STEWARD_TRANSCRIBER_BASE_URL", "no    embedder. The search is by words alone.",
			"no    reranker. ", "STEWARD_RERANKER_URL", "where the worker runs",
		}},
		{"programs", there, func(*config.Config) {}, 0, 0, []string{"yes   pdftotext. ", "yes   pdftoppm. ", "yes   tesseract. ", "yes   ffmpeg. ", "yes   embedder. lsa"}},
		{"browser switched off", there, func(c *config.Config) { c.Browser = false }, 0, 0, []string{"no    browser. It is switched off.", "STEWARD_BROWSER=true"}},
		{"endpoints", there, func(c *config.Config) {
			c.TranscriberBaseURL, c.RerankerURL = "http://127.0.0.1:1/v1", "http://127.0.0.1:1"
			c.Embedder, c.EmbedderModel, c.EmbedderDims, c.EmbedderBaseURL = config.EmbedderOpenAI, "m", 8, embeddings(t, 8)
		}, 1, 0, []string{"ok    embedder m, 8 dimensions", "yes   transcriber. The sound of videos is sent to http://127.0.0.1:1/v1, model whisper-1.", "yes   reranker. "}},
		{"vectors of another length", there, func(c *config.Config) {
			c.Embedder, c.EmbedderModel, c.EmbedderDims, c.EmbedderBaseURL = config.EmbedderOpenAI, "m", 8, embeddings(t, 12)
		}, 1, 1, []string{"FAIL  embedder m, 8 dimensions: ", "STEWARD_EMBEDDER_DIMS=12", "by words alone"}},
		{"a key that is refused", there, func(c *config.Config) {
			c.Embedder, c.EmbedderModel, c.EmbedderDims, c.EmbedderBaseURL = config.EmbedderOpenAI, "m", 8, embeddings(t, 0)
		}, 1, 1, []string{"FAIL  embedder", "STEWARD_EMBEDDER_API_KEY"}},
		{"an endpoint that is not there", there, func(c *config.Config) {
			c.Embedder, c.EmbedderModel, c.EmbedderDims, c.EmbedderBaseURL = config.EmbedderOpenAI, "m", 8, "http://127.0.0.1:1/v1"
		}, 1, 1, []string{"FAIL  embedder", "STEWARD_EMBEDDER_BASE_URL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, _, err := config.Load([]string{"STEWARD_EMBEDDER_API_KEY=the-key-itself"})
			if err != nil {
				t.Fatal(err)
			}
			c.change(&cfg)
			var out bytes.Buffer
			d := doctor{out: &out}
			d.examineContent(t.Context(), cfg, c.tools)
			if d.all != c.all || d.bad != c.bad {
				t.Errorf("%d of %d checks failed, want %d of %d", d.bad, d.all, c.bad, c.all)
			}
			for _, line := range c.says {
				if !strings.Contains(out.String(), line) {
					t.Errorf("it does not say %q:\n%s", line, out.String())
				}
			}
			if strings.Contains(out.String(), "the-key-itself") {
				t.Errorf("it shows a key:\n%s", out.String())
			}
		})
	}
}

// Not parallel: it sets the environment.
func TestDoctorSaysTheLengthThatIsMissing(t *testing.T) {
	for name, value := range map[string]string{
		"EMBEDDER": "openai", "EMBEDDER_MODEL": "m", "EMBEDDER_BASE_URL": embeddings(t, 24), "EMBEDDER_API_KEY": "the-key-itself",
	} {
		t.Setenv("STEWARD_"+name, value)
	}
	var out bytes.Buffer
	d := doctor{out: &out}
	d.examine(t.Context())
	if d.bad != 2 || !strings.Contains(out.String(), "FAIL  configuration") || !strings.Contains(out.String(), "set STEWARD_EMBEDDER_DIMS=24") {
		t.Errorf("%d findings:\n%s", d.bad, out.String())
	}
}
