package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Run tells agents of changes as they are committed, and gives up silent nodes,
// until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	changes := s.Fleet.DB.Watch()
	defer s.Fleet.DB.Unwatch(changes)
	s.markAll() // for what changed before the watch
	sweep := time.NewTimer(0)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changes.Wake:
			s.mark(ctx, changes.Take())
		case <-sweep.C:
			again, err := s.Fleet.Sweep(ctx)
			if err != nil {
				s.Log.Error("sweep", "err", err)
				again = time.Second
			}
			sweep.Reset(max(again, 10*time.Millisecond))
		}
	}
}

// mark wakes the pushers of the nodes that a change may concern. A task that was
// deleted is found out at the next heartbeat.
func (s *Server) mark(ctx context.Context, ids []atelier.ID) {
	var tasks []atelier.ID
	for _, id := range ids {
		switch id.Kind() {
		case atelier.KindNode:
			s.markNode(id)
		case atelier.KindTask:
			tasks = append(tasks, id)
		}
	}
	if len(tasks) == 0 || s.Connected() == 0 {
		return
	}
	err := s.Fleet.DB.Read(ctx, func(tx *store.Tx) error {
		for _, id := range tasks {
			t, err := store.Get[atelier.Task](tx, id)
			if err == nil {
				s.markNode(t.Node)
			} else if !atelier.IsKind(err, atelier.NotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Error("read changed tasks", "err", err)
		s.markAll()
	}
}

func (s *Server) markNode(node atelier.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.nodes[node]; c != nil {
		c.mark()
	}
}

func (s *Server) markAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.nodes {
		c.mark()
	}
}

// push tells one agent what its node should hold whenever that changed. Each node
// has its own, so that none waits for another.
func (c *conn) push(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		select {
		case <-c.done:
			return
		case <-c.dirty:
		}
		d, fresh, err := c.s.Fleet.next(ctx, c.id(), c.sessionID())
		if err == nil && fresh {
			err = c.tell(ctx, d)
		}
		if err != nil {
			// The agent comes back and says hello, and is told all then.
			c.s.Log.Debug("connection given up", "node", c.id(), "err", err)
			c.mux.Close()
			return
		}
	}
}

func (c *conn) tell(ctx context.Context, d wire.Desired) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://agent"+wire.PathDesired, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the agent answered %s", resp.Status)
	}
	var r wire.Report
	if err := json.NewDecoder(http.MaxBytesReader(nil, resp.Body, maxMessage)).Decode(&r); err != nil {
		return fmt.Errorf("read the agent's report: %w", err)
	}
	r.Node = d.Node
	err = c.s.Fleet.take(ctx, c.key, r)
	if atelier.IsKind(err, atelier.Conflict) {
		return nil // said hello anew meanwhile
	}
	return err
}
