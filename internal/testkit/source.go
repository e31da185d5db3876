package testkit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"steward/schemas"
)

// StandIn is the source of the passages that stand-ins for a search find.
const StandIn schemas.SourceID = "src_00000000000000000000000000000001"

// AddStandIn makes StandIn a source that answers may use: passages of a source
// that is not there are left out of answers.
func AddStandIn(ctx context.Context, db *pgxpool.Pool) error {
	_, err := db.Exec(ctx, `insert into sources (id, agent_id, type, name, question, answer, status, synced_at)
		select '00000000-0000-0000-0000-000000000001', id, 'short_answer', 'Help', 'q', 'a', 'ready', now() from agents`)
	if err != nil {
		return fmt.Errorf("add the source of stand-ins: %w", err)
	}
	return nil
}
