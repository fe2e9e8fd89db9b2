package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/atelier-compute/atelier/internal/wire"
)

// chunk is how much of a log goes in one call.
const chunk = 1 << 20

// shipper sends what a task's streams grow by to the server, by offset: nothing is
// lost or doubled, whatever ends in between.
type shipper struct {
	a    *agent
	task wire.Task
	dir  string

	mu      sync.Mutex // guards running and cancel
	running bool
	cancel  context.CancelFunc

	turn    sync.Mutex // one pass at a time; guards the streams
	streams []*stream
	buf     []byte
}

type stream struct {
	name   string
	file   *os.File // open for good, so that nobody can put another in its place
	offset int64    // up to where the server has it; -1 is not known
}

func newShipper(a *agent, t wire.Task, dir string) *shipper {
	s := &shipper{a: a, task: t, dir: dir}
	for _, name := range []string{buildLog, stdLog(t)} {
		s.streams = append(s.streams, &stream{name: name})
	}
	return s
}

// resume is begin for a task of an earlier process: the server is asked how much
// of each stream it has.
func (s *shipper) resume() {
	s.turn.Lock()
	for _, st := range s.streams {
		st.offset = -1
	}
	s.turn.Unlock()
	s.begin()
}

// begin ships from now on whenever something was written.
func (s *shipper) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return
	}
	s.running = true
	ctx, cancel := context.WithCancel(s.a.ctx)
	s.cancel = cancel
	s.a.spawn(func() { s.run(ctx) })
}

func (s *shipper) run(ctx context.Context) {
	var dirs []string
	for _, st := range s.streams {
		dirs = append(dirs, filepath.Join(s.dir, filepath.Dir(st.name)))
	}
	wake, unwatch := s.a.watch.add(dirs)
	defer unwatch()
	for {
		if err := s.drain(ctx); err != nil {
			if ctx.Err() == nil {
				s.a.cfg.Log.Warn("log refused", "task", s.task.ID, "err", err)
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		}
	}
}

// stop ends the shipping for good.
func (s *shipper) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = true // so that begin does nothing any more
	if s.cancel != nil {
		s.cancel()
	}
}

// end stops shipping and closes the files.
func (s *shipper) end() {
	s.stop()
	s.turn.Lock()
	defer s.turn.Unlock()
	for _, st := range s.streams {
		if st.file != nil {
			st.file.Close()
			st.file = nil
		}
	}
	s.streams, s.buf = nil, nil
}

// drain ships until there is nothing left, waiting for a server that is away. An
// error means that the server does not want it.
func (s *shipper) drain(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	for _, st := range s.streams {
		for {
			n, err := s.pass(ctx, st)
			if err != nil {
				return fmt.Errorf("ship %s: %w", st.name, err)
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

// pass ships one stretch of a stream.
func (s *shipper) pass(ctx context.Context, st *stream) (int, error) {
	if st.file == nil {
		f, err := openLog(filepath.Join(s.dir, filepath.FromSlash(st.name)))
		if errors.Is(err, fs.ErrNotExist) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		st.file = f
	}
	if st.offset < 0 {
		return 0, s.send(ctx, st, 0, nil)
	}
	info, err := st.file.Stat()
	if err != nil {
		return 0, err
	}
	size := min(info.Size()-st.offset, chunk)
	if size <= 0 {
		return 0, nil
	}
	if int64(len(s.buf)) < size {
		s.buf = make([]byte, max(size, 32<<10))
	}
	n, err := st.file.ReadAt(s.buf[:size], st.offset)
	if n == 0 {
		if errors.Is(err, io.EOF) {
			err = nil // cut meanwhile
		}
		return 0, err
	}
	return n, s.send(ctx, st, st.offset, s.buf[:n])
}

func (s *shipper) send(ctx context.Context, st *stream, offset int64, body []byte) error {
	q := wire.LogQuery{Task: s.task.ID, Stream: st.name, Offset: offset}
	var ack wire.LogAck
	err := s.a.insist(ctx, func(l *link) error {
		ctx, cancel := context.WithTimeout(ctx, 6*callWithin)
		defer cancel()
		return l.call(ctx, "POST", wire.PathLog, q.Values(), bytes.NewReader(body), func(r io.Reader) error {
			return json.NewDecoder(r).Decode(&ack)
		})
	})
	if err != nil {
		return err
	}
	st.offset = ack.Size
	return nil
}

// openLog opens a stream that is a plain file, and no link to another.
func openLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a plain file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
