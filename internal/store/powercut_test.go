//go:build unix

package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const (
	writerEnv = "STORE_TEST_WRITER" // the sync mode and the file: makes the test binary a writer
	writers   = 4
	patience  = 30 * time.Second
)

// TestWriterProcess is no test but the process that the tests below cut off: it
// writes jobs and says on its output which are durable, until its input ends.
func TestWriterProcess(t *testing.T) {
	mode, path, ok := strings.Cut(os.Getenv(writerEnv), ":")
	if !ok {
		t.Skip("only as a child of the power-cut tests")
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0) // the parent is gone
	}()
	db, err := store.OpenSQLiteSync(t.Context(), path, time.Now, mode)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := 0; ; n++ {
				j := numbered(fmt.Sprintf("%d-%d", w, n))
				if err := db.Do(t.Context(), func(tx *store.Tx) error { return store.Put(tx, j) }); err != nil {
					t.Error(err)
					return
				}
				if _, err := fmt.Fprintf(os.Stdout, "ack %s\n", j.Name); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func numbered(name string) *atelier.Job {
	return &atelier.Job{Meta: atelier.Meta{ID: workspace.Child(atelier.KindJob, name), Name: name, UID: name}}
}

// writer is the child and what it has acknowledged.
type writer struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *os.File

	mu    sync.Mutex
	acked []string
	read  int // bytes
}

func startWriter(t *testing.T, mode, path string) *writer {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{cmd: exec.Command(os.Args[0], "-test.run=^TestWriterProcess$"), out: out}
	w.cmd.Env = append(os.Environ(), writerEnv+"="+mode+":"+path)
	w.cmd.Stdout, w.cmd.Stderr = in, os.Stderr
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close() // the child has its own
	var reading sync.WaitGroup
	reading.Go(w.collect)
	t.Cleanup(func() {
		w.kill()
		reading.Wait()
		_ = out.Close()
	})
	return w
}

func (w *writer) collect() {
	lines := bufio.NewReader(w.out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		w.mu.Lock()
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "ack "); ok {
			w.acked = append(w.acked, name)
		}
		w.read += len(line)
		w.mu.Unlock()
	}
}

func (w *writer) kill() {
	_ = w.cmd.Process.Kill() // may be dead
	_ = w.cmd.Wait()
}

// await waits for more acknowledgements and returns how many there are.
func (w *writer) await(t *testing.T, n int) int {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		w.mu.Lock()
		got := len(w.acked)
		w.mu.Unlock()
		if got >= n {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("the writer acknowledged %d changes, want %d", got, n)
		}
		pause()
	}
}

// pause lets the real processes around the test go on.
func pause() { time.Sleep(time.Millisecond) }

// stop freezes the writer and returns what it had acknowledged by then.
func (w *writer) stop(t *testing.T) []string {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stat := fmt.Sprintf("/proc/%d/stat", w.cmd.Process.Pid)
	for end := time.Now().Add(patience); ; pause() {
		b, err := os.ReadFile(stat)
		if err != nil || time.Now().After(end) {
			t.Fatalf("the writer does not stop: %v", err)
		}
		if _, state, _ := strings.Cut(string(b), ") "); strings.HasPrefix(state, "T") {
			break
		}
	}
	return w.drain()
}

// drain empties the pipe of the stopped writer and returns all acknowledgements.
func (w *writer) drain() []string {
	for before := -1; ; pause() {
		w.mu.Lock()
		now, acked := w.read, slices.Clone(w.acked)
		w.mu.Unlock()
		if now == before {
			return acked
		}
		before = now
	}
}

// compare counts what was acknowledged and is not there.
func compare(t *testing.T, path string, acked []string) (lost int) {
	t.Helper()
	db, err := store.OpenSQLite(t.Context(), path, time.Now)
	if err != nil {
		t.Logf("after the cut: %v", err)
		return len(acked)
	}
	defer func() { _ = db.Close() }()
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	err = db.Read(t.Context(), func(tx *store.Tx) error {
		for _, name := range acked {
			_, err := store.Get[atelier.Job](tx, numbered(name).ID)
			if atelier.IsKind(err, atelier.NotFound) {
				lost++
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return lost
}

// TestKill kills the writer. The kernel keeps what was written, so nothing can be
// lost however little was synced: that is why the power cuts below are needed.
func TestKill(t *testing.T) {
	for _, mode := range []string{"FULL", "OFF"} {
		t.Run(strings.ToLower(mode), func(t *testing.T) {
			for round := range 3 {
				path := filepath.Join(t.TempDir(), "atelier.db")
				w := startWriter(t, mode, path)
				w.await(t, 200)
				w.kill()
				acked := w.drain()
				if lost := compare(t, path, acked); lost > 0 {
					t.Errorf("round %d: kill -9 lost %d of %d", round, lost, len(acked))
				}
			}
		})
	}
}

// TestPowerCut copies the disk under the writer while that stands still: the copy
// has what the disk has, and nothing of what the kernel only meant to write.
func TestPowerCut(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("a power cut needs Linux and root, for a file system on a loop device")
	}
	for _, test := range []struct {
		mode  string
		cuts  int
		loses bool
	}{{"FULL", 6, false}, {"NORMAL", 1, true}, {"OFF", 1, true}} {
		t.Run(strings.ToLower(test.mode), func(t *testing.T) {
			disk := t.TempDir()
			image := filepath.Join(disk, "image")
			makeExt4(t, image)
			w := startWriter(t, test.mode, filepath.Join(mount(t, image), "atelier.db"))
			lost, all := 0, 0
			for cut := range test.cuts {
				w.await(t, all+500)
				acked := w.stop(t)
				snapshot := filepath.Join(disk, fmt.Sprint("cut", cut))
				copyFile(t, image, snapshot)
				if err := w.cmd.Process.Signal(syscall.SIGCONT); err != nil {
					t.Fatal(err)
				}
				all = len(acked)
				lost += compare(t, filepath.Join(mount(t, snapshot), "atelier.db"), acked)
			}
			t.Logf("%d of %d acknowledged changes lost in %d cuts", lost, all, test.cuts)
			if (lost > 0) != test.loses {
				t.Errorf("lost %d of %d; losing is expected: %v", lost, all, test.loses)
			}
		})
	}
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func makeExt4(t *testing.T, image string, options ...string) {
	t.Helper()
	f, err := os.Create(image)
	if err == nil {
		err = errors.Join(f.Truncate(96<<20), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := run("mkfs.ext4", append([]string{"-q", "-F", image}, options...)...); err != nil {
		t.Skipf("needs mkfs.ext4: %v", err)
	}
}

// mount returns where the image is mounted. Unmounting frees the loop device.
func mount(t *testing.T, image string) string {
	t.Helper()
	return mountAs(t, "-o", "loop", image)
}

func mountAs(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := run("mount", append(args, dir)...); err != nil {
		t.Skipf("needs to mount file systems: %v", err)
	}
	t.Cleanup(func() {
		if err := run("umount", dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	dst, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		t.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
}
