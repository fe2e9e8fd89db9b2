package arm

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/atelier-compute/atelier"
)

// statuses is the one table of HTTP statuses of errors.
var statuses = map[atelier.Kind]int{
	atelier.Invalid:     http.StatusBadRequest,
	atelier.NotFound:    http.StatusNotFound,
	atelier.Conflict:    http.StatusConflict,
	atelier.Unauthentic: http.StatusUnauthorized,
	atelier.Forbidden:   http.StatusForbidden,
	atelier.TooLarge:    http.StatusRequestEntityTooLarge,
	atelier.NoQuota:     http.StatusTooManyRequests,
	atelier.Unsupported: http.StatusBadRequest,
	atelier.Transient:   http.StatusServiceUnavailable,
}

// Status is the HTTP status of an error of the kind.
func Status(k atelier.Kind) int {
	if s := statuses[k]; s != 0 {
		return s
	}
	return http.StatusInternalServerError
}

// SetRetry says in the headers of an answer when the same again may work, if the error
// is one that passes.
func SetRetry(h http.Header, e *atelier.Error) {
	switch Status(e.Kind) {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(int(e.Wait/time.Second)+1))
	}
}

// ErrorBody is an error as ARM shows it (wire A.7).
type ErrorBody struct {
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Target  *string      `json:"target"`
	Details []ErrorBody  `json:"details"`
	Info    []ErrorInfo  `json:"additionalInfo"`
	Inner   *innerDetail `json:"innererror,omitempty"`
}

// ErrorInfo is one more fact about an error.
type ErrorInfo struct {
	Type string `json:"type"`
	Info any    `json:"info"`
}

type innerDetail struct {
	ClientRequestID  string `json:"clientRequestId,omitempty"`
	ServiceRequestID string `json:"serviceRequestId"`
}

// Wrapped is an error inside a resource: items of provisioningErrors and errors.
type Wrapped struct {
	Error ErrorBody `json:"error"`
}

// Wrap shows a problem as ARM shows errors inside resources.
func Wrap(p atelier.Problem) Wrapped {
	return Wrapped{body(&atelier.Error{Code: p.Code, Message: p.Message, Target: p.Target})}
}

func body(e *atelier.Error) ErrorBody {
	b := ErrorBody{Code: e.Code, Message: e.Message, Details: []ErrorBody{}, Info: []ErrorInfo{}}
	if e.Target != "" {
		b.Target = &e.Target
	}
	for i := range e.Details {
		b.Details = append(b.Details, body(&e.Details[i]))
	}
	return b
}

// asError turns any error into one that may be shown. What a user cannot do
// anything about is logged and shown without its words.
func asError(ctx context.Context, log *slog.Logger, id string, err error) *atelier.Error {
	var e *atelier.Error
	switch {
	case errors.As(err, &e) && statuses[e.Kind] != 0:
		shown := *e
		if shown.Code == "" {
			shown.Code = "BadRequest"
		}
		return &shown
	case ctx.Err() != nil:
		return atelier.Errorf(atelier.Transient, "RequestCanceled", "the request was given up before it was answered; send it again")
	}
	log.ErrorContext(ctx, "request failed", "op", id, "err", err)
	return atelier.Errorf("", "InternalServerError",
		"Atelier could not answer this request because of a fault of its own; its log has the cause under the request id %s", id)
}

// fail writes the error envelope.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, id string, err error) {
	e := asError(r.Context(), s.Log, id, err)
	s.failAs(w, r, id, Status(e.Kind), e)
}

func (s *Server) failAs(w http.ResponseWriter, r *http.Request, id string, status int, e *atelier.Error) {
	h := w.Header()
	SetRetry(h, e)
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer authorization_uri="`+authority(r, s.Tenant)+`", error="invalid_token", error_description="`+quotable(e.Message)+`"`)
	}
	h.Set("x-ms-error-code", e.Code)
	h.Set("x-ms-response-type", "error")
	b := body(e)
	b.Info = append(b.Info, ErrorInfo{Type: "ComponentName", Info: map[string]string{"value": "atelier"}})
	b.Inner = &innerDetail{ClientRequestID: clientRequestID(r), ServiceRequestID: id}
	s.write(w, status, Wrapped{b})
}

func (s *Server) write(w http.ResponseWriter, status int, v any) {
	if v == nil {
		w.WriteHeader(status)
		return
	}
	data, err := json.Marshal(v)
	if err != nil { // a bug: what we answer is always encodable
		s.Log.Error("encode answer", "err", err)
		status, data = http.StatusInternalServerError, []byte(`{"error":{"code":"InternalServerError","message":"the answer could not be encoded"}}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client is gone: nobody to tell
}
