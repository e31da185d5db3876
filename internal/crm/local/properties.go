package local

import "steward/schemas"

// Standard lists the properties that every kind of record has, with HubSpot's
// names and options, so that switching systems is configuration.
func Standard(object schemas.ObjectType) []schemas.Property {
	var list []schemas.Property
	switch object {
	case schemas.ObjectContact:
		list = contactProperties()
	case schemas.ObjectCompany:
		list = companyProperties()
	case schemas.ObjectDeal:
		list = dealProperties()
	case schemas.ObjectTicket:
		list = ticketProperties()
	default:
		return nil
	}
	list = append(
		list,
		text("hubspot_owner_id", "Owner"),
		readOnly("hs_object_id", "Record ID", schemas.PropertyText),
		readOnly("createdate", "Create date", schemas.PropertyDateTime),
		readOnly("hs_lastmodifieddate", "Last modified date", schemas.PropertyDateTime),
	)
	for i := range list {
		list[i].Object = object
	}
	return list
}

func contactProperties() []schemas.Property {
	return []schemas.Property{
		unique("email", "Email"),
		text("firstname", "First name"),
		text("lastname", "Last name"),
		text("phone", "Phone number"),
		text("mobilephone", "Mobile phone number"),
		text("company", "Company name"),
		text("jobtitle", "Job title"),
		text("website", "Website URL"),
		text("address", "Street address"),
		text("city", "City"),
		text("state", "State or region"),
		text("zip", "Postal code"),
		text("country", "Country or region"),
		text("industry", "Industry"),
		text("hs_language", "Preferred language"),
		text("message", "Message"),
		number("numemployees", "Number of employees"),
		number("annualrevenue", "Annual revenue"),
		lifecycle(),
		choice("hs_lead_status", "Lead status", "NEW", "New", "OPEN", "Open", "IN_PROGRESS", "In progress", "OPEN_DEAL", "Open deal",
			"UNQUALIFIED", "Unqualified", "ATTEMPTED_TO_CONTACT", "Attempted to contact", "CONNECTED", "Connected", "BAD_TIMING", "Bad timing"),
		{Name: "hs_email_optout", Label: "Unsubscribed from all email", Type: schemas.PropertyBoolean},
		{Name: "date_of_birth", Label: "Date of birth", Type: schemas.PropertyDate, Sensitive: true},
	}
}

func companyProperties() []schemas.Property {
	return []schemas.Property{
		text("name", "Company name"),
		unique("domain", "Company domain name"),
		text("phone", "Phone number"),
		text("website", "Website URL"),
		text("address", "Street address"),
		text("city", "City"),
		text("state", "State or region"),
		text("zip", "Postal code"),
		text("country", "Country or region"),
		text("industry", "Industry"),
		text("description", "Description"),
		number("numberofemployees", "Number of employees"),
		number("annualrevenue", "Annual revenue"),
		lifecycle(),
	}
}

func dealProperties() []schemas.Property {
	return []schemas.Property{
		text("dealname", "Deal name"),
		number("amount", "Amount"),
		choice("pipeline", "Pipeline", "default", "Sales pipeline"),
		choice("dealstage", "Deal stage", "appointmentscheduled", "Appointment scheduled", "qualifiedtobuy", "Qualified to buy",
			"presentationscheduled", "Presentation scheduled", "decisionmakerboughtin", "Decision maker bought in",
			"contractsent", "Contract sent", "closedwon", "Closed won", "closedlost", "Closed lost"),
		choice("dealtype", "Deal type", "newbusiness", "New business", "existingbusiness", "Existing business"),
		choice("hs_priority", "Priority", "low", "Low", "medium", "Medium", "high", "High"),
		{Name: "closedate", Label: "Close date", Type: schemas.PropertyDateTime},
		text("description", "Description"),
	}
}

func ticketProperties() []schemas.Property {
	return []schemas.Property{
		text("subject", "Ticket name"),
		text("content", "Ticket description"),
		choice("hs_pipeline", "Pipeline", "0", "Support pipeline"),
		choice("hs_pipeline_stage", "Ticket status", "1", "New", "2", "Waiting on contact", "3", "Waiting on us", "4", "Closed"),
		choice("hs_ticket_priority", "Priority", "LOW", "Low", "MEDIUM", "Medium", "HIGH", "High", "URGENT", "Urgent"),
		choice("hs_ticket_category", "Category", "PRODUCT_ISSUE", "Product issue", "BILLING_ISSUE", "Billing issue",
			"FEATURE_REQUEST", "Feature request", "GENERAL_INQUIRY", "General inquiry"),
		{Name: "closed_date", Label: "Close date", Type: schemas.PropertyDateTime},
		choice("source_type", "Source", "CHAT", "Chat", "EMAIL", "Email", "FORM", "Form", "PHONE", "Phone"),
	}
}

func lifecycle() schemas.Property {
	p := choice("lifecyclestage", "Lifecycle stage", "subscriber", "Subscriber", "lead", "Lead",
		"marketingqualifiedlead", "Marketing qualified lead", "salesqualifiedlead", "Sales qualified lead",
		"opportunity", "Opportunity", "customer", "Customer", "evangelist", "Evangelist", "other", "Other")
	p.Forward = true
	return p
}

func text(name, label string) schemas.Property {
	return schemas.Property{Name: name, Label: label, Type: schemas.PropertyText}
}

func number(name, label string) schemas.Property {
	return schemas.Property{Name: name, Label: label, Type: schemas.PropertyNumber}
}

func unique(name, label string) schemas.Property {
	return schemas.Property{Name: name, Label: label, Type: schemas.PropertyText, Unique: true}
}

func readOnly(name, label string, kind schemas.PropertyType) schemas.Property {
	return schemas.Property{Name: name, Label: label, Type: kind, ReadOnly: true}
}

// choice is an enum with its options as pairs of value and label.
func choice(name, label string, options ...string) schemas.Property {
	p := schemas.Property{Name: name, Label: label, Type: schemas.PropertyEnum}
	for i := 0; i+1 < len(options); i += 2 {
		p.Options = append(p.Options, schemas.PropertyOption{Value: options[i], Label: options[i+1]})
	}
	return p
}
