package fleet

import (
	"context"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Sweep gives up the nodes that were not heard of for too long, and says when to
// look again. Only silence counts: a connection that ends says nothing yet, or a
// restart of the server would lose its nodes.
func (f *Fleet) Sweep(ctx context.Context) (again time.Duration, err error) {
	var nodes []*atelier.Node
	err = f.DB.Read(ctx, func(tx *store.Tx) error {
		for _, state := range []atelier.NodeState{atelier.Ready, atelier.Draining} {
			list, err := store.All[atelier.Node](tx, store.Query{Kind: atelier.KindNode, State: string(state)})
			if err != nil {
				return err
			}
			nodes = append(nodes, list...)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	again = f.lostAfter()
	var silent []atelier.ID
	known := make(map[atelier.ID]bool, len(nodes))
	for _, n := range nodes {
		known[n.ID] = true
		if left := f.silence(n.ID).Add(f.lostAfter()).Sub(f.Now()); left <= 0 {
			silent = append(silent, n.ID)
		} else {
			again = min(again, left)
		}
	}
	f.forget(known)
	if len(silent) == 0 {
		return again, nil
	}
	return again, f.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		for _, id := range silent {
			if err := f.lose(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *Fleet) lostAfter() time.Duration {
	if f.LostAfter > 0 {
		return f.LostAfter
	}
	return wire.LostAfter
}

// silence returns since when the node was not heard of. One that this process has
// never heard of is given its time from now on.
func (f *Fleet) silence(node atelier.ID) time.Time {
	l := f.link(node, true)
	f.mu.Lock()
	defer f.mu.Unlock()
	if l.heard.IsZero() {
		l.heard = f.Now()
	}
	return l.heard
}

// forget drops what is remembered of nodes that are no longer there, unless they
// were heard of just now: their hello may be newer than the list.
func (f *Fleet) forget(known map[atelier.ID]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, l := range f.links {
		if !known[id] && f.Now().Sub(l.heard) > f.lostAfter() {
			delete(f.links, id)
		}
	}
}

func (f *Fleet) lose(tx *store.Tx, id atelier.ID) error {
	n, err := store.Get[atelier.Node](tx, id)
	if err != nil {
		return drop(err, atelier.NotFound)
	}
	heard := f.silence(id)
	quiet := f.Now().Sub(heard)
	if n.State != atelier.Ready && n.State != atelier.Draining || quiet < f.lostAfter() {
		return nil
	}
	n.State, n.Since, n.HeardAt = atelier.Lost, f.Now(), heard
	problem := atelier.Errorf(atelier.Transient, "NodeLost",
		"the node was not heard of for %s: its machine or its agent stopped, or the network between is down", quiet.Round(time.Second))
	n.Problem = &atelier.Problem{Code: problem.Code, Message: problem.Message}
	if err := store.Put(tx, n); err != nil {
		return err
	}
	tx.Note(id, problem.Code, "%s", problem.Message)
	return nil
}
