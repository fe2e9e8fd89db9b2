package azblob

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// fault is an error in Azure Storage's words: its clients act on the code.
type fault struct {
	status  int
	code    string
	message string
}

func (f *fault) Error() string { return f.message }

func fail(status int, code, format string, args ...any) error {
	return &fault{status, code, fmt.Sprintf(format, args...)}
}

func denied(err error) error {
	return fail(http.StatusForbidden, "AuthenticationFailed", "the signature is not valid: %v", err)
}

var (
	errNoBlob       = &fault{http.StatusNotFound, "BlobNotFound", "The specified blob does not exist."}
	errCondition    = &fault{http.StatusPreconditionFailed, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."}
	errNotModified  = &fault{http.StatusNotModified, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."}
	errExists       = &fault{http.StatusConflict, "BlobAlreadyExists", "The specified blob already exists."}
	errRange        = &fault{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The range specified is invalid for the current size of the resource."}
	errBlockList    = &fault{http.StatusBadRequest, "InvalidBlockList", "The specified block list is invalid."}
	errMD5          = &fault{http.StatusBadRequest, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server."}
	errCRC64        = &fault{http.StatusBadRequest, "Crc64Mismatch", "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server."}
	errBodyTooLarge = &fault{http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit."}
)

// asFault turns any error into one that may be shown.
func (s *Server) asFault(r *http.Request, id string, err error) *fault {
	var f *fault
	var e *atelier.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &tooLarge):
		return errBodyTooLarge
	case atelier.IsKind(err, atelier.NotFound):
		return errNoBlob
	case atelier.IsKind(err, atelier.Conflict):
		return &fault{http.StatusConflict, "BlobNameConflict", "a blob cannot have the name of a folder in use, nor a folder that of a blob; take another name"}
	case errors.As(err, &e):
		return &fault{arm.Status(e.Kind), e.Code, e.Message}
	case r.Context().Err() != nil || errors.Is(err, io.ErrUnexpectedEOF):
		return &fault{http.StatusBadRequest, "RequestBodyIncomplete", "the request broke off; send it again"}
	}
	s.Log.Error("blob request failed", "op", r.Method+" "+r.URL.Path, "request", id, "err", err)
	return &fault{
		http.StatusInternalServerError, "InternalError",
		"Atelier could not answer this request because of a fault of its own; its log has the cause under the request id " + id,
	}
}

type errorBody struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, id string, err error) {
	f := s.asFault(r, id, err)
	h := w.Header()
	h.Set("x-ms-error-code", f.code)
	if f.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	if r.Method == http.MethodHead || f.status == http.StatusNotModified {
		w.WriteHeader(f.status)
		return
	}
	h.Set("Content-Type", "application/xml")
	w.WriteHeader(f.status)
	writeXML(w, errorBody{Code: f.code, Message: fmt.Sprintf("%s\nRequestId:%s\nTime:%s", f.message, id, s.Now().UTC().Format(time.RFC3339Nano))})
}

func writeXML(w io.Writer, v any) {
	var b strings.Builder
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		panic(err) // only for types that cannot be encoded
	}
	_, _ = io.WriteString(w, b.String()) // who went away needs no answer
}
