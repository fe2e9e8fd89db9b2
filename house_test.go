package atelier_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/atelier-compute/atelier"

// source is one Go file of this module.
type source struct {
	name  string // slash path from the root of the module
	test  bool
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

func (f *source) line(n ast.Node) int { return f.fset.Position(n.Pos()).Line }

// parsed reads the sources itself rather than asking "go list", so that the test
// cache sees every file that the tests depend on.
var parsed = sync.OnceValues(func() ([]*source, error) {
	var list []*source
	fset := token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		test := strings.HasSuffix(name, "_test.go")
		list = append(list, &source{name: name, test: test, lines: bytes.Count(text, []byte("\n")), fset: fset, ast: f})
		return nil
	})
	return list, err
})

// skipFolder leaves out what is not of this module: hidden folders, test data, and
// modules of their own.
func skipFolder(name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if _, err := os.Stat(path.Join(name, "go.mod")); err == nil || base[0] == '.' || base == "testdata" || base == "node_modules" || base == "bin" {
		return fs.SkipDir
	}
	return nil
}

func sources(t *testing.T) []*source {
	t.Helper()
	list, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Fatalf("only %d Go files found", len(list))
	}
	return list
}

// core are the folders whose code must replay: it does no I/O of its own, reads no
// clock, starts no goroutine and draws no random numbers. Shell are the files in
// them that are not core: they connect it to the world.
var (
	core = []string{
		".", "internal/store", "internal/place", "internal/compute", "internal/jobs",
		"internal/reconcile", "internal/fleet", "internal/agent", "internal/sim",
	}
	shell = []string{
		"internal/store/sql*.go",
		"internal/reconcile/loop.go",
		"internal/fleet/serve*.go", "internal/fleet/push*.go",
	}
	// onlyCore are folders in which, the other way round, only these files are core.
	onlyCore = map[string]string{"internal/agent": "internal/agent/core*.go"}
)

func isCore(f *source) bool {
	folder := path.Dir(f.name)
	if f.test || !slices.Contains(core, folder) {
		return false
	}
	if pattern, ok := onlyCore[folder]; ok {
		match, _ := path.Match(pattern, f.name)
		return match
	}
	return !matches(shell, f.name)
}

// effectless are imports of core that look like input and output and are not.
var effectless = map[string]bool{
	"internal/sim net/http": true, // calls handlers directly, without a network
}

// TestCore forbids in core files what would make a replay differ.
func TestCore(t *testing.T) {
	clock := words("Now Since Until After AfterFunc Sleep Tick NewTimer NewTicker")
	pure := words("New NewPCG NewChaCha8 NewZipf NewSource Rand Source PCG ChaCha8 Zipf")
	effects := words("os os/exec os/signal net net/http net/rpc syscall crypto/rand io/ioutil golang.org/x/sys/unix")
	for _, f := range sources(t) {
		if !isCore(f) {
			continue
		}
		for _, imp := range f.ast.Imports {
			if to, _ := strconv.Unquote(imp.Path.Value); effects[to] && !effectless[path.Dir(f.name)+" "+to] {
				t.Errorf("%s imports %s; core does no input or output of its own", f.name, to)
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s:%d: a go statement in core", f.name, f.line(g))
			}
			switch pkg, name := selector(f, n); {
			case pkg == "time" && clock[name]:
				t.Errorf("%s:%d: time.%s in core; take the time as an argument", f.name, f.line(n), name)
			case (pkg == "math/rand" || pkg == "math/rand/v2") && !pure[name]:
				t.Errorf("%s:%d: rand.%s in core; take a source as an argument", f.name, f.line(n), name)
			}
			return true
		})
	}
}

// selector returns the import path and the name of a use such as time.Now.
func selector(f *source, n ast.Node) (importPath, name string) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	for _, imp := range f.ast.Imports {
		to, _ := strconv.Unquote(imp.Path.Value)
		local := path.Base(to)
		if local == "v2" {
			local = path.Base(path.Dir(to))
		}
		if imp.Name != nil {
			local = imp.Name.Name
		}
		if local == x.Name {
			return to, sel.Sel.Name
		}
	}
	return "", ""
}

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// Limits on size: one idea a file, one step a function.
const (
	maxLines     = 600
	maxTestLines = 1200
	maxFunc      = 120
)

