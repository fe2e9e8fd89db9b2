package atelier_test

import (
	"path"
	"strconv"
	"strings"
	"testing"
)

// layers is the architecture: a package may import only packages on lines below
// its own. Packages on one line never import each other.
const layers = `
cmd/atelier bench test
internal/cli internal/provider/all internal/testkit internal/sim
internal/azureml internal/azblob internal/mlflow internal/fleet internal/sshgw internal/studio internal/agent internal/compute internal/jobs internal/workspaces internal/endpoints internal/provider/local internal/provider/fake internal/provider/providertest internal/runtime/process internal/runtime/python internal/runtime/runtimetest
internal/arm internal/auth internal/place internal/logs internal/probe internal/client internal/store/storetest internal/blob/blobtest
internal/store internal/blob internal/provider internal/runtime internal/reconcile internal/wire web
.
`

// suites may be imported by the tests of packages on their own line: they are what
// proves an implementation, or stand in for one.
var suites = map[string]bool{
	"internal/store/storetest":       true,
	"internal/blob/blobtest":         true,
	"internal/provider/providertest": true,
	"internal/provider/fake":         true,
	"internal/runtime/runtimetest":   true,
}

// owners are the packages that may import a module of others, so that replacing it
// touches one of ours. A prefix of the import path is enough.
var owners = map[string]string{
	"charm.land/lipgloss":                     "internal/cli",
	"database/sql":                            "internal/store",
	"github.com/Azure/":                       "test",
	"github.com/aws/":                         "internal/blob",
	"github.com/rclone/gofakes3":              "internal/blob",
	"github.com/go-jose/":                     "internal/auth",
	"github.com/goccy/go-yaml":                "internal/cli internal/runtime/python",
	"github.com/hashicorp/yamux":              "internal/agent internal/fleet",
	"github.com/pressly/goose":                "internal/store",
	"github.com/spf13/":                       "internal/cli cmd/atelier",
	"golang.org/x/crypto/argon2":              "internal/auth",
	"golang.org/x/crypto/ssh":                 "internal/probe",
	"modernc.org/sqlite":                      "internal/store",
	"github.com/golang-jwt/jwt":               "",
	"github.com/google/uuid":                  "",
	"github.com/stretchr/testify":             "",
	"k8s.io/client-go/kubernetes":             "",
	"google.golang.org/grpc":                  "",
	"github.com/rogpeppe/go-internal/lockedf": "",
}

func TestLayers(t *testing.T) {
	level := levels(t)
	for _, f := range sources(t) {
		from := path.Dir(f.name)
		if level[from] == 0 {
			t.Errorf("%s: package %s is on no layer; add it to layers", f.name, from)
			continue
		}
		for _, imp := range f.ast.Imports {
			to, _ := strconv.Unquote(imp.Path.Value)
			if dep, ours := ourPackage(to); ours {
				checkLayer(t, f, from, dep, level)
			} else {
				checkOwner(t, f, from, to)
			}
		}
	}
}

func levels(t *testing.T) map[string]int {
	t.Helper()
	level := map[string]int{}
	lines := strings.Split(strings.TrimSpace(layers), "\n")
	for i, line := range lines {
		for _, p := range strings.Fields(line) {
			if level[p] != 0 {
				t.Errorf("%s is on two layers", p)
			}
			level[p] = len(lines) - i
		}
	}
	return level
}

// ourPackage returns the folder of an import path of this module.
func ourPackage(importPath string) (folder string, ours bool) {
	rest, ours := strings.CutPrefix(importPath, module)
	return path.Clean("./" + rest), ours && (rest == "" || rest[0] == '/')
}

func checkLayer(t *testing.T, f *source, from, to string, level map[string]int) {
	t.Helper()
	switch {
	case to == from && f.test: // a package's external test
	case f.test && suites[to] && level[to] <= max(level[from], 4):
	case level[to] >= level[from]:
		t.Errorf("%s: layer %d imports %s of layer %d; imports go strictly downward", f.name, level[from], to, level[to])
	}
	contract := path.Dir(from) // of an adapter
	adapter := level[from] == 4 && (contract == "internal/provider" || contract == "internal/runtime")
	if adapter && to != "." && to != contract && to != from && !(f.test && suites[to]) {
		t.Errorf("%s imports %s; an adapter imports only its contract and the root", f.name, to)
	}
	if from == "internal/cli" && to != "." && to != "internal/client" && !f.test {
		t.Errorf("%s imports %s; the command line speaks only client", f.name, to)
	}
}

func checkOwner(t *testing.T, f *source, from, to string) {
	t.Helper()
	first, _, _ := strings.Cut(to, "/")
	if from == "." && !f.test && strings.Contains(first, ".") {
		t.Errorf("%s imports %s; the vocabulary imports the standard library only", f.name, to)
	}
	for prefix, packages := range owners {
		if !strings.HasPrefix(to, prefix) || f.test && packages != "" {
			continue
		}
		allowed := false
		for _, p := range strings.Fields(packages) {
			allowed = allowed || from == p || strings.HasPrefix(from, p+"/")
		}
		if !allowed {
			t.Errorf("%s imports %s, which only [%s] may", f.name, to, packages)
		}
	}
}

func TestPackageComments(t *testing.T) {
	comments := map[string]int{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		comments[path.Dir(f.name)] += 0
		if f.ast.Doc != nil {
			comments[path.Dir(f.name)]++
		}
	}
	for folder, n := range comments {
		if n != 1 {
			t.Errorf("%s: %d package comments, want 1", folder, n)
		}
	}
}
