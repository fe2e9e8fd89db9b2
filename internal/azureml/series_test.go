package azureml

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func (w *world) stamp() string { return w.api.Now().UTC().Format(time.RFC3339) }

func (w *world) shape(id atelier.ID, target, idle, running int) {
	w.t.Helper()
	change(w, id, func(c *atelier.Compute) {
		c.Status.Target, c.Status.Current, c.Status.Counts = target, idle+running, atelier.Counts{Idle: idle, Running: running}
	})
}

func TestSeries(t *testing.T) {
	w := newWorld(t)
	begin := w.stamp()
	w.tick(time.Minute)
	id := w.cluster("gpu")
	w.shape(id, 2, 0, 0)
	w.tick(time.Minute)
	w.shape(id, 2, 1, 1)
	change(w, id, func(c *atelier.Compute) { c.Status.Resizing = true }) // no count changes
	w.tick(time.Minute)
	middle := w.stamp()
	w.tick(time.Minute)
	w.shape(id, 2, 0, 2)
	w.tick(time.Minute)
	w.shape(id, 0, 0, 0)
	w.tick(time.Minute)
	at := func(query string) reply { return w.ann("GET", wsURL+"/computes/gpu/series"+own+query, "").want(200) }
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMilli()
	minutes := func(list ...int64) string {
		for i := range list {
			list[i] = start + list[i]*60_000
		}
		return fmt.Sprint(list)
	}
	show := func(r reply) string {
		var at []int64
		for _, v := range r.at("at").([]any) {
			at = append(at, int64(v.(float64)))
		}
		return fmt.Sprint(at)
	}
	r := at("&from=" + begin)
	if got, want := show(r), minutes(0, 1, 2, 4, 5); got != want {
		t.Errorf("at %s, want %s", got, want)
	}
	r.wantAt("target", "[0 2 2 2 0]").wantAt("current", "[0 0 2 2 0]").wantAt("states.idle", "[0 0 1 0 0]").wantAt("states.running", "[0 0 1 2 0]").
		wantAt("states.preempted", "[0 0 0 0 0]").wantAt("from", "2026-11-23T12:00:00.0000000Z").wantAt("to", "2026-11-23T12:06:00.0000000Z")
	r = at("&from=" + middle + "&to=" + url.QueryEscape("2026-11-23T13:04:30+01:00"))
	if got, want := show(r), minutes(3, 4); got != want {
		t.Errorf("in the middle at %s, want %s", got, want)
	}
	r.wantAt("target", "[2 2]").wantAt("states.idle", "[1 0]").wantAt("to", "2026-11-23T12:04:30.0000000Z")
	at("&from="+middle+"&to=2099-01-01T00:00:00Z").wantAt("to", "2026-11-23T12:06:00.0000000Z")
	at("").wantAt("from", "2026-11-23T11:06:00.0000000Z")
	at("&from="+begin+"&to=2026-11-23T12:00:30Z").wantAt("target", "[0]")
	for query, target := range map[string]string{
		"&from=yesterday": "from", "&to=x": "to", "&points=1": "points", "&points=x": "points", "&points=5001": "points",
		"&from=2099-01-01T00:00:00Z": "from", "&from=" + middle + "&to=" + begin: "from",
	} {
		w.ann("GET", wsURL+"/computes/gpu/series"+own+query, "").wantError(400, "InvalidQueryParameter", target)
	}
	w.ann("GET", wsURL+"/computes/none/series"+own, "").wantError(404, "ComputeNotFound", "")
	w.as("eve", "GET", wsURL+"/computes/gpu/series"+own, "").want(200)
	w.as("bob", "GET", wsURL+"/computes/gpu/series"+own, "").want(404)
}

