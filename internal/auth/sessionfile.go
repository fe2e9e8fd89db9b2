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

// savedSession is one session of a browser in the data directory: the hash of what the
// browser has, which is of no use to anybody else.
type savedSession struct {
	Hash         []byte     `json:"hash"`
	Until        time.Time  `json:"until"`
	Principal    atelier.ID `json:"principal"`
	PrincipalUID string     `json:"principalUID"`
	Token        atelier.ID `json:"token,omitempty"`
}

// KeepSessions takes up the sessions of browsers that an earlier server left in the
// data directory, and keeps them there from now on: with every one that begins or
// ends, since a server may end without saying so. A file that is damaged is none; its
// browsers sign in again.
func (a *Auth) KeepSessions(dataDir string) error {
	path := filepath.Join(dataDir, "run", "sessions.json")
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("make the run folder: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the sessions: %w", err)
	}
	var saved []savedSession
	if json.Unmarshal(data, &saved) != nil {
		saved = nil
	}
	s := a.sessions
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = path
	for _, o := range saved {
		if len(o.Hash) == len(digest{}) && s.now().Before(o.Until) {
			s.live[digest(o.Hash)] = ticket{until: o.Until, who: who{o.Principal, o.PrincipalUID}, token: o.Token}
		}
	}
	return nil
}

// save writes down which sessions there are. Where that cannot be, none are kept, so
// that none that ended comes back; the error says that even this failed.
func (s *sessions) save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.file == "" {
		return nil
	}
	data, err := json.Marshal(s.lasting())
	if err == nil {
		err = writeFile(s.file, append(data, '\n'))
	}
	if err == nil {
		return nil
	}
	gone := os.Remove(s.file)
	if gone == nil {
		gone = syncDir(filepath.Dir(s.file))
	}
	if gone == nil || errors.Is(gone, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("save the sessions: %w", errors.Join(err, gone))
}

// lasting are the sessions that do not end with the server.
func (s *sessions) lasting() []savedSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	saved := []savedSession{}
	for hash, t := range s.live {
		if s.now().Before(t.until) && !t.local {
			saved = append(saved, savedSession{Hash: hash[:], Until: t.until, Principal: t.id, PrincipalUID: t.uid, Token: t.token})
		}
	}
	return saved
}
