package httpkit

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"steward/schemas"
)

// ReadJSON reads a request's JSON body of at most limit bytes into into. An
// unknown field, a second value and a body over the limit are refused.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return bodyError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bodyError(errors.Join(errors.New("more than one JSON value"), err))
	}
	return nil
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &schemas.Error{Kind: schemas.KindTooLarge, Message: "The request body is too large.", Cause: err}
	}
	message := "The request body is not the JSON object this call expects."
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		message = "The field " + wrongType.Field + " has the wrong type."
	}
	return &schemas.Error{Kind: schemas.KindInvalid, Message: message, Cause: err}
}

// Bearer returns the token of the Authorization header. Tokens are taken from
// nowhere else, so that none ends up in an address.
func Bearer(r *http.Request) (token string, ok bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, found && strings.EqualFold(scheme, "Bearer") && token != ""
}

// RemoteIP is the address of the other end of the connection, without its port.
func RemoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
