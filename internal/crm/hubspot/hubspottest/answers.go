package hubspottest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// answer does what a call asks for, under the server's lock.
func (s *Server) answer(w http.ResponseWriter, c call) {
	switch {
	case c.method == http.MethodPost && len(c.rest) == 0:
		s.create(w, c)
	case c.method == http.MethodPost && slices.Equal(c.rest, []string{"search"}):
		s.search(w, c)
	case c.method == http.MethodPost && slices.Equal(c.rest, []string{"batch", "upsert"}):
		s.upsert(w, c)
	case c.method == http.MethodGet && len(c.rest) == 1:
		s.get(w, c)
	case c.method == http.MethodPatch && len(c.rest) == 1:
		s.patch(w, c)
	case c.method == http.MethodPut && len(c.rest) == 5 && c.rest[1] == "associations":
		s.associate(w, c)
	default:
		Failure(w, http.StatusMethodNotAllowed, "VALIDATION_ERROR", "no such call")
	}
}

func (s *Server) get(w http.ResponseWriter, c call) {
	by := first(c.query["idProperty"])
	o := s.find(c.word, func(o *Object) bool {
		if by == "" {
			return o.ID == c.rest[0]
		}
		return o.Properties[by] != "" && o.Properties[by] == c.rest[0]
	})
	if o == nil {
		Failure(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "Object not found.  objectId are usually numeric.")
		return
	}
	reply(w, http.StatusOK, s.show(o, strings.Split(first(c.query["properties"]), ",")))
}

func (s *Server) create(w http.ResponseWriter, c call) {
	properties := texts(c.body["properties"])
	if c.word == "notes" {
		if s.refuseNote(w, c, properties) {
			return
		}
	} else if s.refuse(w, c.word, properties, nil) {
		return
	}
	reply(w, http.StatusCreated, s.show(s.insert(c.word, properties), names(properties)))
}

// refuseNote answers a note without a time, or on a record that is not there.
func (s *Server) refuseNote(w http.ResponseWriter, c call, properties map[string]string) bool {
	associations := list(c.body["associations"])
	if properties["hs_timestamp"] == "" || len(associations) != 1 {
		Failure(w, http.StatusBadRequest, "VALIDATION_ERROR", "hs_timestamp and an association are required")
		return true
	}
	association, _ := associations[0].(map[string]any)
	kind, _ := list(association["types"])[0].(map[string]any)
	words := map[any]string{202.0: "contacts", 190.0: "companies", 214.0: "deals", 228.0: "tickets"}
	id := texts(association["to"])["id"]
	if s.find(words[kind["associationTypeId"]], func(o *Object) bool { return o.ID == id }) == nil {
		Failure(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "the object to associate does not exist")
		return true
	}
	return false
}

func (s *Server) patch(w http.ResponseWriter, c call) {
	o := s.find(c.word, func(o *Object) bool { return o.ID == c.rest[0] })
	if o == nil {
		Failure(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "resource not found")
		return
	}
	properties := texts(c.body["properties"])
	if s.refuse(w, c.word, properties, o) {
		return
	}
	s.assign(o, properties)
	reply(w, http.StatusOK, s.show(o, names(properties)))
}

func (s *Server) upsert(w http.ResponseWriter, c call) {
	var results []any
	for _, raw := range list(c.body["inputs"]) {
		in, _ := raw.(map[string]any)
		properties := texts(in["properties"])
		by, _ := in["idProperty"].(string)
		id, _ := in["id"].(string)
		o := s.find(c.word, func(o *Object) bool { return o.Properties[by] == id })
		if s.refuse(w, c.word, properties, o) {
			return
		}
		made := o == nil
		if made {
			o = s.insert(c.word, properties)
		} else {
			s.assign(o, properties)
		}
		shown := s.show(o, names(properties))
		shown["new"], shown["objectWriteTraceId"] = made, in["objectWriteTraceId"]
		results = append(results, shown)
	}
	reply(w, http.StatusOK, map[string]any{"status": "COMPLETE", "results": results, "startedAt": stamp(0), "completedAt": stamp(0)})
}

func (s *Server) search(w http.ResponseWriter, c call) {
	group, _ := list(c.body["filterGroups"])[0].(map[string]any)
	filter, _ := list(group["filters"])[0].(map[string]any)
	name, _ := filter["propertyName"].(string)
	value, _ := filter["value"].(string)
	other, linked := strings.CutPrefix(name, "associations.")
	if !linked && !defined(name) {
		refuse(w, name, "PROPERTY_DOESNT_EXIST", "There was a problem with the request.")
		return
	}
	var asked []string
	for _, p := range list(c.body["properties"]) {
		asked = append(asked, fmt.Sprint(p))
	}
	limit, _ := c.body["limit"].(float64)
	results, total := []any{}, 0
	for _, o := range s.objects[c.word] {
		if o.hidden || linked && !s.linked(c.word, o.ID, other, value) || !linked && !strings.EqualFold(o.Properties[name], value) {
			continue
		}
		if total++; total <= int(limit) {
			results = append(results, s.show(o, asked))
		}
	}
	reply(w, http.StatusOK, map[string]any{"total": total, "results": results})
}

// linked reports whether two records are, whichever way it was said.
func (s *Server) linked(word, id, other, otherID string) bool {
	for _, plural := range []string{other + "s", strings.TrimSuffix(other, "y") + "ies"} {
		if s.associations[word+"/"+id+"/"+plural+"/"+otherID] || s.associations[plural+"/"+otherID+"/"+word+"/"+id] {
			return true
		}
	}
	return false
}

func (s *Server) associate(w http.ResponseWriter, c call) {
	other, id := c.rest[2], c.rest[3]
	if c.rest[2] == "default" {
		other, id = c.rest[3], c.rest[4]
	}
	for word, want := range map[string]string{c.word: c.rest[0], other: id} {
		if s.find(word, func(o *Object) bool { return o.ID == want }) == nil {
			Failure(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "one of the objects does not exist")
			return
		}
	}
	s.associations[c.word+"/"+c.rest[0]+"/"+other+"/"+id] = true
	reply(w, http.StatusOK, map[string]any{"status": "COMPLETE"})
}

// refuse answers a write with values that a portal does not take.
func (s *Server) refuse(w http.ResponseWriter, word string, properties map[string]string, current *Object) bool {
	for _, name := range names(properties) {
		value := properties[name]
		d, ok := definition(word, name)
		switch {
		case !ok:
			refuse(w, name, "PROPERTY_DOESNT_EXIST", `Property values were not valid: [{"isValid":false,"message":"Property \"`+name+`\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"`+name+`"}]`)
			return true
		case readOnly(d):
			refuse(w, name, "READ_ONLY_VALUE", `"`+name+`" is a read only property; its value cannot be set.`)
			return true
		case !fits(d, value):
			refuse(w, name, "INVALID_OPTION", `Property values were not valid: [{"isValid":false,"message":"`+value+` was not one of the allowed options","error":"INVALID_OPTION","name":"`+name+`"}]`)
			return true
		case d["hasUniqueValue"] == true && value != "" && s.find(word, func(o *Object) bool { return o != current && strings.EqualFold(o.Properties[name], value) }) != nil:
			Failure(w, http.StatusConflict, "CONFLICT", "Object already exists. Existing ID: 101")
			return true
		}
	}
	return false
}

func refuse(w http.ResponseWriter, name, code, message string) {
	reply(w, http.StatusBadRequest, map[string]any{
		"status": "error", "category": "VALIDATION_ERROR", "message": message, "correlationId": "a-b-c",
		"errors": []any{map[string]any{"message": message, "code": code, "context": map[string]any{"propertyName": []string{name}}}},
	})
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func fits(d map[string]any, value string) bool {
	if value == "" {
		return true
	}
	switch d["type"] {
	case "number":
		return number.MatchString(value)
	case "enumeration":
		options, _ := d["options"].([]any)
		return slices.ContainsFunc(options, func(o any) bool { return o.(map[string]any)["value"] == value })
	}
	return d["name"] != "email" || strings.Contains(value, "@")
}

func texts(raw any) map[string]string {
	out := map[string]string{}
	m, _ := raw.(map[string]any)
	for name, value := range m {
		out[name] = fmt.Sprint(value)
	}
	return out
}

func list(raw any) []any {
	l, _ := raw.([]any)
	return l
}

func first(l []string) string {
	if len(l) == 0 {
		return ""
	}
	return l[0]
}

func names(m map[string]string) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
