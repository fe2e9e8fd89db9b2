package azureml

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// keepAlive is how often a stream without news says that it is there.
const keepAlive = 15 * time.Second

// eventsAtOnce is how many events are read in one look.
const eventsAtOnce = 500

// listEvents lists what changed in the workspace: the newest, what came after an
// event, or the last before one. With follow it is a stream of server-sent events
// from then on.
func (a *API) listEvents(r *arm.Request) (int, any, error) {
	q := store.EventQuery{Actor: r.Query("actor"), Reason: r.Query("reason"), Verb: r.Query("verb")}
	var err error
	if q.Under, err = eventTarget(r); err != nil {
		return 0, nil, err
	}
	after, before := r.Query("after"), r.Query("before")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		after = last
	}
	if q.After, err = eventNumber("after", after); err != nil {
		return 0, nil, err
	}
	if q.Before, err = eventNumber("before", before); err != nil {
		return 0, nil, err
	}
	if follow, _ := strconv.ParseBool(r.Query("follow")); follow {
		q.Before = 0 // nothing new is before anything
		return a.followEvents(r, q, after != "")
	}
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	q.Limit, q.Newest = page.Top, page.After == 0 && (after == "" || before != "")
	q.After = max(q.After, page.After)
	list := arm.List[atelier.Event]{}
	err = a.read(r, func(tx *store.Tx, _ *atelier.Workspace) (err error) {
		list.Value, err = store.Events(tx, q)
		return err
	})
	list.Value = full(list.Value)
	if n := len(list.Value); !q.Newest && n == q.Limit {
		list.NextLink = r.Next(list.Value[n-1].Seq)
	}
	return ok, list, err
}

func eventNumber(name, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "%s is %q; it must be the number of an event", name, text).At(name)
	}
	return n, nil
}

// eventTarget reads "computes/gpu", an ARM ID, or an ID as events show it; what is
// outside the workspace has no events here.
func eventTarget(r *arm.Request) (atelier.ID, error) {
	text := r.Query("target")
	if text == "" {
		return r.Workspace(), nil
	}
	rest := strings.Trim(strings.ToLower(text), "/")
	for _, prefix := range []string{strings.ToLower(r.WorkspacePath()), string(r.Workspace())} {
		prefix = strings.Trim(prefix, "/")
		if rest == prefix {
			return r.Workspace(), nil
		}
		rest = strings.TrimPrefix(rest, prefix+"/")
	}
	parts := strings.Split(rest, "/")
	id := r.Workspace()
	for i := 0; i+1 < len(parts); i += 2 {
		id = id.Child(parts[i], parts[i+1])
	}
	if len(parts)%2 != 0 || strings.Contains(rest, "//") || parts[0] == "subscriptions" || parts[0] == atelier.KindWorkspace {
		return "", atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "target is %q; it must name something of the workspace, for example computes/gpu or jobs/train-1", text).At("target")
	}
	return id, nil
}

func (a *API) followEvents(r *arm.Request, q store.EventQuery, resumed bool) (int, any, error) {
	changed := a.DB.Watch()
	var last int64
	if err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) (err error) {
		last, err = lastEvent(tx)
		if !resumed || q.After > last { // from now on; also for one who knows the events of another database
			q.After = last
		}
		return err
	}); err != nil {
		a.DB.Unwatch(changed)
		return 0, nil, err
	}
	q.Limit = eventsAtOnce
	r.Reply.Set("Content-Type", "text/event-stream; charset=utf-8")
	r.Unhurried()
	return ok, arm.Stream(func(w http.ResponseWriter) error {
		defer a.DB.Unwatch(changed)
		tick := time.NewTicker(keepAlive)
		defer tick.Stop()
		// The id is that to resume after: what comes next may be what was missed.
		if _, err := fmt.Fprintf(w, "id: %d\nevent: ready\ndata: {\"seq\":%d}\n\n", q.After, last); err != nil {
			return nil
		}
		for r.Still() {
			more, err := a.sendEvents(r, w, &q)
			if err != nil {
				return err
			}
			if more {
				continue
			}
			select {
			case <-r.Context().Done():
				return nil
			case <-changed.Wake:
				changed.Take()
			case <-tick.C:
				if _, err := fmt.Fprint(w, ": still there\n\n"); err != nil {
					return nil
				}
			}
		}
		return nil // whoever asks again is told why
	}), nil
}

// lastEvent is the number of the last event of all.
func lastEvent(tx *store.Tx) (int64, error) {
	last, err := store.Events(tx, store.EventQuery{Newest: true, Limit: 1})
	if err != nil || len(last) == 0 {
		return 0, err
	}
	return last[0].Seq, nil
}

// sendEvents sends what came after q.After and moves it on, also past what is not to
// be sent: nobody looks through that again.
func (a *API) sendEvents(r *arm.Request, w http.ResponseWriter, q *store.EventQuery) (more bool, err error) {
	var events []atelier.Event
	var last int64
	err = a.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		if events, err = store.Events(tx, *q); err != nil {
			return err
		}
		last, err = lastEvent(tx)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			return false, fmt.Errorf("encode event %d: %w", e.Seq, err)
		}
		if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", e.Seq, data); err != nil {
			return false, fmt.Errorf("send event %d: %w", e.Seq, err)
		}
		q.After = e.Seq
	}
	if more = len(events) == q.Limit; !more {
		q.After = max(q.After, last)
	}
	return more, http.NewResponseController(w).Flush()
}
