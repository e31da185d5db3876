package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"steward/internal/knowledge"
	"steward/internal/policy"
	"steward/schemas"
)

// ArticleStore keeps connectors and what they bring.
type ArticleStore interface {
	Connector(ctx context.Context, id schemas.ConnectorID) (schemas.Connector, error)
	Now(ctx context.Context) (time.Time, error)
	StorePulled(ctx context.Context, in schemas.PullInput, list []schemas.PulledArticle, end schemas.PullEnd) (schemas.PullResult, error)
	EndPull(ctx context.Context, id schemas.ConnectorID, reason schemas.FailCode) error
}

// Puller lists the articles of an outside knowledge system.
type Puller interface {
	// Pull yields every article and returns the types of which it saw all.
	Pull(ctx context.Context, c schemas.Connector, token string, yield func(schemas.PulledArticle) error) (complete []schemas.ArticleType, err error)
}

// Resyncer has a source read again because what it holds has changed.
type Resyncer interface {
	Resync(ctx context.Context, in schemas.SyncSourceInput) error
}

// Articles are the activities of connectors.
type Articles struct {
	Store  ArticleStore
	Puller Puller
	Syncs  Resyncer
	// Token returns the secret in an environment variable.
	Token func(name string) string
}

const (
	// pullBatch is how many articles are stored at a time.
	pullBatch = 50
	// pullTries is after how many tries a pull is given up until the next hour.
	pullTries = 4
)

// PullArticles reads everything that a connector has, stores what has changed
// and has the sources made of it read again. Spec: S13, S19.
func (a *Articles) PullArticles(ctx context.Context, in schemas.PullInput) (schemas.PullResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	connector, err := a.Store.Connector(ctx, in.Connector)
	if err != nil {
		if schemas.KindOf(err) == schemas.KindNotFound {
			return schemas.PullResult{}, nil
		}
		return schemas.PullResult{}, failure(ctx, err)
	}
	out, err := a.pull(ctx, in, connector)
	var failed *knowledge.Failure
	if errors.As(err, &failed) {
		if failed.Again && activity.GetInfo(ctx).Attempt < pullTries && ctx.Err() == nil {
			return out, failure(ctx, err)
		}
		out.Reason, err = failed.Code, nil
	}
	if err != nil {
		return out, failure(ctx, err)
	}
	return out, failure(ctx, a.Store.EndPull(ctx, in.Connector, out.Reason))
}

func (a *Articles) pull(ctx context.Context, in schemas.PullInput, connector schemas.Connector) (schemas.PullResult, error) {
	var out schemas.PullResult
	began, err := a.Store.Now(ctx)
	if err != nil {
		return out, err
	}
	var waiting []schemas.PulledArticle
	store := func(complete []schemas.ArticleType) error {
		end := schemas.PullEnd{Complete: complete, Began: began, May: policy.MayRemove}
		got, err := a.Store.StorePulled(ctx, in, waiting, end)
		if err != nil {
			return err
		}
		out.Reason = got.Reason
		waiting = waiting[:0]
		out.New, out.Updated, out.Unchanged, out.Removed = out.New+got.New, out.Updated+got.Updated, out.Unchanged+got.Unchanged, out.Removed+got.Removed
		// At once, so that nothing stored is left unread when the rest fails.
		for _, source := range got.Changed {
			err := a.Syncs.Resync(ctx, schemas.SyncSourceInput{Source: source, Agent: in.Agent, Trigger: schemas.TriggerChange})
			if err != nil {
				return err
			}
		}
		return nil
	}
	token := ""
	if connector.TokenEnv != "" {
		token = a.Token(connector.TokenEnv)
	}
	complete, err := a.Puller.Pull(ctx, connector, token, func(article schemas.PulledArticle) error {
		waiting = append(waiting, article)
		if len(waiting) < pullBatch {
			return nil
		}
		return store(nil)
	})
	if err != nil {
		return out, err
	}
	return out, store(complete)
}
