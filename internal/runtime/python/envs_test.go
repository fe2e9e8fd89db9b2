package python

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

// wheel writes a package for pip.
func wheel(t *testing.T, dir, name, version string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name+"-"+version+"-py3-none-any.whl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	info := name + "-" + version + ".dist-info/"
	for _, file := range []struct{ name, text string }{
		{name + ".py", "version = '" + version + "'\n"},
		{info + "METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", name + ".py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		w, err := z.Create(file.name)
		if err == nil {
			_, err = w.Write([]byte(file.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRealEnvironment builds with the machine's Python and pip, from wheels of its
// own: nothing is downloaded.
func TestRealEnvironment(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes a virtual environment, which takes seconds")
	}
	wheels, cache := t.TempDir(), t.TempDir()
	wheel(t, wheels, "tinypkg", "1.2.0")
	wheel(t, wheels, "tinypkg", "2.0.0")
	env := append(os.Environ(), "PIP_NO_INDEX=1", "PIP_FIND_LINKS="+wheels, "PYTHONPATH=/nowhere")
	e := &Envs{Cache: cache, Env: env}
	if _, err := e.interpreter(t.Context(), &recipe{}, t.Output()); err != nil {
		t.Skipf("this machine cannot make virtual environments: %v", err)
	}
	asked := runtime.Environment{Name: "e", Conda: "dependencies:\n- python>=3.8\n- tinypkg=1\nvariables: {COLOUR: red}\n"}
	var logs [2]bytes.Buffer
	var vars [2][]string
	var both sync.WaitGroup
	for i := range logs { // two agents of one machine
		both.Go(func() {
			var err error
			if vars[i], err = (&Envs{Cache: cache, Env: env}).Prepare(t.Context(), asked, &logs[i]); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	log := logs[0].String() + logs[1].String()
	if n := strings.Count(log, "making a virtual environment"); n != 1 || fmt.Sprint(vars[0]) != fmt.Sprint(vars[1]) {
		t.Errorf("it was built %d times, as %q and %q; log:\n%s", n, vars[0], vars[1], log)
	}
	if !strings.Contains(log, "conda package tinypkg=1 is installed from PyPI as tinypkg==1.*") || !strings.Contains(log, "Successfully installed tinypkg-1.2.0") {
		t.Errorf("log is:\n%s", log)
	}
	cmd := exec.Command("/bin/sh", "-c", `python -c "import os, tinypkg; print(tinypkg.version, os.environ['COLOUR'])"`)
	cmd.Env = vars[0]
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "1.2.0 red\n" {
		t.Errorf("in the environment it says %q, %v", out, err)
	}

	_, err := e.Prepare(t.Context(), runtime.Environment{Pip: "tinypkg==3\n"}, t.Output())
	if !atelier.IsKind(err, atelier.Invalid) || !strings.Contains(err.Error(), "tinypkg==3") {
		t.Errorf("error is %v", err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(cache, "*", mark)); len(dirs) != 1 {
		t.Errorf("the cache has %q", dirs)
	}
}

// standIn writes a Python that is a shell script: it says that it is the version
// and acts as venv and pip do. pip runs the script $PIP, if there is one.
func standIn(t *testing.T, path, version, missing string) {
	t.Helper()
	_, minor, _ := strings.Cut(version, ".")
	minor, _, _ = strings.Cut(minor, ".")
	script := `#!/bin/sh
case "$1 $2" in
"-I -c") printf '%s\n' "$0" ` + version + ` "3 ` + minor + `" "cpython linux-x glibc" ` + missing + ` ;;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") eval "$PIP" ;;
*) exit 9 ;;
esac
`
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// bare returns Envs on a machine that has only the stand-ins.
func bare(t *testing.T, pip string) (e *Envs, bin string) {
	t.Helper()
	bin = t.TempDir()
	return &Envs{Cache: filepath.Join(t.TempDir(), "envs"), Env: []string{"PATH=" + bin + ":/usr/bin:/bin", "PIP=" + pip}, Python: filepath.Join(bin, "python3")}, bin
}

func TestNothingAskedIsTheHostsPython(t *testing.T) {
	e, _ := bare(t, "")
	for _, asked := range []runtime.Environment{{}, {Name: "x"}, {Pip: "# nothing\n"}} {
		if vars, err := e.Prepare(t.Context(), asked, t.Output()); err != nil || vars != nil {
			t.Errorf("%+v: %q, %v", asked, vars, err)
		}
	}
}

func TestWhichPython(t *testing.T) {
	for _, c := range []struct{ name, conda, want string }{
		{"any", "python", "3.11.7"},
		{"own", "python=3.11", "3.11.7"},
		{"other-on-the-path", "python=3.9", "3.9.2"},
		{"own-before-newer", "'python>=3.9'", "3.11.7"},
		{"newest-other", "'python<3.11'", "3.10.4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, bin := bare(t, "")
			standIn(t, e.Python, "3.11.7", "")
			standIn(t, filepath.Join(bin, "python3.9"), "3.9.2", "")
			standIn(t, filepath.Join(bin, "python3.10"), "3.10.4", "")
			if err := os.WriteFile(filepath.Join(bin, "python3.12"), []byte("#!/bin/sh\nexit 127\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			if _, err := e.Prepare(t.Context(), runtime.Environment{Conda: conda(c.conda)}, &log); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), "with Python "+c.want+" ") {
				t.Errorf("log is %s", &log)
			}
		})
	}
}

func TestNoPython(t *testing.T) {
	asked := runtime.Environment{Conda: conda("python=3.9")}
	e, _ := bare(t, "")
	e.Env = []string{"PATH=" + t.TempDir()}
	if _, err := e.Prepare(t.Context(), asked, t.Output()); !atelier.IsKind(err, atelier.Unsupported) || !strings.Contains(err.Error(), "has no Python") {
		t.Errorf("without any: %v", err)
	}
	standIn(t, e.Python, "3.11.7", "")
	if _, err := e.Prepare(t.Context(), asked, t.Output()); !atelier.IsKind(err, atelier.Unsupported) || !strings.Contains(err.Error(), "python==3.9.* and this node has 3.11.7") {
		t.Errorf("with another: %v", err)
	}
	standIn(t, e.Python, "3.9.2", "ensurepip")
	if err := os.Chtimes(e.Python, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Prepare(t.Context(), asked, t.Output()); !atelier.IsKind(err, atelier.Unsupported) || !strings.Contains(err.Error(), "python3.9-venv") {
		t.Errorf("without venv: %v", err)
	}
}

func TestUnfinishedBuildsAreRepeated(t *testing.T) {
	asked := runtime.Environment{Pip: "a\n"}
	e, _ := bare(t, `echo x >> "$(dirname "$0")/../pip-ran"`)
	standIn(t, e.Python, "3.11.7", "")
	prepare := func() (dir, log string) {
		t.Helper()
		var b bytes.Buffer
		vars, err := e.Prepare(t.Context(), asked, &b)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(vars[0], "VIRTUAL_ENV="), b.String()
	}
	dir, log := prepare()
	if strings.Contains(log, "earlier build") {
		t.Errorf("log of the first build is %s", log)
	}
	if _, log = prepare(); !strings.Contains(log, "is there already") {
		t.Errorf("it was not shared: %s", log)
	}
	for _, lost := range []string{mark, "bin/python"} {
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "junk"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, log = prepare(); !strings.Contains(log, "an earlier build did not come to its end") {
			t.Errorf("without %s: %s", lost, log)
		}
		if _, err := os.Stat(filepath.Join(dir, "junk")); err == nil {
			t.Errorf("without %s: what was there is still there", lost)
		}
	}
	if ran, err := os.ReadFile(filepath.Join(dir, "pip-ran")); err != nil || string(ran) != "x\n" {
		t.Errorf("pip ran %q, %v", ran, err)
	}
}

func TestFailedBuilds(t *testing.T) {
	for _, c := range []struct {
		name, pip string
		kind      atelier.Kind
		want      string
	}{
		{"not-there", "echo 'ERROR: No matching distribution found for a==9'; exit 1", atelier.Invalid, "No matching distribution found for a==9; correct the environment file"},
		{"no-network", "echo 'WARNING: Retrying: NewConnectionError(x)'; echo 'ERROR: Could not find a version'; exit 1", atelier.Transient, "PIP_INDEX_URL"},
		{"disk-full", "echo 'OSError: [Errno 28] No space left on device'; exit 1", atelier.Transient, "disk is full"},
		{"without-words", "exit 4", atelier.Invalid, "exit status 4"},
		{"last-words", "echo one; echo two; exit 4", atelier.Invalid, "one / two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _ := bare(t, c.pip)
			standIn(t, e.Python, "3.11.7", "")
			_, err := e.Prepare(t.Context(), runtime.Environment{Pip: "a==9\n"}, t.Output())
			if !atelier.IsKind(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %s with %q", err, c.kind, c.want)
			}
			left, _ := filepath.Glob(filepath.Join(e.Cache, "*", "*"))
			if len(left) > 0 {
				t.Errorf("it left %q", left)
			}
		})
	}
}

// TestCanceledBuild ends a build that hangs, with everything that it started.
func TestCanceledBuild(t *testing.T) {
	e, bin := bare(t, `sleep 600 & echo $! > "$HOLD"; wait`)
	hold := filepath.Join(bin, "pid")
	e.Env = append(e.Env, "HOLD="+hold)
	standIn(t, e.Python, "3.11.7", "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := e.Prepare(ctx, runtime.Environment{Pip: "a\n"}, t.Output())
		done <- err
	}()
	var pid int
	for deadline := time.Now().Add(20 * time.Second); pid == 0; <-time.After(time.Millisecond) {
		text, _ := os.ReadFile(hold)
		_, _ = fmt.Sscan(string(text), &pid)
		if time.Now().After(deadline) {
			t.Fatal("pip does not start")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("what pip started lives on: %s", stat)
	}
}

// TestLockOfAnotherBuilder: what a killed agent's pip still writes must not be
// taken for an environment.
func TestLockOfAnotherBuilder(t *testing.T) {
	asked := runtime.Environment{Pip: "a\n"}
	e, _ := bare(t, "")
	standIn(t, e.Python, "3.11.7", "")
	r, err := newRecipe(asked)
	if err != nil {
		t.Fatal(err)
	}
	i, err := e.interpreter(t.Context(), r, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(e.Cache, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(e.Cache, r.hash(i)+".lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var log bytes.Buffer
	if _, err := e.Prepare(ctx, asked, &log); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(log.String(), "waiting for it") {
		t.Errorf("while it is locked: %v; log %s", err, &log)
	}
	_ = f.Close()
	if _, err := e.Prepare(t.Context(), asked, t.Output()); err != nil {
		t.Errorf("when it is free: %v", err)
	}
}

// TestBuildersHoldTheLock shows that pip itself holds it.
func TestBuildersHoldTheLock(t *testing.T) {
	e, _ := bare(t, `for f in /proc/$$/fd/*; do readlink "$f"; done; true`)
	standIn(t, e.Python, "3.11.7", "")
	var log bytes.Buffer
	if _, err := e.Prepare(t.Context(), runtime.Environment{Pip: "a\n"}, &log); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), ".lock\n") {
		t.Errorf("pip has the files\n%s", &log)
	}
}
