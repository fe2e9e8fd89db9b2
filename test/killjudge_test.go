package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
	"github.com/atelier-compute/atelier/internal/store"
)

// judge reads the database of a server that has ended, and the lines that the jobs
// left, and compares.
func (k *killLoop) judge(t *testing.T) {
	db, err := store.OpenSQLite(t.Context(), filepath.Join(k.dir, "atelier.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Verify(t.Context()); err != nil {
		t.Errorf("the database does not verify: %v", err)
	}
	var events []atelier.Event
	jobs := map[string]*atelier.Job{}
	err = db.Read(t.Context(), func(tx *store.Tx) (err error) {
		if events, err = store.Events(tx, store.EventQuery{}); err != nil {
			return err
		}
		for name := range k.asked {
			id := atelier.WorkspaceID(atelier.DefaultSubscription, atelier.DefaultResourceGroup, atelier.DefaultWorkspace).Child(atelier.KindJob, name)
			j, err := store.Get[atelier.Job](tx, id)
			if atelier.IsKind(err, atelier.NotFound) {
				t.Errorf("job %s was acknowledged and is not there", name)
				continue
			}
			if err != nil {
				return err
			}
			jobs[name] = j
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	told, lost := histories(events)
	lines := readLines(t, k.lines)
	t.Logf("%d events, %d lines, %d nodes lost", len(events), len(lines), lost)
	wrong := 0
	for name, j := range jobs {
		faults := told[name].faults(j, lines, lost)
		if len(faults) == 0 {
			continue
		}
		if wrong++; wrong <= 5 { // the first few tell it
			t.Errorf("job %s: %s\n%s", name, strings.Join(faults, "; "), told[name])
		}
	}
	if wrong > 5 {
		t.Errorf("%d jobs are wrong in all", wrong)
	}
	for name := range told {
		if _, ok := k.asked[name]; !ok {
			t.Errorf("nobody submitted job %s", name)
		}
	}
	for line := range lines {
		if name, _, _ := strings.Cut(line, " "); told[name] == nil {
			t.Errorf("the line %q is of no job", line)
		}
	}
}

// histories sorts events by job, and counts the nodes that were lost.
func histories(events []atelier.Event) (jobs map[string]*history, lost int) {
	jobs = map[string]*history{}
	for _, e := range events {
		if e.Target.Kind() == atelier.KindNode && e.State == string(atelier.Lost) {
			lost++
		}
		id := e.Target
		if id.Kind() == atelier.KindTask {
			id = id.Parent()
		}
		if id.Kind() != atelier.KindJob {
			continue
		}
		h := jobs[id.Name()]
		if h == nil {
			h = new(history)
			jobs[id.Name()] = h
		}
		h.add(e)
	}
	return jobs, lost
}

// history is a job as its events tell it.
type history struct {
	events   []atelier.Event
	state    string
	ended    int // transitions to a last state
	reborn   int // transitions from one
	attempts int // the highest number that a task of it has
}

func (h *history) add(e atelier.Event) {
	h.events = append(h.events, e)
	if e.Target.Kind() == atelier.KindTask {
		number, _, _ := strings.Cut(e.Target.Name(), "-")
		n, _ := strconv.Atoi(number)
		h.attempts = max(h.attempts, n)
		return
	}
	was, is := client.Terminal(h.state), client.Terminal(e.State)
	if is && h.state != e.State {
		h.ended++
	}
	if was && h.state != e.State {
		h.reborn++
	}
	h.state = e.State
}

// faults are what is wrong with a job, in words.
func (h *history) faults(j *atelier.Job, lines map[string]int, lost int) (list []string) {
	fault := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if h == nil {
		return []string{"it has no events"}
	}
	if j.Status.State != atelier.JobCompleted || h.state != string(atelier.JobCompleted) {
		fault("it is %s, and its last event says %s", j.Status.State, h.state)
	}
	if h.ended != 1 || h.reborn != 0 {
		fault("it ended %d times and was taken up %d times after that", h.ended, h.reborn)
	}
	if h.attempts != j.Status.Attempt {
		fault("it is at attempt %d, and its tasks go to %d", j.Status.Attempt, h.attempts)
	}
	if j.Status.Attempt != 1 && lost == 0 {
		fault("it took %d attempts, and no node was lost", j.Status.Attempt)
	}
	for n := 1; n <= max(1, h.attempts); n++ {
		wrote := lines[fmt.Sprint(j.Name, " ", n)]
		if wrote > 1 || wrote == 0 && n == j.Status.Attempt {
			fault("attempt %d wrote its line %d times", n, wrote)
		}
	}
	if n := lines[fmt.Sprint(j.Name, " ", h.attempts+1)]; n > 0 {
		fault("attempt %d, of which no event tells, wrote its line", h.attempts+1)
	}
	return list
}

func (h *history) String() string {
	var b strings.Builder
	if h == nil {
		return ""
	}
	for _, e := range h.events {
		fmt.Fprintf(&b, "  %d %s %s %s %s %s %s %s\n", e.Seq, e.At.Format("15:04:05.000"), e.Target.Name(), e.Verb, e.State, e.Actor, e.Reason, e.Message)
	}
	return b.String()
}

// readLines counts the lines of a file. All are complete: each is one write.
func readLines(t *testing.T, path string) map[string]int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	for line := range strings.Lines(string(data)) {
		text, whole := strings.CutSuffix(line, "\n")
		if !whole {
			t.Errorf("the line %q has no end", line)
		}
		lines[text]++
	}
	return lines
}
