package agent

// The rules that Check can find broken, as stored with a decision. They hold
// no text of the reply.
const (
	ViolationKind          = "kind_not_allowed"
	ViolationEmpty         = "empty"
	ViolationUTF8          = "invalid_utf8"
	ViolationTooLong       = "too_long"
	ViolationOversized     = "oversized"
	ViolationUnknownSource = "unknown_citation"
	ViolationNoSource      = "no_citation"
	ViolationNumber        = "number_not_in_source"
	ViolationDate          = "date_not_in_source"
	ViolationCurrency      = "currency_not_in_source"
	ViolationPhone         = "phone_not_in_source"
	ViolationEmail         = "email_not_in_source"
	ViolationLink          = "link_not_allowed"
	ViolationMarkup        = "markup_not_allowed"
	ViolationPromptEcho    = "prompt_echo"
	ViolationLanguage      = "wrong_language"
	ViolationPromise       = "future_promise"
	ViolationHuman         = "claims_to_be_human"
	ViolationVerbatim      = "verbatim_changed"
	// ViolationGuideline: a guideline that is matched in code did not let it out.
	ViolationGuideline = "guideline"
)

// explain tells a model what a violation means.
func explain(violation string) string {
	switch violation {
	case ViolationKind:
		return "The command is not one of those listed."
	case ViolationEmpty:
		return "The text is empty."
	case ViolationUTF8:
		return "The text holds invalid or invisible characters."
	case ViolationTooLong, ViolationOversized:
		return "The text is longer than 600 characters."
	case ViolationUnknownSource:
		return "A marker or citation names a passage that was not given."
	case ViolationNoSource:
		return "An answer needs at least one marker of a passage, or not_found."
	case ViolationNumber:
		return "A number is not in the cited passages."
	case ViolationDate:
		return "A date is not in the cited passages."
	case ViolationCurrency:
		return "A currency is not in the cited passages."
	case ViolationPhone:
		return "A phone number is not in the cited passages."
	case ViolationEmail:
		return "An email address is not in the cited passages."
	case ViolationLink:
		return "There must be no links; use markers."
	case ViolationMarkup:
		return "HTML, images and reference links are not allowed."
	case ViolationPromptEcho:
		return "The text repeats the rules."
	case ViolationLanguage:
		return "The text is not in the customer's language."
	case ViolationPromise:
		return "The text promises something for later; only a handoff can do that."
	case ViolationHuman:
		return "You are an automated assistant and never say anything else."
	case ViolationVerbatim:
		return "A short answer was changed."
	}
	return "A rule was broken."
}

// Mendable reports whether Render makes good all that is broken, so that a
// decision that was already repaired once may still be sent: only its length.
func Mendable(violations []string) bool {
	for _, v := range violations {
		if v != ViolationTooLong {
			return false
		}
	}
	return true
}
