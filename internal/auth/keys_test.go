package auth

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func open(t *testing.T, dir string, names []string, now func() time.Time) *Keys {
	t.Helper()
	k, err := OpenKeys(dir, names, now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeys(t *testing.T) {
	c := &clock{start}
	dir := filepath.Join(t.TempDir(), "keys")
	first := open(t, dir, nil, c.now)

	t.Run("private-files", func(t *testing.T) {
		if info, _ := os.Stat(dir); info.Mode().Perm() != dirMode {
			t.Errorf("the folder has mode %v", info.Mode())
		}
		files, _ := os.ReadDir(dir)
		if len(files) != 6 {
			t.Errorf("%d files, want 6: %v", len(files), files)
		}
		for _, f := range files {
			if info, _ := f.Info(); info.Mode().Perm() != fileMode {
				t.Errorf("%s has mode %v", f.Name(), info.Mode())
			}
		}
	})
	t.Run("same-again", func(t *testing.T) {
		os.Chmod(filepath.Join(dir, "secret"), 0o644)
		again := open(t, dir, nil, c.now)
		if !bytes.Equal(again.CA, first.CA) || !again.Signing.Equal(first.Signing) || again.KeyID != first.KeyID ||
			again.Tenant() != first.Tenant() || !bytes.Equal(again.Derive("x"), first.Derive("x")) {
			t.Error("the keys changed from one start to the next")
		}
		if !bytes.Equal(again.server.Certificate[0], first.server.Certificate[0]) {
			t.Error("a certificate that fits was made anew")
		}
		if info, _ := os.Stat(filepath.Join(dir, "secret")); info.Mode().Perm() != fileMode {
			t.Error("a file that others could read was left so")
		}
	})
	t.Run("purposes-differ", func(t *testing.T) {
		if bytes.Equal(first.Derive("a"), first.Derive("b")) {
			t.Error("two purposes share a key")
		}
	})
	t.Run("tenant-is-a-guid", func(t *testing.T) {
		if g := first.Tenant(); len(g) != 36 || strings.Count(g, "-") != 4 || strings.Contains(g, "token") {
			t.Error(g)
		}
	})
	t.Run("guids", func(t *testing.T) {
		seen := map[string]bool{}
		for range 100 {
			g := NewGUID()
			if len(g) != 36 || g[14] != '4' || !strings.ContainsRune("89ab", rune(g[19])) || seen[g] {
				t.Fatal(g)
			}
			seen[g] = true
		}
	})
	t.Run("other-installations-differ", func(t *testing.T) {
		other := open(t, t.TempDir(), nil, c.now)
		if other.Tenant() == first.Tenant() || other.KeyID == first.KeyID {
			t.Error("two installations share an identity")
		}
	})
}

func TestServerCertificate(t *testing.T) {
	c := &clock{start}
	dir := t.TempDir()
	k := open(t, dir, []string{"Build.Example.", "10.0.0.7", "0.0.0.0", "::", "[fe80::1]"}, c.now)
	handshake := func(name string, at time.Time) error {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(k.CA)
		server, client := net.Pipe()
		defer server.Close()
		go tls.Server(server, &tls.Config{GetCertificate: k.Certificate}).Handshake() //nolint:errcheck // the client tells
		return tls.Client(client, &tls.Config{RootCAs: pool, ServerName: name, Time: func() time.Time { return at }}).Handshake()
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "build.example", "10.0.0.7", "fe80::1"} {
		if err := handshake(name, start); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"elsewhere.example", "0.0.0.0", "::"} {
		if handshake(name, start) == nil {
			t.Errorf("the certificate is for %s", name)
		}
	}
	cert := func(k *Keys) *x509.Certificate {
		got, err := k.Certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return got.Leaf
	}
	old := cert(k)
	t.Run("renewed-for-new-names", func(t *testing.T) {
		if cert(open(t, dir, []string{"other.example"}, c.now)).Equal(old) {
			t.Error("the certificate lacks a name")
		}
	})
	t.Run("renewed-while-running", func(t *testing.T) {
		k := open(t, dir, nil, c.now)
		before := cert(k)
		c.t = before.NotAfter.Add(-renewBefore - time.Minute)
		if !cert(k).Equal(before) {
			t.Error("renewed too early")
		}
		c.t = before.NotAfter.Add(-renewBefore + time.Minute)
		if after := cert(k); after.Equal(before) || !after.NotAfter.After(before.NotAfter) {
			t.Error("not renewed near its end")
		}
	})
	t.Run("renewed-for-a-new-ca", func(t *testing.T) {
		before := cert(open(t, dir, nil, c.now))
		for _, f := range []string{"ca.key", "ca.pem"} {
			os.Remove(filepath.Join(dir, f))
		}
		k = open(t, dir, nil, c.now)
		if cert(k).Equal(before) {
			t.Error("the certificate is of a CA that is gone")
		}
		if err := handshake("localhost", c.t); err != nil {
			t.Error(err)
		}
	})
}

func TestDamagedKeys(t *testing.T) {
	c := &clock{start}
	for _, file := range []string{"secret", "signing.key", "ca.key", "ca.pem"} {
		t.Run(strings.ReplaceAll(file, ".", "-"), func(t *testing.T) {
			dir := t.TempDir()
			open(t, dir, nil, c.now)
			path := filepath.Join(dir, file)
			os.WriteFile(path, []byte("nonsense"), 0o600)
			_, err := OpenKeys(dir, nil, c.now)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "backup") {
				t.Errorf("got %v, want an error that names %s and what to do", err, path)
			}
			if data, _ := os.ReadFile(path); string(data) != "nonsense" {
				t.Error("the damaged file was replaced")
			}
		})
	}
	t.Run("ca-key-lost", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir, nil, c.now)
		os.Remove(filepath.Join(dir, "ca.key"))
		if _, err := OpenKeys(dir, nil, c.now); err == nil || !strings.Contains(err.Error(), "ca.key is missing") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("crash-between-key-and-certificate", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir, nil, c.now)
		os.Remove(filepath.Join(dir, "ca.pem"))
		open(t, dir, nil, c.now)
	})
	t.Run("server-certificate-is-made-anew", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir, nil, c.now)
		os.WriteFile(filepath.Join(dir, serverFile), []byte("nonsense"), 0o600)
		open(t, dir, nil, c.now)
	})
}

func TestStrictX509(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	k := open(t, t.TempDir(), nil, time.Now)
	out, err := exec.Command(openssl, "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost",
		"-CAfile", k.CAFile, filepath.Join(k.Dir, serverFile)).CombinedOutput()
	if err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
}

func TestBundle(t *testing.T) {
	k := open(t, t.TempDir(), nil, (&clock{start}).now)
	data, err := os.ReadFile(k.Bundle)
	if err != nil || !bytes.HasPrefix(data, k.CA) {
		t.Errorf("the bundle does not begin with our CA: %v", err)
	}
	for _, path := range trusted {
		if system, err := os.ReadFile(path); err == nil {
			if !bytes.HasSuffix(data, system) {
				t.Errorf("the bundle lacks %s", path)
			}
			return
		}
	}
}
