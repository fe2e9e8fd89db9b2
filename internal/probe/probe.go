// Package probe looks at a machine that somebody wants to attach: does it answer, is
// it the one that they mean, are they let in, and what is there. It keeps and logs
// nothing of what it is told; a secret goes only to a machine whose host key its
// user trusts.
package probe

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

// Target is the machine, and who signs in there.
type Target struct {
	Address    string `json:"address"` // a name or an IP address
	Port       int    `json:"port"`    // 0 is 22
	User       string `json:"userName"`
	Password   string `json:"password"`
	PrivateKey string `json:"privateKey"` // in the format of OpenSSH, or PEM
	Passphrase string `json:"passphrase"` // of the private key
	HostKey    string `json:"hostKey"`    // the fingerprint that the user trusts: SHA256:…
}

// Report is what was found.
type Report struct {
	OK      bool     `json:"ok"` // all checks were made, and none failed
	HostKey *HostKey `json:"hostKey"`
	Checks  []Check  `json:"checks" api:"notnull"` // in the order of the names below
}

// HostKey is the machine's public key.
type HostKey struct {
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"`
}

// Check is one thing that was looked at.
type Check struct {
	Name         string `json:"name" api:"enum=tcp|hostKey|auth|sudo|docker|gpu|disk"`
	Status       string `json:"status" api:"enum=ok|failed|warning|skipped"`
	Code         string `json:"code"` // what Message says, for who words it otherwise
	Params       Params `json:"params,omitempty"`
	Message      string `json:"message"`
	Detail       string `json:"detail,omitempty"`  // what the machine said
	Help         string `json:"help,omitempty"`    // what would help, in words
	Command      string `json:"command,omitempty"` // and for a shell there
	Milliseconds int64  `json:"milliseconds"`
}

// Params are what a Code is about.
type Params map[string]string

// Names of the checks, in their order.
const (
	TCP    = "tcp"
	Host   = "hostKey"
	Auth   = "auth"
	Sudo   = "sudo"
	Docker = "docker"
	GPU    = "gpu"
	Disk   = "disk"
)

// Statuses of a check.
const (
	OK      = "ok"
	Failed  = "failed"
	Warning = "warning"
	Skipped = "skipped"
)

// Limits of a test. What a machine says is cut at maxOutput.
const (
	timeLimit  = 10 * time.Second
	maxOutput  = 64 << 10
	maxDetail  = 2 << 10
	perMinute  = 10 // tests of one caller
	atOnce     = 8  // tests of everybody
	maxCallers = 1024
)

// Prober tests machines. Set Now before the first call.
type Prober struct {
	Now    func() time.Time
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error) // nil: as this machine looks up names

	limit   time.Duration // 0: timeLimit
	mu      sync.Mutex
	running int
	began   map[string][]time.Time // of the tests of the last minute, by caller
}

// Test tests the machine for the caller. An error is about the request: what is
// wrong with the machine is in the report.
func (p *Prober) Test(ctx context.Context, caller string, t Target) (Report, error) {
	if err := t.check(); err != nil {
		return Report{}, err
	}
	if err := p.enter(caller); err != nil {
		return Report{}, err
	}
	defer p.leave()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.limit, timeLimit))
	defer cancel()
	r := &run{Prober: p, Target: t}
	r.all(ctx)
	return r.report(), nil
}

func (t *Target) check() error {
	bad := func(target, format string, args ...any) error {
		return atelier.Errorf(atelier.Invalid, "InvalidRequest", format, args...).At(target)
	}
	if t.Port == 0 {
		t.Port = 22
	}
	switch {
	case t.Address == "" || len(t.Address) > 255 || strings.ContainsFunc(t.Address, notOfHost) || t.Address[0] == '-':
		return bad("address", "address is %.80q; it must be the machine's name or IP address, without a port", t.Address)
	case t.Port < 1 || t.Port > 65535:
		return bad("port", "port is %d; it must be 1 to 65535, and is 22 for most machines", t.Port)
	case t.User == "":
		return bad("userName", "userName is required: whom to sign in as on the machine")
	case len(t.User) > 256 || strings.ContainsFunc(t.User, notOfUser) || t.User[0] == '-':
		return bad("userName", "userName is %.80q; it must be a name of letters, digits and . _ - @ +, and not begin with a dash", t.User)
	case t.Password == "" && t.PrivateKey == "":
		return bad("privateKey", "give privateKey or password: there must be a way to sign in")
	case len(t.PrivateKey) > 32<<10 || len(t.Password) > 4<<10 || len(t.Passphrase) > 4<<10:
		return bad("privateKey", "the key or password is longer than any is")
	case t.HostKey != "" && !strings.HasPrefix(t.HostKey, "SHA256:"):
		return bad("hostKey", "hostKey is %.80q; it must be a fingerprint such as SHA256:… that an earlier test showed", t.HostKey)
	}
	return nil
}

// notOfHost reports whether a rune is in no name and no address of a host, and
// notOfUser whether it is in no name of a user: both are part of lines that people
// copy into a shell.
func notOfHost(r rune) bool {
	return r < 0x80 && !alphanumeric(r) && !strings.ContainsRune(".:-_[]%", r)
}

