package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// localPrefix tells the command line's tokens from others.
const localPrefix = "atl_"

// local is the token of the command line on the same machine, made at each start.
// Before there is one, its sum is zero, which no text has.
type local struct {
	mu  sync.RWMutex
	sum [sha256.Size]byte
}

func newLocal() *local { return &local{} }

func (l *local) is(token string) bool {
	sum := sha256.Sum256([]byte(token))
	l.mu.RLock()
	defer l.mu.RUnlock()
	return subtle.ConstantTimeCompare(sum[:], l.sum[:]) == 1
}

func (l *local) renew() string {
	token := localPrefix + randomText(32)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum = sha256.Sum256([]byte(token))
	return token
}

// LocalFile is run/cli.json in a data directory.
type LocalFile struct {
	Endpoint string `json:"endpoint"`
	CA       string `json:"ca"`       // path of a PEM file
	Bundle   string `json:"caBundle"` // path of one with what the machine trusts as well, for SSL_CERT_FILE and its kin
	Token    string `json:"token"`
	PID      int    `json:"pid"`
}

// WriteLocal makes a new token for the command line and leaves it, with the way to
// the server, in the data directory. An earlier token ends.
func (a *Auth) WriteLocal(dataDir, endpoint string) (LocalFile, error) {
	dir, err := filepath.Abs(a.cfg.Keys.Dir)
	if err != nil {
		return LocalFile{}, fmt.Errorf("find the keys' folder: %w", err)
	}
	f := LocalFile{Endpoint: endpoint, Token: a.local.renew(), PID: os.Getpid()}
	f.CA, f.Bundle = filepath.Join(dir, caFile), filepath.Join(dir, bundleFile)
	data, err := json.Marshal(f)
	if err != nil {
		return f, fmt.Errorf("encode run/cli.json: %w", err)
	}
	run := filepath.Join(dataDir, "run")
	if err := os.MkdirAll(run, dirMode); err != nil {
		return f, fmt.Errorf("make the run folder: %w", err)
	}
	return f, writeFile(filepath.Join(run, "cli.json"), append(data, '\n'))
}

// RemoveLocal takes run/cli.json away when the server ends, unless another has put
// its own there.
func RemoveLocal(dataDir string) error {
	path := filepath.Join(dataDir, "run", "cli.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var f LocalFile
	if err == nil && json.Unmarshal(data, &f) == nil && f.PID != os.Getpid() {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove run/cli.json: %w", err)
	}
	return nil
}
