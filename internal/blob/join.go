package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
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
