package client

import (
	"bufio"
	"bytes"
	"cmp"
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
// the last event, so none is missed or repeated; where the server has fewer events
// than that, as when an older database was put back, after the last that it has.
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
		failures, ever := 0, false
		for {
			opened, heard, err := c.eventsOnce(ctx, &q, func(e *Event) bool { return yield(e, nil) })
			if err == nil {
				return
			}
			ever = ever || opened
			if heard { // a quiet stream that ends, as each does with its token, is no failure
				failures = 0
			}
			if failures++; !ever || !lost(err) || failures > reconnectTries {
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

// errEnded is a stream of events that the server ended: there are always more to come.
var errEnded = errors.New("the server ended the stream of events; its log may say why")

// eventsOnce opens one stream, and moves q.After on with what comes. Heard says that
// anything came. Without an error, f wants no more.
func (c *Client) eventsOnce(ctx context.Context, q *EventQuery, f func(*Event) bool) (opened, heard bool, err error) {
	v := q.values()
	v.Set("follow", "true")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := c.send(ctx, http.MethodGet, c.Path("events"), v, nil, "")
	if err != nil {
		return false, false, err
	}
	defer res.Body.Close()
	enough := false
	err = readSSE(res.Body, func(kind string, data []byte) (bool, error) {
		if kind != "message" && kind != "ready" {
			return true, nil
		}
		e, err := read[Event](json.RawMessage(data))
		if err != nil {
			return false, err
		}
		heard = true
		switch {
		case kind == "ready" && e.Seq < q.After: // there are fewer events than there were
			q.After = cmp.Or(e.Seq, -1)
		case kind == "message" && e.Seq > q.After: // else repeated by a server that resumed too early
			q.After = e.Seq
			enough = !f(e)
		}
		return !enough, nil
	})
	switch {
	case enough:
		return true, heard, nil
	case errors.Is(err, errSSE):
		return true, heard, err
	case err != nil:
		return true, heard, c.unreachable(err)
	}
	return true, heard, errEnded
}

var errSSE = errors.New("the server's event stream is not what this client understands")

// maxEvent bounds one event.
const maxEvent = 1 << 20

// readSSE calls f with the kind and the data of each server-sent event until f says stop.
func readSSE(r io.Reader, f func(kind string, data []byte) (more bool, err error)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	var data []byte
	kind := "message"
	for lines.Scan() {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if len(line) > 0 {
			if name, ok := bytes.CutPrefix(line, []byte("event:")); ok {
				kind = cmp.Or(string(bytes.TrimSpace(name)), "message")
			}
			if part, ok := bytes.CutPrefix(line, []byte("data:")); ok {
				if data != nil {
					data = append(data, '\n')
				}
				data = append(data, bytes.TrimPrefix(part, []byte(" "))...)
			}
			continue // id, retry and comments: the data says all
		}
		if data != nil {
			more, err := f(kind, data)
			if err != nil {
				return fmt.Errorf("%w: %w", errSSE, err)
			}
			if !more {
				return nil
			}
		}
		kind, data = "message", nil
	}
	return lines.Err()
}
