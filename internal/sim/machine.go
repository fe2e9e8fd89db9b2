package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/agent"
	"github.com/atelier-compute/atelier/internal/fleet"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// machine is one instance that the cloud made: a disk with the agent's records, a
// runtime that outlives the agent, and, most of the time, an agent.
type machine struct {
	provider.Machine
	w       *World
	key     string // of its agent: a doubled machine has another
	dead    bool
	cut     time.Time // no message passes before then
	records []*record // the agent's, by age
	runs    map[string]*run

	core     *agent.Core // nil while the agent is down
	life     int         // counts agents: what one began does not reach the next
	session  string
	said     int64 // Rev of the last report sent
	admitted bool
}

// record is what the agent wrote down of a task before it acted.
type record struct {
	key    string
	task   wire.Task
	phase  agent.Phase
	result agent.Result
}

// run is a command as the runtime knows it.
type run struct {
	task    atelier.ID
	running bool
	result  agent.Result
}

func (w *World) newFleet(db *store.DB, clock func() time.Time) *fleet.Fleet {
	return &fleet.Fleet{DB: db, Now: clock, Secret: []byte("simulated")}
}

// boots is told by the cloud that a machine runs its agent.
func (w *World) boots(pm provider.Machine) {
	m := &machine{Machine: pm, w: w, key: fmt.Sprintf("key-%s-%d", pm.Name, len(w.nodes[pm.Name])), runs: map[string]*run{}}
	w.nodes[pm.Name] = append(w.nodes[pm.Name], m)
	w.note("boots %s %s", pm.Name, m.key)
	m.start()
}

// gone is told by the cloud that the machines of a name are no more.
func (w *World) gone(name string) {
	for _, m := range w.nodes[name] {
		m.dead = true
		m.kill()
		m.killRuns()
	}
	delete(w.nodes, name)
	w.note("gone %s", name)
}

// shake is what happens to machines by the minute.
func (w *World) shake() {
	if !w.faulty() {
		return
	}
	for _, pm := range w.cloud.Machines() {
		for _, m := range w.nodes[pm.Name] {
			if m.core != nil && w.chance(w.rates.agentKill) {
				w.note("kill agent of %s", m.Name)
				m.restart()
			}
			if w.chance(w.rates.partition) {
				m.cut = w.now.Add(w.between(time.Second, time.Minute))
				w.note("cut %s until %s", m.Name, m.cut.Sub(w.start))
			}
		}
	}
}

// kill ends the agent, and nothing else.
func (m *machine) kill() { m.core, m.admitted, m.life = nil, false, m.life+1 }

func (m *machine) killRuns() {
	for _, r := range m.records {
		if run := m.runs[r.key]; run != nil && run.running {
			run.running = false
			m.w.truth.killed(run.task)
		}
	}
}

func (m *machine) restart() {
	m.kill()
	m.w.after(m.w.between(100*time.Millisecond, 5*time.Second), "agent", func() {
		if !m.dead && m.core == nil {
			m.start()
		}
	})
}

// start is the agent's: it takes over what it finds, and says hello, unless it dies
// over it.
func (m *machine) start() {
	m.core = &agent.Core{Node: m.Node}
	m.core.Begin(m.w.now)
	for _, r := range slices.Clone(m.records) {
		run := m.runs[r.key]
		m.do(m.core.Adopt(r.task, r.phase, run != nil, r.result))
		if run != nil && !run.running && m.core != nil && m.core.Awaits(r.key) {
			m.do(m.core.Ended(r.key, run.result))
		}
		if m.core == nil {
			return
		}
	}
	m.hello()
	m.later(5*time.Second, "tick", m.tick)
}

// later runs f unless the agent has ended by then.
func (m *machine) later(d time.Duration, name string, f func()) {
	life := m.life
	m.w.after(d, name, func() {
		if !m.dead && m.core != nil && m.life == life {
			f()
		}
	})
}

func (m *machine) tick() {
	m.do(m.core.Tick(m.w.now))
	if m.core == nil {
		return
	}
	m.report()
	m.later(wire.Heartbeat, "tick", m.tick)
}

