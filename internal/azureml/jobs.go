package azureml

import (
	"cmp"
	"net/http"
	"reflect"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) jobRoutes() []arm.Route {
	const one, act = inWS + "/jobs/{job}", ws + "jobs/"
	return []arm.Route{
		route("GET", inWS+"/jobs", act+"read", a.listJobs),
		{Method: "PUT", Pattern: one, Action: act + "write", Handler: a.putJob, DryRun: true},
		route("GET", one, act+"read", a.getJob),
		route("POST", one+"/cancel", act+"cancel/action", a.cancelJob),
		route("DELETE", one, act+"delete", a.deleteJob),
		route("GET", inLoc+"/mfeOperationResults/{operation}", rp+"locations/mfeOperationResults/read", a.getOperationResult),
	}
}

func jobOf(tx *store.Tx, r *arm.Request) (*atelier.Job, error) {
	name := r.Param("job")
	j, err := get[atelier.Job](tx, r.Workspace().Child(atelier.KindJob, name))
	if err == nil && j == nil {
		err = atelier.Errorf(atelier.NotFound, "UserError", "Job %s was not found in workspace %s", name, r.Param("workspace"))
	}
	return j, err
}

func (a *API) getJob(r *arm.Request) (int, any, error) {
	var shown any
	err := a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		j, err := jobOf(tx, r)
		if err != nil {
			return err
		}
		out := jobOutOf(r, w, j, jobVerbs.permissions(r))
		if !j.Status.State.Terminal() && j.Spec.Document == nil {
			if out.Properties.Reasons, err = a.whyJob(tx, j); err != nil {
				return err
			}
		}
		shown, err = showJob(out, j)
		return err
	})
	return ok, shown, err
}

// putJob submits a job, or with dryRun says what it would be. The same body again
// changes nothing; of a job that exists only what describes it may change.
func (a *API) putJob(r *arm.Request) (int, any, error) {
	var in jobIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	if err := in.keep(r); err != nil {
		return 0, nil, err
	}
	status, name := http.StatusOK, r.Param("job")
	var out any
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		j, isNew, err := a.submit(tx, r, newLookup(tx, w), name, in.Properties)
		if err != nil {
			return err
		}
		if isNew && !r.Dry {
			status = http.StatusCreated
		}
		out, err = showJob(jobOutOf(r, w, j, jobVerbs.permissions(r)), j)
		return err
	})
	if status == http.StatusCreated {
		r.Reply.Set("Location", r.Base()+r.URL.EscapedPath()+"?"+r.URL.RawQuery)
	}
	return status, out, err
}

// submit records the job in the transaction, or the change of one that exists. It
// creates first and looks afterwards: nearly all jobs are new, and a look costs as
// much as a write.
func (a *API) submit(tx *store.Tx, r *arm.Request, l *lookup, name string, in *jobProps) (j *atelier.Job, isNew bool, err error) {
	spec, err := in.spec(l, name)
	if err != nil {
		return nil, false, err
	}
	id := l.w.ID.Child(atelier.KindJob, name)
	refused := checkName("job name", name)
	if refused == nil && spec.Document == nil {
		refused = l.check(spec)
	}
	if refused == nil {
		j = &atelier.Job{Meta: a.meta(r, id, name), Spec: *spec}
		if err := store.Put(tx, j); !atelier.IsKind(err, atelier.Conflict) {
			return j, true, err
		}
	}
	if j, err = get[atelier.Job](tx, id); err != nil {
		return nil, false, err
	}
	if j == nil {
		return nil, false, refused
	}
	return j, false, a.changeJob(tx, r, j, spec)
}

func (a *API) changeJob(tx *store.Tx, r *arm.Request, j *atelier.Job, spec *atelier.JobSpec) error {
	if err := jobFixed(&j.Spec, spec); err != nil {
		return err
	}
	was := j.Spec
	j.Spec.Tags, j.Spec.Properties, j.Spec.DisplayName = spec.Tags, spec.Properties, spec.DisplayName
	j.Spec.Description, j.Spec.Archived = spec.Description, spec.Archived
	if reflect.DeepEqual(was, j.Spec) {
		return nil
	}
	j.Generation++
	a.touch(r, &j.Meta)
	return store.Put(tx, j)
}

