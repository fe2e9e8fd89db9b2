package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // how key identifiers are made (RFC 5280), not a protection
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Lives of certificates. Clients trust the CA, so a new server certificate is
// nothing that they notice.
const (
	caLife      = 20 * 365 * 24 * time.Hour
	serverLife  = 397 * 24 * time.Hour
	renewBefore = 60 * 24 * time.Hour
	clockSkew   = time.Hour
)

// serverNames are the names and addresses that the server certificate is for.
func serverNames(more []string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil && host != "" {
		names = append(names, host)
	}
	for _, n := range more {
		n = strings.TrimSuffix(strings.ToLower(strings.Trim(n, "[]")), ".")
		if ip := net.ParseIP(n); n == "" || ip != nil && ip.IsUnspecified() {
			continue // listening everywhere is not a name
		}
		names = append(names, n)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// openCA reads the certificate authority. Its key without its certificate is what
// a crash between the two leaves: the certificate is made again.
func (k *Keys) openCA() error {
	if _, err := os.Stat(k.CAFile); err == nil {
		if _, err := os.Stat(filepath.Join(k.Dir, "ca.key")); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("ca.key is missing from %s, while ca.pem is there; restore it from a backup, or move ca.pem away to have a new CA made, which clients must then trust", k.Dir)
		}
	}
	key, err := k.key("ca.key", newECKey)
	if err != nil {
		return err
	}
	var ok bool
	if k.caKey, ok = key.(*ecdsa.PrivateKey); !ok {
		return k.damaged("ca.key", fmt.Errorf("it is a %T", key))
	}
	if k.CA, err = k.file(caFile, k.makeCA); err != nil {
		return err
	}
	if k.caCert, err = firstCert(k.CA); err != nil {
		return k.damaged(caFile, err)
	}
	if !k.caKey.PublicKey.Equal(k.caCert.PublicKey) {
		return k.damaged(caFile, errors.New("it is not the certificate of ca.key"))
	}
	return nil
}

func (k *Keys) makeCA() ([]byte, error) {
	t, err := k.template("Atelier CA "+k.Tenant()[:8], &k.caKey.PublicKey, caLife)
	if err != nil {
		return nil, err
	}
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	t.AuthorityKeyId = t.SubjectKeyId
	der, err := x509.CreateCertificate(rand.Reader, t, t, &k.caKey.PublicKey, k.caKey)
	if err != nil {
		return nil, fmt.Errorf("make the CA certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: der}), nil
}

func (k *Keys) template(name string, public *ecdsa.PublicKey, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	point, err := public.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode a public key: %w", err)
	}
	sum := sha1.Sum(point) //nolint:gosec // see the import
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{Organization: []string{"Atelier"}, CommonName: name},
		SubjectKeyId: sum[:],
		NotBefore:    k.now().Add(-clockSkew),
		NotAfter:     k.now().Add(life),
	}, nil
}

// Files of certificates. The server's has key and certificate, so that they fit.
const (
	caFile     = "ca.pem"
	bundleFile = "ca-bundle.pem"
	serverFile = "server.pem"
)

// openServer reads the server's certificate, or makes one if there is none that
// fits: near its end, for other names, or of another CA.
func (k *Keys) openServer() error {
	data, err := os.ReadFile(filepath.Join(k.Dir, serverFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the server certificate: %w", err)
	}
	if cert, err := tls.X509KeyPair(data, data); err == nil && k.fits(cert.Leaf) {
		k.server = &cert
		return nil
	}
	return k.renewServer()
}

func (k *Keys) fits(leaf *x509.Certificate) bool {
	return leaf.CheckSignatureFrom(k.caCert) == nil &&
		slices.Equal(certNames(leaf), k.names) &&
		!k.now().Before(leaf.NotBefore) && k.now().Before(leaf.NotAfter.Add(-renewBefore))
}

func certNames(c *x509.Certificate) []string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	slices.Sort(names)
	return names
}

func (k *Keys) renewServer() error {
	made, err := newECKey()
	if err != nil {
		return fmt.Errorf("make the server's key: %w", err)
	}
	key := made.(*ecdsa.PrivateKey)
	t, err := k.template("Atelier", &key.PublicKey, serverLife)
	if err != nil {
		return err
	}
	t.BasicConstraintsValid = true
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	t.AuthorityKeyId = k.caCert.SubjectKeyId
	for _, n := range k.names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, k.caCert, &key.PublicKey, k.caKey)
	if err != nil {
		return fmt.Errorf("make the server certificate: %w", err)
	}
	return k.keepServer(key, der)
}

func (k *Keys) keepServer(key crypto.PrivateKey, der []byte) error {
	data, err := keyPEM(key)
	if err != nil {
		return err
	}
	data = append(data, pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: der})...)
	cert, err := tls.X509KeyPair(data, data)
	if err != nil {
		return fmt.Errorf("read back the server certificate: %w", err)
	}
	k.server = &cert
	return writeFile(filepath.Join(k.Dir, serverFile), data)
}

// Certificate is for tls.Config.GetCertificate. It renews the certificate of a
// server that runs for longer than one lives.
func (k *Keys) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().After(k.server.Leaf.NotAfter.Add(-renewBefore)) {
		old := k.server
		if err := k.renewServer(); err != nil && k.now().After(old.Leaf.NotAfter) {
			return nil, err // otherwise the old one serves on, and the next call tries again
		}
	}
	return k.server, nil
}

// Names are the host names and addresses that the server certificate is for, in
// order.
func (k *Keys) Names() []string { return slices.Clone(k.names) }

// trusted are where systems keep the certificates that they trust.
var trusted = []string{
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",             // SUSE
	"/etc/ssl/cert.pem",                  // Alpine, macOS
}

// writeBundle writes the CA together with what the machine trusts, because
// SSL_CERT_FILE and its kin replace the machine's list: with our CA alone, nothing
// else could be reached from that shell.
func (k *Keys) writeBundle() error {
	k.Bundle = filepath.Join(k.Dir, bundleFile)
	all := bytes.Clone(k.CA)
	for _, path := range trusted {
		if system, err := os.ReadFile(path); err == nil {
			all = append(append(all, '\n'), system...)
			break
		}
	}
	if old, err := os.ReadFile(k.Bundle); err == nil && bytes.Equal(old, all) {
		return nil
	}
	return writeFile(k.Bundle, all)
}

func firstCert(data []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemCert {
		return nil, errors.New("it holds no certificate in PEM form")
	}
	return x509.ParseCertificate(block.Bytes)
}
