package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Credentials are what Azure's clients sign in with: credentials.json in the data
// directory.
type Credentials struct {
	Tenant   string `json:"tenantId"`
	ClientID string `json:"clientId"`
	Secret   string `json:"clientSecret"`
}

// CredentialsFile is where they are.
func CredentialsFile(dataDir string) string { return filepath.Join(dataDir, "credentials.json") }

// Bootstrap makes the installation's first service principal, unless one was ever
// made: it is a contributor everywhere, which is all but giving roles. The file is
// written before the principal, so that no crash leaves a principal whose secret
// nobody knows; a principal that somebody deleted does not come back.
func (a *Auth) Bootstrap(ctx context.Context, dataDir string) (Credentials, error) {
	c, err := readCredentials(dataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if ever, err := a.everHad(ctx, ""); ever || err != nil {
			return Credentials{Tenant: a.tenant}, err
		}
		c = Credentials{Tenant: a.tenant, ClientID: NewGUID(), Secret: randomText(32)}
		if err := writeCredentials(dataDir, c); err != nil {
			return c, err
		}
	case err != nil:
		return c, err
	}
	if ever, err := a.everHad(ctx, PrincipalID(c.ClientID)); ever || err != nil {
		return c, err
	}
	return c, a.AddPrincipal(ctx, "auth", &atelier.Principal{
		Meta:    atelier.Meta{Name: c.ClientID},
		Kind:    "service",
		Display: "first service principal",
		Roles:   []atelier.RoleGrant{{Role: Contributor}},
	}, c.Secret)
}

// everHad reports whether the principal, or any if id is "", is or was there.
func (a *Auth) everHad(ctx context.Context, id atelier.ID) (ever bool, err error) {
	err = a.cfg.DB.Read(ctx, func(tx *store.Tx) error {
		if id == "" {
			list, _, err := store.List[atelier.Principal](tx, store.Query{Kind: atelier.KindPrincipal, Limit: 1})
			ever = len(list) > 0
			return err
		}
		events, err := store.Events(tx, store.EventQuery{Under: id, Limit: 1})
		ever = len(events) > 0
		return err
	})
	return ever, err
}

func readCredentials(dataDir string) (Credentials, error) {
	var c Credentials
	path := CredentialsFile(dataDir)
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read the credentials: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil || c.ClientID == "" || c.Secret == "" {
		return c, fmt.Errorf("the file %s is damaged (%v); restore it, or move it away: clients then need another service principal", path, err)
	}
	return c, nil
}

func writeCredentials(dataDir string, c Credentials) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the credentials: %w", err)
	}
	return writeFile(CredentialsFile(dataDir), append(data, '\n'))
}
