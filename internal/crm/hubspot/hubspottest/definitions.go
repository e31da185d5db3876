package hubspottest

import "slices"

// Definitions are the properties of a kind of record, in HubSpot's shape.
func Definitions(word string) []map[string]any {
	own := []map[string]any{
		property("createdate", "Create Date", "datetime", locked),
		property("hs_object_id", "Record ID", "number", locked),
		property("hs_hidden", "Internal", "string", func(d map[string]any) { d["hidden"] = true }),
	}
	switch word {
	case "contacts":
		return append(
			own,
			property("email", "Email", "string", unique),
			property("firstname", "First Name", "string"),
			property("lastname", "Last Name", "string"),
			property("phone", "Phone Number", "string"),
			property("company", "Company Name", "string"),
			property("city", "City", "string"),
			property("message", "Message", "string"),
			property("numemployees", "Number of Employees", "number"),
			property("lifecyclestage", "Lifecycle Stage", "enumeration", options(stages()...)),
			property("hs_lead_status", "Lead Status", "enumeration", options("NEW", "OPEN", "CONNECTED")),
			property("hs_email_optout", "Unsubscribed from all email", "bool", locked),
			property("health_note", "Health note", "string", func(d map[string]any) { d["dataSensitivity"] = "highly_sensitive" }),
		)
	case "companies":
		return append(own, property("name", "Company name", "string"), property("domain", "Company Domain Name", "string"), property("city", "City", "string"))
	case "deals":
		return append(
			own,
			property("dealname", "Deal Name", "string"), property("amount", "Amount", "number"),
			property("dealstage", "Deal Stage", "enumeration", options("appointmentscheduled", "qualifiedtobuy", "closedwon", "closedlost")),
			property("steward_external_id", "Steward key", "string", unique),
		)
	case "tickets":
		return append(
			own,
			property("subject", "Ticket name", "string"), property("content", "Ticket description", "string"),
			property("hs_pipeline_stage", "Ticket status", "enumeration", options("1", "2", "3", "4")),
			property("closed_date", "Close date", "datetime"),
			property("hs_ticket_priority", "Priority", "enumeration", options("LOW", "MEDIUM", "HIGH")),
			property("steward_external_id", "Steward key", "string", unique),
		)
	}
	return own
}

func stages() []string {
	return []string{"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"}
}

func property(name, label, kind string, more ...func(map[string]any)) map[string]any {
	d := map[string]any{
		"name": name, "label": label, "type": kind, "fieldType": "text", "groupName": "information", "description": "", "options": []any{},
		"calculated": false, "archived": false, "hidden": false, "hasUniqueValue": false, "dataSensitivity": "non_sensitive",
		"modificationMetadata": map[string]any{"archivable": true, "readOnlyDefinition": false, "readOnlyValue": false},
	}
	for _, f := range more {
		f(d)
	}
	return d
}

func locked(d map[string]any) {
	d["modificationMetadata"] = map[string]any{"archivable": false, "readOnlyDefinition": true, "readOnlyValue": true}
}

func unique(d map[string]any) { d["hasUniqueValue"] = true }

func options(values ...string) func(map[string]any) {
	return func(d map[string]any) {
		var list []any
		for i, v := range values {
			list = append(list, map[string]any{"label": v, "value": v, "displayOrder": i, "hidden": false})
		}
		list = append(list, map[string]any{"label": "old", "value": "retired_option", "displayOrder": -1, "hidden": true})
		d["options"], d["fieldType"] = list, "select"
	}
}

func readOnly(d map[string]any) bool {
	m, _ := d["modificationMetadata"].(map[string]any)
	return m["readOnlyValue"] == true
}

func definition(word, name string) (map[string]any, bool) {
	all := Definitions(word)
	i := slices.IndexFunc(all, func(d map[string]any) bool { return d["name"] == name })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// defined reports whether any kind of record has the property.
func defined(name string) bool {
	for _, word := range []string{"contacts", "companies", "deals", "tickets"} {
		if _, ok := definition(word, name); ok {
			return true
		}
	}
	return false
}
