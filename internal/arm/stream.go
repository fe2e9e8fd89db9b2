package arm

import (
	"net/http"
	"time"
)

// patience is how long a client may take nothing of an answer of any length. What it
// has not taken costs memory, and more with everything that changes meanwhile.
const patience = time.Minute

// Stream is a body that writes itself after the status and the headers were sent.
// An error breaks the connection off, so that the client sees that bytes are missing.
type Stream func(w http.ResponseWriter) error

// send lets the body write itself.
func (s Stream) send(w http.ResponseWriter, patience time.Duration) error {
	return s(&bounded{w, http.NewResponseController(w), patience})
}

// bounded gives up a client that takes nothing for too long.
type bounded struct {
	http.ResponseWriter
	at       *http.ResponseController
	patience time.Duration
}

func (b *bounded) Write(p []byte) (n int, err error) {
	err = b.within(func() (err error) { n, err = b.ResponseWriter.Write(p); return err })
	return n, err
}

// FlushError is what http.ResponseController calls.
func (b *bounded) FlushError() error { return b.within(b.at.Flush) }

// Unwrap lets http.ResponseController reach what is below.
func (b *bounded) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// within takes the limit away afterwards: while nothing is sent, no client is slow.
func (b *bounded) within(f func() error) error {
	if b.at.SetWriteDeadline(time.Now().Add(b.patience)) == nil { // else there is no connection that could be slow
		defer func() { _ = b.at.SetWriteDeadline(time.Time{}) }()
	}
	return f()
}
