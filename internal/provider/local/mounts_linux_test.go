package local

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
)

// outside returns a directory that is not below /tmp, with the test binary in it.
func outside(t *testing.T) (dir, exe string) {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "atelier-test-")
	if err != nil {
		t.Skip("no directory outside /tmp:", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	from, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	exe = filepath.Join(dir, "atelier")
	out, err := os.OpenFile(exe, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, exe
}

func TestNodeHasItsOwnMounts(t *testing.T) {
	dir, exe := outside(t)
	p := ways[0].open(t, filepath.Join(dir, "nodes"), "sh:echo x >/tmp/atelier-private; echo x >/dev/shm/atelier-private; ls /proc | grep -c '^[0-9]'; stat -c %a /tmp")
	p.Exe = exe
	if !p.tmpIsFree() {
		t.Skip("the home directory is below /tmp")
	}
	launch(t, p, "n-0")
	eventually(t, "the script ends", func() bool { return len(lines(p, "n-0", "said")) >= 3 })
	said := lines(p, "n-0", "said")
	if len(said[0]) > 1 {
		t.Errorf("the node sees %s processes, want a handful: its own", said[0])
	}
	if said[1] != "1777" || said[2] != "<nil>" {
		t.Errorf("the node's /tmp has mode %s, script said %s", said[1], said[2])
	}
	for _, path := range []string{"/tmp/atelier-private", "/dev/shm/atelier-private"} {
		if exists(path) {
			t.Errorf("%s of the node is on the machine", path)
			_ = os.Remove(path)
		}
	}
	if !exists(filepath.Join(p.node("n-0"), dirTmp, "atelier-private")) {
		t.Error("the node's /tmp is not in its directory")
	}
	h, err := readJSON[atelier.Host](filepath.Join(p.node("n-0"), fileHost))
	if err != nil || !slices.Contains(h.Isolation, "tmp") || !slices.Contains(h.Isolation, "mounts") {
		t.Errorf("isolation %q, %v", h.Isolation, err)
	}
	terminate(t, p, "n-0")
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	if strings.Contains(string(mounts), p.Dir) {
		t.Error("a mount of the node is left on the machine")
	}
}
