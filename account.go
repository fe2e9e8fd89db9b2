package atelier

import "time"

// Account is what somebody who can sign in has settled for themselves, beside what
// others gave them, which is in their Principal. Only package auth writes it.
type Account struct {
	Meta
	Principal    ID       `json:"principal"`
	PrincipalUID string   `json:"principalUID"`
	PasswordHash string   `json:"passwordHash,omitempty"` // of a user
	Profile      *Profile `json:"profile,omitempty"`      // nil: nothing chosen yet
}

// Index implements Resource. Hash is whose it is.
func (a *Account) Index() Index { return Index{Hash: a.PrincipalUID} }

// Profile is how somebody wants to work.
type Profile struct {
	Language  string   `json:"language"`  // en, ko, or "" for what the browser prefers
	Theme     string   `json:"theme"`     // light, dark, system, or ""
	Shortcuts bool     `json:"shortcuts"` // single keys do things
	SSHKeys   []SSHKey `json:"sshKeys"`
}

// SSHKey is a public key to put onto machines.
type SSHKey struct {
	Name        string    `json:"name"`
	PublicKey   string    `json:"publicKey"`
	Fingerprint string    `json:"fingerprint"`
	AddedAt     time.Time `json:"addedAt"`
}

// Token is a personal access token: who has it acts as its owner, at the API only.
// Only package auth writes it.
type Token struct {
	Meta
	Principal    ID        `json:"principal"`
	PrincipalUID string    `json:"principalUID"`
	Hash         string    `json:"hash"` // SHA-256 of the token, which has 256 random bits
	ExpiresAt    time.Time `json:"expiresAt"`
	LastUsedAt   time.Time `json:"lastUsedAt,omitzero"` // written at most once an hour
}

// Index implements Resource. Hash is whose it is.
func (t *Token) Index() Index { return Index{Hash: t.PrincipalUID} }
