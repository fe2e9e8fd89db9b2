package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"
)

func get[T any, P object[T]](ctx context.Context, c *Client, path string, query url.Values) (*T, error) {
	return call[T, P](ctx, c, http.MethodGet, path, query, nil)
}

func call[T any, P object[T]](ctx context.Context, c *Client, method, path string, query url.Values, body any) (*T, error) {
	raw, _, err := c.Raw(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	return read[T, P](raw)
}

func read[T any, P object[T]](raw json.RawMessage) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, fmt.Errorf("the server's answer is not what this client understands: %w", err)
	}
	P(v).keep(raw)
	return v, nil
}

// page is one page of a list. Nodes is how listNodes spells value.
type page struct {
	Value    []json.RawMessage `json:"value"`
	Nodes    []json.RawMessage `json:"nodes"`
	NextLink string            `json:"nextLink"`
}

// pages yields the objects of a list, page by page, as far as they are wanted.
func pages[T any, P object[T]](ctx context.Context, c *Client, method, path string, query url.Values) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for next := path; next != ""; method, query = http.MethodGet, nil {
			p, err := c.page(ctx, method, next, query)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, raw := range append(p.Value, p.Nodes...) {
				v, err := read[T, P](raw)
				if !yield(v, err) || err != nil {
					return
				}
			}
			if p.NextLink == next {
				yield(nil, fmt.Errorf("the server's list does not end: its next page is %s again", next))
				return
			}
			next = p.NextLink
		}
	}
}

func (c *Client) page(ctx context.Context, method, path string, query url.Values) (page, error) {
	var p page
	raw, _, err := c.Raw(ctx, method, path, query, nil)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("the server's list is not what this client understands: %w", err)
	}
	return p, nil
}

// Collect reads a list to its end, or up to limit objects if limit is positive.
func Collect[T any](list iter.Seq2[*T, error], limit int) ([]*T, error) {
	all := []*T{}
	for v, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		if limit > 0 && len(all) == limit {
			break
		}
	}
	return all, nil
}

// Operation is a long-running operation to wait for. The zero value is one that
// is over.
type Operation struct {
	URL   string        // of its status; "" when there is nothing to poll
	After time.Duration // before the first look
}

func operation(h http.Header) *Operation {
	op := &Operation{URL: h.Get("Azure-AsyncOperation"), After: retryAfter(h, time.Second)}
	if op.URL == "" {
		op.URL = h.Get("Location")
	}
	return op
}

// OperationStatus is where an operation stands.
type OperationStatus struct {
	Status          string   `json:"status"` // InProgress, Succeeded, Failed, Canceled
	PercentComplete float64  `json:"percentComplete"`
	Error           *Problem `json:"error"`
}

// Wait polls the operation until it ends, telling progress (if not nil) of every
// look. A failed operation is an *Error with its code.
func (c *Client) Wait(ctx context.Context, op *Operation, progress func(OperationStatus)) error {
	if op == nil || op.URL == "" {
		return nil
	}
	for after := op.After; ; {
		if err := c.cfg.Sleep(ctx, after); err != nil {
			return err
		}
		a, err := c.exchange(ctx, http.MethodGet, op.URL, nil, nil)
		if err != nil {
			return err
		}
		after = retryAfter(a.header, time.Second)
		s, err := statusOf(a)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(s)
		}
		switch s.Status {
		case "Succeeded", "Completed":
			return nil
		case "Failed", "Canceled":
			e := &Error{Status: http.StatusOK, Code: "OperationFailed", Message: "the operation ended as " + s.Status, RequestID: a.header.Get("x-ms-request-id")}
			if s.Error != nil {
				e.Code, e.Message, e.Target = s.Error.Code, s.Error.Message, s.Error.Target
			}
			return e
		}
	}
}

// statusOf reads an operation's status from its body, or, for one that is polled by
// Location and has none, from the HTTP status.
func statusOf(a answer) (s OperationStatus, err error) {
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &s); err != nil {
			return s, fmt.Errorf("the server's operation status is not what this client understands: %w", err)
		}
	}
	switch {
	case s.Status != "":
	case a.status == http.StatusAccepted:
		s.Status = "InProgress"
	default:
		s.Status = "Succeeded"
	}
	return s, nil
}
