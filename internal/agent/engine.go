package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// ErrNoModel says that no engine is configured for a use; the caller asks the
// next one of the chain. Spec: D20.
var ErrNoModel = errors.New("no engine for this use")

// Engine asks models for decisions. Safe for concurrent use when its fields are.
type Engine struct {
	// Primary answers turns. Without a language model it is the answer finder.
	Primary llm.Model
	// Fallback is asked when the primary fails. Nil is none.
	Fallback llm.Model
	// Quotes is the answer finder in its strict form, the last resort. Nil is
	// none.
	Quotes llm.Model
	// Random gives the marks of quoted material. Default crypto/rand.
	Random io.Reader
	// Now is the clock for the date in prompts. Default time.Now.
	Now func() time.Time
}

// Has reports whether there is an engine for use.
func (e *Engine) Has(use schemas.ModelUse) bool { return e.model(use) != nil }

// Name is the name of the engine for use, empty when there is none.
func (e *Engine) Name(use schemas.ModelUse) string {
	if m := e.model(use); m != nil {
		return m.Name()
	}
	return ""
}

func (e *Engine) model(use schemas.ModelUse) llm.Model {
	switch use {
	case schemas.UsePrimary:
		return e.Primary
	case schemas.UseFallback:
		return e.Fallback
	case schemas.UseQuotes:
		return e.Quotes
	}
	return nil
}

// Propose asks the engine for use for one decision. It makes one call, and a
// second, shorter one when the prompt is too long for the model. Errors are
// ErrNoModel or an *llm.Error; the usage counts also for a failed call. The
// decision is not checked: see Check.
func (e *Engine) Propose(ctx context.Context, use schemas.ModelUse, m schemas.Material) (schemas.Decision, schemas.Usage, error) {
	model := e.model(use)
	if model == nil {
		return schemas.Decision{}, schemas.Usage{}, ErrNoModel
	}
	out, usage, err := e.ask(ctx, model, m, false)
	if llm.KindOf(err) == llm.KindContextLength {
		var more schemas.Usage
		out, more, err = e.ask(ctx, model, m, true)
		usage = schemas.Usage{Input: usage.Input + more.Input, Cached: usage.Cached + more.Cached, Output: usage.Output + more.Output}
	}
	if err != nil {
		return schemas.Decision{}, usage, err
	}
	out.Engine = model.Name()
	if out.Language == "" {
		out.Language = m.Language
	}
	return out, usage, nil
}

func (e *Engine) ask(ctx context.Context, model llm.Model, m schemas.Material, short bool) (schemas.Decision, schemas.Usage, error) {
	in := promptInput{Material: m, Random: e.Random, Now: time.Now(), Short: short, Capabilities: model.Capabilities()}
	if in.Random == nil {
		in.Random = rand.Reader
	}
	if e.Now != nil {
		in.Now = e.Now()
	}
	request, err := buildPrompt(in)
	if err != nil {
		return schemas.Decision{}, schemas.Usage{}, err
	}
	out, err := model.Generate(ctx, request)
	return out.Decision, out.Usage, err
}
