package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// AddSource adds a content source of the agent, queued for its first sync. A
// private source has its citations off. An address, file or article that is a
// source already is refused with KindConflict. Spec: S12, S14, S23, S24.
func (s *Store) AddSource(ctx context.Context, agent schemas.AgentID, n schemas.NewSource) (schemas.Source, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return schemas.Source{}, err
	}
	if err := n.Validate(); err != nil {
		return schemas.Source{}, err
	}
	if err := plainTexts(n.Name, n.URL, n.FileName, n.Question, n.Answer); err != nil {
		return schemas.Source{}, err
	}
	id := newID()
	err = s.inTx(ctx, func(tx pgx.Tx) error { return s.addSource(ctx, tx, id, owner, n) })
	if isUnique(err, "source_of_article") {
		return schemas.Source{}, schemas.NewError(schemas.KindConflict, "the article is a source already")
	}
	if err != nil {
		return schemas.Source{}, fmt.Errorf("add source: %w", err)
	}
	return s.Source(ctx, show[schemas.SourceID](schemas.PrefixSource, id))
}

// plainTexts refuses what the database cannot hold.
func plainTexts(texts ...string) error {
	for _, text := range texts {
		if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
			return schemas.NewError(schemas.KindInvalid, "a source's texts are valid UTF-8 without NUL")
		}
	}
	return nil
}

func (s *Store) addSource(ctx context.Context, tx pgx.Tx, id, owner uuid.UUID, n schemas.NewSource) error {
	set := n.Defaults(n.Type)
	p := dbq.InsertSourceParams{
		ID: id, AgentID: owner, Type: string(n.Type), Url: n.URL, FileName: n.FileName, Question: n.Question, Answer: n.Answer,
		Citations: n.Citations && !n.Private, Private: n.Private, Language: set.Language, Schedule: string(set.Schedule),
		Include: array(set.Include), Exclude: array(set.Exclude), MaxPages: int32(set.MaxPages), Render: string(set.Render),
		IgnoreRobots: set.IgnoreRobots,
	}
	title := ""
	switch n.Type {
	case schemas.SourceFile:
		file, name, err := s.sourceFile(ctx, tx, owner, n)
		if err != nil {
			return err
		}
		p.FileID, p.FileName = &file, name
	case schemas.SourceURL, schemas.SourceCrawl:
		if err := s.sameAddress(ctx, tx, owner, uuid.Nil, n.Type, n.URL); err != nil {
			return err
		}
	case schemas.SourceArticle:
		article, err := s.articleForSource(ctx, tx, owner, n.Article)
		if err != nil {
			return err
		}
		p.ArticleID, title = &article.ID, article.Title
		p.Url = article.Url
	}
	p.Name = plain(cmp.Or(n.Name, title, p.FileName, n.URL, n.Question), maxName)
	return s.q.InsertSource(ctx, tx, p)
}

func array(list []string) []string { return append([]string{}, list...) }

// oneAtATime holds the agent's other new files and addresses until the end of
// the transaction, so that no two of them are the same.
func (s *Store) oneAtATime(ctx context.Context, tx pgx.Tx, owner uuid.UUID) error {
	return s.q.LockText(ctx, tx, "sources of "+owner.String())
}

// sameAddress refuses a page or domain that another source than self is of.
func (s *Store) sameAddress(ctx context.Context, tx pgx.Tx, owner, self uuid.UUID, kind schemas.SourceType, address string) error {
	if err := s.oneAtATime(ctx, tx, owner); err != nil {
		return err
	}
	rows, err := s.q.SameAddress(ctx, tx, owner)
	if err != nil {
		return fmt.Errorf("compare addresses: %w", err)
	}
	for _, r := range rows {
		if r.ID != self && r.Type == string(kind) && bareAddress(r.Url) == bareAddress(address) {
			return schemas.NewError(schemas.KindConflict, "this address is a source already: "+show[string](schemas.PrefixSource, r.ID))
		}
	}
	return nil
}

// bareAddress compares addresses as people see them.
func bareAddress(address string) string {
	address, _, _ = strings.Cut(strings.TrimSpace(address), "#")
	if scheme, rest, ok := strings.Cut(address, "://"); ok && strings.HasPrefix(strings.ToLower(scheme), "http") {
		address = rest
	}
	host, path, _ := strings.Cut(address, "/")
	return strings.TrimSuffix(strings.ToLower(host)+"/"+path, "/")
}

// Sources returns the agent's sources, oldest first, those in removal included.
func (s *Store) Sources(ctx context.Context, agent schemas.AgentID) ([]schemas.Source, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	return s.sources(ctx, s.pool, &owner, nil)
}

