package azureml

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// noVerb says why an operation is not for the compute.
func noVerb(verb string, c *atelier.Compute) error {
	why := "it is attached, and Atelier cannot drive computes of this kind yet"
	switch {
	case c.Spec.Cluster != nil:
		why = "a cluster starts and stops its nodes by itself"
	case c.Spec.Instance != nil:
		why = "it is an instance"
	}
	return atelier.Errorf(atelier.Unsupported, "OperationNotSupported", "%s is not possible on compute %q (%s): %s", verb, c.Name, c.Spec.Kind, why)
}

// onInstance runs f on the instance in the path, and records the change that f made.
func (a *API) onInstance(r *arm.Request, verb string, f func(tx *store.Tx, w *atelier.Workspace, c *atelier.Compute) error) error {
	return a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		switch {
		case err != nil:
			return err
		case c.Spec.Instance == nil:
			return noVerb(verb, c)
		case c.Deleting():
			return atelier.Errorf(atelier.Conflict, "ComputeDeleting", "instance %q is being deleted", c.Name)
		}
		was, spec := c.Spec, *c.Spec.Instance
		c.Spec.Instance = &spec
		if err := f(tx, w, c); err != nil {
			return err
		}
		if sameJSON(was, c.Spec) {
			return nil
		}
		a.touch(r, &c.Meta)
		return store.Put(tx, c)
	})
}

// ask records what the machine of an instance should do.
func (a *API) ask(r *arm.Request, c *atelier.Compute, operation string, on bool) {
	c.Generation++
	c.Spec.Instance.Asked = atelier.Asked{Operation: operation, On: on, At: a.Now().UTC(), By: r.Caller.Name(), Generation: c.Generation}
}

// power starts, stops or restarts an instance. Each may be said twice: what is so
// already, or under way, is not asked for again.
func (a *API) power(verb string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		err := a.onInstance(r, verb, func(tx *store.Tx, w *atelier.Workspace, c *atelier.Compute) error {
			s := c.Spec.Instance
			switch {
			case verb == "start" && !c.On():
				a.ask(r, c, atelier.OperationStart, true)
			case verb == "stop" && c.On():
				a.ask(r, c, atelier.OperationStop, false)
			case verb == "restart" && !(s.Asked.Operation == atelier.OperationRestart && underWay(c)):
				s.Epoch++
				a.ask(r, c, atelier.OperationRestart, true)
			}
			return a.pollCompute(tx, r, w, c, verb)
		})
		if oldVersion(r) { // to it the verbs are no long-running operations
			r.Reply.Del("Azure-AsyncOperation")
			return ok, nil, err
		}
		return http.StatusAccepted, nil, err
	}
}

// underWay reports whether what was asked last has not come to its end.
func underWay(c *atelier.Compute) bool {
	st := c.Status.Instance
	return st == nil || st.Seen != c.Spec.Instance.Asked.Generation || st.Operation.Status == atelier.OperationInProgress
}

