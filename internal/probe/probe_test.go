package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/atelier-compute/atelier"
)

func test(t *testing.T, target Target) Report {
	t.Helper()
	return testBy(t, &Prober{Now: time.Now}, target)
}

func testBy(t *testing.T, p *Prober, target Target) Report {
	t.Helper()
	r, err := p.Test(t.Context(), "kim", target)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{target.Password, target.Passphrase, strings.TrimSpace(target.PrivateKey)} {
		if len(secret) > 3 && strings.Contains(string(text), secret) {
			t.Errorf("the report holds a secret: %s", text)
		}
	}
	return r
}

// statuses are those of the checks, each by its first letter; "-" is skipped.
func statuses(r Report) (s string) {
	for i, c := range r.Checks {
		if c.Name != []string{TCP, Host, Auth, Sudo, Docker, GPU, Disk}[i] {
			return fmt.Sprintf("check %d is %s", i, c.Name)
		}
		if c.Code == "" || c.Message == "" {
			return c.Name + " says nothing"
		}
		if c.Status == Failed && c.Help == "" {
			return c.Name + " failed, and nothing says what would help"
		}
		s += map[string]string{OK: "o", Failed: "F", Warning: "w", Skipped: "-"}[c.Status]
	}
	return s
}

func want(t *testing.T, r Report, statusLetters string, ok bool, words ...string) {
	t.Helper()
	if got := statuses(r); got != statusLetters || r.OK != ok {
		t.Errorf("checks %s, ok %t; want %s, %t: %+v", got, r.OK, statusLetters, ok, r.Checks)
	}
	text := fmt.Sprintf("%+v", r.Checks)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("nothing says %q: %s", w, text)
		}
	}
}

func TestFineMachine(t *testing.T) {
	h := (&host{says: fine()}).start(t, nil)
	r := test(t, h.target())
	want(t, r, "ooooooo", true, "kim may use sudo without a password", "Docker 27.5.1", "2 × GeForce RTX 4090", "50.0 GiB of 100.0 GiB free")
	if r.HostKey == nil || r.HostKey.Fingerprint != h.fingerprint || r.HostKey.Type != ssh.KeyAlgoED25519 {
		t.Errorf("host key %+v, want %s", r.HostKey, h.fingerprint)
	}
}

