package azureml

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

type priorityIn struct {
	Priority *int `json:"priority"`
}

// setPriority gives a job that waits another place in its queue.
func (a *API) setPriority(r *arm.Request) (int, any, error) {
	var in priorityIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	switch {
	case in.Priority == nil:
		return 0, nil, missing("priority")
	case *in.Priority < -maxPriority || *in.Priority > maxPriority:
		return 0, nil, atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "priority is %d; it must be a whole number from %d to %d", *in.Priority, -maxPriority, maxPriority).At("priority")
	}
	var shown any
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		j, err := jobOf(tx, r)
		if err != nil {
			return err
		}
		if err := waits(j); err != nil {
			return err
		}
		if was := j.Spec.Priority; was != *in.Priority {
			j.Spec.Priority, j.Spec.Properties = *in.Priority, maps.Clone(nonNil(j.Spec.Properties))
			j.Spec.Properties[propPriority] = strconv.Itoa(*in.Priority) // which is what a client that sends back what it got says
			j.Generation++
			a.touch(r, &j.Meta)
			if err := store.Put(tx, j); err != nil {
				return err
			}
			tx.Note(j.ID, "PriorityChanged", "%s changed the priority from %d to %d", r.Caller.Name(), was, j.Spec.Priority)
		}
		shown, err = showJob(jobOutOf(r, w, j, jobVerbs.permissions(r)), j)
		return err
	})
	return ok, shown, err
}

// waits says why the job's place in a queue means nothing, if it has none.
func waits(j *atelier.Job) error {
	why := ""
	switch state := j.Shown(); {
	case state.Terminal():
		why = fmt.Sprintf("it has ended already (%s)", state)
	case j.Spec.Document != nil:
		why = fmt.Sprintf("%s jobs are kept, and wait in no queue", j.Spec.Type)
	case state == atelier.JobCancelRequested:
		why = "it is being canceled"
	case state != atelier.JobQueued:
		why = fmt.Sprintf("it has its nodes already (%s)", state)
	default:
		return nil
	}
	return atelier.Errorf(atelier.Conflict, "JobNotQueued", "the priority of job %q cannot change: %s; only that of a job that waits for nodes can", j.Name, why)
}
