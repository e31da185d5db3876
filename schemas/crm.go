package schemas

import "time"

// ObjectType is a kind of CRM record.
type ObjectType string

// The kinds of records.
const (
	ObjectContact ObjectType = "contact"
	ObjectCompany ObjectType = "company"
	ObjectDeal    ObjectType = "deal"
	ObjectTicket  ObjectType = "ticket"
)

// Valid reports whether t is one of the kinds.
func (t ObjectType) Valid() bool {
	switch t {
	case ObjectContact, ObjectCompany, ObjectDeal, ObjectTicket:
		return true
	}
	return false
}

// PropertyType is the type of a CRM property's value. Values travel as text in
// the form that the type names.
type PropertyType string

// The types: any text; a decimal number with a dot; true or false; a date
// (2006-01-02); a moment (RFC 3339); one value of the options.
const (
	PropertyText     PropertyType = "text"
	PropertyNumber   PropertyType = "number"
	PropertyBoolean  PropertyType = "boolean"
	PropertyDate     PropertyType = "date"
	PropertyDateTime PropertyType = "datetime"
	PropertyEnum     PropertyType = "enum"
)

// Valid reports whether t is one of the types.
func (t PropertyType) Valid() bool {
	switch t {
	case PropertyText, PropertyNumber, PropertyBoolean, PropertyDate, PropertyDateTime, PropertyEnum:
		return true
	}
	return false
}

// Property describes a property of a kind of CRM record. Names are HubSpot's
// (email, firstname, lifecyclestage), so that switching systems is
// configuration.
type Property struct {
	Object ObjectType   `json:"object"`
	Name   string       `json:"name"`
	Label  string       `json:"label"`
	Type   PropertyType `json:"type"`
	// Options are the values of an enum, in order.
	Options []PropertyOption `json:"options,omitempty"`
	// ReadOnly properties are set by the CRM itself.
	ReadOnly bool `json:"read_only,omitempty"`
	// Sensitive properties are never written by the agent.
	Sensitive bool `json:"sensitive,omitempty"`
	// Unique properties name one record, such as a contact's email.
	Unique bool `json:"unique,omitempty"`
	// Forward: an enum that only moves on through its options, such as
	// lifecyclestage.
	Forward bool `json:"forward,omitempty"`
}

// PropertyOption is one value of an enum.
type PropertyOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// RecordRef names a CRM record. ID is the CRM's own.
type RecordRef struct {
	Object ObjectType `json:"object"`
	ID     string     `json:"id"`
}

// Record is a CRM record with the properties that were asked for; one without
// a value is missing.
type Record struct {
	RecordRef
	Properties map[string]string `json:"properties"`
	// Version changes with every change of the record. Opaque.
	Version string `json:"version,omitempty"`
}

// NewRecord changes a record that one of its properties names, or makes it.
type NewRecord struct {
	By string `json:"by" minLength:"1" maxLength:"100" doc:"Property that names one record, such as email; it has a value in properties."`
	// Properties are values as text; an empty one clears a property.
	Properties map[string]string `json:"properties"`
}

// CRMWrite says who writes and why, and makes the write once.
type CRMWrite struct {
	// Key of the effect; a repeated key changes nothing and returns the record.
	Key string `json:"key"`
	// Actor is agent, human or goal.
	Actor        string         `json:"actor"`
	Conversation ConversationID `json:"conversation,omitempty"`
}

// CRMSettings is which properties the agent may read and change. Spec: S51, S52.
type CRMSettings struct {
	Grants []PropertyGrant `json:"grants,omitempty"`
}

// PropertyGrant allows the agent one property of the contact that it talks to.
type PropertyGrant struct {
	Object   ObjectType `json:"object"`
	Property string     `json:"property"`
	View     bool       `json:"view,omitempty"`
	Edit     bool       `json:"edit,omitempty"`
	// ViewLevel and EditLevel are how well we must know the customer. Defaults
	// match_email and verify_email. Spec: D7.
	ViewLevel Protection `json:"view_level,omitempty"`
	EditLevel Protection `json:"edit_level,omitempty"`
}

// CRMOperation is what a write does.
type CRMOperation string

// The operations.
const (
	CRMCreate CRMOperation = "create"
	CRMUpsert CRMOperation = "upsert"
	CRMUpdate CRMOperation = "update"
	CRMNote   CRMOperation = "note"
)

// CRMChange is one write to the embedded CRM, with its values checked.
type CRMChange struct {
	Operation CRMOperation
	// Ref names the record; its ID is empty for a create and an upsert.
	Ref RecordRef
	// By is the unique property that an upsert goes by.
	By string
	// Properties are the new values; an empty one clears the property.
	Properties map[string]string
	// Unique holds the normalised values of those that are unique, empty for one
	// that is cleared.
	Unique map[string]string
	// IfVersion is the version that the record must have; empty for any.
	IfVersion string
	Write     CRMWrite
}

// CRMWritten is what a write to a CRM has done.
type CRMWritten struct {
	// Record has all properties after the write.
	Record  Record
	Created bool
	// Repeated: the key had been used; this is the result of then.
	Repeated bool
}

// CRMEntry is the record of one write: what was there before and after.
type CRMEntry struct {
	// System is the CRM's name, such as local or hubspot.
	System    string            `json:"system"`
	Operation CRMOperation      `json:"operation"`
	Ref       RecordRef         `json:"ref"`
	Before    map[string]string `json:"before"`
	After     map[string]string `json:"after"`
	Version   string            `json:"version,omitempty"`
	Created   bool              `json:"created,omitempty"`
	Write     CRMWrite          `json:"write"`
	// At is set by the store.
	At time.Time `json:"at,omitzero"`
}
