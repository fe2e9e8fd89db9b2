// Package sim runs a whole Atelier in one thread: users, server, cloud, network and
// agents, with seeded faults and simulated time. The same seed gives the same
// trace, so every failure replays. What it runs is the real code (API, store,
// controllers, placement, fleet, agent core); only the world outside is made up.
package sim

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/provider/fake"
	"github.com/atelier-compute/atelier/internal/store"
)

// World is one run.
type World struct {
	CrashAt int               // crash the server at this crash point, counted from 1; 0 is at random
	Points  int               // crash points passed
	Calm    bool              // no faults but those that CrashAt asks for
	Trace   func(line string) // if set, is told of all that happens

	now    time.Time
	start  time.Time
	end    time.Time // of the faults
	rnd    *rand.Rand
	ids    *rand.Rand // of names: a fault more or less does not change them
	events events
	seq    int
	hash   hash64
	rates  rates

	disk  *store.Disk // survives crashes of the server
	cloud *fake.Cloud
	nodes map[string][]*machine // what the cloud booted, by name: a doubled machine is two
	srv   *server               // nil while the server is down
	users users
	truth truth
	bad   []string
}

// rates are how often what goes wrong, drawn for each seed: some worlds have only
// a few kinds of faults, and those often.
type rates struct {
	crash     float64 // at each crash point of the server
	lost      float64 // a message, each way
	late      float64
	double    float64
	agentKill float64 // an agent, each minute
	partition float64 // a node, each minute
}

// New returns a world in which faults happen for the given time.
func New(seed uint64, faults time.Duration) *World {
	start := time.Unix(1_900_000_000, 0).UTC()
	w := &World{
		now: start, start: start, end: start.Add(faults), hash: fnv.New64a(), disk: new(store.Disk),
		rnd: rand.New(rand.NewPCG(seed, 1)), ids: rand.New(rand.NewPCG(seed, 2)), nodes: map[string][]*machine{},
	}
	w.rates = rates{
		crash: w.some(0.01), lost: w.some(0.2), late: w.some(0.2), double: w.some(0.2),
		agentKill: w.some(0.1), partition: w.some(0.2),
	}
	w.cloud = &fake.Cloud{
		Faults: fake.Faults{
			NoQuota: w.some(0.1), LaunchLost: w.some(0.1), LaunchUnsure: w.some(0.1), LaunchLate: w.some(0.05),
			Double: w.some(0.05), HalfMade: w.some(0.3), Vanish: w.some(0.4), ListLag: w.some(0.3), ListLost: w.some(0.2),
			TerminateLost: w.some(0.5), TerminateUnsure: w.some(0.1),
		},
		Chance:  func(p float64) bool { return w.faulty() && w.chance(p) },
		Later:   func(d time.Duration, f func()) { w.after(d, "cloud", f) },
		Between: w.between, BootMin: time.Second, BootMax: 90 * time.Second,
		OnBoot: w.boots,
		OnGone: w.gone,
	}
	w.users.w, w.truth.w = w, w
	w.truth.nodes = map[atelier.ID]*atelier.Node{}
	return w
}

// some is 0 in half of the worlds, else up to most.
func (w *World) some(most float64) float64 {
	if w.rnd.IntN(2) == 0 {
		return 0
	}
	return w.rnd.Float64() * most
}

// Run lets the faults happen, then lets the world come to rest, and returns what
// was found wrong and a hash of all that happened.
func (w *World) Run() (bad []string, trace uint64) {
	w.boot()
	w.after(0, "user", w.users.act)
	w.after(time.Minute, "minute", w.minute)
	for stop := w.end.Add(rest); len(w.events) > 0 && len(w.bad) == 0; {
		if !w.events[0].at.Before(stop) {
			last := w.end.Add(2 * rest)
			if stop.Equal(last) || !w.truth.working() {
				break
			}
			stop = last // a long queue on a small cluster: that it is worked off is all right
		}
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		w.guard(e.name, e.do)
		w.work()
		w.truth.check()
	}
	if len(w.bad) == 0 {
		w.truth.atRest()
	}
	return w.bad, w.hash.Sum64()
}

// rest is how long after the last fault everything must have come to rest.
const rest = 45 * time.Minute

// minute is what happens once a minute: the reaper, and faults of machines.
func (w *World) minute() {
	w.after(time.Minute, "minute", w.minute)
	if w.srv != nil {
		w.guard("reap", func() { w.note("reap err=%v", w.srv.reap()) })
	}
	w.shake()
}

func (w *World) faulty() bool { return !w.Calm && w.now.Before(w.end) }

// flaw records something that must not be.
func (w *World) flaw(invariant, format string, args ...any) {
	w.bad = append(w.bad, fmt.Sprintf("%s at %s: ", invariant, w.now.Sub(w.start))+fmt.Sprintf(format, args...))
	w.note("FLAW %s", w.bad[len(w.bad)-1])
}

func (w *World) note(format string, args ...any) {
	line := fmt.Sprintf("%s "+format, append([]any{w.now.Sub(w.start)}, args...)...)
	fmt.Fprintln(w.hash, line)
	if w.Trace != nil {
		w.Trace(line)
	}
}

func (w *World) chance(p float64) bool { return w.rnd.Float64() < p }

func (w *World) between(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return lo + time.Duration(w.rnd.Int64N(int64(hi-lo)))
}

// newID is what the server draws names from.
func (w *World) newID() string { return fmt.Sprintf("%016x%016x", w.ids.Uint64(), w.ids.Uint64()) }

func (w *World) after(d time.Duration, name string, do func()) {
	w.seq++
	heap.Push(&w.events, event{w.now.Add(d), w.seq, name, do})
}

// point is a place where a crash of the server makes a difference.
func (w *World) point(name string) {
	if w.srv == nil || !w.srv.up {
		return
	}
	w.Points++
	if w.CrashAt == w.Points || w.CrashAt == 0 && w.faulty() && w.chance(w.rates.crash) {
		w.note("crash point %d: %s", w.Points, name)
		w.srv.crashed = true
		panic(crash{})
	}
}

// crash unwinds the server's step at a crash point.
type crash struct{}

// guard runs a step that may be the server's; a crash in it takes the server down
// for a while.
func (w *World) guard(name string, step func()) {
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case crash:
			w.note("crash in %s", name)
			w.srv = nil
			w.after(w.between(time.Second, 20*time.Second), "restart", w.boot)
		default:
			panic(r)
		}
	}()
	step()
}

// crashing is the cloud as the server sees it: a crash may come before a call takes
// effect, and after it.
type crashing struct {
	provider.Provider
	provider.Catalog
	provider.Volumes
	provider.Preempter
	w *World
}

type hash64 interface {
	io.Writer
	Sum64() uint64
}

type event struct {
	at   time.Time
	seq  int
	name string
	do   func()
}

// events is a heap by time, then by age.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