// Nothing is said of who signs in before the host key is trusted.
func TestHostKeyComesFirst(t *testing.T) {
	h := (&host{says: fine()}).start(t, nil)
	target := h.target()
	target.HostKey = ""
	r := test(t, target)
	want(t, r, "ow-----", false, "which nobody has confirmed yet", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
	if r.HostKey == nil || r.HostKey.Fingerprint != h.fingerprint {
		t.Errorf("host key %+v, want %s", r.HostKey, h.fingerprint)
	}
	target.HostKey = "SHA256:of-another-machine"
	want(t, test(t, target), "oF-----", false, "somebody may be between", h.fingerprint)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.attempts > 0 {
		t.Errorf("it was tried %d times to sign in to a machine that is not trusted", h.attempts)
	}
}

func TestSignIn(t *testing.T) {
	private, signer := newKey(t, "")
	locked, lockedSigner := newKey(t, "open sesame")
	other, _ := newKey(t, "")
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	for _, c := range []struct {
		name        string
		authorized  ssh.Signer
		interactive bool
		target      Target // what differs
		statuses    string
		says        string
	}{
		{"by-key", signer, false, Target{PrivateKey: private}, "ooooooo", "kim is let in"},
		{"by-key-with-windows-line-ends", signer, false, Target{PrivateKey: strings.ReplaceAll(private, "\n", "\r\n")}, "ooooooo", "kim is let in"},
		{"by-locked-key", lockedSigner, false, Target{PrivateKey: locked, Passphrase: "open sesame"}, "ooooooo", "kim is let in"},
		{"by-questions", nil, true, Target{Password: password}, "ooooooo", "kim is let in"},
		{"the-key-is-not-known-and-the-password-is", nil, false, Target{PrivateKey: private, Password: password}, "ooooooo", "kim is let in"},
		{"another-key", signer, false, Target{PrivateKey: other}, "ooF----", "authorized_keys"},
		{"another-user", nil, false, Target{User: "lee", Password: password}, "ooF----", "lee is not let in"},
		{"wrong-password", nil, false, Target{Password: "wrong"}, "ooF----", "check name and password"},
		{"locked", signer, false, Target{PrivateKey: locked}, "ooF----", "locked by a passphrase"},
		{"wrong-passphrase", lockedSigner, false, Target{PrivateKey: locked, Passphrase: "wrong"}, "ooF----", "does not unlock"},
		{"the-public-key", signer, false, Target{PrivateKey: public}, "ooF----", "without .pub"},
		{"puttys", signer, false, Target{PrivateKey: "PuTTY-User-Key-File-3: ssh-ed25519"}, "ooF----", "PuTTYgen"},
		{"half-a-key", signer, false, Target{PrivateKey: private[:len(private)/2]}, "ooF----", "the whole file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var authorized ssh.PublicKey
			if c.authorized != nil {
				authorized = c.authorized.PublicKey()
			}
			h := (&host{says: fine(), interactive: c.interactive}).start(t, authorized)
			target := h.target()
			target.Password, target.PrivateKey, target.Passphrase = c.target.Password, c.target.PrivateKey, c.target.Passphrase
			if c.target.User != "" {
				target.User = c.target.User
			}
			want(t, test(t, target), c.statuses, c.statuses == "ooooooo", c.says)
		})
	}
}