// Source returns one source.
func (s *Store) Source(ctx context.Context, id schemas.SourceID) (schemas.Source, error) {
	source, err := parse(schemas.PrefixSource, id, "source")
	if err != nil {
		return schemas.Source{}, err
	}
	return s.source(ctx, s.pool, source)
}

func (s *Store) source(ctx context.Context, db dbq.DBTX, id uuid.UUID) (schemas.Source, error) {
	found, err := s.sources(ctx, db, nil, &id)
	if err != nil {
		return schemas.Source{}, err
	}
	if len(found) == 0 {
		return schemas.Source{}, notFound("source")
	}
	return found[0], nil
}

func (s *Store) sources(ctx context.Context, db dbq.DBTX, agent, id *uuid.UUID) ([]schemas.Source, error) {
	rows, err := s.q.ListSources(ctx, db, agent, id)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	now, err := s.q.Clock(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read clock: %w", err)
	}
	out := make([]schemas.Source, 0, len(rows))
	for _, r := range rows {
		src := schemas.Source{
			ID: show[schemas.SourceID](schemas.PrefixSource, r.ID), Type: schemas.SourceType(r.Type), Name: r.Name,
			URL: r.Url, File: showPtr[schemas.FileID](schemas.PrefixFile, r.FileID),
			Article:  showPtr[schemas.ArticleID](schemas.PrefixArticle, r.ArticleID),
			Question: r.Question, Answer: r.Answer, Citations: r.Citations, Private: r.Private,
			SourceSettings: schemas.SourceSettings{
				Language: r.Language, Schedule: schemas.ResyncSchedule(r.Schedule), Include: r.Include, Exclude: r.Exclude,
				MaxPages: int(r.MaxPages), Render: schemas.Rendering(r.Render), IgnoreRobots: r.IgnoreRobots,
			},
			Status: schemas.SourceStatus(r.Status), Reason: schemas.FailCode(r.Reason),
			Documents: int(r.Documents), Chunks: int(r.Chunks), Sync: showPtr[schemas.SyncID](schemas.PrefixSync, r.LastSync),
			SyncedAt: utc(r.SyncedAt), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		}
		if src.Status != schemas.SourceRemoving {
			src.NextSync = schemas.NextResync(src.ID, src.Schedule, now)
		}
		out = append(out, src)
	}
	return out, nil
}

// ChangeSource changes a source. What is read again because of it is the
// caller's to start. A private source has its citations off. The rules of a new
// source hold for it, also that its address is no other source's.
// Spec: S12, S24.
func (s *Store) ChangeSource(ctx context.Context, id schemas.SourceID, c schemas.SourceChange) (schemas.Source, error) {
	source, err := parse(schemas.PrefixSource, id, "source")
	if err != nil {
		return schemas.Source{}, err
	}
	p := dbq.ChangeSourceParams{ID: source, Name: c.Name, Url: c.URL, Question: c.Question, Answer: c.Answer, Citations: c.Citations, Private: c.Private}
	var out schemas.Source
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockSource(ctx, tx, source)
		if err != nil {
			return noRows(err, "source")
		}
		old, err := s.source(ctx, tx, source)
		if err != nil {
			return err
		}
		if err := checkChange(old, c); err != nil {
			return err
		}
		if c.URL != nil && old.Type.Web() {
			if err := s.sameAddress(ctx, tx, row.AgentID, source, old.Type, *c.URL); err != nil {
				return err
			}
		}
		if c.Settings != nil {
			set := c.Settings.Defaults(old.Type)
			schedule, render, most := string(set.Schedule), string(set.Render), int32(set.MaxPages)
			p.Language, p.Schedule, p.Render, p.MaxPages, p.IgnoreRobots = &set.Language, &schedule, &render, &most, &set.IgnoreRobots
			p.Include, p.Exclude = array(set.Include), array(set.Exclude)
		}
		changed, err := s.q.ChangeSource(ctx, tx, p)
		if err != nil {
			return err
		}
		if changed == 0 {
			return notFound("source")
		}
		out, err = s.source(ctx, tx, source)
		return err
	})
	if err != nil {
		return schemas.Source{}, fmt.Errorf("change source: %w", err)
	}
	return out, nil
}

