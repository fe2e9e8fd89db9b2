package python

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// interpreter is a Python of the node.
type interpreter struct {
	path     string // of the program itself, not of what leads to it
	version  string // 3.11.7
	minor    int
	identity string // implementation, version and platform
	missing  string // the module without which it cannot make environments
}

// probed is what a program said of itself while its file was as it is.
type probed struct {
	interpreter
	modified time.Time
}

// newest and oldest minor versions of Python 3 that are looked for by name.
const (
	newest = 20
	oldest = 8
)

// interpreter finds the node's Python for a recipe: its own if that will do, else
// the newest other one on the PATH.
func (e *Envs) interpreter(ctx context.Context, r *recipe, log io.Writer) (interpreter, error) {
	own := e.Python
	if own == "" {
		own = "python3"
	}
	var seen []string
	for n := newest + 1; n >= oldest; n-- {
		name := own
		if n <= newest {
			name = "python3." + strconv.Itoa(n)
		}
		path := e.lookPath(name)
		if path == "" {
			continue
		}
		i, err := e.probe(ctx, path)
		if ctx.Err() != nil {
			return interpreter{}, fmt.Errorf("look for Python: %w", ctx.Err())
		}
		if err != nil {
			continue // a name without a Python behind it, as version switchers have them
		}
		ok, err := fits(r.python, i.version)
		if err != nil {
			return interpreter{}, err
		}
		if !ok {
			seen = append(seen, i.version)
			continue
		}
		if i.missing != "" {
			return interpreter{}, atelier.Errorf(atelier.Unsupported, "PythonCannotMakeEnvironments",
				"Python %s of this node (%s) lacks the module %s and cannot make virtual environments; install it on the node (Debian and Ubuntu: the package python3.%d-venv)", i.version, i.path, i.missing, i.minor)
		}
		if exact := strings.TrimPrefix(r.python, "=="); exact != r.python && !strings.Contains(exact, "*") && exact != i.version {
			say(log, "python %s was asked for; this node has %s, which is used", exact, i.version)
		}
		return i, nil
	}
	if len(seen) == 0 {
		return interpreter{}, atelier.Errorf(atelier.Unsupported, "PythonNotFound", "this node has no Python: neither %s nor python3.x is on its PATH; install Python 3 with venv on the node", own)
	}
	return interpreter{}, atelier.Errorf(atelier.Unsupported, "PythonVersionNotFound",
		"the environment asks for python%s and this node has %s; install that Python on the node (python3.x on its PATH is found), or change the python line of the conda file", r.python, strings.Join(seen, ", "))
}

// lookPath finds a program on the PATH that environments are built with.
func (e *Envs) lookPath(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, dir := range filepath.SplitList(e.path()) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// question makes a Python say what it is.
const question = `import sys, sysconfig, platform
print(sys.executable)
print(platform.python_version())
print(sys.version_info[0], sys.version_info[1])
print(sys.implementation.name, sysconfig.get_platform(), platform.libc_ver()[0])
for m in ("venv", "ensurepip"):
    try: __import__(m)
    except ImportError: print(m); break
else: print()
`

func (e *Envs) probe(ctx context.Context, path string) (interpreter, error) {
	info, err := os.Stat(path)
	if err != nil {
		return interpreter{}, fmt.Errorf("look at %s: %w", path, err)
	}
	e.mu.Lock()
	p, found := e.known[path]
	e.mu.Unlock()
	if found && p.modified.Equal(info.ModTime()) {
		return p.interpreter, nil
	}
	cmd := exec.CommandContext(ctx, path, "-I", "-c", question)
	cmd.Env = e.environ()
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return interpreter{}, fmt.Errorf("run %s: %w", path, err)
	}
	i, err := answered(string(bytes.TrimRight(out, "\n")))
	if err != nil {
		return interpreter{}, fmt.Errorf("run %s: %w", path, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil {
		e.known = map[string]probed{}
	}
	e.known[path] = probed{interpreter: i, modified: info.ModTime()}
	return i, nil
}

func answered(out string) (interpreter, error) {
	l := append(strings.Split(out, "\n"), "")
	if len(l) < 5 || len(l) > 6 {
		return interpreter{}, errors.New("it does not answer as a Python does")
	}
	major, minor, _ := strings.Cut(l[2], " ")
	n, err := strconv.Atoi(minor)
	if major != "3" || err != nil || l[0] == "" {
		return interpreter{}, errors.New("it is no Python 3")
	}
	return interpreter{path: l[0], version: l[1], minor: n, identity: l[3] + " " + l[1], missing: l[4]}, nil
}

// fits reports whether a Python has a version that is asked for. "==" counts only
// up to the minor version, because a node has one Python of each.
func fits(asked, has string) (bool, error) {
	have := padded(numbers(has))
	for clause := range strings.SplitSeq(asked, ",") {
		if clause == "" {
			continue
		}
		text := strings.TrimLeft(clause, "<>=!~")
		want := numbers(strings.TrimSuffix(text, ".*"))
		whole, minor := padded(want), want[:min(2, len(want))]
		var ok bool
		op := strings.TrimSuffix(clause, text)
		if want == nil || !slices.Contains([]string{"==", "!=", "~=", ">=", "<=", ">", "<"}, op) {
			return false, invalid("the python version %q of the conda file is not understood; write for example python=3.11 or python>=3.9,<3.13", asked)
		}
		switch {
		case op == "==":
			ok = slices.Equal(have[:len(minor)], minor)
		case op == "!=" && strings.HasSuffix(text, ".*"):
			ok = !slices.Equal(have[:len(want)], want)
		case op == "!=":
			ok = !slices.Equal(have, whole)
		case op == "~=":
			ok = slices.Compare(have, whole) >= 0 && slices.Equal(have[:len(want)-1], want[:len(want)-1])
		case op == ">=":
			ok = slices.Compare(have, whole) >= 0
		case op == "<=":
			ok = slices.Compare(have, whole) <= 0
		case op == ">":
			ok = slices.Compare(have, whole) > 0
		case op == "<":
			ok = slices.Compare(have, whole) < 0
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

// numbers returns the at most three numbers of a version, or nil if it has others.
// What follows a number's digits ("0rc1") is cut off.
func numbers(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil || len(all) == 3 {
			return nil
		}
		all = append(all, n)
	}
	return all
}

func padded(version []int) []int { return append(slices.Clone(version), 0, 0, 0)[:3] }
