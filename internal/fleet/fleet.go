// Package fleet is the server's side of the node agents. It admits them, tells
// each what its node should hold, and writes what they say into the store. Every
// call of an agent is checked against the key that its node is bound to, where the
// task was placed, and which attempt is the current one.
package fleet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// Fleet receives agents. It is safe for concurrent use and starts nothing.
type Fleet struct {
	DB        *store.DB
	Now       func() time.Time
	Secret    []byte        // signs join tokens
	Endpoint  string        // of the API, for AZUREML_SERVICE_ENDPOINT; may be ""
	LostAfter time.Duration // 0 is wire.LostAfter

	// Identities makes the tokens that tasks ask for; nil is none.
	Identities Identities

	mu    sync.Mutex
	links map[atelier.ID]*link
}

// link is what is known of a node's agent beyond what is stored.
type link struct {
	heard time.Time // guarded by Fleet.mu

	turn    sync.Mutex // guards the rest: content and number of a Desired are taken in one moment
	session string
	seq     int64
	last    string // content of the last Desired, in short
	specs   map[string]wire.TaskSpec
}

// actor is who the events name.
const actor = "fleet"

// JoinToken proves to Hello that its bearer is the machine of that node: it goes
// to the provider with the launch. It names the incarnation, so that an agent
// whose node is gone can be told so.
func (f *Fleet) JoinToken(node atelier.ID, uid string) string {
	return uid + "." + hex.EncodeToString(f.sign(node, uid))
}

func (f *Fleet) sign(node atelier.ID, uid string) []byte {
	mac := hmac.New(sha256.New, f.Secret)
	fmt.Fprintf(mac, "atelier join %d %s %d %s", len(node), node, len(uid), uid)
	return mac.Sum(nil)
}

func (f *Fleet) checkToken(node atelier.ID, token string) (uid string, err error) {
	uid, sum, _ := strings.Cut(token, ".")
	want := hex.EncodeToString(f.sign(node, uid))
	if len(f.Secret) == 0 || uid == "" || subtle.ConstantTimeCompare([]byte(sum), []byte(want)) != 1 {
		return "", atelier.Errorf(atelier.Forbidden, "JoinRefused", "the join token is not one of this server for node %q", node.Name())
	}
	return uid, nil
}

// Hello admits an agent: the first one of a wanted node makes it Ready and binds it
// to its key; later ones must show the same key. A node that was given up is never
// revived: its agent is told to leave. Agents repeat a hello until it succeeds.
func (f *Fleet) Hello(ctx context.Context, h wire.Hello) (wire.Welcome, error) {
	if h.Version != wire.Version && h.Version != wire.Version-1 {
		return wire.Welcome{}, atelier.Errorf(atelier.Unsupported, "AgentVersion",
			"the agent speaks version %d, this server speaks %d and the one before; give the node an agent of this release", h.Version, wire.Version)
	}
	uid, err := f.checkToken(h.Node, h.Token)
	if err != nil {
		return wire.Welcome{}, err
	}
	if h.Key == "" || h.Session == "" || len(h.Session) > 128 || len(h.Boot) > 128 {
		return wire.Welcome{}, atelier.Errorf(atelier.Invalid, "InvalidHello", "a hello needs a key, a session and a boot id of at most 128 characters")
	}
	leave := false
	err = f.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		n, err := store.Get[atelier.Node](tx, h.Node)
		if leave = atelier.IsKind(err, atelier.NotFound) || err == nil && n.UID != uid; leave || err != nil {
			return drop(err, atelier.NotFound)
		}
		if leave, err = f.admit(tx, n, h); err != nil {
			return err
		}
		return f.apply(tx, n, h.Report.Tasks)
	})
	if err != nil {
		return wire.Welcome{}, err
	}
	if leave {
		return wire.Welcome{Heartbeat: wire.Heartbeat, Desired: wire.Desired{Node: h.Node, Session: h.Session, Seq: 1, Leave: true}}, nil
	}
	l := f.link(h.Node, true)
	f.touch(l)
	l.turn.Lock()
	if l.session != h.Session { // a hello that comes twice does not begin the numbers anew
		l.session, l.seq = h.Session, 0
	}
	l.last = ""
	l.turn.Unlock()
	d, _, err := f.next(ctx, h.Node, h.Session)
	return wire.Welcome{Heartbeat: wire.Heartbeat, Desired: d}, err
}

// drop returns err unless it is of the kind.
func drop(err error, kind atelier.Kind) error {
	if atelier.IsKind(err, kind) {
		return nil
	}
	return err
}

// admit decides on a hello by the state of its node.
func (f *Fleet) admit(tx *store.Tx, n *atelier.Node, h wire.Hello) (leave bool, err error) {
	if n.Key != "" && subtle.ConstantTimeCompare([]byte(n.Key), []byte(h.Key)) != 1 {
		return false, atelier.Errorf(atelier.Forbidden, "NodeTaken", "another machine answered as node %q before; this one is not needed", n.Name)
	}
	host := tidy(h.Host)
	was := n.State
	switch {
	case givenUp(n), n.State == atelier.Draining && n.Key == "":
		return true, nil
	case n.State == atelier.Wanted, n.State == atelier.Booting:
		n.State, n.Since, n.Problem = atelier.Ready, f.Now(), nil
	case n.Boot == h.Boot && sameHost(n.Host, host):
		return false, nil // a reconnect: nothing new
	}
	n.Key, n.Boot, n.Host, n.HeardAt = h.Key, h.Boot, host, f.Now()
	if err := store.Put(tx, n); err != nil {
		return false, err
	}
	if was != n.State {
		tx.Note(n.ID, "NodeReady", "its agent said hello")
	} else {
		tx.Note(n.ID, "AgentRestarted", "its agent started again")
	}
	return false, nil
}

// givenUp reports whether the node's machine is no longer wanted.
func givenUp(n *atelier.Node) bool {
	return n.State == atelier.Lost || n.State == atelier.Leaving || n.State == atelier.Gone
}

func sameHost(a, b atelier.Host) bool {
	return a.Address == b.Address && a.VCPUs == b.VCPUs && a.MemoryGiB == b.MemoryGiB && a.GPUs == b.GPUs &&
		slices.Equal(a.Isolation, b.Isolation) && slices.Equal(a.Problems, b.Problems)
}

// Limits on what an agent may say of itself and of its tasks.
const (
	maxWord  = 128
	maxWords = 4096
	maxList  = 32
)

func tidy(h atelier.Host) atelier.Host {
	h.Address = clip(h.Address, maxWord)
	h.Isolation = slices.Clone(h.Isolation[:min(len(h.Isolation), maxList)])
	for i, s := range h.Isolation {
		h.Isolation[i] = clip(s, maxWord)
	}
	h.Problems = slices.Clone(h.Problems[:min(len(h.Problems), maxList)])
	for i, p := range h.Problems {
		h.Problems[i] = tidyProblem(p)
	}
	return h
}

func tidyProblem(p atelier.Problem) atelier.Problem {
	return atelier.Problem{Code: clip(p.Code, maxWord), Message: clip(p.Message, maxWords), Target: clip(p.Target, maxWord)}
}

func clip(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}

func (f *Fleet) link(node atelier.ID, add bool) *link {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.links[node]
	if l == nil && add {
		if f.links == nil {
			f.links = map[atelier.ID]*link{}
		}
		l = &link{}
		f.links[node] = l
	}
	return l
}

// touch notes that the agent was heard of. This is not stored: after a restart of
// the server every node has its full time again.
func (f *Fleet) touch(l *link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.heard = f.Now()
}