// send carries a call to the server and its answer back: lost, late or twice.
func (m *machine) send(name string, call func(s *server) (answer func(), err error), failed func(error)) {
	w := m.w
	times := 1
	if w.faulty() && w.chance(w.rates.double) {
		times = 2
	}
	for range times {
		w.after(w.latency(), name, func() {
			if m.lost() || w.srv == nil || m.dead {
				return
			}
			var answer func()
			var err error
			ok := false
			w.guard(name, func() { answer, err = call(w.srv); ok = true })
			w.note("%s %s err=%v %t", name, m.Name, err, ok)
			if !ok || m.lost() {
				return
			}
			m.later(w.latency(), name+" answer", func() {
				if err != nil {
					failed(err)
				} else {
					answer()
				}
			})
		})
	}
}

func (w *World) latency() time.Duration {
	if w.faulty() && w.chance(w.rates.late) {
		return w.between(time.Second, 30*time.Second)
	}
	return w.between(time.Millisecond, 20*time.Millisecond)
}

func (m *machine) lost() bool {
	return m.w.now.Before(m.cut) || m.w.faulty() && m.w.chance(m.w.rates.lost)
}

// hello is repeated, each time in a new session, until it is answered.
func (m *machine) hello() {
	m.admitted = false
	m.session = fmt.Sprintf("%s-%d-%d", m.key, m.life, m.w.seq)
	m.core.Session(m.session)
	h := wire.Hello{Version: wire.Version, Node: m.Node, Token: m.Join.Token, Key: m.key, Boot: fmt.Sprint(m.life), Session: m.session, Report: m.core.Report()}
	m.send("hello", func(s *server) (func(), error) {
		welcome, err := s.fleet.Hello(context.Background(), h)
		if err == nil {
			s.linked[m.Node] = m
		}
		return func() {
			if m.session == h.Session {
				m.admitted = true
				m.do(m.core.Desired(m.w.now, welcome.Desired))
			}
		}, err
	}, func(err error) {
		if atelier.IsKind(err, atelier.Forbidden) {
			m.kill() // another machine has the node's place: the reaper ends this one, or nobody needs to
		}
	})
	session := m.session
	m.later(m.w.between(time.Second, 3*time.Second), "hello again", func() {
		if !m.admitted && m.session == session {
			m.hello()
		}
	})
}

func (m *machine) report() {
	if !m.admitted {
		return
	}
	r := m.core.Report()
	m.said = m.core.Rev()
	m.send("report", func(s *server) (func(), error) {
		d, err := s.fleet.Report(context.Background(), m.key, r)
		return func() { m.do(m.core.Desired(m.w.now, d)) }, err
	}, func(err error) {
		if atelier.IsKind(err, atelier.Conflict) && m.session == r.Session && m.admitted {
			m.hello()
		}
	})
}

// push tells the agents of changed tasks and nodes what they should hold.
func (w *World) push(changed []atelier.ID) {
	s := w.srv
	nodes := map[atelier.ID]bool{}
	var order []atelier.ID
	add := func(id atelier.ID) {
		if !nodes[id] && s.linked[id] != nil {
			nodes[id], order = true, append(order, id)
		}
	}
	w.must(s.db.Read(context.Background(), func(tx *store.Tx) error {
		for _, id := range changed {
			switch id.Kind() {
			case atelier.KindNode:
				add(id)
			case atelier.KindTask:
				if t, err := store.Get[atelier.Task](tx, id); err == nil {
					add(t.Node)
				}
			}
		}
		return nil
	}))
	for _, id := range order {
		m := s.linked[id]
		d, err := s.fleet.Desired(context.Background(), id)
		if err != nil {
			continue
		}
		w.after(w.latency(), "push", func() {
			if m.dead || m.core == nil || m.lost() {
				return
			}
			m.do(m.core.Desired(w.now, d))
			if m.core != nil {
				m.report()
			}
		})
	}
}

func (m *machine) record(key string) *record {
	for _, r := range m.records {
		if r.key == key {
			return r
		}
	}
	return nil
}

