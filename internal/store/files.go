package store

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// sourceFile returns the file that a new source uses: one that is there, or
// the one that comes with it. The same file twice is refused. Spec: S14.
func (s *Store) sourceFile(ctx context.Context, tx pgx.Tx, owner uuid.UUID, n schemas.NewSource) (uuid.UUID, string, error) {
	p := dbq.SameFileParams{AgentID: owner, Name: n.FileName}
	if n.File != "" {
		id, err := parse(schemas.PrefixFile, n.File, "file")
		if err != nil {
			return uuid.Nil, "", err
		}
		row, err := s.q.FileByID(ctx, tx, id, owner)
		if err != nil {
			return uuid.Nil, "", noRows(err, "file")
		}
		p.ID, p.Name = &id, row.Name
	} else {
		sum := sha256.Sum256(n.Content)
		p.Sha256 = sum[:]
	}
	if err := s.oneAtATime(ctx, tx, owner); err != nil {
		return uuid.Nil, "", err
	}
	same, err := s.q.SameFile(ctx, tx, p)
	if err == nil {
		return uuid.Nil, "", schemas.NewError(schemas.KindConflict, "this file is a source already: "+show[string](schemas.PrefixSource, same))
	}
	if !noSuch(err) {
		return uuid.Nil, "", fmt.Errorf("compare files: %w", err)
	}
	if p.ID != nil {
		return *p.ID, p.Name, nil
	}
	id, err := s.insertFile(ctx, tx, owner, n.FileName, n.Content)
	return id, n.FileName, err
}

func (s *Store) insertFile(ctx context.Context, db dbq.DBTX, owner uuid.UUID, name string, content []byte) (uuid.UUID, error) {
	id, sum := newID(), sha256.Sum256(content)
	err := s.q.InsertFile(ctx, db, dbq.InsertFileParams{
		ID: id, AgentID: owner, Name: name, Bytes: int32(len(content)), Sha256: sum[:], Content: content,
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("store file: %w", err)
	}
	return id, nil
}

// AddFile stores a file that sources can be made of later. Spec: S14.
func (s *Store) AddFile(ctx context.Context, agent schemas.AgentID, name string, content []byte) (schemas.File, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return schemas.File{}, err
	}
	if err := schemas.ValidateFile(name, len(content)); err != nil {
		return schemas.File{}, err
	}
	if err := plainTexts(name); err != nil {
		return schemas.File{}, err
	}
	id, err := s.insertFile(ctx, s.pool, owner, name, content)
	if err != nil {
		return schemas.File{}, err
	}
	return schemas.File{ID: show[schemas.FileID](schemas.PrefixFile, id), Name: name, Bytes: len(content)}, nil
}

// Files returns the agent's files whose name holds query, newest first, at most
// limit. Spec: S14.
func (s *Store) Files(ctx context.Context, agent schemas.AgentID, query string, limit int) ([]schemas.File, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.FindFiles(ctx, s.pool, dbq.FindFilesParams{AgentID: owner, Query: likeText(query), Most: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("find files: %w", err)
	}
	out := make([]schemas.File, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.File{
			ID: show[schemas.FileID](schemas.PrefixFile, r.ID), Name: r.Name, Bytes: int(r.Bytes),
			Sources: int(r.Sources), CreatedAt: r.CreatedAt.UTC(),
		})
	}
	return out, nil
}

// DeleteFile deletes a file that no source uses.
func (s *Store) DeleteFile(ctx context.Context, agent schemas.AgentID, id schemas.FileID) error {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return err
	}
	file, err := parse(schemas.PrefixFile, id, "file")
	if err != nil {
		return err
	}
	if _, err := s.q.FileByID(ctx, s.pool, file, owner); err != nil {
		return noRows(err, "file")
	}
	deleted, err := s.q.DeleteFile(ctx, s.pool, file, owner)
	if err != nil {
		return fmt.Errorf("delete file: %w", err)
	}
	if deleted == 0 {
		return schemas.NewError(schemas.KindConflict, "a source uses the file: remove the source first")
	}
	return nil
}
