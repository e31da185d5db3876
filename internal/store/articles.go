package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// likeText makes a search text safe for a pattern.
func likeText(query string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(plain(query, maxName))
}

// checkArticle says what is wrong with an article.
func checkArticle(a schemas.Article) error {
	switch {
	case !a.Type.Valid():
		return schemas.NewError(schemas.KindInvalid, "type is article, website_page, landing_page or blog_post")
	case a.Format != schemas.FormatMarkdown && a.Format != schemas.FormatHTML:
		return schemas.NewError(schemas.KindInvalid, "format is markdown or html")
	case strings.TrimSpace(a.Title) == "" || strings.TrimSpace(a.Body) == "":
		return schemas.NewError(schemas.KindInvalid, "an article needs title and body")
	case len(a.Body) > schemas.MaxPageBytes:
		return schemas.NewError(schemas.KindTooLarge, fmt.Sprintf("an article is at most %d MiB", schemas.MaxPageBytes>>20))
	}
	return plainTexts(a.External, a.Title, a.Body, a.URL, a.Language)
}

// AddArticle adds an article that comes through the API. Spec: S13.
func (s *Store) AddArticle(ctx context.Context, agent schemas.AgentID, a schemas.Article) (schemas.Article, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return a, err
	}
	if err := checkArticle(a); err != nil {
		return a, err
	}
	id := newID()
	err = s.q.InsertArticle(ctx, s.pool, dbq.InsertArticleParams{
		ID: id, AgentID: owner, ExternalID: a.External, Type: string(a.Type), Title: plain(a.Title, maxName), Body: a.Body,
		Format: string(a.Format), Url: a.URL, Language: a.Language,
	})
	if isUnique(err, "articles_by_external") {
		return a, schemas.NewError(schemas.KindConflict, "an article with this external_id is there already")
	}
	if err != nil {
		return a, fmt.Errorf("add article: %w", err)
	}
	return s.Article(ctx, show[schemas.ArticleID](schemas.PrefixArticle, id))
}

// ArticleQuery selects articles.
type ArticleQuery struct {
	// Type and Title narrow the list; empty: all.
	Type  schemas.ArticleType
	Title string
	Limit int
	Skip  int
}

// Articles lists articles without their bodies, the last changed first.
func (s *Store) Articles(ctx context.Context, agent schemas.AgentID, q ArticleQuery) ([]schemas.Article, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.ListArticles(ctx, s.pool, dbq.ListArticlesParams{
		AgentID: owner, Type: string(q.Type), Query: likeText(q.Title), Most: int32(q.Limit), Skip: int32(q.Skip),
	})
	if err != nil {
		return nil, fmt.Errorf("list articles: %w", err)
	}
	out := make([]schemas.Article, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Article{
			ID: show[schemas.ArticleID](schemas.PrefixArticle, r.ID), Connector: showPtr[schemas.ConnectorID](schemas.PrefixConnector, r.ConnectorID),
			External: r.ExternalID, Type: schemas.ArticleType(r.Type), Title: r.Title, Format: schemas.ArticleFormat(r.Format),
			URL: r.Url, Language: r.Language, Revision: int(r.Revision), UpdatedAt: r.UpdatedAt.UTC(), Source: sourceShown(r.SourceID),
		})
	}
	return out, nil
}

func sourceShown(id uuid.UUID) schemas.SourceID {
	if id == uuid.Nil {
		return ""
	}
	return show[schemas.SourceID](schemas.PrefixSource, id)
}

// Article returns one article with its body. A deleted one is not found.
func (s *Store) Article(ctx context.Context, id schemas.ArticleID) (schemas.Article, error) {
	row, err := s.article(ctx, s.pool, id)
	if err != nil {
		return schemas.Article{}, err
	}
	if row.DeletedAt != nil {
		return schemas.Article{}, notFound("article")
	}
	return schemas.Article{
		ID: id, Connector: showPtr[schemas.ConnectorID](schemas.PrefixConnector, row.ConnectorID), External: row.ExternalID,
		Type: schemas.ArticleType(row.Type), Title: row.Title, Body: row.Body, Format: schemas.ArticleFormat(row.Format),
		URL: row.Url, Language: row.Language, Revision: int(row.Revision), UpdatedAt: row.UpdatedAt.UTC(), Source: sourceShown(row.SourceID),
	}, nil
}

func (s *Store) article(ctx context.Context, db dbq.DBTX, id schemas.ArticleID) (dbq.ArticleByIDRow, error) {
	article, err := parse(schemas.PrefixArticle, id, "article")
	if err != nil {
		return dbq.ArticleByIDRow{}, err
	}
	row, err := s.q.ArticleByID(ctx, db, article)
	return row, noRows(err, "article")
}

// articleForSource returns an article that a source may be made of.
func (s *Store) articleForSource(ctx context.Context, tx pgx.Tx, owner uuid.UUID, id schemas.ArticleID) (dbq.ArticleByIDRow, error) {
	row, err := s.article(ctx, tx, id)
	if err == nil && (row.AgentID != owner || row.DeletedAt != nil) {
		err = notFound("article")
	}
	return row, err
}

// ChangeArticle changes an article that came through the API and returns it
// with its source, which the caller has read again. Spec: S19.
func (s *Store) ChangeArticle(ctx context.Context, agent schemas.AgentID, a schemas.Article) (schemas.Article, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return a, err
	}
	if err := checkArticle(a); err != nil {
		return a, err
	}
	old, err := s.article(ctx, s.pool, a.ID)
	if err != nil {
		return a, err
	}
	if old.ConnectorID != nil {
		return a, schemas.NewError(schemas.KindConflict, "the article comes from a connector: change it there")
	}
	_, err = s.q.ChangeArticle(ctx, s.pool, dbq.ChangeArticleParams{
		Type: string(a.Type), Title: plain(a.Title, maxName), Body: a.Body, Format: string(a.Format), Url: a.URL, Language: a.Language,
		ID: old.ID, AgentID: owner,
	})
	if err != nil {
		return a, noRows(err, "article")
	}
	return s.Article(ctx, a.ID)
}

// DeleteArticle deletes an article and takes the source made of it out of
// answers. It returns that source for its last sync, if there was one.
func (s *Store) DeleteArticle(ctx context.Context, agent schemas.AgentID, id schemas.ArticleID) (schemas.SourceID, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return "", err
	}
	article, err := parse(schemas.PrefixArticle, id, "article")
	if err != nil {
		return "", err
	}
	var source schemas.SourceID
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		deleted, err := s.q.DeleteArticle(ctx, tx, article, owner)
		if err != nil {
			return err
		}
		if deleted == 0 {
			return notFound("article")
		}
		used, err := s.q.SourceOfArticle(ctx, tx, &article)
		if err != nil || len(used) == 0 {
			return err
		}
		source = show[schemas.SourceID](schemas.PrefixSource, used[0])
		_, err = s.q.StartRemovals(ctx, tx, used)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("delete article: %w", err)
	}
	return source, nil
}
