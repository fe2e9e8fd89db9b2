//go:build !unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/atelier-compute/atelier"
)

// lock makes sure that one server at most works on a data directory.
func lock(path string) (unlock func(), err error) {
	_ = os.Remove(path) // fails while its holder has it open
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, atelier.Errorf(atelier.Conflict, "DataDirectoryInUse", "another atelier works on this data directory; end it, or give this one its own with --data-dir")
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return func() { f.Close(); _ = os.Remove(path) }, nil
}
