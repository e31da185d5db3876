package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"time"

	"github.com/weaviate/weaviate-go-client/v4/weaviate/fault"
	"github.com/weaviate/weaviate/entities/models"

	"steward/schemas"
	definition "steward/schemas/weaviate"
)

const (
	// prepareAttempts is how often the collection is looked at: other processes
	// may create and change it at the same time.
	prepareAttempts = 10
	preparePause    = 100 * time.Millisecond
)

// vectorName is what the server and GraphQL take as the name of a vector.
var vectorName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,229}$`)

// Prepare implements knowledge.Index. A collection made by an older version
// gets the vectors that it lacks: those of its definition, too. Several
// processes may call it at the same time.
func (x *Index) Prepare(ctx context.Context, vectors ...string) error {
	want, err := definitionWith(vectors)
	if err != nil {
		return err
	}
	want.Class = x.collection
	var failure error
	for range prepareAttempts {
		have, err := x.class(ctx)
		if err != nil {
			return failed("look for the search collection", err)
		}
		if have != nil && !add(have, want.VectorConfig) {
			return nil
		}
		// What follows may meet another process that does the same. The next look
		// tells whether anything is left to do.
		if have == nil {
			failure = failed("create the search collection", x.client.Schema().ClassCreator().WithClass(want).Do(ctx))
		} else {
			failure = failed("add vectors to the search collection", x.client.Schema().ClassUpdater().WithClass(have).Do(ctx))
		}
		if failure != nil {
			if err := pause(ctx, preparePause); err != nil {
				return errors.Join(failure, err)
			}
		}
	}
	if failure == nil {
		failure = schemas.NewError(schemas.KindUnavailable, "the search index did not take its definition")
	}
	return failure
}

// class returns the collection as the server has it, or nil.
func (x *Index) class(ctx context.Context) (*models.Class, error) {
	class, err := x.client.Schema().ClassGetter().WithClassName(x.collection).Do(ctx)
	var fromServer *fault.WeaviateClientError
	if errors.As(err, &fromServer) && fromServer.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	return class, err
}

// definitionWith returns the collection's definition with more vectors.
func definitionWith(vectors []string) (*models.Class, error) {
	class := &models.Class{}
	if err := json.Unmarshal(definition.KbChunkJSON(), class); err != nil {
		return nil, fmt.Errorf("read collection definition: %w", err)
	}
	var vector models.VectorConfig
	if err := json.Unmarshal(definition.KbChunkVectorJSON(), &vector); err != nil {
		return nil, fmt.Errorf("read vector definition: %w", err)
	}
	for _, name := range vectors {
		if !vectorName.MatchString(name) {
			return nil, schemas.NewError(schemas.KindInvalid, "not a name for vectors")
		}
		add(class, map[string]models.VectorConfig{name: vector})
	}
	return class, nil
}

// add gives a collection the vectors that it lacks and reports whether there
// were any. It never changes one that is there: the server would refuse.
func add(class *models.Class, vectors map[string]models.VectorConfig) bool {
	lacks := maps.Clone(vectors)
	maps.DeleteFunc(lacks, func(name string, _ models.VectorConfig) bool {
		_, there := class.VectorConfig[name]
		return there
	})
	if len(lacks) == 0 {
		return false
	}
	if class.VectorConfig == nil {
		class.VectorConfig = make(map[string]models.VectorConfig)
	}
	maps.Copy(class.VectorConfig, lacks)
	return true
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
