package store

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// envName is the name of an environment variable that may hold a token: the
// prefix keeps an admin from sending the deployment's own secrets to a site.
var envName = regexp.MustCompile(`^STEWARD_TOKEN_[A-Z0-9_]{1,60}$`)

// AddConnector adds a connection to an outside knowledge system.
func (s *Store) AddConnector(ctx context.Context, agent schemas.AgentID, c schemas.Connector) (schemas.Connector, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return c, err
	}
	switch {
	case !c.Kind.Valid():
		return c, schemas.NewError(schemas.KindInvalid, "kind is feed or hubspot")
	case strings.TrimSpace(c.Name) == "":
		return c, schemas.NewError(schemas.KindInvalid, "a connector needs a name")
	case c.Kind == schemas.ConnectorFeed && c.URL == "":
		return c, schemas.NewError(schemas.KindInvalid, "a feed needs url")
	case c.Kind == schemas.ConnectorHubSpot && c.TokenEnv == "":
		return c, schemas.NewError(schemas.KindInvalid, "hubspot needs token_env")
	case c.URL != "" && !strings.HasPrefix(c.URL, "https://") && !strings.HasPrefix(c.URL, "http://"):
		return c, schemas.NewError(schemas.KindInvalid, "url must begin with https:// or http://")
	case c.TokenEnv != "" && !envName.MatchString(c.TokenEnv):
		return c, schemas.NewError(schemas.KindInvalid, "token_env is the name of an environment variable that begins with STEWARD_TOKEN_")
	}
	if err := plainTexts(c.Name, c.URL); err != nil {
		return c, err
	}
	id := newID()
	err = s.q.InsertConnector(ctx, s.pool, dbq.InsertConnectorParams{
		ID: id, AgentID: owner, Kind: string(c.Kind), Name: plain(c.Name, maxName), Url: c.URL, TokenEnv: c.TokenEnv, AddNew: c.AddNew,
	})
	if err != nil {
		return c, fmt.Errorf("add connector: %w", err)
	}
	return s.Connector(ctx, show[schemas.ConnectorID](schemas.PrefixConnector, id))
}

// Connectors lists the agent's connectors, oldest first.
func (s *Store) Connectors(ctx context.Context, agent schemas.AgentID) ([]schemas.Connector, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	return s.connectors(ctx, &owner, nil)
}

// Connector returns one connector.
func (s *Store) Connector(ctx context.Context, id schemas.ConnectorID) (schemas.Connector, error) {
	connector, err := parse(schemas.PrefixConnector, id, "connector")
	if err != nil {
		return schemas.Connector{}, err
	}
	found, err := s.connectors(ctx, nil, &connector)
	if err == nil && len(found) == 0 {
		err = notFound("connector")
	}
	if err != nil {
		return schemas.Connector{}, err
	}
	return found[0], nil
}

func (s *Store) connectors(ctx context.Context, agent, id *uuid.UUID) ([]schemas.Connector, error) {
	rows, err := s.q.ListConnectors(ctx, s.pool, agent, id)
	if err != nil {
		return nil, fmt.Errorf("list connectors: %w", err)
	}
	out := make([]schemas.Connector, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Connector{
			ID: show[schemas.ConnectorID](schemas.PrefixConnector, r.ID), Kind: schemas.ConnectorKind(r.Kind), Name: r.Name,
			URL: r.Url, TokenEnv: r.TokenEnv, AddNew: r.AddNew, Articles: int(r.Articles), Reason: schemas.FailCode(r.Reason),
			PulledAt: utc(r.PulledAt),
		})
	}
	return out, nil
}

// RemoveConnector deletes a connector with its articles and takes the sources
// made of them out of answers; it returns these for their last sync.
func (s *Store) RemoveConnector(ctx context.Context, agent schemas.AgentID, id schemas.ConnectorID) ([]schemas.SourceID, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	connector, err := parse(schemas.PrefixConnector, id, "connector")
	if err != nil {
		return nil, err
	}
	var out []schemas.SourceID
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		used, err := s.q.SourcesOfConnector(ctx, tx, &connector)
		if err != nil {
			return err
		}
		for _, u := range used {
			out = append(out, show[schemas.SourceID](schemas.PrefixSource, u))
		}
		if len(used) > 0 {
			if _, err = s.q.StartRemovals(ctx, tx, used); err != nil {
				return err
			}
		}
		if err := s.q.DetachArticles(ctx, tx, &connector); err != nil {
			return err
		}
		deleted, err := s.q.DeleteConnector(ctx, tx, connector, owner)
		if err == nil && deleted == 0 {
			err = notFound("connector")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("remove connector: %w", err)
	}
	return out, nil
}

