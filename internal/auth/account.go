package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const (
	mostSSHKeys = 32
	mostName    = 64       // characters
	mostSSHKey  = 16 << 10 // bytes
)

// accountID is by UID: who comes after another of the same name begins anew.
func accountID(uid string) atelier.ID { return atelier.ID(atelier.KindAccount + "/" + uid) }

// readAccount is what somebody has settled; nothing if they have not.
func (a *Auth) readAccount(ctx context.Context, uid string) (account *atelier.Account, err error) {
	err = a.cfg.DB.Read(ctx, func(tx *store.Tx) error {
		account, err = getAccount(tx, uid)
		return err
	})
	return account, err
}

func getAccount(tx *store.Tx, uid string) (*atelier.Account, error) {
	account, err := store.Get[atelier.Account](tx, accountID(uid))
	if atelier.IsKind(err, atelier.NotFound) {
		return &atelier.Account{}, nil
	}
	return account, err
}

func (a *Auth) writeAccount(ctx context.Context, actor string, p *atelier.Principal, change func(*atelier.Account) error) error {
	now := a.cfg.Now()
	return a.cfg.DB.Do(ctx, func(tx *store.Tx) error {
		tx.Actor = actor
		if a.account(whois(p)) == nil {
			return atelier.Errorf(atelier.NotFound, "PrincipalNotFound", "%q does not exist any more", p.Name)
		}
		account, err := getAccount(tx, p.UID)
		if err != nil {
			return err
		}
		if account.Rev == 0 {
			account.Meta = atelier.Meta{ID: accountID(p.UID), Name: p.UID, UID: NewGUID(), CreatedAt: now, CreatedBy: actor}
			account.Principal, account.PrincipalUID = p.ID, p.UID
		}
		account.Generation++
		account.UpdatedAt, account.UpdatedBy = now, actor
		if err := change(account); err != nil {
			return err
		}
		return store.Put(tx, account)
	})
}

// Forget removes what belongs to a principal, in the transaction that removes them.
func Forget(tx *store.Tx, p *atelier.Principal) error {
	drop := func(list []atelier.Resource, err error) error {
		for _, v := range list {
			if err == nil {
				err = store.Delete(tx, v)
			}
		}
		return err
	}
	for _, find := range []func() ([]atelier.Resource, error){
		func() ([]atelier.Resource, error) { return belongings[atelier.Account](tx, atelier.KindAccount, p) },
		func() ([]atelier.Resource, error) { return belongings[atelier.Token](tx, atelier.KindToken, p) },
		func() ([]atelier.Resource, error) { return belongings[atelier.SignIn](tx, atelier.KindSignIn, p) },
	} {
		if err := drop(find()); err != nil {
			return err
		}
	}
	return nil
}

func belongings[T any, P interface {
	*T
	atelier.Resource
}](tx *store.Tx, kind string, p *atelier.Principal) ([]atelier.Resource, error) {
	list, err := store.All[T](tx, store.Query{Kind: kind, Hash: p.UID})
	all := make([]atelier.Resource, len(list))
	for i, v := range list {
		all[i] = P(v)
	}
	return all, err
}

// Profile is how the caller wants to work.
func (a *Auth) Profile(ctx context.Context, c Caller) (p atelier.Profile, hasPassword bool, err error) {
	if err := a.mustBeAccount(c); err != nil {
		return p, false, err
	}
	account, err := a.readAccount(ctx, c.principal.UID)
	if err != nil {
		return p, false, err
	}
	return profileOf(account), account.PasswordHash != "", nil
}

func profileOf(account *atelier.Account) atelier.Profile {
	if account.Profile == nil {
		return atelier.Profile{Shortcuts: true, SSHKeys: []atelier.SSHKey{}}
	}
	return *account.Profile
}

func (a *Auth) mustBeAccount(c Caller) error {
	if c.principal == nil || a.account(whois(c.principal)) == nil {
		return atelier.Errorf(atelier.Forbidden, "NoAccount", "only users and service principals have a profile and tokens, and %q is neither", c.Name())
	}
	return nil
}

// ProfileChange is what the caller wants otherwise; nil stays as it is.
type ProfileChange struct {
	Language  *string
	Theme     *string
	Shortcuts *bool
	SSHKeys   []atelier.SSHKey // by Name and PublicKey
}

