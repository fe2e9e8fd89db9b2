package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/atelier-compute/atelier"
)

// savedSession is one session of a browser while no server runs: the hash of what the
// browser has, which is of no use to anybody else.
type savedSession struct {
	Hash         []byte     `json:"hash"`
	Until        time.Time  `json:"until"`
	Principal    atelier.ID `json:"principal"`
	PrincipalUID string     `json:"principalUID"`
	Token        atelier.ID `json:"token,omitempty"`
}

func sessionFile(dataDir string) string { return filepath.Join(dataDir, "run", "sessions.json") }

// SaveSessions leaves the sessions of browsers in the data directory when the server
// ends, so that nobody must sign in again because it was started again.
func (a *Auth) SaveSessions(dataDir string) error {
	a.sessions.mu.Lock()
	defer a.sessions.mu.Unlock()
	saved := []savedSession{}
	for hash, t := range a.sessions.live {
		if a.sessions.now().Before(t.until) {
			saved = append(saved, savedSession{Hash: hash[:], Until: t.until, Principal: t.id, PrincipalUID: t.uid, Token: t.token})
		}
	}
	data, err := json.Marshal(saved)
	if err != nil {
		return fmt.Errorf("encode run/sessions.json: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(sessionFile(dataDir)), dirMode); err != nil {
		return fmt.Errorf("make the run folder: %w", err)
	}
	return writeFile(sessionFile(dataDir), append(data, '\n'))
}

// LoadSessions takes up the sessions that an earlier server left, and takes their file
// away: what ends from now on must not come back when the server ends without saying
// so. A file that cannot be read is none; its browsers sign in again.
func (a *Auth) LoadSessions(dataDir string) error {
	path := sessionFile(dataDir)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the sessions: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove run/sessions.json: %w", err)
	}
	var saved []savedSession
	if json.Unmarshal(data, &saved) != nil {
		return nil
	}
	a.sessions.mu.Lock()
	defer a.sessions.mu.Unlock()
	for _, s := range saved {
		if len(s.Hash) == len(digest{}) && a.sessions.now().Before(s.Until) {
			a.sessions.live[digest(s.Hash)] = ticket{until: s.Until, who: who{s.Principal, s.PrincipalUID}, token: s.Token}
		}
	}
	return nil
}
