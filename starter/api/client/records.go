package client

import (
	"context"
	"net/http"
	"net/url"

	"steward/schemas"
)

// Properties lists the properties of a kind of record in the CRM.
func (c *Client) Properties(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error) {
	page, err := get[schemas.List[schemas.Property]](ctx, c, "/crm/"+id(object)+"/properties")
	return page.Items, err
}

// Record returns the record of the CRM whose property has a value.
func (c *Client) Record(ctx context.Context, object schemas.ObjectType, by, value string) (schemas.Record, error) {
	return get[schemas.Record](ctx, c, "/crm/"+id(object)+"/record?"+url.Values{"by": {by}, "value": {value}}.Encode())
}

// SetRecord changes a record of the CRM, or makes it, once for a key.
func (c *Client) SetRecord(ctx context.Context, object schemas.ObjectType, r schemas.NewRecord, key string) (schemas.Record, error) {
	var out schemas.Record
	_, _, err := c.do(ctx, call{
		method: http.MethodPut, path: "/crm/" + id(object) + "/record", in: r, headers: map[string]string{"Idempotency-Key": key},
	}, &out)
	return out, err
}
