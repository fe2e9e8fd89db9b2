package azureml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/logs"
	"github.com/atelier-compute/atelier/internal/store"
)

type logOut struct {
	Name    string `json:"name"`
	Attempt int    `json:"attempt"`
	Rank    int    `json:"rank"`
	Size    int64  `json:"size"`
}

func (a *API) listLogs(r *arm.Request) (int, any, error) {
	j, err := a.jobNow(r)
	if err != nil {
		return 0, nil, err
	}
	found, err := a.Logs.List(r.Context(), j.UID)
	list := arm.List[logOut]{Value: []logOut{}}
	for _, l := range found {
		list.Value = append(list.Value, logOut{l.Stream, l.Attempt, l.Rank, l.Size})
	}
	return ok, list, err
}

func (a *API) jobNow(r *arm.Request) (j *atelier.Job, err error) {
	err = a.read(r, func(tx *store.Tx, _ *atelier.Workspace) (err error) {
		j, err = jobOf(tx, r)
		return err
	})
	return j, err
}

// getLog sends one log of one task, from an offset on. With follow it sends what
// comes until the task has ended and all is sent.
func (a *API) getLog(r *arm.Request) (int, any, error) {
	j, err := a.jobNow(r)
	if err != nil {
		return 0, nil, err
	}
	key := logs.Key{Job: j.UID, Stream: r.Param("path")}
	if key.Attempt, err = count(r, "attempt", j.Status.Attempt); err != nil {
		return 0, nil, err
	}
	if key.Rank, err = count(r, "rank", 0); err != nil {
		return 0, nil, err
	}
	from, err := count(r, "offset", 0)
	if err != nil {
		return 0, nil, err
	}
	t := a.tail(r, j, 0)
	if !t.follow {
		f, _, err := a.Logs.Open(r.Context(), key)
		if err != nil {
			return 0, nil, notLogged(err, j, key)
		}
		f.Close()
	}
	return t.send(func(s *jobNow) (bool, error) {
		if key.Attempt == 0 { // not begun when it was asked for
			key.Attempt = s.attempt
		}
		if _, begun := t.at[key]; !begun { // what the client has is not read again
			t.at[key] = int64(from)
		}
		over := s.ended || key.Attempt > 0 && s.over(key.Attempt, key.Rank)
		return over, t.copy(key)
	})
}

func notLogged(err error, j *atelier.Job, key logs.Key) error {
	if atelier.IsKind(err, atelier.NotFound) {
		return atelier.Errorf(atelier.NotFound, "LogNotFound", "attempt %d of job %q has no log %q of rank %d; `atelier job logs %s` shows what there is",
			key.Attempt, j.Name, key.Stream, key.Rank, j.Name)
	}
	return err
}

// getOutput sends all that the job says, in reading order: of each attempt how its
// environment was made, then what rank 0 printed. With follow it goes on until the
// job has ended.
func (a *API) getOutput(r *arm.Request) (int, any, error) {
	j, err := a.jobNow(r)
	if err != nil {
		return 0, nil, err
	}
	from, err := count(r, "offset", 0)
	if err != nil {
		return 0, nil, err
	}
	follow, _ := strconv.ParseBool(r.Query("follow")) // anything else is no
	return a.sendOutput(r, j, int64(from), follow)
}

func (a *API) sendOutput(r *arm.Request, j *atelier.Job, from int64, follow bool) (int, any, error) {
	t := a.tail(r, j, from)
	t.follow = follow
	attempt := 1
	return t.send(func(s *jobNow) (bool, error) {
		for {
			over := s.over(attempt, 0)
			if err := t.copyAttempt(attempt, over || s.running(attempt)); err != nil {
				return false, err
			}
			if attempt >= s.attempt || !over && t.follow {
				return s.ended, nil
			}
			attempt++
			if err := t.write(fmt.Appendf(nil, "\n--- attempt %d ---\n", attempt)); err != nil {
				return false, err
			}
		}
	})
}

// tail sends logs of a job as they grow.
type tail struct {
	a      *API
	ctx    context.Context
	r      *arm.Request
	job    *atelier.Job
	follow bool
	skip   int64              // bytes of the whole that the client has already
	at     map[logs.Key]int64 // up to where each log was read
	w      http.ResponseWriter
	dirty  bool // something is not flushed yet
}

func (a *API) tail(r *arm.Request, j *atelier.Job, from int64) *tail {
	follow, _ := strconv.ParseBool(r.Query("follow")) // anything else is no
	return &tail{a: a, ctx: r.Context(), r: r, job: j, follow: follow, skip: from, at: map[logs.Key]int64{}}
}

