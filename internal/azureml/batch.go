package azureml

import (
	"errors"
	"fmt"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// Limits of a batch.
const (
	maxBatch      = 10_000
	maxBatchBytes = 64 << 20
)

type batchIn struct {
	Value []struct {
		Name       string    `json:"name"`
		Properties *jobProps `json:"properties"`
	} `json:"value"`
}

type batchItem struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

// submitJobs submits all jobs of the body in one transaction, or none: the error's
// target names the first at fault.
func (a *API) submitJobs(r *arm.Request) (int, any, error) {
	var in batchIn
	if err := r.Decode(&in); err != nil {
		return 0, nil, err
	}
	switch n := len(in.Value); {
	case n == 0:
		return 0, nil, missing("value")
	case n > maxBatch:
		return 0, nil, atelier.Errorf(atelier.TooLarge, "TooManyJobs", "the batch has %d jobs; at most %d are possible, send several batches", n, maxBatch).At("value")
	}
	out := struct {
		Value []batchItem `json:"value"`
	}{make([]batchItem, 0, len(in.Value))}
	err := a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		l, first := newLookup(tx, w), make(map[atelier.ID]int, len(in.Value))
		for i, item := range in.Value {
			id := w.ID.Child(atelier.KindJob, item.Name)
			if was, twice := first[id]; twice {
				return atelier.Errorf(atelier.Invalid, "DuplicateName", "jobs %d and %d of the batch are both called %q", was, i, item.Name).At(fmt.Sprintf("value[%d].name", i))
			}
			first[id] = i
			j, _, err := a.submit(tx, r, l, item.Name, item.Properties)
			if err != nil {
				return inItem(err, i)
			}
			out.Value = append(out.Value, batchItem{j.Name, string(j.Shown())})
		}
		return nil
	})
	return ok, out, err
}

// inItem names the item of the batch that the error is about.
func inItem(err error, i int) error {
	var e *atelier.Error
	if !errors.As(err, &e) {
		return err
	}
	at := fmt.Sprintf("value[%d]", i)
	if e.Target != "" {
		at += "." + e.Target
	}
	return e.At(at)
}