// SetProfile changes how the caller wants to work, and returns how that is now.
func (a *Auth) SetProfile(ctx context.Context, c Caller, change ProfileChange) (p atelier.Profile, hasPassword bool, err error) {
	if err := a.mustBeAccount(c); err != nil {
		return p, false, err
	}
	if change.SSHKeys != nil {
		if err := c.NotByToken("change SSH keys"); err != nil {
			return p, false, err
		}
	}
	if err := change.check(); err != nil {
		return p, false, err
	}
	now := a.cfg.Now()
	err = a.writeAccount(ctx, c.Name(), c.principal, func(account *atelier.Account) error {
		p = profileOf(account)
		set(&p.Language, change.Language)
		set(&p.Theme, change.Theme)
		set(&p.Shortcuts, change.Shortcuts)
		if change.SSHKeys != nil {
			keys := make([]atelier.SSHKey, len(change.SSHKeys))
			for i, k := range change.SSHKeys {
				k.AddedAt = now
				if had := slices.IndexFunc(p.SSHKeys, func(old atelier.SSHKey) bool { return old.Fingerprint == k.Fingerprint }); had >= 0 {
					k.AddedAt = p.SSHKeys[had].AddedAt
				}
				keys[i] = k
			}
			p.SSHKeys = keys
		}
		account.Profile, hasPassword = &p, account.PasswordHash != ""
		return nil
	})
	return p, hasPassword, err
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (change *ProfileChange) check() error {
	for _, choice := range []struct {
		name  string
		value *string
		of    []string
	}{
		{"language", change.Language, []string{"", "en", "ko"}},
		{"theme", change.Theme, []string{"", "light", "dark", "system"}},
	} {
		if v := choice.value; v != nil && !slices.Contains(choice.of, *v) {
			return atelier.Errorf(atelier.Invalid, "InvalidProfile", "%s is %q; it can be empty, or %s", choice.name, *v, strings.Join(choice.of[1:], ", ")).At(choice.name)
		}
	}
	if len(change.SSHKeys) > mostSSHKeys {
		return atelier.Errorf(atelier.TooLarge, "TooManyKeys", "these are %d SSH keys; at most %d can be kept", len(change.SSHKeys), mostSSHKeys).At("sshKeys")
	}
	names, prints := map[string]bool{}, map[string]bool{}
	for i := range change.SSHKeys {
		k := &change.SSHKeys[i]
		at := fmt.Sprintf("sshKeys[%d]", i)
		if err := checkName(k.Name); err != nil {
			return err.At(at + ".name")
		}
		k.PublicKey = strings.TrimSpace(k.PublicKey)
		var err error
		if k.Fingerprint, err = fingerprint(k.PublicKey); err != nil {
			return atelier.Errorf(atelier.Invalid, "InvalidSSHKey", "the key %q cannot be used: %v; paste the one line of a public key, such as \"ssh-ed25519 AAAA… you@host\"", k.Name, err).At(at + ".publicKey")
		}
		if names[k.Name] || prints[k.Fingerprint] {
			return atelier.Errorf(atelier.Conflict, "KeyExists", "the key %q is there twice, by its name or its content; take one away", k.Name).At(at)
		}
		names[k.Name], prints[k.Fingerprint] = true, true
	}
	return nil
}

// checkName looks at what a user calls a key or a token.
func checkName(name string) *atelier.Error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > mostName || strings.TrimSpace(name) != name || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return atelier.Errorf(atelier.Invalid, "InvalidName", "the name %q cannot be; it has 1 to %d characters, without spaces around", name, mostName)
	}
	return nil
}

// keyTypes are the public keys that today's servers take.
var keyTypes = []string{
	"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
}

// fingerprint is what OpenSSH shows of a public key.
func fingerprint(line string) (string, error) {
	if strings.Contains(line, "PRIVATE KEY") {
		return "", fmt.Errorf("it is a private key, which belongs to nobody else")
	}
	if len(line) > mostSSHKey || strings.ContainsAny(line, "\r\n") {
		return "", fmt.Errorf("it is not one line of at most %d KiB", mostSSHKey>>10)
	}
	kind, rest, _ := strings.Cut(line, " ")
	if !slices.Contains(keyTypes, kind) {
		return "", fmt.Errorf("it does not begin with one of %s", strings.Join(keyTypes, ", "))
	}
	text, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	blob, err := base64.StdEncoding.DecodeString(text)
	// What is encoded begins with the type again, after its length (RFC 4253, 6.6).
	if err != nil || len(blob) < 4+len(kind)+32 || binary.BigEndian.Uint32(blob) != uint32(len(kind)) || string(blob[4:4+len(kind)]) != kind {
		return "", fmt.Errorf("what follows %s is not such a key; it may be cut off", kind)
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), nil
}