// jobFixed returns an error that names the first field that differs and may not
// change once a job is submitted. What is only passed through does not count: the
// answer shows more of it than was sent.
func jobFixed(old, asks *atelier.JobSpec) error {
	for _, f := range []struct {
		field    string
		was, now any
	}{
		{"jobType", old.Type, asks.Type},
		{"experimentName", old.Experiment, asks.Experiment},
		{"computeId", old.Compute, asks.Compute},
		{"command", old.Command, asks.Command},
		{"codeId", old.Code, asks.Code},
		{"environmentId", old.Environment, asks.Environment},
		{"environmentVariables", old.Env, asks.Env},
		{"inputs", old.Inputs, asks.Inputs},
		{"outputs", old.Outputs, said(old.Outputs, asks.Outputs)},
		{"resources.instanceCount", old.Instances, asks.Instances},
		{"limits.timeout", old.Timeout, asks.Timeout},
		{"distribution", old.Distribution, asks.Distribution},
		{"properties." + propAttempts, old.MaxAttempts, asks.MaxAttempts},
		{"properties." + propPriority, old.Priority, asks.Priority},
	} {
		if !reflect.DeepEqual(f.was, f.now) {
			return atelier.Errorf(atelier.Conflict, "PropertyChangeNotAllowed",
				"%s cannot change once a job is submitted; only tags, displayName, description, properties and isArchived can. Submit another job under a new name", f.field).At("properties." + f.field)
		}
	}
	return nil
}

// said are the outputs that a body asks for, completed by what they are: one client
// sends back of each only its type, also of the one that every job has (jobwire.go).
func said(old, asks map[string]atelier.Output) map[string]atelier.Output {
	var out map[string]atelier.Output
	for name, o := range asks {
		was, known := old[name]
		if name == "default" && !known && o == (atelier.Output{Type: "uri_folder"}) {
			continue
		}
		o.URI, o.Mode, o.Name = cmp.Or(o.URI, was.URI), cmp.Or(o.Mode, was.Mode), cmp.Or(o.Name, was.Name)
		if out == nil {
			out = map[string]atelier.Output{}
		}
		out[name] = o
	}
	return out
}

// listJobs filters after reading: what few jobs match takes several looks.
func (a *API) listJobs(r *arm.Request) (int, any, error) {
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	keep, err := jobFilter(r)
	if err != nil {
		return 0, nil, err
	}
	list, may := arm.List[any]{Value: []any{}}, jobVerbs.permissions(r)
	own := r.Query("api-version") == arm.OwnVersion
	err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		q := store.Query{Kind: atelier.KindJob, Parent: w.ID, State: r.Query("status"), After: page.After, Limit: page.Top, Newest: true}
		if c := r.Query("compute"); c != "" {
			q.Compute = w.ID.Child(atelier.KindCompute, lastSegment(c))
		}
		const looks = 20 // of a page each, before the client is asked to come back
		for range looks {
			found, next, err := store.List[atelier.Job](tx, q)
			if err != nil {
				return err
			}
			for _, j := range found {
				if !keep(j) {
					continue
				}
				one := jobOutOf(r, w, j, may)
				if own && j.Shown() == atelier.JobQueued {
					if one.Properties.Reasons, err = a.whyJob(tx, j); err != nil {
						return err
					}
				}
				out, err := showJob(one, j)
				if err != nil {
					return err
				}
				list.Value = append(list.Value, out)
			}
			list.NextLink, q.After = r.Next(next), next
			if next == 0 || len(list.Value) >= page.Top {
				break
			}
		}
		return nil
	})
	return ok, list, err
}

