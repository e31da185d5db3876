package policy

import (
	"testing"

	"steward/schemas"
)

func TestPlanEmbedder(t *testing.T) {
	t.Parallel()
	lsa := schemas.Embedder{Kind: schemas.EmbedderLSA}
	none := schemas.Embedder{Kind: schemas.EmbedderNone}
	small := schemas.Embedder{Kind: schemas.EmbedderOpenAI, Model: "small", Dims: 256}
	large := schemas.Embedder{Kind: schemas.EmbedderOpenAI, Model: "large", Dims: 256}
	wide := schemas.Embedder{Kind: schemas.EmbedderOpenAI, Model: "small", Dims: 1024}
	trained := schemas.Embedder{Kind: schemas.EmbedderLSA, Model: "lsa", Dims: 128, Chunks: 100}
	for name, c := range map[string]struct {
		wanted        schemas.Embedder
		live, filling *schemas.Embedder
		total, added  int
		want          EmbedderStep
	}{
		"default, too little content":               {lsa, nil, nil, 49, 49, EmbedderKeep},
		"default, enough content":                   {lsa, nil, nil, 50, 50, EmbedderTrain},
		"default, trained":                          {lsa, &trained, nil, 100, 0, EmbedderKeep},
		"default, a tenth is new":                   {lsa, &trained, nil, 110, 10, EmbedderKeep},
		"default, more than a tenth is new":         {lsa, &trained, nil, 111, 11, EmbedderTrain},
		"default, the content has shrunk":           {lsa, &trained, nil, 49, 0, EmbedderDrop},
		"default after a model":                     {lsa, &small, nil, 100, 0, EmbedderTrain},
		"default after a model, too little content": {lsa, &small, nil, 10, 0, EmbedderDrop},
		"default is being filled":                   {lsa, &trained, &trained, 200, 100, EmbedderKeep},
		"default, a model is being filled":          {lsa, &trained, &small, 100, 0, EmbedderReplace},

		"model, none yet":                            {small, nil, nil, 0, 0, EmbedderAdd},
		"model is live":                              {small, &small, nil, 100, 100, EmbedderKeep},
		"another model":                              {large, &small, nil, 100, 0, EmbedderAdd},
		"another width":                              {wide, &small, nil, 100, 0, EmbedderAdd},
		"model after the default":                    {small, &trained, nil, 100, 0, EmbedderAdd},
		"model is being filled":                      {small, &trained, &small, 100, 0, EmbedderKeep},
		"another model is being filled":              {large, &trained, &small, 100, 0, EmbedderReplace},
		"another width is being filled":              {wide, nil, &small, 100, 0, EmbedderReplace},
		"default is being filled, a model is wanted": {small, nil, &trained, 100, 0, EmbedderReplace},

		"none":                      {none, nil, nil, 100, 100, EmbedderKeep},
		"none, one is live":         {none, &trained, nil, 100, 0, EmbedderDrop},
		"none, one is being filled": {none, nil, &small, 100, 0, EmbedderReplace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := PlanEmbedder(c.wanted, c.live, c.filling, c.total, c.added); got != c.want {
				t.Errorf("step %d, want %d", got, c.want)
			}
		})
	}
}

// Following the plan always comes to an end: what it asks for is what it wants.
func TestThePlanForAnEmbedderComesToAnEnd(t *testing.T) {
	t.Parallel()
	kinds := []schemas.Embedder{
		{Kind: schemas.EmbedderNone},
		{Kind: schemas.EmbedderLSA},
		{Kind: schemas.EmbedderOpenAI, Model: "small", Dims: 256},
		{Kind: schemas.EmbedderOpenAI, Model: "large", Dims: 256},
	}
	for _, wanted := range kinds {
		for _, before := range kinds {
			for _, total := range []int{0, 49, 50, 1000} {
				var live, filling *schemas.Embedder
				if before.Kind != schemas.EmbedderNone {
					live = &schemas.Embedder{Kind: before.Kind, Model: before.Model, Dims: before.Dims, Chunks: total}
				}
				added := 0
				for step := 0; ; step++ {
					if step > 4 {
						t.Fatalf("from %+v to %+v with %d passages there is no end", before, wanted, total)
					}
					next := PlanEmbedder(wanted, live, filling, total, added)
					if next == EmbedderKeep && filling == nil {
						break
					}
					switch next {
					case EmbedderKeep: // filled
						live, filling, added = filling, nil, 0
					case EmbedderTrain:
						filling = &schemas.Embedder{Kind: schemas.EmbedderLSA, Model: "lsa", Chunks: total}
					case EmbedderAdd:
						filling = &schemas.Embedder{Kind: wanted.Kind, Model: wanted.Model, Dims: wanted.Dims}
					case EmbedderDrop:
						live = nil
					case EmbedderReplace:
						filling = nil
					}
				}
				switch {
				case wanted.Kind == schemas.EmbedderNone || wanted.Kind == schemas.EmbedderLSA && total < minTraining:
					if live != nil {
						t.Errorf("from %+v to %+v with %d passages %+v is live", before, wanted, total, *live)
					}
				case live == nil || live.Kind != wanted.Kind || wanted.Kind == schemas.EmbedderOpenAI && live.Model != wanted.Model:
					t.Errorf("from %+v to %+v with %d passages %+v is live", before, wanted, total, live)
				}
			}
		}
	}
}

func TestIndexLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		have, want int
		lost       bool
	}{{0, 0, false}, {0, 1, true}, {1, 1, false}, {49, 100, true}, {50, 100, false}, {120, 100, false}} {
		if got := IndexLost(c.have, c.want); got != c.lost {
			t.Errorf("%d of %d: %v", c.have, c.want, got)
		}
	}
}

func TestVectorWeight(t *testing.T) {
	t.Parallel()
	words, lsa, model := VectorWeight(schemas.EmbedderNone), VectorWeight(schemas.EmbedderLSA), VectorWeight(schemas.EmbedderOpenAI)
	if words != 0 || lsa <= 0 || lsa >= model || model > 1 {
		t.Errorf("weights %v, %v, %v", words, lsa, model)
	}
}
