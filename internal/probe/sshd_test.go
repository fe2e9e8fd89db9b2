package probe

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// openSSH starts OpenSSH's server for each connection, as inetd would, so that it
// needs no port of its own. Commands find the tools in the folder.
func openSSH(t *testing.T, authorized ssh.PublicKey, tools string) *host {
	t.Helper()
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		sshd = "/usr/sbin/sshd" // not in the path of users
	}
	if _, err := os.Stat(sshd); err != nil {
		t.Skip("OpenSSH's server is not installed: apt-get install openssh-server (scripts/need-system)")
	}
	if os.Geteuid() == 0 { // where it separates privileges; a service would make it
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	private, signer := newKey(t, "")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config := write("sshd_config", fmt.Sprintf("HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nSetEnv PATH=%s:/usr/bin:/bin\n",
		write("host_key", private), write("authorized", string(ssh.MarshalAuthorizedKey(authorized))), tools))
	if out, err := exec.Command(sshd, "-t", "-f", config).CombinedOutput(); err != nil {
		t.Fatalf("sshd does not take its configuration: %s%v", out, err)
	}
	h := &host{t: t, fingerprint: ssh.FingerprintSHA256(signer.PublicKey())}
	if h.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { h.listener.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := h.listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				f, err := c.(*net.TCPConn).File()
				if err != nil {
					t.Error(err)
					return
				}
				defer f.Close()
				cmd := exec.Command(sshd, "-i", "-e", "-f", config)
				cmd.Stdin, cmd.Stdout = f, f
				_ = cmd.Run() // it ends with the connection
			})
		}
	})
	return h
}

func tool(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSSH(t *testing.T) {
	private, signer := newKey(t, "")
	tools, err := os.MkdirTemp("", "probe") // others than the test's user may look in, too
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tools) })
	if err := os.Chmod(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	h := openSSH(t, signer.PublicKey(), tools)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	target := h.target()
	target.User, target.Password, target.PrivateKey = me.Username, "", private
	tool(t, tools, "docker", `echo 20.10.24; test "$1 $2" = "version --format"`)
	tool(t, tools, "nvidia-smi", `test "$*" = -L && echo "GPU 0: NVIDIA L4 (UUID: GPU-1)"`)
	tool(t, tools, "sudo", `test "$*" = "-n true"`)
	r := test(t, target)
	want(t, r, statuses(r), true, me.Username+" is let in", "Docker 20.10.24", "1 × L4", "GiB free")
	if s := statuses(r); !strings.HasPrefix(s, "oooooo") { // the disk of this machine may be nearly full
		t.Errorf("checks %s: %+v", s, r.Checks)
	}
	if r.HostKey.Fingerprint != h.fingerprint {
		t.Errorf("host key %+v, want %s", r.HostKey, h.fingerprint)
	}

	tool(t, tools, "docker", "yes")
	r = test(t, target)
	if s := statuses(r); !strings.HasPrefix(s, "ooooF") {
		t.Errorf("checks %s: %+v", s, r.Checks)
	}
	unknown := target
	unknown.HostKey = ""
	want(t, test(t, unknown), "ow-----", false, h.fingerprint)
	other, _ := newKey(t, "")
	stranger := target
	stranger.PrivateKey = other
	want(t, test(t, stranger), "ooF----", false, "authorized_keys")
	byPassword := target
	byPassword.PrivateKey, byPassword.Password = "", password
	want(t, test(t, byPassword), "ooF----", false, "PasswordAuthentication")
}
