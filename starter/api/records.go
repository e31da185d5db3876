package api

import (
	"context"
	"net/http"

	"steward/schemas"
)

// Records is the company's CRM for the people who manage it.
type Records interface {
	Properties(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error)
	Record(ctx context.Context, object schemas.ObjectType, by, value string) (schemas.Record, error)
	SetRecord(ctx context.Context, object schemas.ObjectType, by string, properties map[string]string, key string) (schemas.Record, error)
}

func (a *API) records() {
	serve(a, route{
		method: http.MethodGet, path: "/crm/{object}/properties", id: "list-crm-properties",
		summary: "List the properties of a kind of record in the CRM", errors: []int{429, 503},
	}, a.getProperties)
	serve(a, route{
		method: http.MethodGet, path: "/crm/{object}/record", id: "get-crm-record",
		summary: "Show the record of the CRM whose property has a value", errors: []int{404, 409, 429, 503},
	}, a.getRecord)
	serve(a, route{
		method: http.MethodPut, path: "/crm/{object}/record", id: "set-crm-record",
		summary: "Change a record of the CRM, or make it; needs an Idempotency-Key", errors: []int{400, 409, 429, 503},
	}, a.putRecord)
}

func (a *API) getProperties(ctx context.Context, in *struct {
	Object schemas.ObjectType `path:"object" enum:"contact,company,deal,ticket"`
},
) (*body[schemas.List[schemas.Property]], error) {
	if err := a.hasRecords(); err != nil {
		return nil, err
	}
	return list(a.o.Records.Properties(ctx, in.Object))
}

func (a *API) getRecord(ctx context.Context, in *struct {
	Object schemas.ObjectType `path:"object" enum:"contact,company,deal,ticket"`
	By     string             `query:"by" default:"email" maxLength:"100" doc:"Name of the property."`
	Value  string             `query:"value" required:"true" minLength:"1" maxLength:"500" doc:"Without regard to case for a property that only one record has, else exactly."`
},
) (*body[schemas.Record], error) {
	if err := a.hasRecords(); err != nil {
		return nil, err
	}
	return answer(a.o.Records.Record(ctx, in.Object, in.By, in.Value))
}

func (a *API) putRecord(ctx context.Context, in *struct {
	Object schemas.ObjectType `path:"object" enum:"contact,company,deal,ticket"`
	Key    string             `header:"Idempotency-Key" maxLength:"200" doc:"Makes the change once, however often it is sent. Required."`
	Body   schemas.NewRecord
},
) (*body[schemas.Record], error) {
	if err := a.hasRecords(); err != nil {
		return nil, err
	}
	if in.Key == "" {
		return nil, newProblem(http.StatusBadRequest, "The header Idempotency-Key is required here: send a new UUID with each change.")
	}
	if in.Body.Properties[in.Body.By] == "" {
		return nil, schemas.NewError(schemas.KindInvalid, "body.properties: the property named by \"by\" needs a value")
	}
	return answer(a.o.Records.SetRecord(ctx, in.Object, in.Body.By, in.Body.Properties, in.Key))
}

func (a *API) hasRecords() error {
	if a.o.Records == nil {
		return schemas.NewError(schemas.KindUnavailable, "This server has no CRM.")
	}
	return nil
}
