package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/wire"
)

// handler serves the calls of one agent.
func (c *conn) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST "+wire.PathHello, c.hello)
	m.HandleFunc("POST "+wire.PathReport, c.admitted(c.report))
	m.HandleFunc("POST "+wire.PathLog, c.admitted(c.log))
	m.HandleFunc("GET "+wire.PathFetch, c.admitted(c.fetch))
	m.HandleFunc("PUT "+wire.PathUpload, c.admitted(c.upload))
	m.HandleFunc("POST "+wire.PathToken, c.admitted(c.token))
	return m
}

// admitted keeps out who has not said hello on this connection.
func (c *conn) admitted(h func(w http.ResponseWriter, r *http.Request, node atelier.ID)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		node := c.id()
		if node == "" {
			c.fault(w, r, atelier.Errorf(atelier.Conflict, "HelloFirst", "say hello first"))
			return
		}
		h(w, r, node)
	}
}

func (c *conn) hello(w http.ResponseWriter, r *http.Request) {
	var h wire.Hello
	if !c.decode(w, r, &h) {
		return
	}
	h.Key = c.key
	if node := c.id(); node != "" && node != h.Node {
		c.fault(w, r, atelier.Errorf(atelier.Forbidden, "NotThisNode", "the connection belongs to node %q", node.Name()))
		return
	}
	welcome, err := c.s.Fleet.Hello(r.Context(), h)
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.mu.Lock()
	first := c.node == ""
	c.node, c.session = h.Node, h.Session
	c.mu.Unlock()
	c.s.join(c)
	if first {
		go c.push(context.WithoutCancel(r.Context()))
	}
	c.mark() // for what changed while the hello was answered
	c.answer(w, welcome)
}

func (c *conn) report(w http.ResponseWriter, r *http.Request, node atelier.ID) {
	var rep wire.Report
	if !c.decode(w, r, &rep) {
		return
	}
	rep.Node = node
	d, err := c.s.Fleet.Report(r.Context(), c.key, rep)
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.answer(w, d)
}

func (c *conn) log(w http.ResponseWriter, r *http.Request, node atelier.ID) {
	q, err := wire.ParseLogQuery(r.URL.Query())
	if err != nil {
		c.fault(w, r, err)
		return
	}
	key, err := c.s.Fleet.Log(r.Context(), c.key, node, q)
	if err != nil {
		c.fault(w, r, err)
		return
	}
	size, err := c.s.Logs.Append(r.Context(), key, q.Offset, http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.answer(w, wire.LogAck{Size: size})
}

func (c *conn) fetch(w http.ResponseWriter, r *http.Request, node atelier.ID) {
	task, uri := atelier.ID(r.URL.Query().Get("task")), r.URL.Query().Get("uri")
	prefix, err := c.s.Fleet.Fetch(r.Context(), c.key, node, task, uri)
	if err == nil {
		var list []blob.Info
		if list, err = c.s.Blobs.List(r.Context(), prefix); err == nil && len(list) == 0 {
			err = atelier.Errorf(atelier.NotFound, "DataNotFound", "there are no files at %q; upload them, or correct the path", uri)
		}
	}
	if err != nil {
		c.fault(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	if err := blob.Tar(r.Context(), c.s.Blobs, prefix, w); err != nil {
		c.s.Log.Warn("fetch broke off", "node", node, "task", task, "err", err)
		panic(http.ErrAbortHandler) // so that the agent sees that it is not whole
	}
}

func (c *conn) upload(w http.ResponseWriter, r *http.Request, node atelier.ID) {
	task, output := atelier.ID(r.URL.Query().Get("task")), r.URL.Query().Get("output")
	prefix, err := c.s.Fleet.Upload(r.Context(), c.key, node, task, output)
	if err == nil {
		_, err = blob.Untar(r.Context(), c.s.Blobs, prefix, r.Body, c.s.Limits)
	}
	if err != nil {
		c.fault(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *conn) token(w http.ResponseWriter, r *http.Request, node atelier.ID) {
	var q wire.TokenRequest
	if !c.decode(w, r, &q) {
		return
	}
	t, err := c.s.Fleet.Token(r.Context(), c.key, node, q)
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.answer(w, t)
}

func (c *conn) decode(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxMessage)).Decode(into)
	if err != nil {
		c.fault(w, r, atelier.Errorf(atelier.Invalid, "InvalidMessage", "the message cannot be read: %v", err))
	}
	return err == nil
}

func (c *conn) answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // an agent that went away asks again
}

// fault answers with an error. One that is no atelier.Error is the server's own
// trouble: it is logged here, and the agent may try again.
func (c *conn) fault(w http.ResponseWriter, r *http.Request, err error) {
	var e *atelier.Error
	f := wire.Fault{Kind: atelier.Transient, Code: "ServerError", Message: "the server could not do it now"}
	if errors.As(err, &e) {
		f = wire.Fault{Kind: e.Kind, Code: e.Code, Message: e.Message, Target: e.Target}
	} else if !errors.Is(err, context.Canceled) && !errors.Is(err, io.ErrUnexpectedEOF) {
		c.s.Log.Error("agent call", "op", r.URL.Path, "node", c.id(), "err", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnprocessableEntity)
	_ = json.NewEncoder(w).Encode(f)
}