// resize gives an instance a machine of another size. One that runs is restarted.
func (a *API) resize(r *arm.Request) (int, any, error) {
	var in struct {
		Target string `json:"targetVMSize"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	if in.Target == "" {
		return 0, nil, missing("targetVMSize")
	}
	err := a.onInstance(r, "resize", func(tx *store.Tx, w *atelier.Workspace, c *atelier.Compute) error {
		s := c.Spec.Instance
		if err := a.checkSize(&c.Spec, in.Target); err != nil {
			return atAs(err, "targetVMSize")
		}
		if !strings.EqualFold(s.Size, in.Target) {
			asks, larger := c.Spec, *s
			larger.Size = in.Target
			asks.Instance = &larger
			if err := a.checkQuota(tx, w, c, &asks); err != nil {
				return err
			}
			on := c.On()
			s.Size = in.Target
			s.Epoch++
			a.ask(r, c, atelier.OperationResize, on)
		}
		o, err := a.operate(tx, r, w, &c.Meta, "resize")
		if err == nil {
			r.Result(statusPath(w, "mfeOperationResults", o))
		}
		return err
	})
	return http.StatusAccepted, nil, err
}

// sizesForResize are the sizes that the instance's location has.
func (a *API) sizesForResize(r *arm.Request) (int, any, error) {
	var out sizeList
	err := a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		if err != nil {
			return err
		}
		if c.Spec.Instance == nil {
			return noVerb("getAllowedVmSizesForResize", c)
		}
		out = a.sizesOf(c.Spec.Location, "")
		return nil
	})
	return ok, out, err
}

// updateIdle sets after how long without work an instance is stopped; null is never.
func (a *API) updateIdle(r *arm.Request) (int, any, error) {
	var in struct {
		Idle *arm.Text `json:"idleTimeBeforeShutdown"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	err := a.onInstance(r, "updateIdleShutdownSetting", func(_ *store.Tx, _ *atelier.Workspace, c *atelier.Compute) error {
		s := c.Spec.Instance
		was, never := s.IdleAfter, arm.Text("")
		if in.Idle == nil {
			in.Idle = &never
		}
		if err := setIdle(s, in.Idle); err != nil {
			return err
		}
		if err := s.Validate(); err != nil {
			return err
		}
		if s.IdleAfter != was {
			s.IdleSetAt = a.Now().UTC()
			c.Generation++
		}
		return nil
	})
	return ok, nil, err
}

// updateServices replaces the custom applications of an instance.
func (a *API) updateServices(r *arm.Request) (int, any, error) {
	return a.replaceField(r, "customServices", new([]customService))
}

// updateMounts replaces the data mounts of an instance.
func (a *API) updateMounts(r *arm.Request) (int, any, error) {
	return a.replaceField(r, "dataMounts", new([]dataMount))
}

// replaceField sets a list of an instance to the body, which must have the shape.
func (a *API) replaceField(r *arm.Request, field string, shape any) (int, any, error) {
	if err := r.Decode(shape); err != nil {
		return 0, nil, err
	}
	var list []map[string]any
	if err := r.Decode(&list); err != nil {
		return 0, nil, err
	}
	raw, err := json.Marshal(full(list))
	if err != nil {
		return 0, nil, err
	}
	return ok, nil, a.onInstance(r, field, func(_ *store.Tx, _ *atelier.Workspace, c *atelier.Compute) error {
		setField(c, field, raw)
		return nil
	})
}

// setField changes one of the fields that are kept as they are.
func setField(c *atelier.Compute, field string, raw json.RawMessage) {
	s := c.Spec.Instance
	fields := map[string]json.RawMessage{}
	for _, name := range sorted(s.Fields) {
		fields[name] = s.Fields[name]
	}
	if fields[field] = raw; emptyJSON(raw) {
		delete(fields, field)
	}
	if !sameJSON(fields, s.Fields) {
		s.Fields = fields
		c.Generation++
	}
}

// enableSSO is a private operation of Microsoft's Python client.
func (a *API) enableSSO(r *arm.Request) (int, any, error) {
	var in struct {
		SSO *bool `json:"enableSSO"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	if in.SSO == nil {
		return 0, nil, missing("enableSSO")
	}
	return ok, nil, a.onInstance(r, "enableSso", func(_ *store.Tx, _ *atelier.Workspace, c *atelier.Compute) error {
		raw := json.RawMessage("false")
		if *in.SSO {
			raw = json.RawMessage("true")
		}
		setField(c, "enableSSO", raw)
		return nil
	})
}

// checkName says whether a compute can be created by the name.
func (a *API) checkName(r *arm.Request) (int, any, error) {
	var in struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	out := struct {
		Available bool    `json:"nameAvailable"`
		Reason    *string `json:"reason"`
		Message   *string `json:"message"`
	}{Available: true}
	refuse := func(reason string, err error) {
		words := err.Error()
		out.Available, out.Reason, out.Message = false, &reason, &words
	}
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		if err := atelier.CheckComputeName(in.Name); err != nil {
			refuse("Invalid", err)
			return nil
		}
		c := &atelier.Compute{Meta: atelier.Meta{ID: w.ID.Child(atelier.KindCompute, in.Name), Name: in.Name}}
		there, err := get[atelier.Compute](tx, c.ID)
		if err != nil {
			return err
		}
		loc, _ := a.location(w.Location)
		if there != nil {
			refuse("AlreadyExists", nameTaken(in.Name))
		} else if err := a.checkUnique(tx, c, loc); atelier.IsKind(err, atelier.Conflict) {
			refuse("AlreadyExists", err)
		} else if err != nil {
			return err
		}
		return nil
	})
	return ok, out, err
}

// hostOnly is an address without its port.
func hostOnly(address string) string {
	if ap, err := netip.ParseAddrPort(address); err == nil {
		return ap.Addr().String()
	}
	return address
}
