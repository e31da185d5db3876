package hubspot

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"steward/internal/crm"
)

// failure is an answer that is no success. Its texts quote what was sent and go
// no further.
type failure struct {
	Status   string `json:"status"`
	Category string `json:"category"`
	Message  string `json:"message"`
	// Policy is the limit that was reached.
	Policy string   `json:"policyName"`
	Errors []detail `json:"errors"`
}

// detail is one thing that is wrong with a request.
type detail struct {
	Code    string `json:"code"`
	Context struct {
		Property []string `json:"propertyName"`
	} `json:"context"`
}

// httpStatus is the status of one failed input of a batch.
func (f failure) httpStatus() int {
	if n, err := strconv.Atoi(f.Status); err == nil && n >= 400 && n < 600 {
		return n
	}
	switch f.Category {
	case "OBJECT_NOT_FOUND":
		return http.StatusNotFound
	case "CONFLICT":
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// refusal sorts a refused request by its status. A property is named only when
// we sent it: nothing of the answer's text is repeated.
func (c *CRM) refusal(ctx context.Context, r request, f failure, status int) error {
	out := &crm.Error{Kind: kindOf(status), Status: status}
	if status != http.StatusBadRequest {
		return out
	}
	name, code := blamed(r.names, f)
	if name == "" {
		return out
	}
	out.Kind, out.Property = crm.KindInvalidValue, name
	if strings.Contains(code, "DOESNT_EXIST") || strings.Contains(code, "NOT_EXIST") || strings.Contains(code, "READ_ONLY") {
		out.Kind = crm.KindInvalidProperty
		return out
	}
	// Without the definitions the refusal is still a clear one.
	if props, err := c.Describe(ctx, r.object); err == nil {
		if i := slices.IndexFunc(props, byName(name)); i >= 0 {
			out.Allowed = crm.Options(props[i])
		}
	}
	return out
}

func kindOf(status int) crm.Kind {
	switch {
	case status == http.StatusNotFound:
		return crm.KindNotFound
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		return crm.KindConflict
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return crm.KindAuth
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusLocked || status < 400:
		return crm.KindUnavailable
	}
	return crm.KindRefused
}

// blamed finds which of the properties sent a refusal is about, and why.
func blamed(names []string, f failure) (name, code string) {
	for _, d := range f.Errors {
		for _, p := range d.Context.Property {
			if slices.Contains(names, p) {
				return p, d.Code
			}
		}
	}
	for _, n := range names {
		if strings.Contains(f.Message, `"`+n+`"`) {
			if len(f.Errors) > 0 {
				code = f.Errors[0].Code
			}
			return n, code + " " + codesIn(f.Message)
		}
	}
	return "", ""
}

// codesIn are the reasons that a message without details may hold.
func codesIn(message string) string {
	for _, code := range []string{"DOESNT_EXIST", "READ_ONLY"} {
		if strings.Contains(message, code) {
			return code
		}
	}
	if strings.Contains(message, "does not exist") {
		return "DOESNT_EXIST"
	}
	return ""
}
