package store

import (
	"context"
	"encoding/json"
	"fmt"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Handoff is one handoff with all that people see of it. It is KindNotFound when
// there is none.
func (s *Store) Handoff(ctx context.Context, id schemas.HandoffID) (schemas.HandoffShown, error) {
	var out schemas.HandoffShown
	hid, err := parse(schemas.PrefixHandoff, id, "handoff")
	if err != nil {
		return out, err
	}
	offers, err := s.offers(ctx, dbq.ListHandoffsParams{AllStates: true, ID: &hid, Most: 1})
	if err != nil {
		return out, err
	}
	if len(offers) == 0 {
		return out, notFound("handoff")
	}
	row, err := s.q.HandoffShown(ctx, s.pool, hid)
	if err != nil {
		return out, fmt.Errorf("read handoff: %w", noRows(err, "handoff"))
	}
	plan, err := planFrom(row.Plan)
	if err != nil {
		return out, err
	}
	out = schemas.HandoffShown{
		Offer: offers[0], Team: plan.Team, Skills: plan.Skills, Language: row.Language, Tier: schemas.Tier(row.Tier),
		Breaches: int(row.Breaches), AcceptedAt: utc(row.AcceptedAt), EndedAt: utc(row.EndedAt), Desks: []schemas.DeskTicket{},
	}
	if len(row.Brief) > 0 {
		out.Brief = &schemas.Brief{By: schemas.SummaryAuthor(row.BriefBy)}
		if err := json.Unmarshal(row.Brief, &out.Brief.HandoffSummary); err != nil {
			return out, fmt.Errorf("read summary: %w", err)
		}
	}
	desks, err := s.q.HandoffDesks(ctx, s.pool, hid)
	if err != nil {
		return out, fmt.Errorf("read destinations of handoff: %w", err)
	}
	for _, d := range desks {
		out.Desks = append(out.Desks, schemas.DeskTicket{
			Desk: show[schemas.DeskID](schemas.PrefixDesk, d.DeskID), Name: d.Name, State: d.State, Ref: d.ExternalRef, URL: d.Url,
			Waiting: int(d.Waiting), Failed: int(d.Failed), Code: d.Code,
		})
	}
	return out, nil
}