func TestSizes(t *testing.T) {
	for _, f := range sources(t) {
		limit := maxLines
		if f.test {
			limit = maxTestLines
		}
		if f.lines > limit {
			t.Errorf("%s has %d lines, more than %d; split it by reason to change", f.name, f.lines, limit)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.fset.Position(fn.End()).Line - f.line(fn) + 1; n > maxFunc && !f.test {
				t.Errorf("%s:%d: %s has %d lines, more than %d", f.name, f.line(fn), fn.Name.Name, n, maxFunc)
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s:%d: no init functions; wire it where it is used", f.name, f.line(fn))
			}
		}
	}
}

// roots may make a context of their own: they are where a context begins.
var roots = []string{
	"cmd/atelier/*", "bench/*", "test/*", "internal/testkit/*",
	"internal/*/*test/*",                 // suites
	"internal/cli/main.go",               // the run of a command begins there
	"internal/sim/*",                     // plays everybody
	"internal/provider/local/init*.go",   // a process of its own
	"internal/provider/local/catalog.go", // the contract takes no context; the one call has a limit of its own
}

func TestContexts(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || matches(roots, f.name) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if pkg, name := selector(f, n); pkg == "context" && (name == "Background" || name == "TODO") {
				t.Errorf("%s:%d: context.%s; take one as an argument", f.name, f.line(n), name)
			}
			return true
		})
	}
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if match, _ := path.Match(p, name); match {
			return true
		}
	}
	return false
}

// sleepers may sleep in tests, each for a reason.
var sleepers = map[string]string{
	"internal/provider/local/main_linux_test.go": "polls, with a deadline, what real processes do",
	"internal/provider/all/pretend_test.go":      "polls, with a deadline, what real processes do",
	"internal/store/powercut_test.go":            "polls, with a deadline, what a real process wrote",
}

// TestSleeps forbids sleeping in tests: a sleep is either too short or too long.
// Inside synctest it is simulated time.
func TestSleeps(t *testing.T) {
	for _, f := range sources(t) {
		bubble := false
		for _, imp := range f.ast.Imports {
			bubble = bubble || imp.Path.Value == `"testing/synctest"`
		}
		if !f.test || bubble || sleepers[f.name] != "" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if pkg, name := selector(f, n); pkg == "time" && name == "Sleep" {
				t.Errorf("%s:%d: time.Sleep in a test; wait for what you wait for, or say in sleepers why not", f.name, f.line(n))
			}
			return true
		})
	}
	for name := range sleepers {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("sleepers names %s, which does not exist", name)
		}
	}
}

// TestNames wants the names of subtests to be kebab-words: they are what "go test
// -run" takes and what a failure prints.
func TestNames(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z0-9]+([-.=][a-z0-9]+)*$`)
	for _, f := range sources(t) {
		if !f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			lit, isLit := call.Args[0].(*ast.BasicLit)
			if !ok || !isLit || sel.Sel.Name != "Run" {
				return true
			}
			if name, err := strconv.Unquote(lit.Value); err == nil && !kebab.MatchString(name) {
				t.Errorf("%s:%d: subtest %q; use kebab-words", f.name, f.line(call), name)
			}
			return true
		})
	}
}

// TestNoForeignPlaces keeps names of package registries and of the machines we work
// on out of the repository: where modules and wheels come from is for whoever
// builds to configure.
func TestNoForeignPlaces(t *testing.T) {
	files, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Skip("not a git checkout, or no git")
	}
	foreign := regexp.MustCompile(`(` + strings.Join([]string{
		`proxy\.golang` + `\.org`, `sum\.golang` + `\.org`, `registry\.npmjs` + `\.org`, `registry\.yarnpkg` + `\.com`,
		`\bpypi` + `\.org`, `files\.pythonhosted` + `\.org`, `repo\.anaconda` + `\.com`, `"resolved": "` + `http`,
		`/home` + `/[a-z]`, `/work` + `/(main|shared)`, `/root` + `/`,
	}, "|") + `)`)
	for _, name := range strings.Split(strings.TrimRight(string(files), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			continue // deleted and not yet committed, or binary
		}
		for i, line := range strings.Split(string(text), "\n") {
			if hit := foreign.FindString(line); hit != "" {
				t.Errorf("%s:%d: names %q", name, i+1, hit)
			}
		}
	}
}

// TestLinks follows the links between our own pages.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	pages := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(name)
		}
		if path.Ext(name) != ".md" {
			return nil
		}
		pages++
		text, err := os.ReadFile(name)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(path.Join(path.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages < 5 {
		t.Fatalf("only %d pages found", pages)
	}
}
