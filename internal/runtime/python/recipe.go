package python

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

// recipe is an environment as pip needs to know it.
type recipe struct {
	conda   bool
	python  string            // a version as pip writes it; "" is any
	options []string          // lines of requirements.txt that begin with "-", in order
	wants   []string          // the other lines, each once, in order of the alphabet
	vars    map[string]string // of the conda file
	notes   []string          // for the log
}

// newRecipe reads what a task's user asked for.
func newRecipe(e runtime.Environment) (*recipe, error) {
	r := &recipe{}
	if e.Image != "" && !isBase(e.Image) {
		return nil, atelier.Errorf(atelier.Unsupported, "EnvironmentNeedsContainer",
			"environment %q needs the container image %q, and this node has no container runtime; give the environment a conda file or a requirements file without an image or with one of Azure ML's base images (mcr.microsoft.com/azureml/…), or none to use the node's own Python", e.Name, e.Image)
	}
	if strings.TrimSpace(e.Conda) != "" {
		r.conda = true
		if err := r.readConda(e.Conda); err != nil {
			return nil, err
		}
	}
	if err := r.readPip("the requirements file", e.Pip); err != nil {
		return nil, err
	}
	slices.Sort(r.wants)
	r.wants = slices.Compact(r.wants)
	return r, nil
}

// isBase reports whether an image is one of Azure ML's base images, which hold a
// Python and little else: clients insist on an image, and users name one of these
// beside the conda file that says what they really need. The curated ones hold
// packages, for which nothing here could stand.
func isBase(image string) bool {
	name, found := strings.CutPrefix(strings.ToLower(image), "mcr.microsoft.com/azureml/")
	return found && name != "" && !strings.HasPrefix(name, "curated/")
}

func (r *recipe) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func (r *recipe) add(want string) { r.wants = append(r.wants, want) }

// readPip adds the lines of a requirements file. What names other files is refused:
// only the one text reaches the node.
func (r *recipe) readPip(where, text string) error {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	for n, line := range strings.Split(text, "\n") {
		if i := commentStart(line); i >= 0 {
			line = line[:i]
		}
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		if file := namesFile(line); file != "" {
			return invalid("line %d of %s is %q: it names the file %q, which does not reach the node; write what it says into the file itself, or put the package into the job's code folder and install it in the command", n+1, where, line, file)
		}
		if strings.HasPrefix(line, "-") {
			r.options = append(r.options, line)
		} else {
			r.add(line)
		}
	}
	return nil
}

// commentStart returns where a comment starts: at the beginning or behind a space.
func commentStart(line string) int {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// namesFile returns the local file that a line of a requirements file is about.
func namesFile(line string) string {
	for _, o := range []struct {
		short, long string
		urls        bool // may name something that the node can fetch
	}{
		{"-r", "--requirement", false},
		{"-c", "--constraint", false},
		{"-e", "--editable", true},
		{"-f", "--find-links", true},
	} {
		value, found := strings.CutPrefix(line, o.short)
		if !found {
			value, found = strings.CutPrefix(line, o.long)
			found = found && (value == "" || value[0] == ' ' || value[0] == '=')
		}
		if value = strings.Trim(value, " ="); found && !(o.urls && (strings.Contains(value, "://") || strings.HasPrefix(value, "/"))) {
			return value
		}
	}
	if strings.HasPrefix(line, "-") {
		return ""
	}
	word, _, _ := strings.Cut(line, " ")
	if _, after, found := strings.Cut(line, " @ "); found {
		word = after
	}
	if strings.HasPrefix(word, ".") || strings.HasPrefix(word, "~") || strings.Contains(word, "/") && !strings.Contains(word, "://") && !strings.HasPrefix(word, "/") {
		return word
	}
	return ""
}

// empty reports whether the host's own Python is all that is asked for.
func (r *recipe) empty() bool {
	return !r.conda && len(r.options) == 0 && len(r.wants) == 0
}

// requirements is the file for pip.
func (r *recipe) requirements() string {
	return strings.Join(slices.Concat(r.options, r.wants), "\n") + "\n"
}

// hash names the environment by all that decides what is in it.
func (r *recipe) hash(i interpreter) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q", "1", i.identity, i.path, r.requirements())
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// variables returns the variables of the conda file in order.
func (r *recipe) variables() []string {
	var vars []string
	for _, name := range slices.Sorted(maps.Keys(r.vars)) {
		vars = append(vars, name+"="+r.vars[name])
	}
	return vars
}
