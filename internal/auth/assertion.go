package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 by its standard; it only finds the certificate
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/atelier-compute/atelier"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = time.Hour       // that one may have left
	assertionSkew = 5 * time.Minute // that a client's clock may be ahead
	fewestBits    = 2048            // of an RSA key
)

// parseCert reads a certificate that a principal is to sign in with.
func parseCert(text string) (*x509.Certificate, error) {
	bad := func(why string) error {
		return atelier.Errorf(atelier.Invalid, "InvalidCertificate", "the certificate cannot be used: %s; give one certificate in PEM form, with an RSA key of at least %d bits or an EC key of the curve P-256", why, fewestBits)
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, bad("it is not one PEM block of the type CERTIFICATE")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, bad(err.Error())
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < fewestBits {
			return nil, bad("its key is too short")
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize != 256 {
			return nil, bad("its curve is not P-256")
		}
	default:
		return nil, bad("its key is of another type")
	}
	return cert, nil
}

// assertion is what a client signed to show who it is.
type assertion struct {
	token  *jwt.JSONWebToken
	client string // that it says it is; not verified
}

// algorithms that clients sign assertions with.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256}

func parseAssertion(text string) (assertion, error) {
	if len(text) > maxToken*2 { // a chain of certificates may come with it
		return assertion{}, errors.New("the assertion is too long")
	}
	token, err := jwt.ParseSigned(text, algorithms)
	if err != nil || len(token.Headers) != 1 {
		return assertion{}, errors.New("the assertion is no JWT that is signed with RS256, PS256 or ES256")
	}
	var c jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&c); err != nil {
		return assertion{}, errors.New("the assertion's claims cannot be read")
	}
	return assertion{token, c.Subject}, nil
}

// signedBy checks that one of the certificates signed the assertion, now, for one of
// the audiences. The client's libraries use an assertion several times while it
// lasts, so that it cannot be good only once.
func (s assertion) signedBy(certs []string, client string, audiences []string, now time.Time) error {
	for _, text := range certs {
		cert, err := parseCert(text)
		if err != nil || !s.names(cert) {
			continue
		}
		var c jwt.Claims
		if err := s.token.Claims(cert.PublicKey, &c); err != nil {
			return errors.New("its signature is wrong")
		}
		switch {
		case now.Before(cert.NotBefore) || now.After(cert.NotAfter):
			return errors.New("its certificate is not valid now")
		case !strings.EqualFold(c.Subject, client) || !strings.EqualFold(c.Issuer, client):
			return errors.New("its iss and sub are not the client's ID")
		case !slices.ContainsFunc(audiences, c.Audience.Contains):
			return errors.New("its aud is not the token endpoint")
		case c.Expiry == nil || !now.Before(c.Expiry.Time()) || c.Expiry.Time().Sub(now) > assertionLife+assertionSkew:
			return errors.New("it has expired, or is good for more than an hour")
		case c.NotBefore != nil && c.NotBefore.Time().Sub(now) > assertionSkew, c.IssuedAt != nil && c.IssuedAt.Time().Sub(now) > assertionSkew:
			return errors.New("it is not good yet: look at the clock")
		case c.ID == "":
			return errors.New("it has no jti")
		}
		return nil
	}
	return errors.New("it names no certificate of this client")
}

// names reports whether the assertion's header has the certificate's thumbprint.
// Clients spell it in either alphabet of base64, with and without padding.
func (s assertion) names(cert *x509.Certificate) bool {
	one, two := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw) //nolint:gosec // see above
	is := func(name jose.HeaderKey, sum []byte) bool {
		text, _ := s.token.Headers[0].ExtraHeaders[name].(string)
		text = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
		return text == base64.RawURLEncoding.EncodeToString(sum)
	}
	return is("x5t#S256", two[:]) || is("x5t", one[:])
}
