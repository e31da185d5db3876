package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	openaisdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"steward/internal/knowledge/embed/endpoint"
	"steward/schemas"
)

const (
	// shortWait is the longest wait before the second attempt; a longer one is
	// the caller's to make.
	shortWait = 2 * time.Second
	// defaultWait is the wait when the server names none.
	defaultWait = 250 * time.Millisecond
	// shortest is the size in tokens below which a refused text is not cut.
	shortest = 64
)

// errSlow is why a question's context ends before that of its caller.
var errSlow = errors.New("the time for a question's vector is over")

// call embeds the inputs of one batch. A server that refuses the batch gets it
// in halves, because servers differ in how many texts and how long ones they
// take; whole is false when it took that. What is left of one text is cut once.
func (e *Embedder) call(ctx context.Context, inputs []string) (vectors [][]float32, whole bool, err error) {
	vectors, err = e.twice(ctx, inputs)
	if err == nil || !unfit(err) {
		return vectors, err == nil, err
	}
	if len(inputs) == 1 {
		size := tokens(inputs[0])
		if size <= shortest {
			return nil, false, err
		}
		vectors, err = e.twice(ctx, []string{cut(inputs[0], size/2)})
		return vectors, false, err
	}
	half := (len(inputs) + 1) / 2
	left, first, err := e.call(ctx, inputs[:half])
	if err != nil {
		return nil, false, err
	}
	right, second, err := e.call(ctx, inputs[half:])
	if err != nil {
		return nil, false, err
	}
	if first && second {
		// No single text was at fault: it was their number.
		e.most.Store(min(e.most.Load(), int64(half)))
	}
	return append(left, right...), false, nil
}

// unfit reports whether the server refused the size or number of texts, or the
// request as such.
func unfit(err error) bool {
	var r *endpoint.Refusal
	return errors.As(err, &r) && (r.Status == http.StatusBadRequest ||
		r.Status == http.StatusRequestEntityTooLarge || r.Status == http.StatusUnprocessableEntity)
}

// twice makes one request, and a second one after a short wait if the first
// failed in a way that may pass.
func (e *Embedder) twice(ctx context.Context, inputs []string) ([][]float32, error) {
	vectors, err := e.once(ctx, inputs)
	kind := schemas.KindOf(err)
	if err == nil || kind != schemas.KindRateLimited && kind != schemas.KindUnavailable || ctx.Err() != nil {
		return vectors, err
	}
	wait := defaultWait
	var r *endpoint.Refusal
	if errors.As(err, &r) && r.After > 0 {
		wait = r.After
	}
	if deadline, ok := ctx.Deadline(); wait > shortWait || ok && time.Until(deadline) < wait {
		return nil, err
	}
	if e.wait(ctx, wait) != nil {
		return nil, e.callError(ctx, ctx.Err())
	}
	return e.once(ctx, inputs)
}

// once is one request within its own time.
func (e *Embedder) once(ctx context.Context, inputs []string) ([][]float32, error) {
	limited, cancel := context.WithTimeoutCause(ctx, e.config.PassageTimeout, errSlow)
	defer cancel()
	vectors, used, err := e.request(limited, inputs)
	if used > 0 && e.config.Meter != nil {
		e.config.Meter.Add(ctx, len(inputs), used)
	}
	return vectors, err
}

// request makes the call and returns the tokens that it cost, also when the
// answer is refused.
func (e *Embedder) request(ctx context.Context, inputs []string) (vectors [][]float32, used int, err error) {
	params := openaisdk.EmbeddingNewParams{
		Model: e.config.Model, Input: openaisdk.EmbeddingNewParamsInputUnion{OfArrayOfStrings: inputs},
		EncodingFormat: openaisdk.EmbeddingNewParamsEncodingFormatFloat,
	}
	if e.config.Shorten {
		params.Dimensions = openaisdk.Int(int64(e.config.Dims))
	}
	var answer *http.Response
	var body []byte
	// The body is read here, because the SDK takes what is missing for zero.
	_, err = e.service.New(ctx, params, option.WithResponseInto(&answer), option.WithResponseBodyInto(&body))
	switch {
	case answer != nil && answer.StatusCode >= 300 && ctx.Err() == nil:
		return nil, 0, endpoint.StatusError(answer.StatusCode, answer.Header, e.config.Now())
	case err != nil:
		return nil, 0, e.callError(ctx, err)
	}
	return e.read(body, inputs)
}

// callError gives a context that this package has ended the kind of a server
// that is too slow.
func (e *Embedder) callError(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSlow) {
		return endpoint.CallError(context.WithoutCancel(ctx), context.DeadlineExceeded)
	}
	return endpoint.CallError(ctx, err)
}

type wireAnswer struct {
	Data []struct {
		Index     *int            `json:"index"`
		Embedding json.RawMessage `json:"embedding"`
	} `json:"data"`
	Usage struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	} `json:"usage"`
}

// read puts the vectors in the order of the inputs and refuses an answer that
// has not exactly one good vector for each.
func (e *Embedder) read(body []byte, inputs []string) (vectors [][]float32, used int, err error) {
	var answer wireAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, 0, malformed("no JSON of this API")
	}
	if used = max(answer.Usage.Prompt, answer.Usage.Total); used <= 0 {
		used = 0
		for _, text := range inputs {
			used += tokens(text)
		}
	}
	if len(answer.Data) != len(inputs) {
		return nil, used, malformed(fmt.Sprintf("%d vectors for %d texts", len(answer.Data), len(inputs)))
	}
	vectors = make([][]float32, len(inputs))
	dims := e.config.Dims
	for _, item := range answer.Data {
		if item.Index == nil || *item.Index < 0 || *item.Index >= len(vectors) || vectors[*item.Index] != nil {
			return nil, used, malformed("vectors that belong to no text, or two to one")
		}
		var vector []float32
		// A null in the list would be read as zero.
		if bytes.Contains(item.Embedding, []byte("null")) || json.Unmarshal(item.Embedding, &vector) != nil || len(vector) == 0 {
			return nil, used, malformed("a vector that is no list of numbers")
		}
		if dims == 0 {
			dims = len(vector)
		}
		if len(vector) != dims || dims > maxDims {
			return nil, used, dimsError(len(vector), dims)
		}
		vectors[*item.Index] = vector
	}
	return vectors, used, nil
}

func malformed(what string) error {
	return &schemas.Error{
		Kind: schemas.KindUnavailable, Message: "the embedding endpoint does not answer as its API promises",
		Cause: fmt.Errorf("%w: %s", endpoint.ErrMalformed, what),
	}
}

func dimsError(got, want int) error {
	return schemas.NewError(schemas.KindInvalid, fmt.Sprintf(
		"the embedding model gives vectors of %d dimensions where %d are expected: save its settings anew, so that all content is embedded again", got, want))
}

func limitBody(limit int64) option.Middleware {
	return func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err == nil && res.Body != nil {
			res.Body = http.MaxBytesReader(nil, res.Body, limit)
		}
		return res, err
	}
}
