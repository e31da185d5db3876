package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

// DeskTester opens a ticket at a destination that says that it is a test.
type DeskTester interface {
	Try(ctx context.Context, d schemas.Desk, id schemas.HandoffID, at time.Time) schemas.Delivered
}

// deskPath names a destination in an address.
type deskPath struct {
	ID schemas.DeskID `path:"id" maxLength:"64"`
}

func (a *API) desks() {
	serve(a, route{
		method: http.MethodGet, path: "/desks", id: "list-desks", summary: "The destinations that handoffs also go to",
	}, a.getDesks)
	serve(a, route{
		method: http.MethodPut, path: "/desks", id: "put-desk",
		summary: "Make a destination, or change the one of the same name", errors: []int{409},
	}, a.putDesk)
	serve(a, route{
		method: http.MethodDelete, path: "/desks/{id}", id: "delete-desk",
		summary: "Remove a destination with what it was not told yet", status: http.StatusNoContent, errors: []int{404},
	}, a.deleteDesk)
	serve(a, route{
		method: http.MethodPost, path: "/desks/{id}/test", id: "test-desk",
		summary: "Open a ticket at a destination that says that it is a test", errors: []int{404, 503},
	}, a.testDesk)
}

func (a *API) getDesks(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.Desk]], error) {
	return list(a.o.Store.Desks(ctx))
}

func (a *API) putDesk(ctx context.Context, in *struct{ Body schemas.NewDesk }) (*body[schemas.Desk], error) {
	d := in.Body.Desk()
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return answer(a.o.Store.PutDesk(ctx, d))
}

func (a *API) deleteDesk(ctx context.Context, in *deskPath) (*nothing, error) {
	return nil, a.o.Store.DeleteDesk(ctx, in.ID)
}

// testWithin bounds a test of a destination.
const testWithin = 20 * time.Second

func (a *API) testDesk(ctx context.Context, in *deskPath) (*body[schemas.DeskTest], error) {
	if a.o.Desks == nil {
		return nil, schemas.NewError(schemas.KindUnavailable, "destinations cannot be tried here")
	}
	d, err := a.o.Store.Desk(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now, err := a.o.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	out := a.o.Desks.Try(ctx, d, schemas.HandoffID(schemas.FormatID(schemas.PrefixHandoff, id)), now)
	return answer(schemas.DeskTest{Result: out.Result, Code: out.Code, Ref: out.ProviderID}, nil)
}