func TestMachine(t *testing.T) {
	for _, c := range []struct {
		name, word string
		says       reply
		statuses   string
		words      []string
	}{
		{"root", "sudo", reply{out: "root\n"}, "ooooooo", []string{"kim is root and needs no sudo"}},
		{"sudo-asks", "sudo", reply{errs: "sudo: a password is required\n", code: 1}, "oooFooo", []string{"sudo asks kim for a password", "kim ALL=(ALL) NOPASSWD:ALL"}},
		{"sudo-refuses", "sudo", reply{errs: "kim is not in the sudoers file.\n", code: 1}, "oooFooo", []string{"kim may not use sudo"}},
		{"no-sudo", "sudo", reply{errs: "sh: 1: sudo: not found\n", code: 127}, "oooFooo", []string{"sudo is missing"}},
		{"no-docker", "docker", reply{errs: "sh: 1: docker: not found\n", code: 127}, "ooooFoo", []string{"docker is missing", "apt-get install -y docker.io"}},
		{"docker-forbids", "docker", reply{errs: "permission denied while trying to connect to the Docker daemon socket\n", code: 1}, "ooooFoo", []string{"usermod -aG docker kim"}},
		{"docker-sleeps", "docker", reply{errs: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n", code: 1}, "ooooFoo", []string{"systemctl enable --now docker"}},
		{"docker-is-strange", "docker", reply{errs: "segmentation fault\n", code: 139}, "ooooFoo", []string{"docker does not work", "segmentation fault"}},
		{"no-gpu-driver", "nvidia-smi", reply{errs: "sh: nvidia-smi: not found\n", code: 127}, "ooooo-o", []string{"jobs there have no GPU"}},
		{"driver-fails", "nvidia-smi", reply{out: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", code: 9}, "ooooowo", []string{"the NVIDIA driver does not work"}},
		{"no-devices", "nvidia-smi", reply{out: "No devices were found\n"}, "ooooo-o", []string{"no GPU"}},
		{"two-models", "nvidia-smi", reply{out: "GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-1)\nGPU 1: Tesla T4 (UUID: GPU-2)\n"}, "ooooooo", []string{"1 × A100-SXM4-80GB, 1 × Tesla T4"}},
		{"disk-is-full", "df", reply{out: "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 104857600 103809024 1048576 99% /\n"}, "oooooow", []string{"1.0 GiB of 100.0 GiB free", "at least 10.0 GiB"}},
		{"df-is-strange", "df", reply{out: "hello\n"}, "oooooow", []string{"is not known"}},
		{"df-has-no-numbers", "df", reply{out: "a\nb c d e f g\n"}, "oooooow", []string{"is not known"}},
		{"control-characters", "docker", reply{out: "27\x1b[31m\x00.1\n"}, "ooooooo", []string{"Docker 27[31m.1"}},
		{"too-much", "docker", reply{out: strings.Repeat("x", 1<<20)}, "ooooFoo", []string{"more than 65536 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &host{says: fine()}
			h.says[c.word] = c.says
			want(t, test(t, h.start(t, nil).target()), c.statuses, !strings.Contains(c.statuses, "F"), c.words...)
		})
	}
}

func TestNoCommands(t *testing.T) {
	h := (&host{says: fine(), mute: true}).start(t, nil)
	want(t, test(t, h.target()), "oooFFFF", false, "ForceCommand", "no sessions here")
}

// What hangs costs the time limit once.
func TestTimeLimit(t *testing.T) {
	h := &host{says: fine()}
	h.says["docker"] = reply{hang: true}
	began := time.Now()
	want(t, testBy(t, &Prober{Now: time.Now, limit: 500 * time.Millisecond}, h.start(t, nil).target()), "ooooFFF", false, "the machine may be busy")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// listener accepts connections and says something.
func listener(t *testing.T, says string) Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(says))
			if says != "" {
				c.Close()
			} else {
				t.Cleanup(func() { c.Close() })
			}
		}
	}()
	return Target{Address: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "kim", Password: password}
}

func TestNoSSH(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := Target{Address: "127.0.0.1", Port: closed.Addr().(*net.TCPAddr).Port, User: "kim", Password: password}
	closed.Close()
	want(t, test(t, target), "F------", false, "refuses connections")
	want(t, test(t, listener(t, "HTTP/1.1 400 Bad Request\r\n\r\n")), "oF-----", false, "does not speak SSH")
	quick := &Prober{Now: time.Now, limit: 200 * time.Millisecond}
	want(t, testBy(t, quick, listener(t, "")), "oF-----", false, "did not show its host key")
}

func TestNames(t *testing.T) {
	h := (&host{says: fine()}).start(t, nil)
	target := h.target()
	target.Address = "gpu-box"
	p := &Prober{Now: time.Now}
	answer, fails := []string{"::1", "127.0.0.1"}, error(nil) // nothing listens on the first
	p.Lookup = func(_ context.Context, host string) (list []netip.Addr, err error) {
		if host != "gpu-box" {
			t.Errorf("%s was looked up", host)
		}
		for _, a := range answer {
			list = append(list, netip.MustParseAddr(a))
		}
		return list, fails
	}
	want(t, testBy(t, p, target), "ooooooo", true, "gpu-box:")
	answer = []string{"127.0.0.1", "169.254.169.254"} // one bad address is enough
	want(t, testBy(t, p, target), "F------", false, "Atelier does not connect there")
	answer, fails = nil, errors.New("no such host")
	want(t, testBy(t, p, target), "F------", false, "the name gpu-box cannot be looked up")
}

func TestRefusedAddresses(t *testing.T) {
	for _, a := range []string{
		"169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fe80::1", "fe80::1%eth0",
		"0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "168.63.129.16", "::ffff:168.63.129.16", "100.100.100.200", "fd00:ec2::254",
	} {
		if Refused(netip.MustParseAddr(a)) == "" {
			t.Errorf("%s is not refused", a)
		}
		r := test(t, Target{Address: a, User: "kim", Password: password})
		want(t, r, "F------", false, "Atelier does not connect there")
	}
	for _, a := range []string{"127.0.0.1", "::1", "10.0.0.5", "192.168.1.9", "203.0.113.7", "2001:db8::5", "fd12::1"} {
		if why := Refused(netip.MustParseAddr(a)); why != "" {
			t.Errorf("%s is refused: %s", a, why)
		}
	}
}

func TestBadRequests(t *testing.T) {
	good := Target{Address: "127.0.0.1", User: "kim", Password: password}
	for at, change := range map[string]func(*Target){
		"address":    func(x *Target) { x.Address = "" },
		"port":       func(x *Target) { x.Port = 70000 },
		"userName":   func(x *Target) { x.User = "kim; rm" },
		"privateKey": func(x *Target) { x.Password = "" },
		"hostKey":    func(x *Target) { x.HostKey = "aa:bb" },
	} {
		target := good
		change(&target)
		_, err := (&Prober{Now: time.Now}).Test(t.Context(), "kim", target)
		var e *atelier.Error
		if !errors.As(err, &e) || e.Kind != atelier.Invalid || e.Target != at || strings.Contains(e.Message, password) {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, address := range []string{"a b", "user@host", "a/b", "a;b", "$(a)", "-oProxyCommand=a", "a\x00"} {
		target := good
		target.Address = address
		if _, err := (&Prober{Now: time.Now}).Test(t.Context(), "kim", target); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("address %q: %v", address, err)
		}
	}
}

// TestUserNames: a name stands in lines that an administrator copies into a shell.
func TestUserNames(t *testing.T) {
	try := func(user string) error {
		_, err := (&Prober{Now: time.Now}).Test(t.Context(), "kim", Target{Address: "0.0.0.0", User: user, Password: password})
		return err
	}
	for _, user := range []string{"kim", "Kim.Lee_2", "kim-lee", "kim+gpu@example.com", "_svc", strings.Repeat("x", 256)} {
		if err := try(user); err != nil {
			t.Errorf("%q: %v", user, err)
		}
	}
	for _, user := range []string{
		"", "-oProxyCommand=x", "-", "a b", "a&b", "a|b", "a<b", "a>b", "(a)", `a\b`, "a;b", "$a", "`a`", "'a'", `"a"`, "a*", "a?", "~a", "#a", "!a", "a%b", "a=b",
		"a\nb", "a\x00", "a\u00a0b", "김", strings.Repeat("x", 257),
	} {
		var e *atelier.Error
		if err := try(user); !errors.As(err, &e) || e.Kind != atelier.Invalid || e.Target != "userName" {
			t.Errorf("%q: %v", user, err)
		}
	}
}

func TestTooManyTests(t *testing.T) {
	now := time.Unix(0, 0)
	p := &Prober{Now: func() time.Time { return now }}
	target := Target{Address: "0.0.0.0", User: "kim", Password: password}
	for range perMinute {
		now = now.Add(time.Second)
		testBy(t, p, target)
	}
	_, err := p.Test(t.Context(), "kim", target)
	var refused *atelier.Error
	if !errors.As(err, &refused) || refused.Kind != atelier.NoQuota || !strings.Contains(err.Error(), "in 52 s") || refused.Wait != 51*time.Second {
		t.Errorf("one more: %v", err)
	}
	if _, err := p.Test(t.Context(), "lee", target); err != nil {
		t.Errorf("another caller: %v", err)
	}
	now = now.Add(52 * time.Second)
	testBy(t, p, target)
	p.running = atOnce
	if _, err := p.Test(t.Context(), "lee", target); !atelier.IsKind(err, atelier.NoQuota) {
		t.Errorf("too many at once: %v", err)
	}
	p.running = 0
	for i := range maxCallers {
		_, _ = p.Test(t.Context(), fmt.Sprint(i), target)
	}
	now = now.Add(time.Hour)
	_, _ = p.Test(t.Context(), "last", target)
	if len(p.began) > 1 {
		t.Errorf("%d callers are remembered for ever", len(p.began))
	}
}
