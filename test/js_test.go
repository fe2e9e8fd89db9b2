package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// The tests in test/js drive @azure/arm-machinelearning and @azure/identity, as npm
// installs them. Each file has a server of its own and is a test here.

func TestJSComputes(t *testing.T)  { js(t, "computes") }
func TestJSInstances(t *testing.T) { js(t, "instances") }
func TestJSAttached(t *testing.T)  { js(t, "attached") }
func TestJSJobs(t *testing.T)      { js(t, "jobs") }

func js(t *testing.T, file string) {
	t.Helper()
	clients(t, "js")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: install Node.js 20 or later; test/js drives Microsoft's JavaScript client")
	}
	script, err := filepath.Abs("js/run.mjs")
	if err != nil {
		t.Fatal(err)
	}
	start(t).runClient(t, nil, node, script, file)
}
