package azureml

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

var update = flag.Bool("update", false, "write the golden answers anew")

// TestWire plays the files of testdata/wire. Each is a story of three kinds of
// parts: "> METHOD PATH" is a request with its body, "< answer" the golden answer to
// it, and "! STEP" what the platform does meanwhile. {poll} is the last URL to poll.
func TestWire(t *testing.T) {
	files, err := filepath.Glob("testdata/wire/*.txtar")
	must(t, err)
	if len(files) < 5 {
		t.Fatalf("only %d files", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			must(t, err)
			w := newWorld(t)
			var out []txtar.File
			answer, poll := "", ""
			for _, f := range a.Files {
				kind, rest, _ := strings.Cut(f.Name, " ")
				switch kind {
				case "!":
					w.step(rest)
					out = append(out, f)
				case ">":
					method, path, _ := strings.Cut(rest, " ")
					w.tick(time.Second)
					r := w.ann(method, strings.ReplaceAll(unshort(path), "{poll}", poll), unshort(string(f.Data)))
					poll = cmp.Or(r.Header.Get("Azure-AsyncOperation"), r.Header.Get("Location"), poll)
					answer = golden(r)
					out = append(out, f, txtar.File{Name: "< answer", Data: []byte(answer)})
				case "<":
					if got := string(f.Data); !*update && got != answer {
						t.Errorf("the answer to %s is\n%s\nwant\n%s", out[len(out)-2].Name, answer, got)
					}
				default:
					t.Fatalf("part %q", f.Name)
				}
			}
			if whole := txtar.Format(&txtar.Archive{Comment: a.Comment, Files: out}); *update {
				must(t, os.WriteFile(file, whole, 0o644))
			} else if old, err := os.ReadFile(file); err != nil || !bytes.Equal(old, whole) && !t.Failed() {
				t.Errorf("%s lacks answers; run with -update (%v)", file, err)
			}
		})
	}
}

func unshort(s string) string {
	return strings.NewReplacer("{ws}", wsURL, "{loc}", locURL, "{sub}", subscription).Replace(s)
}

// golden is an answer as the files show it.
func golden(r reply) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", r.StatusCode)
	for _, h := range []string{"Azure-AsyncOperation", "Location", "Retry-After", "x-ms-error-code"} {
		if v := r.Header.Get(h); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", h, v)
		}
	}
	if r.body != "" {
		var buf bytes.Buffer
		must(r.t, json.Indent(&buf, []byte(r.body), "", " "))
		b.WriteString(buf.String() + "\n")
	}
	return strings.NewReplacer(wsURL, "{ws}", locURL, "{loc}", subscription, "{sub}").Replace(b.String())
}

// step is what the platform does: "provision gpu", "start job 1", …
func (w *world) step(line string) {
	w.t.Helper()
	w.tick(time.Second)
	f := strings.Fields(line)
	compute := func() atelier.ID { return w.main.ID.Child(atelier.KindCompute, f[1]) }
	switch f[0] {
	case "provision":
		w.provision(f[1])
	case "fail":
		change(w, compute(), func(c *atelier.Compute) {
			c.Status.Observed, c.Status.State = c.Generation, atelier.Failed
			c.Status.Errors = []atelier.Problem{{Code: "NodesDidNotBoot", Message: "1 of 1 nodes did not boot"}}
		})
	case "instance": // instance NAME STATE OPERATION STATUS
		change(w, compute(), func(c *atelier.Compute) {
			c.Status.Observed, c.Status.State = c.Generation, atelier.Succeeded
			c.Status.Instance = &atelier.InstanceStatus{
				State: atelier.InstanceState(f[2]), Since: w.now, Seen: c.Spec.Instance.Asked.Generation, Address: "127.0.0.1:7",
				Operation: atelier.LastOperation{Name: f[3], At: w.now, Status: f[4], Trigger: atelier.TriggerUser},
			}
		})
	case "gone":
		w.do(func(tx *store.Tx) error {
			c, err := store.Get[atelier.Compute](tx, compute())
			if err != nil {
				return err
			}
			return store.Delete(tx, c)
		})
	case "node":
		n := &atelier.Node{Meta: atelier.Meta{ID: compute().Child(atelier.KindNode, f[2]), Name: f[2], UID: f[2]}, Compute: compute(), State: atelier.Ready, Since: w.now, Host: atelier.Host{Address: "127.0.0.1", VCPUs: 2, MemoryGiB: 7}}
		w.do(func(tx *store.Tx) error { return store.Put(tx, n) })
		change(w, compute(), func(c *atelier.Compute) {
			c.Status.Current, c.Status.Target, c.Status.Counts.Idle, c.Status.ResizingSince = 1, 1, 1, w.now
		})
	case "start":
		w.start(f[1], 1)
	case "end":
		w.end(f[1], 1, true)
	default:
		w.t.Fatalf("step %q", line)
	}
}
