package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/wire"
)

// finalize delivers what the task leaves behind: the rest of its logs, then its
// outputs, also after a failure. Its end is reported only afterwards.
func (w *worker) finalize(r Result) {
	ctx, cancel := w.step(Abandon)
	defer cancel()
	problem := problemOf(w.write(record{Phase: Finalizing, Result: r}), "RecordFailed")
	if err := w.ship.drain(ctx); err != nil && ctx.Err() == nil {
		w.a.cfg.Log.Warn("log refused", "task", w.task.ID, "err", err)
	}
	w.ship.end()
	if r.Ran {
		if err := w.outputs(ctx); err != nil && ctx.Err() == nil {
			problem = problemOf(err, "OutputsNotUploaded")
		}
	}
	if w.a.ctx.Err() != nil {
		return // the next agent goes on
	}
	if r.Problem == nil {
		r.Problem = problem
	}
	if err := w.write(record{Phase: Done, Result: r}); err != nil {
		w.a.cfg.Log.Error("record the end", "task", w.task.ID, "err", err)
	}
	w.a.feed(func(c *Core) []Action { return c.Finalized(w.a.cfg.Now(), w.key, problem) })
}

// outputs uploads the folders that have anything in them.
func (w *worker) outputs(ctx context.Context) error {
	err := errors.Join(
		w.upload(ctx, wire.OutputFolder, w.path("work", "outputs")),
		w.upload(ctx, wire.LogFolder, w.path("work", "logs")),
	)
	for _, name := range slices.Sorted(maps.Keys(w.task.Spec.Outputs)) {
		err = errors.Join(err, w.upload(ctx, name, w.path("outputs", name)))
	}
	return err
}

func (w *worker) upload(ctx context.Context, output, dir string) error {
	list, err := blob.Dir{Root: dir}.List(ctx, "")
	if err != nil {
		return fmt.Errorf("output %q: %w", output, err)
	}
	if len(list) == 0 {
		return nil
	}
	query := url.Values{"task": {string(w.task.ID)}, "output": {output}}
	err = w.a.insist(ctx, func(l *link) error {
		r, pipe := io.Pipe()
		defer r.Close()
		w.a.spawn(func() {
			_, err := blob.TarDir(ctx, dir, nil, pipe)
			if err != nil {
				err = hereError{err}
			}
			pipe.CloseWithError(err)
		})
		return l.call(ctx, "PUT", wire.PathUpload, query, r, nil)
	})
	if err != nil {
		var e *atelier.Error
		if errors.As(err, &e) && e.Code == "TaskOver" {
			return nil // its end was decided without it: there is nobody to tell
		}
		return fmt.Errorf("output %q: %w", output, err)
	}
	return nil
}
