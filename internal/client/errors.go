package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
)

// Error is an answer of the server that says no.
type Error struct {
	Status    int
	Code      string
	Message   string
	Target    string
	Details   []Problem
	RequestID string
}

// Problem is an error or a warning about an object, or a part of an Error.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target,omitempty"`
}

// UnmarshalJSON takes a problem bare or, as ARM mostly has it, below "error".
func (p *Problem) UnmarshalJSON(data []byte) error {
	type bare Problem
	var v struct {
		bare
		Error *bare `json:"error"`
	}
	err := json.Unmarshal(data, &v)
	if v.Error != nil {
		v.bare = *v.Error
	}
	*p = Problem(v.bare)
	return err
}

func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Message
}

// IsCode reports whether err is, or wraps, an Error of the code.
func IsCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && strings.EqualFold(e.Code, code)
}

// IsStatus reports whether err is, or wraps, an Error of the HTTP status.
func IsStatus(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

// Unreachable is the error of a server that did not answer.
type Unreachable struct {
	Endpoint string
	Message  string // what and why, and what would help
	Err      error
}

func (e *Unreachable) Error() string { return e.Message }
func (e *Unreachable) Unwrap() error { return e.Err }

// unreachable says what stands between us and the server. An end that the caller
// asked for stays what it is.
func (c *Client) unreachable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("call %s: %w", c.base.Host, err)
	}
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	why := "it did not answer (" + cause(err) + ")"
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		why = "nothing listens there; start it with `atelier up`"
	case errors.As(err, &unknown):
		why = "its certificate is not of the CA that this client trusts; point SSL_CERT_FILE at the CA file of that server (`atelier env` prints it)"
	case errors.As(err, &host):
		why = "its certificate is for other names; use one of " + strings.Join(host.Certificate.DNSNames, ", ") + ", or start the server with that name"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		why = "what listens there does not speak TLS"
	}
	return &Unreachable{Endpoint: c.cfg.Endpoint, Message: fmt.Sprintf("cannot reach Atelier at %s: %s", c.cfg.Endpoint, why), Err: err}
}

func cause(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// maxError bounds what is read of an error's body.
const maxError = 1 << 20

// readError decodes the ARM error envelope, or makes the best of what came.
func readError(res *http.Response) *Error {
	e := &Error{Status: res.StatusCode, Code: res.Header.Get("x-ms-error-code"), RequestID: res.Header.Get("x-ms-request-id")}
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxError)) // an error with half a body is still that error
	var envelope struct {
		Error struct {
			Code    string    `json:"code"`
			Message string    `json:"message"`
			Target  string    `json:"target"`
			Details []Problem `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &envelope) == nil && envelope.Error.Message+envelope.Error.Code != "" {
		e.Message, e.Target, e.Details = envelope.Error.Message, envelope.Error.Target, envelope.Error.Details
		if e.Code == "" {
			e.Code = envelope.Error.Code
		}
		return e
	}
	if text := bytes.TrimSpace(body); len(text) > 0 && len(text) < 300 && strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
		e.Message = fmt.Sprintf("the server answered %d: %s", res.StatusCode, text)
	}
	return e
}
