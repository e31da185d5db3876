package hubspot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/crm"
	"steward/schemas"
)

// object is a record as the interface shows it.
type object struct {
	ID         string             `json:"id"`
	Properties map[string]*string `json:"properties"`
	UpdatedAt  string             `json:"updatedAt"`
	New        bool               `json:"new"`
	TraceID    string             `json:"objectWriteTraceId"`
}

// record is a record of ours with those of the named properties that have a
// value. An answer without an id is none.
func (o object) record(kind schemas.ObjectType, properties []string) (schemas.Record, error) {
	if !recordID.MatchString(o.ID) {
		return schemas.Record{}, crm.Fail(crm.KindUnavailable)
	}
	out := schemas.Record{RecordRef: schemas.RecordRef{Object: kind, ID: o.ID}, Version: o.UpdatedAt, Properties: map[string]string{}}
	for _, name := range properties {
		if v := o.Properties[name]; v != nil && *v != "" {
			out.Properties[name] = *v
		}
	}
	return out, nil
}

// Get implements crm.CRM.
func (c *CRM) Get(ctx context.Context, ref schemas.RecordRef, properties []string) (schemas.Record, error) {
	word, err := place(ref)
	if err != nil {
		return schemas.Record{}, err
	}
	var got object
	if err := c.call(ctx, request{path: c.objects(word, ref.ID), query: wanted(properties), out: &got}); err != nil {
		return schemas.Record{}, err
	}
	return got.record(ref.Object, properties)
}

// FindBy implements crm.CRM. A contact is found by email without the search,
// which does not show a new one at once.
func (c *CRM) FindBy(ctx context.Context, f crm.Find) ([]schemas.Record, error) {
	word := plural(f.Object)
	if word == "" || !property.MatchString(f.Property) {
		return nil, crm.Fail(crm.KindRefused)
	}
	if f.Value == "" || !utf8.ValidString(f.Value) {
		return nil, nil
	}
	if !c.identifies(f.Object, f.Property) {
		return c.search(ctx, f)
	}
	record, err := c.getBy(ctx, f)
	if crm.KindOf(err) == crm.KindNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []schemas.Record{record}, nil
}

// identifies reports whether a property may stand for the id of a record.
func (c *CRM) identifies(object schemas.ObjectType, property string) bool {
	return property == c.o.ExternalID || object == schemas.ObjectContact && property == "email"
}

func (c *CRM) getBy(ctx context.Context, f crm.Find) (schemas.Record, error) {
	query := wanted(f.Properties)
	query.Set("idProperty", f.Property)
	value := f.Value
	if f.Property != c.o.ExternalID {
		value = crm.Normal(f.Property, value)
	}
	if value == "." || value == ".." {
		// As an element of a path it would name another place.
		return schemas.Record{}, crm.Fail(crm.KindNotFound)
	}
	var got object
	if err := c.call(ctx, request{path: c.objects(plural(f.Object), value), query: query, out: &got}); err != nil {
		return schemas.Record{}, err
	}
	return got.record(f.Object, f.Properties)
}

func (c *CRM) search(ctx context.Context, f crm.Find) ([]schemas.Record, error) {
	return c.searchFor(ctx, f, 2)
}

// relatedMost bounds what Related returns: a page of the search.
const relatedMost = 100

// Related implements crm.CRM. The search knows links as properties, and like any
// search does not show a new one at once.
func (c *CRM) Related(ctx context.Context, ref schemas.RecordRef, to schemas.ObjectType, properties []string) ([]schemas.Record, error) {
	if _, err := place(ref); err != nil {
		return nil, err
	}
	if plural(to) == "" {
		return nil, crm.Fail(crm.KindRefused)
	}
	return c.searchFor(ctx, crm.Find{Object: to, Property: "associations." + string(ref.Object), Value: ref.ID, Properties: properties}, relatedMost)
}

