package azureml

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// seriesOut is how many nodes a compute had over time: a step function, each value
// holds until the next point.
type seriesOut struct {
	From    string    `json:"from"`
	To      string    `json:"to"`
	At      []int64   `json:"at" api:"notnull"` // Unix milliseconds, ascending
	Target  []int     `json:"target" api:"notnull"`
	Current []int     `json:"current" api:"notnull"`
	States  statesOut `json:"states"`
}

type statesOut struct {
	Idle      []int `json:"idle" api:"notnull"`
	Running   []int `json:"running" api:"notnull"`
	Preparing []int `json:"preparing" api:"notnull"`
	Leaving   []int `json:"leaving" api:"notnull"`
	Unusable  []int `json:"unusable" api:"notnull"`
	Preempted []int `json:"preempted" api:"notnull"`
}

// shape is an atelier.ComputeStatus.Shape with its zeros.
type shape [8]int

func readShape(text string) (s shape, ok bool) {
	var list []int
	if json.Unmarshal([]byte(text), &list) != nil || len(list) > len(s) {
		return s, false // an event from before there were shapes
	}
	copy(s[:], list)
	return s, true
}

type point struct {
	at time.Time
	shape
}

// series is a step function under way.
type series struct {
	from, to time.Time
	live     bool // to is now
	most     int  // points
	points   []point
}

const (
	defaultSeries = time.Hour
	defaultPoints = 300
	maxPoints     = 5000
)

// seriesAsked is the time and the number of points that the query asks for.
func (a *API) seriesAsked(r *arm.Request) (*series, error) {
	s := &series{to: a.Now().UTC(), most: defaultPoints}
	now := s.to
	if text := r.Query("points"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 2 || n > maxPoints {
			return nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "points is %q; it must be 2 to %d", text, maxPoints).At("points")
		}
		s.most = n
	}
	at := func(name string, t *time.Time) (err error) {
		if text := r.Query(name); text != "" {
			if *t, err = time.Parse(time.RFC3339, text); err != nil {
				return atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "%s is %q; it must be a time such as 2026-11-29T12:00:00Z", name, text).At(name)
			}
		}
		return nil
	}
	if err := at("to", &s.to); err != nil {
		return nil, err
	}
	if !s.to.Before(now) {
		s.to, s.live = now, true
	}
	s.from = s.to.Add(-defaultSeries)
	if err := at("from", &s.from); err != nil {
		return nil, err
	}
	if !s.from.Before(s.to) {
		return nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter",
			"from is %s, which is not before to, %s; give an earlier one", s.from.UTC().Format(time.RFC3339), s.to.UTC().Format(time.RFC3339)).At("from")
	}
	return s, nil
}

// getSeries reads from the events of a compute how many nodes it had over time. It
// begins where that is known: events of older versions do not say.
func (a *API) getSeries(r *arm.Request) (int, any, error) {
	s, err := a.seriesAsked(r)
	if err != nil {
		return 0, nil, err
	}
	var c *atelier.Compute
	var first, last int64
	err = a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		if c, err = computeOf(tx, r); err != nil {
			return err
		}
		if first, err = store.LastBefore(tx, s.from.Add(time.Microsecond)); err != nil {
			return err
		}
		if last, err = store.LastBefore(tx, s.to.Add(time.Microsecond)); err != nil {
			return err
		}
		before, err := store.Events(tx, store.EventQuery{Of: c.ID, Before: first + 1, Newest: true, Limit: 1})
		switch {
		case first > 0 && len(before) > 0 && before[0].UID == c.UID:
			s.event(c, before[0])
		default: // it was not there yet
			s.add(s.from, shape{})
		}
		return err
	})
	if err == nil {
		err = a.readSeries(r.Context(), s, c, first, last)
	}
	if err != nil {
		return 0, nil, err
	}
	s.now(c)
	return ok, s.out(), nil
}

// readSeries takes the events after the first up to the last, page by page.
func (a *API) readSeries(ctx context.Context, s *series, c *atelier.Compute, first, last int64) error {
	for first < last {
		if err := ctx.Err(); err != nil { // nobody waits for it any more
			return err
		}
		var page []atelier.Event
		err := a.DB.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = store.Events(tx, store.EventQuery{Of: c.ID, After: first, Before: last + 1, Limit: eventsAtOnce})
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			s.event(c, e)
			first = e.Seq
		}
		if len(page) < eventsAtOnce {
			return nil
		}
	}
	return nil
}

// event adds what the event says of this incarnation of the compute.
func (s *series) event(c *atelier.Compute, e atelier.Event) {
	if n, known := readShape(e.Detail); known && e.UID == c.UID {
		s.add(e.At, n)
	}
}

// now adds what the compute has at this moment, which its last events do not say if
// they are from before there were shapes.
func (s *series) now(c *atelier.Compute) {
	if n, _ := readShape(c.Status.Shape()); s.live {
		s.add(s.to, n)
	}
}

func (s *series) add(at time.Time, n shape) {
	if at.Before(s.from) {
		at = s.from
	}
	last := len(s.points) - 1
	switch {
	case last >= 0 && s.points[last].shape == n:
		return
	case last >= 0 && !at.After(s.points[last].at): // at once, or a clock that was set back
		s.points[last].shape = n
		return
	}
	s.points = append(s.points, point{at, n})
	if len(s.points) > 4*s.most {
		s.thin()
	}
}

// thin leaves the last point of each of as many intervals as there may be points;
// the first point stays, too.
func (s *series) thin() {
	interval := func(p point) int64 {
		return int64(float64(p.at.Sub(s.from)) / float64(s.to.Sub(s.from)+1) * float64(s.most-1))
	}
	kept := s.points[:1]
	for i, p := range s.points[1:] {
		if i > 0 && len(kept) > 1 && interval(kept[len(kept)-1]) == interval(p) {
			kept[len(kept)-1] = p
		} else {
			kept = append(kept, p)
		}
	}
	s.points = kept
}

func (s *series) out() seriesOut {
	if len(s.points) > s.most {
		s.thin()
	}
	out := seriesOut{From: utc(s.from), To: utc(s.to), At: []int64{}, Target: []int{}, Current: []int{}}
	out.States = statesOut{[]int{}, []int{}, []int{}, []int{}, []int{}, []int{}}
	for _, p := range s.points {
		out.At = append(out.At, p.at.UnixMilli())
		for i, list := range []*[]int{
			&out.Target, &out.Current, &out.States.Idle, &out.States.Running, &out.States.Preparing,
			&out.States.Leaving, &out.States.Unusable, &out.States.Preempted,
		} {
			*list = append(*list, p.shape[i])
		}
	}
	return out
}
