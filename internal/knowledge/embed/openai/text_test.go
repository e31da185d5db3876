package openai_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/openai"
)

func TestVectorName(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"BAAI/bge-m3":            "model_baai_bge_m3_1024_",
		"text-embedding-3-small": "model_text_embedding_3_small_1024_",
		"模型":                     "model____1024_",
	} {
		if got := openai.VectorName(model, 1024); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", model, got)
		}
	}
	// It is stored: it must never become another one.
	if got := openai.VectorName("BAAI/bge-m3", 1024); got != "model_baai_bge_m3_1024_d790e737" {
		t.Errorf("bge-m3: %s", got)
	}
	allowed := regexp.MustCompile(`^[a-z_][a-z0-9_]{0,63}$`)
	seen := map[string]string{}
	for _, model := range []string{"a/b", "a-b", "a_b", "A_b", "", strings.Repeat("x", 300), strings.Repeat("x", 301), "é", "1"} {
		for _, dims := range []int{1, 16384} {
			name := openai.VectorName(model, dims)
			if !allowed.MatchString(name) {
				t.Errorf("%q is no name of a vector", name)
			}
			if other, ok := seen[name]; ok {
				t.Errorf("%q and %q have one name", model, other)
			}
			seen[name] = model
		}
	}
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	for model, want := range map[string][2]string{
		"intfloat/multilingual-e5-large":          {"query: x", "passage: x"},
		"e5-small-v2":                             {"query: x", "passage: x"},
		"nomic-embed-text:v1.5":                   {"search_query: x", "search_document: x"},
		"BAAI/bge-m3":                             {"x", "x"},
		"bge-m3":                                  {"x", "x"},
		"BAAI/bge-small-en-v1.5":                  {"Represent this sentence for searching relevant passages: x", "x"},
		"text-embedding-3-large":                  {"x", "x"},
		"google/embeddinggemma-300m":              {"task: search result | query: x", "title: none | text: x"},
		"Snowflake/snowflake-arctic-embed-l-v2.0": {"query: x", "x"},
	} {
		s := start(t, 4)
		e := connect(t, s, openai.Config{Model: model, Dims: 4})
		for _, role := range []knowledge.Role{knowledge.RoleQuery, knowledge.RolePassage} {
			if _, err := e.Embed(t.Context(), role, texts("x")); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.sent(); got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: %q", model, got)
		}
	}
	s := start(t, 4)
	e := connect(t, s, openai.Config{Model: "my-e5-copy", Dims: 4, Prefixes: &openai.Prefixes{}})
	if _, err := e.Embed(t.Context(), knowledge.RoleQuery, texts("x")); err != nil || s.sent()[0] != "x" {
		t.Errorf("without: %q, %v", s.sent(), err)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	s := start(t, 4)
	e := connect(t, s, openai.Config{Model: "e5-base", Dims: 4})
	for _, text := range []string{strings.Repeat("many words ", 400), strings.Repeat("много слов ", 400), strings.Repeat("パスワード", 400)} {
		if _, err := e.Embed(t.Context(), knowledge.RolePassage, texts(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, sent := range s.sent() {
		if n := openai.Tokens(sent); n > 512 || n < 400 || !utf8.ValidString(sent) {
			t.Errorf("%d tokens are sent: %q", n, sent)
		}
	}
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"", 1, ""},
		{"one two three four five", 5, "one two three four"},
		{"abcdefghij", 2, "abcdefgh"},
		{"退货政策", 2, "退货"},
	} {
		if got := openai.Cut(c.text, c.limit); got != c.want {
			t.Errorf("Cut(%q, %d) = %q", c.text, c.limit, got)
		}
	}
}
