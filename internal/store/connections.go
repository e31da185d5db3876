package store

import (
	"context"
	"encoding/json"
	"fmt"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Connections are the systems that actions call, by name.
func (s *Store) Connections(ctx context.Context) ([]schemas.Connection, error) {
	rows, err := s.q.ConnectionRows(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	out := make([]schemas.Connection, 0, len(rows))
	for _, r := range rows {
		c, err := connectionFrom(r.Connections)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// PutConnection makes a connection or replaces the one of the same name, which
// keeps its id. The caller has validated it. It takes effect at the next call.
func (s *Store) PutConnection(ctx context.Context, c schemas.Connection) (schemas.Connection, error) {
	definition, err := json.Marshal(c)
	if err != nil {
		return c, fmt.Errorf("encode connection: %w", err)
	}
	row, err := s.q.PutConnection(ctx, s.pool, dbq.PutConnectionParams{ID: newID(), Name: c.Name, Definition: definition})
	if err != nil {
		return c, fmt.Errorf("store connection: %w", err)
	}
	return connectionFrom(row.Connections)
}

// DeleteConnection removes a connection. Actions that name it then fail as
// misconfigured. It is KindNotFound when there is none.
func (s *Store) DeleteConnection(ctx context.Context, name string) error {
	n, err := s.q.DeleteConnection(ctx, s.pool, name)
	if err != nil {
		return fmt.Errorf("delete connection: %w", err)
	}
	if n == 0 {
		return schemas.NewError(schemas.KindNotFound, "there is no connection of this name")
	}
	return nil
}

// SetConnectionSecret keeps the encrypted secret of a connection, for the
// reference "stored:" and its name.
func (s *Store) SetConnectionSecret(ctx context.Context, name string, sealed []byte) error {
	n, err := s.q.SetConnectionSecret(ctx, s.pool, sealed, name)
	if err != nil {
		return fmt.Errorf("keep secret of connection: %w", err)
	}
	if n == 0 {
		return schemas.NewError(schemas.KindNotFound, "there is no connection of this name")
	}
	return nil
}

// ConnectionSecret returns the encrypted secret of a connection.
func (s *Store) ConnectionSecret(ctx context.Context, name string) ([]byte, error) {
	sealed, err := s.q.ConnectionSecret(ctx, s.pool, name)
	if err != nil {
		return nil, fmt.Errorf("read secret of connection: %w", noRows(err, "secret"))
	}
	return sealed, nil
}

func connectionFrom(row dbq.Connections) (schemas.Connection, error) {
	var out schemas.Connection
	if err := json.Unmarshal(row.Definition, &out); err != nil {
		return out, fmt.Errorf("read connection: %w", err)
	}
	out.ID, out.Name, out.CreatedAt = show[schemas.ConnectionID](schemas.PrefixConnection, row.ID), row.Name, row.CreatedAt
	return out, nil
}
