package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// EventQuery selects events, oldest first.
type EventQuery struct {
	After  int64  // only later ones; 0 is the newest page, or when following from now on; -1 is all
	Before int64  // only earlier ones: the last page before; not when following
	Target string // only of this object and what is below it
	Actor  string // only by them
	Reason string // only with this code
	Verb   string // only created, updated or deleted
}

func (q EventQuery) values() url.Values {
	v := url.Values{}
	if q.After != 0 {
		v.Set("after", strconv.FormatInt(max(q.After, 0), 10))
	}
	if q.Before > 0 {
		v.Set("before", strconv.FormatInt(q.Before, 10))
	}
	for _, f := range []struct{ key, value string }{{"target", q.Target}, {"actor", q.Actor}, {"reason", q.Reason}, {"verb", q.Verb}} {
		if f.value != "" {
			v.Set(f.key, f.value)
		}
	}
	return v
}

// Events lists what happened in the workspace.
func (c *Client) Events(ctx context.Context, q EventQuery) iter.Seq2[*Event, error] {
	return pages[Event](ctx, c, http.MethodGet, c.Path("events"), q.values())
}

// FollowEvents yields events as they happen, for ever: until ctx ends, or an error
// that a new connection does not help against. A lost connection is resumed after
// the last event, so none is missed or repeated.
func (c *Client) FollowEvents(ctx context.Context, q EventQuery) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		if q.After == 0 {
			// A number to resume after must be known before the first event comes.
			now, err := c.newest(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			q.After = now
		}
		failures, stop, ever := 0, false, false
		for !stop {
			opened, err := c.eventsOnce(ctx, q, func(e *Event) bool {
				q.After, failures = e.Seq, 0
				stop = !yield(e, nil)
				return !stop
			})
			if stop {
				return
			}
			ever = ever || opened
			if !ever || !lost(err) {
				yield(nil, err)
				return
			}
			if failures++; failures > reconnectTries {
				yield(nil, err)
				return
			}
			if err := c.cfg.Sleep(ctx, min(reconnectFirst<<min(failures-1, 10), reconnectMost)); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// newest returns the number of the last event, or -1 if there is none yet.
func (c *Client) newest(ctx context.Context) (int64, error) {
	p, err := c.page(ctx, http.MethodGet, c.Path("events"), url.Values{"$top": {"1"}})
	if err != nil || len(p.Value) == 0 {
		return -1, err
	}
	e, err := read[Event](p.Value[len(p.Value)-1])
	if err != nil {
		return 0, err
	}
	return e.Seq, nil
}

func (c *Client) eventsOnce(ctx context.Context, q EventQuery, f func(*Event) bool) (opened bool, err error) {
	v := q.values()
	v.Set("follow", "true")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := c.send(ctx, http.MethodGet, c.Path("events"), v, nil, "")
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	err = readSSE(res.Body, func(data []byte) (bool, error) {
		e, err := read[Event](json.RawMessage(data))
		if err != nil {
			return false, err
		}
		if e.Seq <= q.After { // repeated by a server that resumed too early
			return true, nil
		}
		return f(e), nil
	})
	switch {
	case errors.Is(err, errSSE):
		return true, err
	case err != nil:
		return true, c.unreachable(err)
	}
	return true, errCut
}

var errSSE = errors.New("the server's event stream is not what this client understands")

// maxEvent bounds one event.
const maxEvent = 1 << 20

// readSSE calls f with the data of each server-sent event until f says stop. Events of
// kinds that it does not know are left out.
func readSSE(r io.Reader, f func(data []byte) (more bool, err error)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	var data []byte
	other := false // a kind of event that says nothing about objects
	for lines.Scan() {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if len(line) > 0 {
			if name, ok := bytes.CutPrefix(line, []byte("event:")); ok {
				name = bytes.TrimSpace(name)
				other = len(name) > 0 && string(name) != "message"
			}
			if part, ok := bytes.CutPrefix(line, []byte("data:")); ok {
				if data != nil {
					data = append(data, '\n')
				}
				data = append(data, bytes.TrimPrefix(part, []byte(" "))...)
			}
			continue // id, retry and comments: the data says all
		}
		if data == nil || other {
			data, other = nil, false
			continue
		}
		more, err := f(data)
		if err != nil {
			return fmt.Errorf("%w: %w", errSSE, err)
		}
		if !more {
			return nil
		}
		data = nil
	}
	return lines.Err()
}