func (m *machine) write(a agent.Action, p agent.Phase) {
	r := m.record(a.Key)
	if r == nil {
		r = &record{key: a.Key, task: a.Task}
		m.records = append(m.records, r)
	}
	r.phase = p
	if a.Kind == agent.Finalize {
		r.result = a.Result
	}
}

// do does what the core says, and reports what changed.
func (m *machine) do(actions []agent.Action) {
	for _, a := range actions {
		if m.core == nil {
			return
		}
		if m.w.faulty() && m.w.chance(m.w.rates.agentKill/10) {
			m.w.note("agent of %s dies before %s %s", m.Name, a.Kind, a.Key)
			m.restart()
			return
		}
		m.act(a)
	}
	if m.core != nil && m.core.Rev() != m.said {
		m.report()
	}
}

func (m *machine) act(a agent.Action) {
	w := m.w
	w.note("%s: %s %s", m.Name, a.Kind, a.Key)
	switch a.Kind {
	case agent.Prepare:
		m.write(a, agent.Preparing)
		var problem *atelier.Problem
		if w.chance(0.02) {
			problem = &atelier.Problem{Code: "EnvironmentFailed", Message: "no such package"}
		}
		m.later(w.between(time.Millisecond, 10*time.Second), "prepared", func() { m.do(m.core.Prepared(a.Key, problem)) })
	case agent.Cancel:
		m.later(10*time.Millisecond, "canceled", func() {
			m.do(m.core.Prepared(a.Key, &atelier.Problem{Code: agent.CodeCanceled, Message: "canceled"}))
		})
	case agent.Start:
		m.write(a, agent.Starting)
		m.run(a)
	case agent.Stop:
		m.later(w.between(time.Millisecond, a.Grace), "stopped", func() { m.end(a.Key, 143) })
	case agent.Finalize:
		m.write(a, agent.Finalizing)
		m.later(w.between(time.Millisecond, 5*time.Second), "finalized", func() { m.finalized(a.Key) })
	case agent.Abandon:
		m.later(10*time.Millisecond, "abandoned", func() { m.finalized(a.Key) })
	case agent.Remove:
		m.records = slices.DeleteFunc(m.records, func(r *record) bool { return r.key == a.Key })
		delete(m.runs, a.Key)
		m.do(m.core.Removed(w.now, a.Key))
	case agent.Leave:
		m.killRuns()
		m.kill()
	}
}

func (m *machine) finalized(key string) {
	do := m.core.Finalized(m.w.now, key, nil)
	if r := m.record(key); r != nil {
		r.phase, r.result = agent.Done, m.core.Result(key)
	}
	m.do(do)
}

// run is the runtime: it starts a command that it was never told of before.
func (m *machine) run(a agent.Action) {
	w := m.w
	if m.runs[a.Key] == nil {
		r := &run{task: a.Task.ID, running: true, result: agent.Result{StartedAt: w.now}}
		m.runs[a.Key] = r
		w.truth.starts(m, a.Task.ID)
		code := 0
		if w.chance(0.1) {
			code = 1 + w.rnd.IntN(3)
		}
		w.after(w.between(time.Second, 4*time.Minute), "exit", func() { m.end(a.Key, code) })
	}
	if w.faulty() && w.chance(w.rates.agentKill/10) {
		w.note("agent of %s dies after start %s", m.Name, a.Key)
		m.restart()
		return
	}
	m.do(m.core.Started(a.Key, m.runs[a.Key].result.StartedAt, nil))
	if r := m.runs[a.Key]; r != nil && !r.running && m.core != nil {
		m.do(m.core.Ended(a.Key, r.result))
	}
}

// end ends a command. An agent that is there learns of it; another finds out later.
func (m *machine) end(key string, code int) {
	r := m.runs[key]
	if m.dead || r == nil || !r.running {
		return
	}
	r.running = false
	r.result.EndedAt, r.result.ExitCode = m.w.now, &code
	m.w.truth.ends(r.task, code)
	if m.core != nil {
		m.do(m.core.Ended(key, r.result))
	}
}
