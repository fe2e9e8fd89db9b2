package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Joiner is what stores may do better than by reading the parts and writing them
// again.
type Joiner interface {
	Join(ctx context.Context, key string, parts []string) error
}

// Join stores the parts, one after another, as one blob. The parts stay.
func Join(ctx context.Context, s Store, key string, parts []string) error {
	if j, ok := s.(Joiner); ok {
		return j.Join(ctx, key, parts)
	}
	r := &joined{ctx: ctx, s: s, parts: parts}
	_, err := s.Put(ctx, key, 0, r)
	return errors.Join(err, r.close())
}

// joined reads the parts, opening one at a time.
type joined struct {
	ctx   context.Context
	s     Store
	parts []string
	at    io.ReadCloser
}

func (r *joined) Read(p []byte) (int, error) {
	for {
		if r.at == nil {
			if len(r.parts) == 0 {
				return 0, io.EOF
			}
			f, _, err := r.s.Open(r.ctx, r.parts[0])
			if err != nil {
				return 0, fmt.Errorf("open a part: %w", err)
			}
			r.at, r.parts = f, r.parts[1:]
		}
		n, err := r.at.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := r.close(); err != nil || n > 0 {
			return n, err
		}
	}
}

func (r *joined) close() error {
	if r.at == nil {
		return nil
	}
	err := r.at.Close()
	r.at = nil
	return err
}

// joiners is how many parts are copied at a time. Each waits for the kernel, which
// copies from file to file.
const joiners = 4

// Join implements Joiner.
func (d Dir) Join(ctx context.Context, key string, parts []string) error {
	_, err := d.place(key, 0, func(_ *os.File, again reopen) (size int64, err error) {
		at := make([]int64, len(parts)) // where each part begins
		for i, part := range parts {
			f, info, err := d.Open(ctx, part)
			if err != nil {
				return 0, err
			}
			f.Close()
			at[i], size = size, size+info.Size
		}
		var next atomic.Int64
		errs := make([]error, min(joiners, len(parts)))
		var wg sync.WaitGroup
		for w := range errs {
			wg.Go(func() {
				for i := int(next.Add(1)) - 1; i < len(parts) && errs[w] == nil; i = int(next.Add(1)) - 1 {
					errs[w] = d.copyTo(ctx, again, at[i], parts[i])
				}
			})
		}
		wg.Wait()
		return size, errors.Join(errs...)
	})
	return err
}

// copyTo copies a part to its place in the file.
func (d Dir) copyTo(ctx context.Context, again reopen, at int64, part string) error {
	from, info, err := d.Open(ctx, part)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := again()
	if err != nil {
		return err
	}
	if _, err = to.Seek(at, io.SeekStart); err == nil {
		_, err = io.CopyN(to, from, info.Size)
	}
	return errors.Join(err, to.Close(), ctx.Err())
}
