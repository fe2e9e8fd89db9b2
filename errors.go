package atelier

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies an error by what its receiver must do. Edges map kinds to HTTP
// statuses and exit codes; nothing below an edge knows about those.
type Kind string

const (
	Invalid     Kind = "invalid"     // the request is wrong: change it
	NotFound    Kind = "not_found"   // there is no such thing
	Conflict    Kind = "conflict"    // the state forbids it: read again, or wait
	Unauthentic Kind = "unauthentic" // nobody has signed in
	Forbidden   Kind = "forbidden"   // who signed in may not
	TooLarge    Kind = "too_large"   // the request is beyond a limit
	NoQuota     Kind = "no_quota"    // no capacity or quota: wait, or ask elsewhere
	Unsupported Kind = "unsupported" // Atelier cannot do this (yet)
	Transient   Kind = "transient"   // the same again may work
)

// Error is an error fit for the user: Message says what is wrong, why, and what
// would help. Code is Azure's where it has one, for example "ComputeNotFound".
type Error struct {
	Kind    Kind
	Code    string
	Target  string // the part of the request at fault, for example "properties.properties.vmSize"
	Message string
	Details []Error
	Wait    time.Duration // before the same again may work; 0 is not known
}

func (e *Error) Error() string { return e.Message }

// Errorf returns an Error without a target.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// At returns a copy of the error that names the part of the request at fault.
func (e *Error) At(target string) *Error {
	at := *e
	at.Target = target
	return &at
}

// In returns a copy of the error that says after what time the same again may work.
func (e *Error) In(wait time.Duration) *Error {
	later := *e
	later.Wait = wait
	return &later
}

// IsKind reports whether err is, or wraps, an Error of the kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Problem is an error or warning kept in a resource's status.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target,omitempty"`
}