func jobFilter(r *arm.Request) (func(*atelier.Job) bool, error) {
	view := r.Query("listViewType")
	switch normal(view) {
	case "", "activeonly", "archivedonly", "all":
	default:
		return nil, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "listViewType is %q; it must be ActiveOnly, ArchivedOnly or All", view).At("listViewType")
	}
	kind, tags, props := r.Query("jobType"), r.Query("tag"), r.Query("properties")
	experiment, by, text := r.Query("experimentName"), r.Query("createdBy"), strings.ToLower(r.Query("search"))
	ofSchedule := strings.EqualFold(r.Query("scheduled"), "true") || r.Query("scheduleId") != ""
	return func(j *atelier.Job) bool {
		if ofSchedule { // no schedule has made any yet
			return false
		}
		switch normal(view) {
		case "", "activeonly":
			if j.Spec.Archived {
				return false
			}
		case "archivedonly":
			if !j.Spec.Archived {
				return false
			}
		}
		return (kind == "" || strings.EqualFold(kind, j.Spec.Type)) && hasAll(j.Spec.Tags, tags) && hasAll(j.Spec.Properties, props) &&
			(experiment == "" || strings.EqualFold(experiment, j.Spec.Experiment)) && (by == "" || strings.EqualFold(by, j.CreatedBy)) && named(j, text)
	}, nil
}

// named reports whether one of the job's names has the text in it, which is in lower case.
func named(j *atelier.Job, text string) bool {
	return text == "" || strings.Contains(strings.ToLower(j.Name), text) || strings.Contains(strings.ToLower(j.Spec.DisplayName), text)
}

// hasAll reports whether the map has all of "k,k=v,…".
func hasAll(m map[string]string, wants string) bool {
	if wants == "" {
		return true
	}
	for want := range strings.SplitSeq(wants, ",") {
		key, value, exact := strings.Cut(want, "=")
		have, found := m[key]
		if !found || exact && have != value {
			return false
		}
	}
	return true
}

// cancelJob asks for the end. Of an ended job there is nothing to cancel.
func (a *API) cancelJob(r *arm.Request) (int, any, error) {
	status := http.StatusAccepted
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		j, err := jobOf(tx, r)
		if err != nil {
			return err
		}
		if j.Status.State.Terminal() {
			status = http.StatusOK
			return nil
		}
		if j.CancelAt.IsZero() {
			j.CancelAt, j.CancelBy = a.Now().UTC(), r.Caller.Name()
			a.touch(r, &j.Meta)
			if err := store.Put(tx, j); err != nil {
				return err
			}
			tx.Note(j.ID, "CancelRequested", "%s asked for the end of the job", r.Caller.Name())
		}
		o, err := a.operate(tx, r, w, &j.Meta, "cancel")
		if err == nil {
			r.Result(statusPath(w, "mfeOperationResults", o))
		}
		return err
	})
	return status, nil, err
}

// deleteJob removes an ended job and what it left. The bytes go first: whatever
// stops this half-way, the job is still there to delete again.
func (a *API) deleteJob(r *arm.Request) (int, any, error) {
	var j *atelier.Job
	var w *atelier.Workspace
	err := a.read(r, func(tx *store.Tx, in *atelier.Workspace) (err error) {
		w = in
		j, err = get[atelier.Job](tx, w.ID.Child(atelier.KindJob, r.Param("job")))
		return err
	})
	switch {
	case err != nil:
		return 0, nil, err
	case j == nil:
		return http.StatusNoContent, nil, nil
	case !j.Status.State.Terminal():
		return 0, nil, atelier.Errorf(atelier.Conflict, "JobNotTerminal",
			"job %q is %s; cancel it and wait for its end before you delete it", j.Name, j.Shown())
	}
	if err := a.Blobs.Delete(r.Context(), atelier.OutputPrefix(w.UID, j.Name)); err != nil {
		return 0, nil, err
	}
	if err := a.Logs.Delete(r.Context(), j.UID); err != nil {
		return 0, nil, err
	}
	uid := j.UID
	return ok, nil, a.write(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		j, err := get[atelier.Job](tx, j.ID)
		if err != nil || j == nil || j.UID != uid {
			return err
		}
		tasks, err := store.All[atelier.Task](tx, store.Query{Kind: atelier.KindTask, Parent: j.ID})
		if err != nil {
			return err
		}
		for _, t := range tasks {
			if err := store.Delete(tx, t); err != nil {
				return err
			}
		}
		return store.Delete(tx, j)
	})
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
