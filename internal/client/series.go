package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Series is how many nodes a compute had over time: each value holds until the next.
type Series struct {
	Kept
	At      []int64          `json:"at"` // Unix milliseconds
	Target  []int            `json:"target"`
	Current []int            `json:"current"`
	States  map[string][]int `json:"states"`
}

// SeriesPoint is one moment of a Series.
type SeriesPoint struct {
	At        int64           `json:"at"`
	Target    int             `json:"target"`
	Current   int             `json:"current"`
	Idle      int             `json:"idle"`
	Running   int             `json:"running"`
	Preparing int             `json:"preparing"`
	Leaving   int             `json:"leaving"`
	Unusable  int             `json:"unusable"`
	Preempted int             `json:"preempted"`
	Raw       json.RawMessage `json:"-"`
}

// SeriesQuery bounds a Series; zero fields are the server's choice.
type SeriesQuery struct {
	From, To time.Time
	Points   int
}

// Series reads it from the events of the compute.
func (c *Client) Series(ctx context.Context, compute string, q SeriesQuery) (*Series, error) {
	query := url.Values{}
	for name, t := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !t.IsZero() {
			query.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	if q.Points > 0 {
		query.Set("points", strconv.Itoa(q.Points))
	}
	return get[Series](ctx, c, c.Path("computes", compute, "series"), query)
}

// Points are the moments, oldest first.
func (s *Series) Points() []SeriesPoint {
	at := func(list []int, i int) int {
		if i < len(list) {
			return list[i]
		}
		return 0
	}
	points := make([]SeriesPoint, len(s.At))
	for i := range points {
		p := &points[i]
		p.At, p.Target, p.Current = s.At[i], at(s.Target, i), at(s.Current, i)
		for state, n := range map[string]*int{
			"idle": &p.Idle, "running": &p.Running, "preparing": &p.Preparing,
			"leaving": &p.Leaving, "unusable": &p.Unusable, "preempted": &p.Preempted,
		} {
			*n = at(s.States[state], i)
		}
		p.Raw, _ = json.Marshal(p) // of numbers alone
	}
	return points
}