// What a compute of the same name had before is not the compute's.
func TestSeriesIsOfThisCompute(t *testing.T) {
	w := newWorld(t)
	id := w.cluster("gpu")
	w.shape(id, 3, 3, 0)
	w.tick(time.Minute)
	w.do(func(tx *store.Tx) error {
		c, err := store.Get[atelier.Compute](tx, id)
		if err != nil {
			return err
		}
		return store.Delete(tx, c)
	})
	w.tick(time.Minute)
	w.shape(w.cluster("gpu"), 1, 1, 0)
	w.tick(time.Minute)
	w.ann("GET", wsURL+"/computes/gpu/series"+own, "").want(200).wantAt("target", "[0 1]")
}

// Events from before there were shapes say nothing, and nothing is made up.
func TestSeriesBeginsWhereItIsKnown(t *testing.T) {
	c := &atelier.Compute{Meta: atelier.Meta{UID: "u"}}
	s := &series{from: time.Unix(0, 0), to: time.Unix(100, 0), most: 10}
	s.event(c, atelier.Event{UID: "u", At: time.Unix(10, 0)})
	s.event(c, atelier.Event{UID: "other", At: time.Unix(20, 0), Detail: "[9]"})
	s.event(c, atelier.Event{UID: "u", At: time.Unix(30, 0), Detail: "[1,2"})
	if out := s.out(); len(out.At) != 0 || out.At == nil || out.States.Preempted == nil {
		t.Errorf("%+v, want empty lists", out)
	}
	s.event(c, atelier.Event{UID: "u", At: time.Unix(40, 0), Detail: "[1,2]"})
	s.event(c, atelier.Event{UID: "u", At: time.Unix(39, 0), Detail: "[]"}) // the clock was set back
	if out := s.out(); fmt.Sprint(out.At, out.Target) != "[40000] [0]" {
		t.Errorf("%+v", out)
	}
}

// A compute whose events all are from before there were shapes was not there at first,
// and is there now.
func TestSeriesOfAnOlderVersionEndsWithWhatIs(t *testing.T) {
	c := &atelier.Compute{Meta: atelier.Meta{UID: "u"}, Status: atelier.ComputeStatus{Target: 2}}
	s := &series{from: time.Unix(0, 0), to: time.Unix(100, 0), most: 10}
	s.add(s.from, shape{})
	s.event(c, atelier.Event{UID: "u", At: time.Unix(10, 0)})
	s.now(c)
	if out := s.out(); fmt.Sprint(out.At, out.Target) != "[0] [0]" {
		t.Errorf("what is now is nothing of the past: %+v", out)
	}
	s.live = true
	s.now(c)
	s.now(c)
	if out := s.out(); fmt.Sprint(out.At, out.Target) != "[0 100000] [0 2]" {
		t.Errorf("%+v", out)
	}
}

func TestSeriesIsNotReadForNobody(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &series{from: w.now.Add(-time.Hour), to: w.now, most: 10}
	if err := w.api.readSeries(ctx, s, w.compute("gpu"), 0, w.last()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// However much happened, there are no more points than asked for, and the last is
// what is.
func TestSeriesIsThinned(t *testing.T) {
	w := newWorld(t)
	id := w.cluster("gpu")
	for i := range 3 * eventsAtOnce {
		w.tick(time.Second)
		w.shape(id, 1+i%2, 0, i)
	}
	r := w.ann("GET", wsURL+"/computes/gpu/series"+own+"&points=50", "").want(200)
	n := len(r.at("at").([]any))
	if n < 20 || n > 50 {
		t.Errorf("%d points, want up to 50 and not far fewer", n)
	}
	last := int64(-1)
	for _, v := range r.at("at").([]any) {
		if at := int64(v.(float64)); at <= last {
			t.Fatalf("%d comes after %d", at, last)
		} else {
			last = at
		}
	}
	r.wantAt(fmt.Sprintf("states.running.%d", n-1), 3*eventsAtOnce-1)
	exact := w.ann("GET", wsURL+"/computes/gpu/series"+own+"&points=5000", "").want(200)
	if n := len(exact.at("at").([]any)); n != 3*eventsAtOnce+1 {
		t.Errorf("%d points, want each change", n)
	}
}
