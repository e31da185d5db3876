package rerank

import "steward/internal/knowledge"

// Configured makes the reranker of a deployment; nil when it has none, which is
// an empty address. With a model's name requests have the shape of Cohere and
// Jina, without it that of Text Embeddings Inference.
func Configured(baseURL, apiKey, model string) (knowledge.Reranker, error) {
	if baseURL == "" {
		return nil, nil
	}
	shape := ShapeTEI
	if model != "" {
		shape = ShapeCohere
	}
	return New(Config{BaseURL: baseURL, APIKey: apiKey, Model: model, Shape: shape})
}