func notOfUser(r rune) bool { return !alphanumeric(r) && !strings.ContainsRune("._-@+", r) }

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// enter lets a test begin: each opens connections to wherever its caller says, and
// nobody shall search a network, or guess passwords, by it.
func (p *Prober) enter(caller string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	recent := slices.DeleteFunc(slices.Clone(p.began[caller]), func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	switch {
	case len(recent) >= perMinute:
		wait := time.Minute - now.Sub(recent[0])
		return atelier.Errorf(atelier.NoQuota, "TooManyTests", "you tested connections %d times in the last minute; try again in %d s",
			perMinute, int(wait/time.Second)+1).In(wait)
	case p.running >= atOnce:
		return atelier.Errorf(atelier.NoQuota, "TooManyTests", "%d connections are being tested already; try again in a moment", atOnce)
	}
	if len(p.began) >= maxCallers {
		for who, times := range p.began {
			if now.Sub(times[len(times)-1]) >= time.Minute {
				delete(p.began, who)
			}
		}
	}
	if p.began == nil {
		p.began = map[string][]time.Time{}
	}
	p.began[caller] = append(recent, now)
	p.running++
	return nil
}

func (p *Prober) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
}

// run is one test under way.
type run struct {
	*Prober
	Target
	hostKey *HostKey
	checks  []Check
}

// all makes the checks, as far as each lets the next one be made.
func (r *run) all(ctx context.Context) {
	conn, ok := r.connect(ctx)
	if !ok {
		return
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // whatever hangs, ends then
	defer stop()
	client, ok := r.signIn(ctx, conn)
	if !ok {
		return
	}
	defer client.Close()
	r.inspect(ctx, client)
}

func (r *run) report() Report {
	out := Report{OK: true, HostKey: r.hostKey}
	for i, name := range []string{TCP, Host, Auth, Sudo, Docker, GPU, Disk} {
		if i >= len(r.checks) {
			r.checks = append(r.checks, Check{Name: name, Status: Skipped, Code: "NotLookedAt", Message: "not looked at, because of what is above"})
			out.OK = false
		}
		out.OK = out.OK && r.checks[i].Status != Failed
	}
	out.Checks = r.checks
	return out
}

// add records a check that began at the time.
func (r *run) add(began time.Time, c Check) bool {
	c.Milliseconds = max(r.Now().Sub(began).Milliseconds(), 0)
	c.Detail = clean(c.Detail, maxDetail)
	r.checks = append(r.checks, c)
	return c.Status == OK || c.Status == Warning
}

// clean makes what a machine said fit to be shown: no control characters, and not
// more than n bytes.
func clean(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), 2*n)], ""))
	if text = strings.TrimSpace(text); len(text) > n {
		text = strings.ToValidUTF8(text[:n], "") + " …"
	}
	return text
}

// connect opens the TCP connection.
func (r *run) connect(ctx context.Context) (net.Conn, bool) {
	began := r.Now()
	at := net.JoinHostPort(r.Address, fmt.Sprint(r.Port))
	failed := func(code string, p Params, help, format string, args ...any) (net.Conn, bool) {
		r.add(began, Check{Name: TCP, Status: Failed, Code: code, Params: p, Message: fmt.Sprintf(format, args...), Help: help})
		return nil, false
	}
	there := Params{"address": at}
	addrs, err := r.addresses(ctx)
	if err != nil {
		return failed("AddressUnknown", Params{"address": r.Address}, "give the machine's IP address, or a name that this server can look up", "%v", err)
	}
	var last error
	for _, a := range addrs {
		if why := Refused(a); why != "" {
			return failed("AddressRefused", Params{"address": a.String()}, "give the address of the machine itself", "%s is %s; Atelier does not connect there", a, why)
		}
	}
	for _, a := range addrs {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(a, uint16(r.Port)).String())
		if err == nil {
			took := r.Now().Sub(began)
			r.add(began, Check{Name: TCP, Status: OK, Code: "Answers", Params: there, Message: fmt.Sprintf("%s answers after %d ms", at, took.Milliseconds())})
			return conn, true
		}
		last = err
	}
	switch {
	case isTimeout(last):
		return failed("NoAnswer", there, "the machine is off, or a firewall between drops what this server sends: let it reach the port", "%s did not answer within %s", at, timeLimit)
	case isRefused(last):
		return failed("ConnectionRefused", there, "start the SSH server there (sudo systemctl start ssh), or give another port", "%s refuses connections: nothing listens on the port", at)
	}
	return failed("Unreachable", there, "check the address and the network between", "%s cannot be reached: %v", at, plain(last))
}

func (r *run) addresses(ctx context.Context) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(strings.Trim(r.Address, "[]")); err == nil {
		return []netip.Addr{a.WithZone("")}, nil
	}
	lookup := r.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := lookup(ctx, r.Address)
	if err != nil || len(addrs) == 0 {
		return nil, fmt.Errorf("the name %s cannot be looked up", r.Address)
	}
	return addrs, nil
}
