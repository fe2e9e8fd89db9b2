package auth

import (
	"container/list"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"

	"github.com/atelier-compute/atelier"
)

// Cost of a secret's hash: OWASP's figures for argon2id. Each takes memKiB of
// memory and about 25 ms, so only few run at once and only some may wait.
const (
	argonTime    = 2
	argonMemKiB  = 19 * 1024
	argonLanes   = 1
	argonSalt    = 16
	argonSize    = 32
	hashesAtOnce = 2
	hashesWait   = 32
	maxSecret    = 512 // bytes
)

// hasher makes and checks hashes of secrets. A secret that was right once is
// remembered by a keyed hash beside the stored one, so that the next token costs
// microseconds, and is forgotten by itself when the stored hash changes.
type hasher struct {
	key   []byte // of the keyed hash
	slots chan struct{}
	queue chan struct{}
	right cache
	dummy string // a hash that nothing matches, for callers that do not exist
}

func newHasher(key []byte) *hasher {
	return &hasher{
		key: key, slots: make(chan struct{}, hashesAtOnce), queue: make(chan struct{}, hashesWait),
		dummy: encodeHash(make([]byte, argonSalt), make([]byte, argonSize)),
	}
}

// hash returns what to store of a secret.
func (h *hasher) hash(done <-chan struct{}, secret string) (string, error) {
	if len(secret) > maxSecret {
		return "", atelier.Errorf(atelier.Invalid, "SecretTooLong", "the password has %d bytes; at most %d are possible", len(secret), maxSecret)
	}
	salt := randomBytes(argonSalt)
	sum, err := h.argon(done, secret, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, sum), nil
}

func encodeHash(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemKiB, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// remembered reports whether the secret was right for the stored hash before.
func (h *hasher) remembered(stored, secret string) bool {
	return stored != "" && h.right.has(h.mark(stored, secret))
}

// check reports whether the secret is that of the stored hash, and remembers it if
// so: then it waits for nobody else's hash from now on. An empty or foreign hash is
// checked like any other and matches nothing.
func (h *hasher) check(done <-chan struct{}, stored, secret string) (bool, error) {
	if h.remembered(stored, secret) {
		return true, nil
	}
	if len(secret) > maxSecret {
		stored, secret = "", secret[:maxSecret]
	}
	salt, want, ok := decodeHash(stored)
	if !ok {
		salt, want, _ = decodeHash(h.dummy)
	}
	sum, err := h.argon(done, secret, salt)
	if err != nil {
		return false, err
	}
	if subtle.ConstantTimeCompare(sum, want) != 1 || !ok {
		return false, nil
	}
	h.right.add(h.mark(stored, secret))
	return true, nil
}

func decodeHash(stored string) (salt, sum []byte, ok bool) {
	prefix := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemKiB, argonTime, argonLanes)
	rest, ok := strings.CutPrefix(stored, prefix)
	if !ok {
		return nil, nil, false
	}
	s, k, ok := strings.Cut(rest, "$")
	if !ok {
		return nil, nil, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(s)
	sum, err2 := base64.RawStdEncoding.DecodeString(k)
	return salt, sum, err1 == nil && err2 == nil && len(salt) == argonSalt && len(sum) == argonSize
}

// argon takes its turn and hashes; done ends the waiting.
func (h *hasher) argon(done <-chan struct{}, secret string, salt []byte) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, atelier.Errorf(atelier.Transient, "TemporarilyUnavailable", "too many sign-ins at once; try again in a second")
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-done:
		return nil, context.Canceled
	}
	return argon2.IDKey([]byte(secret), salt, argonTime, argonMemKiB, argonLanes, argonSize), nil
}

type mark [sha256.Size]byte

func (h *hasher) mark(stored, secret string) mark {
	m := hmac.New(sha256.New, h.key)
	fmt.Fprintf(m, "%d:%s%s", len(stored), stored, secret)
	return mark(m.Sum(nil))
}

// HashPassword hashes a password that is only kept, such as a cluster
// administrator's.
func (a *Auth) HashPassword(password string) (string, error) {
	return a.issuer.hasher.hash(nil, password)
}

// cache is a set of the marks used last, at most cacheSize.
type cache struct {
	mu    sync.Mutex
	marks map[mark]*list.Element
	order list.List // of mark, last used first
}

const cacheSize = 1024

func (c *cache) has(m mark) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.marks[m]
	if ok {
		c.order.MoveToFront(e)
	}
	return ok
}

func (c *cache) add(m mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.marks[m]; ok {
		return
	}
	if c.marks == nil {
		c.marks = map[mark]*list.Element{}
	}
	c.marks[m] = c.order.PushFront(m)
	if c.order.Len() > cacheSize {
		delete(c.marks, c.order.Remove(c.order.Back()).(mark))
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails: it ends the process instead
	return b
}

// NewSecret returns a secret for a service principal.
func NewSecret() string { return randomText(32) }

// randomText returns n random bytes as text for URLs and headers.
func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }
