package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
)

const (
	deviceLife   = 15 * time.Minute
	devicePause  = time.Second // between polls
	mostDevices  = 256
	mostClientID = 64 // bytes
	codeLetters  = "BCDFGHJKLMNPQRSTVWXZ"
	codeLength   = 8
)

// DevicePath is the page where a user enters the code that a device shows.
const DevicePath = "/device"

// devices are the sign-ins that wait for a user's word. They live in memory: when
// the server starts again a device asks anew.
type devices struct {
	now func() time.Time

	mu     sync.Mutex
	byCode map[digest]*device // by device code
}

type device struct {
	user   string // code
	client string
	scope  string
	until  time.Time
	denied bool
	who    *atelier.Principal // who approved
}

func newDevices(now func() time.Time) *devices {
	return &devices{now: now, byCode: map[digest]*device{}}
}

// Device is a device that asks to be signed in.
type Device struct {
	Code   string // as the device shows it
	Client string // ID that it calls itself; nobody has proved it
	Scope  string
}

// add makes the codes of a new device. What is over goes; when too many wait, the
// one that ends first goes too.
func (d *devices) add(client, scope string) (deviceCode, userCode string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	var first digest
	var when time.Time
	for key, x := range d.byCode {
		if !now.Before(x.until) {
			delete(d.byCode, key)
		} else if when.IsZero() || x.until.Before(when) {
			first, when = key, x.until
		}
	}
	if len(d.byCode) >= mostDevices {
		delete(d.byCode, first)
	}
	deviceCode = randomText(32)
	for userCode = newUserCode(); d.find(userCode) != nil; userCode = newUserCode() {
	}
	d.byCode[sha256.Sum256([]byte(deviceCode))] = &device{user: userCode, client: client, scope: scope, until: now.Add(deviceLife)}
	return deviceCode, userCode
}

// newUserCode is 34 bits in letters that nobody mistakes for others, and that make
// no words.
func newUserCode() string {
	var b strings.Builder
	for i := range codeLength {
		if i == codeLength/2 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(codeLetters))))
		if err != nil { // the machine has no randomness
			panic(err)
		}
		b.WriteByte(codeLetters[n.Int64()])
	}
	return b.String()
}

// find returns the device that shows the code and still waits, or nil.
func (d *devices) find(userCode string) *device {
	now := d.now()
	for _, x := range d.byCode {
		if x.user == userCode && now.Before(x.until) && x.who == nil && !x.denied {
			return x
		}
	}
	return nil
}

// spell writes a code as it is shown, however the user typed it.
func spell(code string) string {
	code = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		if r < 'A' || r > 'Z' {
			return -1
		}
		return r
	}, code)
	if len(code) != codeLength {
		return ""
	}
	return code[:codeLength/2] + "-" + code[codeLength/2:]
}

// FindDevice returns the device that shows a code, for a user who is about to say
// whether it may sign in as them. Who guesses codes has to wait.
func (a *Auth) FindDevice(c Caller, code string) (Device, error) {
	key := "device " + c.Name()
	if wait := a.issuer.limit.wait(key); wait > 0 {
		return Device{}, atelier.Errorf(atelier.NoQuota, "TooManyCodes", "too many wrong codes; wait %d seconds, then enter the code that the device shows", int(wait/time.Second)+1).In(wait)
	}
	a.devices.mu.Lock()
	defer a.devices.mu.Unlock()
	x := a.devices.find(spell(code))
	if x == nil {
		a.issuer.limit.fail(key)
		return Device{}, atelier.Errorf(atelier.NotFound, "CodeNotFound", "no device waits with this code; a code is good for %d minutes and for one answer: start again on the device, and enter the code that it shows", int(deviceLife/time.Minute))
	}
	return Device{Code: x.user, Client: x.client, Scope: x.scope}, nil
}

// DecideDevice lets the device with the code sign in as the caller, or not.
func (a *Auth) DecideDevice(c Caller, code string, yes bool) error {
	if c.principal == nil || a.person(c.principal.ID, c.principal.UID) == nil {
		return atelier.Errorf(atelier.Forbidden, "NotAUser", "only a user can let a device sign in, and %q is none", c.Name())
	}
	if err := c.NotByToken("let a device sign in"); err != nil && yes {
		return err
	}
	if _, err := a.FindDevice(c, code); err != nil {
		return err
	}
	a.devices.mu.Lock()
	defer a.devices.mu.Unlock()
	x := a.devices.find(spell(code))
	if x == nil { // somebody else was faster
		return atelier.Errorf(atelier.Conflict, "CodeUsed", "the code was answered meanwhile")
	}
	if x.denied = !yes; yes {
		x.who = c.principal
	}
	return nil
}

// deviceCode begins a sign-in at a device that has no browser (RFC 8628).
func (a *Auth) deviceCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	form, ok := a.form(w, r)
	if !ok || !a.ours(w, r) {
		return
	}
	client, scope := form.Get("client_id"), form.Get("scope")
	if !plainID(client) {
		a.refuse(w, http.StatusBadRequest, "invalid_request", 900144, "the request names no client_id of at most "+strconv.Itoa(mostClientID)+" letters, digits, dots and dashes")
		return
	}
	if _, ok := a.audience(scope); !ok {
		a.badScope(w, scope)
		return
	}
	deviceCode, userCode := a.devices.add(client, scope)
	at := a.base(r) + DevicePath
	answer(w, http.StatusOK, map[string]any{
		"device_code": deviceCode, "user_code": userCode, "verification_uri": at, "verification_url": at,
		"expires_in": int(deviceLife / time.Second), "interval": int(devicePause / time.Second),
		"message": "To sign in, open " + at + " in a browser that is signed in to Atelier and enter the code " + userCode +
			", or run `atelier device approve " + userCode + "` on the server's machine.",
	})
}

func plainID(s string) bool {
	return s != "" && len(s) <= mostClientID && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '.' && r != '_'
	})
}

// redeem returns who approved the device, once, or the OAuth error that says where
// it stands.
func (d *devices) redeem(code, client string) (*device, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := sha256.Sum256([]byte(code))
	x := d.byCode[key]
	switch {
	case x == nil || x.client != client:
		return nil, "bad_verification_code"
	case !d.now().Before(x.until):
		return nil, "expired_token"
	case x.denied:
		delete(d.byCode, key)
		return nil, "authorization_declined"
	case x.who == nil:
		return nil, "authorization_pending"
	}
	delete(d.byCode, key)
	return x, ""
}
