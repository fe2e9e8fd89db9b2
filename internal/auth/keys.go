package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Keys are the secrets of an installation. Their folder, with them, is the
// installation: whoever copies it can speak for it.
type Keys struct {
	Dir     string
	CA      []byte // PEM, the certificate that clients and agents trust
	CAFile  string
	Bundle  string // PEM file: CA and what the machine trusts anyway, for variables that replace the machine's list
	Signing *rsa.PrivateKey
	KeyID   string // of Signing: a hash of the public key

	secret []byte
	names  []string
	now    func() time.Time
	caKey  *ecdsa.PrivateKey
	caCert *x509.Certificate

	mu     sync.Mutex
	server *tls.Certificate
}

const (
	secretSize = 32
	rsaBits    = 2048
	fileMode   = 0o600
	dirMode    = 0o700
)

// OpenKeys reads the keys of an installation, making those that are missing. Names
// are further host names and addresses that the server certificate is for. A key
// that cannot be read is an error, never replaced.
func OpenKeys(dir string, names []string, now func() time.Time) (*Keys, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("make the keys' folder: %w", err)
	}
	if err := os.Chmod(dir, dirMode); err != nil {
		return nil, fmt.Errorf("close the keys' folder to others: %w", err)
	}
	k := &Keys{Dir: dir, CAFile: filepath.Join(dir, caFile), names: serverNames(names), now: now}
	for _, step := range []func() error{k.openSecret, k.openSigning, k.openCA, k.openServer, k.writeBundle} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// Derive returns 32 bytes for one purpose, the same for as long as the installation
// lives. What one purpose's bytes reveal says nothing of another's.
func (k *Keys) Derive(purpose string) []byte {
	b, err := hkdf.Key(sha256.New, k.secret, nil, "atelier/"+purpose, 32)
	if err != nil { // only for lengths that 32 is not
		panic(err)
	}
	return b
}

// Tenant is the installation as a GUID, in the place that Entra ID has tenants.
func (k *Keys) Tenant() string { return guid(k.Derive("tenant")) }

// NewGUID returns a random GUID (version 4).
func NewGUID() string {
	b := randomBytes(16)
	b[6] = b[6]&0x0f | 0x40
	return guidText(b)
}

// guid makes a random-looking GUID (version 8) of the first 16 bytes.
func guid(b []byte) string {
	g := bytes.Clone(b[:16])
	g[6] = g[6]&0x0f | 0x80
	return guidText(g)
}

func guidText(g []byte) string {
	g[8] = g[8]&0x3f | 0x80
	s := hex.EncodeToString(g)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func (k *Keys) openSecret() error {
	data, err := k.file("secret", func() ([]byte, error) {
		b := make([]byte, secretSize)
		rand.Read(b) //nolint:errcheck // never fails: it ends the process instead
		return b, nil
	})
	if err == nil && len(data) != secretSize {
		err = k.damaged("secret", fmt.Errorf("it has %d bytes, not %d", len(data), secretSize))
	}
	k.secret = data
	return err
}

func (k *Keys) openSigning() error {
	key, err := k.key("signing.key", func() (crypto.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, rsaBits) })
	if err != nil {
		return err
	}
	var ok bool
	if k.Signing, ok = key.(*rsa.PrivateKey); !ok {
		return k.damaged("signing.key", fmt.Errorf("it is a %T", key))
	}
	public, err := x509.MarshalPKIXPublicKey(&k.Signing.PublicKey)
	if err != nil {
		return fmt.Errorf("encode the signing key: %w", err)
	}
	sum := sha256.Sum256(public)
	k.KeyID = base64.RawURLEncoding.EncodeToString(sum[:16])
	return nil
}

func newECKey() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// key reads a private key, or makes and keeps one.
func (k *Keys) key(name string, make func() (crypto.PrivateKey, error)) (crypto.PrivateKey, error) {
	data, err := k.file(name, func() ([]byte, error) {
		key, err := make()
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", name, err)
		}
		return keyPEM(key)
	})
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemKey {
		return nil, k.damaged(name, errors.New("it holds no private key in PEM form"))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, k.damaged(name, err)
	}
	return key, nil
}

const (
	pemKey  = "PRIVATE KEY"
	pemCert = "CERTIFICATE"
)

func keyPEM(key crypto.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}), nil
}

// file reads a file of the folder, or makes it. Its mode is put right either way.
func (k *Keys) file(name string, make func() ([]byte, error)) ([]byte, error) {
	path := filepath.Join(k.Dir, name)
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := os.Chmod(path, fileMode); err != nil {
			return nil, fmt.Errorf("close %s to others: %w", path, err)
		}
		return data, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read a key: %w", err)
	}
	if data, err = make(); err != nil {
		return nil, err
	}
	return data, writeFile(path, data)
}

func (k *Keys) damaged(name string, err error) error {
	path := filepath.Join(k.Dir, name)
	return fmt.Errorf("the key file %s is damaged (%w); restore it from a backup, or move it away to have a new one made, after which clients must trust and sign in anew", path, err)
}

// writeFile puts a file in place as a whole, for its owner only, and durably.
func writeFile(path string, data []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes durable what was renamed or removed in a folder.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