// send answers with what step writes. Step is called with what is known of the job
// at that moment and says whether all was written that ever comes.
func (t *tail) send(step func(*jobNow) (done bool, err error)) (int, any, error) {
	t.r.Reply.Set("Content-Type", "text/plain; charset=utf-8")
	t.r.Unhurried()
	return ok, arm.Stream(func(w http.ResponseWriter) error {
		t.w = w
		grown := t.a.Logs.Follow(t.job.UID)
		defer grown.Close()
		changed := t.a.DB.Watch()
		defer t.a.DB.Unwatch(changed)
		tick := time.NewTicker(keepAlive)
		defer tick.Stop()
		if err := t.flush(); err != nil { // the headers: the client knows that it is heard
			return err
		}
		for {
			s, err := t.a.jobState(t.ctx, t.job)
			if err != nil {
				return err
			}
			done, err := step(s)
			if err == nil && t.dirty {
				err = t.flush()
			}
			if done || err != nil || !t.follow {
				return err
			}
			if err := t.wait(grown.Wake, changed, tick.C); err != nil {
				return err
			}
			if !t.r.Still() {
				return errNotStill
			}
		}
	}), nil
}

// errNotStill breaks a log off: an end would say that the job has ended.
var errNotStill = errors.New("the caller may not read on")

// wait returns when a log grew, the job or one of its tasks changed, or it is time to
// ask whether the caller may read on.
func (t *tail) wait(grown <-chan struct{}, changed *store.Changes, tick <-chan time.Time) error {
	for {
		select {
		case <-t.ctx.Done():
			return t.ctx.Err()
		case <-grown:
			return nil
		case <-tick:
			return nil
		case <-changed.Wake:
			for _, id := range changed.Take() {
				if id == t.job.ID || strings.HasPrefix(string(id), string(t.job.ID)+"/") {
					return nil
				}
			}
		}
	}
}

func (t *tail) flush() error {
	t.dirty = false
	return http.NewResponseController(t.w).Flush()
}

// copyAttempt writes what is new of an attempt: how its environment was made, then
// what the command prints. Once something was made, the command's words wait for
// the command to be known to run: then the first part is complete, and the whole is
// the same for every reader, which is what resuming by offset needs.
func (t *tail) copyAttempt(attempt int, runs bool) error {
	list, err := t.a.Logs.List(t.ctx, t.job.UID)
	if err != nil {
		return err
	}
	wait := false
	for _, l := range list { // sorted: azureml-logs before user_logs
		if l.Attempt != attempt || l.Rank != 0 {
			continue
		}
		switch made := strings.HasPrefix(l.Stream, "azureml-logs/"); {
		case made:
			wait = !runs
		case wait || !strings.HasPrefix(l.Stream, "user_logs/"):
			continue
		}
		if err := t.copy(l.Key); err != nil {
			return err
		}
	}
	return nil
}

// copy writes what is new of a log; one that is not there yet has nothing new.
func (t *tail) copy(key logs.Key) error {
	f, _, err := t.a.Logs.Open(t.ctx, key)
	if atelier.IsKind(err, atelier.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(t.at[key], io.SeekStart); err != nil {
		return fmt.Errorf("seek in %s: %w", key.Stream, err)
	}
	n, err := io.Copy(writerFunc(t.write), f)
	t.at[key] += n
	return err
}

type writerFunc func([]byte) error

func (f writerFunc) Write(p []byte) (int, error) {
	if err := f(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (t *tail) write(p []byte) error {
	have := min(t.skip, int64(len(p)))
	t.skip -= have
	if p = p[have:]; len(p) == 0 {
		return nil
	}
	t.dirty = true
	_, err := t.w.Write(p)
	return err
}

// jobNow is what is known of a job at one moment.
type jobNow struct {
	attempt int
	ended   bool // the job is at rest, or gone
	tasks   map[string]atelier.TaskState
}

func (a *API) jobState(ctx context.Context, was *atelier.Job) (*jobNow, error) {
	s := &jobNow{tasks: map[string]atelier.TaskState{}}
	return s, a.DB.Read(ctx, func(tx *store.Tx) error {
		j, err := get[atelier.Job](tx, was.ID)
		if err != nil {
			return err
		}
		if j == nil || j.UID != was.UID {
			s.attempt, s.ended = was.Status.Attempt, true
			return nil
		}
		s.attempt, s.ended = j.Status.Attempt, j.Status.State.Terminal()
		tasks, err := store.All[atelier.Task](tx, store.Query{Kind: atelier.KindTask, Parent: j.ID})
		for _, t := range tasks {
			s.tasks[t.ID.Name()] = t.State
		}
		return err
	})
}

// over reports whether nothing more comes of a task: it ended, or its attempt was
// given up for the next.
func (s *jobNow) over(attempt, rank int) bool {
	return s.ended || attempt < s.attempt || s.tasks[atelier.TaskName(attempt, rank)] == atelier.TaskEnded
}

// running reports whether the command of rank 0 has begun.
func (s *jobNow) running(attempt int) bool {
	return s.tasks[atelier.TaskName(attempt, 0)].Order() >= atelier.TaskRunning.Order()
}

// count reads a query parameter that counts something.
func count(r *arm.Request, name string, otherwise int) (int, error) {
	text := r.Query(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "%s is %q; it must be a whole number, 0 or more", name, text).At(name)
	}
	return n, nil
}