// StorePulled stores what a pull has found so far. At its end, what it did not
// see of the types that it saw in full is gone. The result counts what is new,
// updated, unchanged and removed, and names the sources to be read again; new
// articles become sources when the connector asks for it. Spec: S13, S19.
func (s *Store) StorePulled(ctx context.Context, in schemas.PullInput, list []schemas.PulledArticle, end schemas.PullEnd) (schemas.PullResult, error) {
	var out schemas.PullResult
	owner, err := parse(schemas.PrefixAgent, in.Agent, "agent")
	if err != nil {
		return out, err
	}
	connector, err := s.Connector(ctx, in.Connector)
	if err != nil {
		return out, err
	}
	id, err := parse(schemas.PrefixConnector, in.Connector, "connector")
	if err != nil {
		return out, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		out = schemas.PullResult{}
		for _, a := range list {
			if err := s.storePulled(ctx, tx, pulled{owner: owner, connector: id, addNew: connector.AddNew}, a, &out); err != nil {
				return err
			}
		}
		if len(end.Complete) == 0 {
			return nil
		}
		return s.dropUnpulled(ctx, tx, id, end, &out)
	})
	if err != nil {
		return schemas.PullResult{}, fmt.Errorf("store articles: %w", err)
	}
	return out, nil
}

// pulled is what the articles of one pull share.
type pulled struct {
	owner, connector uuid.UUID
	addNew           bool
}

func (s *Store) storePulled(ctx context.Context, tx pgx.Tx, p pulled, a schemas.PulledArticle, out *schemas.PullResult) error {
	row, err := s.q.PullArticle(ctx, tx, dbq.PullArticleParams{
		ConnectorID: &p.connector, ExternalID: plain(a.External, maxText), ID: newID(), AgentID: p.owner, Type: string(a.Type),
		Title: plain(a.Title, maxName), Body: plain(a.Body, maxText), Format: string(a.Format), Url: plain(a.URL, maxText),
		Language: plain(a.Language, maxName),
	})
	if err != nil {
		return err
	}
	switch row.Before {
	case 0:
		out.New++
	case row.Revision:
		out.Unchanged++
		return nil
	default:
		out.Updated++
	}
	used, err := s.q.SourceOfArticle(ctx, tx, &row.ID)
	if err != nil {
		return err
	}
	if len(used) == 0 && p.addNew && row.Before == 0 {
		n := schemas.NewSource{Type: schemas.SourceArticle, Article: show[schemas.ArticleID](schemas.PrefixArticle, row.ID), Citations: true}
		source := newID()
		if err := s.addSource(ctx, tx, source, p.owner, n); err != nil {
			return err
		}
		used = append(used, source)
	}
	for _, u := range used {
		out.Changed = append(out.Changed, show[schemas.SourceID](schemas.PrefixSource, u))
	}
	// Should the process end before they are read, the upkeep has them read.
	return s.q.WantSources(ctx, tx, used)
}

// dropUnpulled deletes what a complete pull did not see and takes the sources
// made of it out of answers. What may not go without an admin's word stays: a
// system that answers with an empty list must not empty the answers.
func (s *Store) dropUnpulled(ctx context.Context, tx pgx.Tx, connector uuid.UUID, end schemas.PullEnd, out *schemas.PullResult) error {
	types := make([]string, 0, len(end.Complete))
	for _, t := range end.Complete {
		types = append(types, string(t))
	}
	gone, err := s.q.UnpulledArticles(ctx, tx, dbq.UnpulledArticlesParams{ConnectorID: &connector, Began: end.Began, Types: types})
	if err != nil {
		return err
	}
	total, err := s.q.CountArticles(ctx, tx, &connector)
	if err != nil {
		return err
	}
	if !end.May(len(gone), int(total)) {
		out.Reason = schemas.FailManyGone
		return nil
	}
	out.Removed = len(gone)
	for _, id := range gone {
		used, err := s.q.SourceOfArticle(ctx, tx, &id)
		if err != nil {
			return err
		}
		if _, err := s.q.StartRemovals(ctx, tx, used); err != nil {
			return err
		}
		for _, u := range used {
			out.Changed = append(out.Changed, show[schemas.SourceID](schemas.PrefixSource, u))
		}
	}
	return s.q.DropArticles(ctx, tx, gone)
}

// EndPull notes how a pull ended.
func (s *Store) EndPull(ctx context.Context, id schemas.ConnectorID, reason schemas.FailCode) error {
	connector, err := parse(schemas.PrefixConnector, id, "connector")
	if err != nil {
		return err
	}
	if err := s.q.ConnectorPulled(ctx, s.pool, string(reason), connector); err != nil {
		return fmt.Errorf("end pull: %w", err)
	}
	return nil
}