func (c *CRM) searchFor(ctx context.Context, f crm.Find, most int) ([]schemas.Record, error) {
	type filter struct {
		Property string `json:"propertyName"`
		Operator string `json:"operator"`
		Value    string `json:"value"`
	}
	type group struct {
		Filters []filter `json:"filters"`
	}
	in := struct {
		Groups     []group  `json:"filterGroups"`
		Properties []string `json:"properties"`
		Limit      int      `json:"limit"`
	}{[]group{{[]filter{{f.Property, "EQ", f.Value}}}}, append([]string{}, f.Properties...), most}
	var got struct {
		Results []object `json:"results"`
	}
	if err := c.call(ctx, request{method: http.MethodPost, path: c.objects(plural(f.Object), "search"), in: in, out: &got, names: []string{f.Property}}); err != nil {
		return nil, err
	}
	var out []schemas.Record
	for _, o := range got.Results[:min(most, len(got.Results))] {
		record, err := o.record(f.Object, f.Properties)
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	return out, nil
}

// Create implements crm.CRM. The key is kept in the record: it is looked for
// first, among what this process has made and then by search, and a portal where
// it is unique refuses a second one.
func (c *CRM) Create(ctx context.Context, kind schemas.ObjectType, properties map[string]string, w schemas.CRMWrite) (schemas.Record, error) {
	word := plural(kind)
	if word == "" || w.Key == "" {
		return schemas.Record{}, crm.Fail(crm.KindRefused)
	}
	names := slices.Sorted(maps.Keys(properties))
	key := string(kind) + " " + w.Key
	if id, ok := c.made.id(key); ok {
		record, err := c.Get(ctx, schemas.RecordRef{Object: kind, ID: id}, names)
		if crm.KindOf(err) == crm.KindNotFound {
			c.made.drop(key)
		}
		return record, err
	}
	byKey := crm.Find{Object: kind, Property: c.o.ExternalID, Value: w.Key, Properties: names}
	found, err := c.search(ctx, byKey)
	if err != nil {
		return schemas.Record{}, err
	}
	if len(found) > 0 {
		return found[0], nil
	}
	values := maps.Clone(properties)
	if values == nil {
		values = map[string]string{}
	}
	values[c.o.ExternalID] = w.Key
	record, err := c.insert(ctx, kind, values, names)
	if crm.KindOf(err) == crm.KindConflict {
		return c.getBy(ctx, byKey)
	}
	if err == nil {
		c.made.put(key, record.ID)
	}
	return record, err
}

func (c *CRM) insert(ctx context.Context, kind schemas.ObjectType, values map[string]string, names []string) (schemas.Record, error) {
	var got object
	err := c.call(ctx, request{method: http.MethodPost, path: c.objects(plural(kind)), in: write{values}, out: &got, object: kind, names: slices.Sorted(maps.Keys(values))})
	if err != nil {
		return schemas.Record{}, err
	}
	return got.record(kind, names)
}

// write is the body of a create and of a change.
type write struct {
	Properties map[string]string `json:"properties"`
}

// Upsert implements crm.CRM.
func (c *CRM) Upsert(ctx context.Context, kind schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	if plural(kind) == "" || w.Key == "" {
		return schemas.Record{}, false, crm.Fail(crm.KindRefused)
	}
	if !property.MatchString(by) || properties[by] == "" {
		return schemas.Record{}, false, crm.Fail(crm.KindInvalidProperty)
	}
	if c.identifies(kind, by) {
		return c.upsert(ctx, kind, by, properties, w)
	}
	return c.searchAndPut(ctx, kind, by, properties, w)
}

func (c *CRM) upsert(ctx context.Context, kind schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	type input struct {
		ID         string            `json:"id"`
		IDProperty string            `json:"idProperty"`
		Properties map[string]string `json:"properties"`
		TraceID    string            `json:"objectWriteTraceId"`
	}
	names := slices.Sorted(maps.Keys(properties))
	trace := traceID(w.Key)
	in := struct {
		Inputs []input `json:"inputs"`
	}{[]input{{crm.Normal(by, properties[by]), by, properties, trace}}}
	var got struct {
		Results []object  `json:"results"`
		Errors  []failure `json:"errors"`
	}
	r := request{method: http.MethodPost, path: c.objects(plural(kind), "batch", "upsert"), in: in, out: &got, object: kind, names: names}
	if err := c.call(ctx, r); err != nil {
		return schemas.Record{}, false, err
	}
	if len(got.Errors) > 0 {
		return schemas.Record{}, false, c.refusal(ctx, r, got.Errors[0], got.Errors[0].httpStatus())
	}
	for _, o := range got.Results {
		if o.TraceID == trace || o.TraceID == "" && len(got.Results) == 1 {
			record, err := o.record(kind, names)
			return record, o.New, err
		}
	}
	return schemas.Record{}, false, crm.Fail(crm.KindUnavailable)
}

// traceID names one input of a batch, so that its result is found.
func traceID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// searchAndPut is for properties that HubSpot does not keep unique, such as a
// company's domain.
func (c *CRM) searchAndPut(ctx context.Context, kind schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	value := crm.Normal(by, properties[by])
	key := string(kind) + " " + by + " " + value
	id, ok := c.made.id(key)
	if !ok {
		found, err := c.search(ctx, crm.Find{Object: kind, Property: by, Value: value})
		if err != nil {
			return schemas.Record{}, false, err
		}
		one, exists, err := crm.One(found)
		if err != nil {
			return schemas.Record{}, false, err
		}
		if exists {
			id, ok = one.ID, true
		}
	}
	if ok {
		record, err := c.Update(ctx, schemas.RecordRef{Object: kind, ID: id}, properties, "", w)
		if crm.KindOf(err) == crm.KindNotFound {
			c.made.drop(key)
		}
		return record, false, err
	}
	record, err := c.insert(ctx, kind, properties, slices.Sorted(maps.Keys(properties)))
	if err == nil {
		c.made.put(key, record.ID)
	}
	return record, err == nil, err
}

// Update implements crm.CRM. HubSpot changes nothing on a condition: the version
// is read just before, which leaves a moment in which somebody else's change is
// not noticed.
func (c *CRM) Update(ctx context.Context, ref schemas.RecordRef, properties map[string]string, ifVersion string, w schemas.CRMWrite) (schemas.Record, error) {
	word, err := place(ref)
	if err != nil {
		return schemas.Record{}, err
	}
	if w.Key == "" {
		return schemas.Record{}, crm.Fail(crm.KindRefused)
	}
	names := slices.Sorted(maps.Keys(properties))
	if ifVersion != "" || len(properties) == 0 {
		now, err := c.Get(ctx, ref, names)
		if err != nil || len(properties) == 0 && (ifVersion == "" || now.Version == ifVersion) {
			return now, err
		}
		if now.Version != ifVersion {
			return schemas.Record{}, crm.Fail(crm.KindConflict)
		}
	}
	var got object
	err = c.call(ctx, request{method: http.MethodPatch, path: c.objects(word, ref.ID), in: write{properties}, out: &got, object: ref.Object, names: names})
	if err != nil {
		return schemas.Record{}, err
	}
	return got.record(ref.Object, names)
}

// Associate implements crm.CRM. The dated interfaces know the usual kind only.
func (c *CRM) Associate(ctx context.Context, from, to schemas.RecordRef, kind string) error {
	one, err := place(from)
	if err != nil {
		return err
	}
	other, err := place(to)
	if err != nil {
		return err
	}
	usual := string(from.Object) + "_to_" + string(to.Object)
	path := c.objects(one, from.ID, "associations", "default", other, to.ID)
	switch {
	case c.o.Version == DefaultVersion:
		if kind == "" {
			kind = usual
		}
		path = c.objects(one, from.ID, "associations", other, to.ID, kind)
	case kind != "" && kind != usual:
		return crm.Fail(crm.KindRefused)
	}
	if kind != "" && !property.MatchString(kind) {
		return crm.Fail(crm.KindRefused)
	}
	return c.call(ctx, request{method: http.MethodPut, path: path})
}

// noteTo is HubSpot's number for the association of a note with a kind of
// record.
func noteTo(object schemas.ObjectType) int {
	switch object {
	case schemas.ObjectContact:
		return 202
	case schemas.ObjectCompany:
		return 190
	case schemas.ObjectDeal:
		return 214
	case schemas.ObjectTicket:
		return 228
	}
	return 0
}

// Note implements crm.CRM. A note is HTML there; ours is plain text. HubSpot has
// nothing to recognise a repeated one by beyond what this process has made.
func (c *CRM) Note(ctx context.Context, ref schemas.RecordRef, text string, w schemas.CRMWrite) error {
	if _, err := place(ref); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(text); n == 0 || n > crm.MaxNote || !utf8.ValidString(text) || strings.ContainsRune(text, 0) || w.Key == "" {
		return crm.Fail(crm.KindRefused)
	}
	key := "note " + w.Key
	if _, ok := c.made.id(key); ok {
		return nil
	}
	type kind struct {
		Category string `json:"associationCategory"`
		ID       int    `json:"associationTypeId"`
	}
	type target struct {
		ID string `json:"id"`
	}
	type association struct {
		To    target `json:"to"`
		Types []kind `json:"types"`
	}
	in := struct {
		Properties   map[string]string `json:"properties"`
		Associations []association     `json:"associations"`
	}{
		map[string]string{
			"hs_timestamp": c.o.Now().UTC().Format(time.RFC3339),
			"hs_note_body": strings.ReplaceAll(html.EscapeString(text), "\n", "<br>"),
		},
		[]association{{target{ref.ID}, []kind{{"HUBSPOT_DEFINED", noteTo(ref.Object)}}}},
	}
	var got object
	if err := c.call(ctx, request{method: http.MethodPost, path: c.objects("notes"), in: in, out: &got}); err != nil {
		return err
	}
	if !recordID.MatchString(got.ID) {
		return crm.Fail(crm.KindUnavailable)
	}
	c.made.put(key, got.ID)
	return nil
}