// checkChange holds a change to the rules of a new source.
func checkChange(old schemas.Source, c schemas.SourceChange) error {
	n := schemas.NewSource{
		Type: old.Type, Name: old.Name, URL: old.URL, File: cmp.Or(old.File, "file"), Article: old.Article,
		Question: old.Question, Answer: old.Answer, SourceSettings: old.SourceSettings,
	}
	for _, f := range []struct{ to, from *string }{{&n.Name, c.Name}, {&n.URL, c.URL}, {&n.Question, c.Question}, {&n.Answer, c.Answer}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if c.Settings != nil {
		n.SourceSettings = *c.Settings
	}
	if strings.TrimSpace(n.Name) == "" {
		return schemas.NewError(schemas.KindInvalid, "a source needs a name")
	}
	if err := plainTexts(n.Name, n.URL, n.Question, n.Answer); err != nil {
		return err
	}
	return n.Validate()
}

// WantSources notes that what sources hold has changed: they are read again by
// the next run, or by one that the upkeep starts.
func (s *Store) WantSources(ctx context.Context, ids ...schemas.SourceID) error {
	sources := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		u, err := parse(schemas.PrefixSource, id, "source")
		if err != nil {
			return err
		}
		sources = append(sources, u)
	}
	if err := s.q.WantSources(ctx, s.pool, sources); err != nil {
		return fmt.Errorf("note changed sources: %w", err)
	}
	return nil
}

// RemoveSources takes sources out of answers at once: nothing of them is found
// from now on. What is stored of them is purged by their last sync. Those that
// do not exist are left out; removing again is no error. Spec: S22.
func (s *Store) RemoveSources(ctx context.Context, ids []schemas.SourceID) ([]schemas.SourceID, error) {
	sources := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if u, err := parse(schemas.PrefixSource, id, "source"); err == nil {
			sources = append(sources, u)
		}
	}
	removed, err := s.q.StartRemovals(ctx, s.pool, sources)
	if err != nil {
		return nil, fmt.Errorf("remove sources: %w", err)
	}
	out := make([]schemas.SourceID, 0, len(removed))
	for _, id := range removed {
		out = append(out, show[schemas.SourceID](schemas.PrefixSource, id))
	}
	return out, nil
}

// PurgeSource takes up to limit chunks of a source in removal out of the
// database and notes them for removal from the index. With none left it deletes
// the source once the index has let go of everything; more is then false.
func (s *Store) PurgeSource(ctx context.Context, id schemas.SourceID, limit int) (more bool, err error) {
	source, err := parse(schemas.PrefixSource, id, "source")
	if err != nil {
		return false, err
	}
	gone, err := s.q.PurgeChunks(ctx, s.pool, source, int32(limit))
	if err != nil {
		return false, fmt.Errorf("purge source: %w", err)
	}
	if len(gone) > 0 {
		return true, nil
	}
	deleted, err := s.q.DeleteRemovedSource(ctx, s.pool, source)
	if err != nil {
		return false, fmt.Errorf("delete source: %w", err)
	}
	if deleted > 0 {
		return false, nil
	}
	row, err := s.q.LockSource(ctx, s.pool, source)
	if noSuch(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read source: %w", err)
	}
	return row.Status == string(schemas.SourceRemoving), nil
}

// Removals returns chunks that have to leave the agent's index, oldest first.
func (s *Store) Removals(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.ChunkID, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	ids, err := s.q.Removals(ctx, s.pool, owner, int32(min(limit, 10_000)))
	if err != nil {
		return nil, fmt.Errorf("read removals: %w", err)
	}
	return showChunks(ids), nil
}

func showChunks(ids []uuid.UUID) []schemas.ChunkID {
	out := make([]schemas.ChunkID, 0, len(ids))
	for _, id := range ids {
		out = append(out, show[schemas.ChunkID](schemas.PrefixChunk, id))
	}
	return out
}

// ForgetRemovals notes that the index holds these chunks no more. One that came
// back meanwhile goes in again.
func (s *Store) ForgetRemovals(ctx context.Context, ids []schemas.ChunkID) error {
	chunks, err := chunkUUIDs(ids)
	if err != nil {
		return err
	}
	if err := s.q.Removed(ctx, s.pool, chunks); err != nil {
		return fmt.Errorf("forget removals: %w", err)
	}
	return nil
}

func chunkUUIDs(ids []schemas.ChunkID) ([]uuid.UUID, error) {
	out := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		u, err := parse(schemas.PrefixChunk, id, "chunk")
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// answersJSON is how a document's answers are stored.
func answersJSON(answers []schemas.Answer) json.RawMessage {
	if len(answers) == 0 {
		return json.RawMessage("[]")
	}
	raw, err := json.Marshal(answers)
	if err != nil {
		return json.RawMessage("[]")
	}
	return raw
}
