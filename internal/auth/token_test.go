package auth

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

func b64(v any) string {
	s, ok := v.(string)
	if !ok {
		data, _ := json.Marshal(v)
		s = string(data)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(s))
}

// forge signs any header and payload with a key, as an attacker would who had it.
func forge(t *testing.T, key *rsa.PrivateKey, header, payload any) string {
	t.Helper()
	signed := b64(header) + "." + b64(payload)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func TestTokenAttacks(t *testing.T) {
	b := newBench(t)
	p := b.add(t, "app", "s", atelier.RoleGrant{Role: Owner})
	good := b.mustToken(t, "app", "s")
	if c, err := b.Identify(bearer(good)); err != nil || c.Name() != "app" {
		t.Fatalf("a good token is refused: %v", err)
	}
	parts := strings.Split(good, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var payload map[string]any
	if err := json.Unmarshal(raw, &payload); err != nil {
		t.Fatal(err)
	}
	key, kid := b.cfg.Keys.Signing, b.cfg.Keys.KeyID
	header := map[string]any{"alg": "RS256", "kid": kid, "typ": "JWT"}
	if c, err := b.Identify(bearer(forge(t, key, header, payload))); err != nil || c.Name() != "app" {
		t.Fatalf("the forger of this test does not sign well: %v", err)
	}
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	public, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	hs := func(secret []byte) string {
		signed := b64(map[string]any{"alg": "HS256", "kid": kid, "typ": "JWT"}) + "." + parts[1]
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	head := func(k string, v any) map[string]any { h := maps.Clone(header); h[k] = v; return h }
	body := func(k string, v any) string {
		m := maps.Clone(payload)
		if m[k] = v; v == nil {
			delete(m, k)
		}
		return forge(t, key, header, m)
	}
	jwk := json.RawMessage(`{"kty":"RSA","kid":"x","n":"` + base64.RawURLEncoding.EncodeToString(other.N.Bytes()) + `","e":"AQAB"}`)
	at := func(d time.Duration) float64 { return float64(start.Add(d).Unix()) }

	for name, token := range map[string]string{
		"alg-none":                b64(map[string]any{"alg": "none", "kid": kid, "typ": "JWT"}) + "." + parts[1] + ".",
		"alg-none-in-capitals":    b64(map[string]any{"alg": "NoNe", "typ": "JWT"}) + "." + parts[1] + ".",
		"no-signature":            parts[0] + "." + parts[1] + ".",
		"two-parts":               parts[0] + "." + parts[1],
		"four-parts":              good + ".x",
		"hs256-with-public-pem":   hs(publicPEM),
		"hs256-with-public-der":   hs(public),
		"hs256-with-modulus":      hs(key.N.Bytes()),
		"hs256-with-nothing":      hs(nil),
		"other-key":               forge(t, other, header, payload),
		"kid-of-other":            forge(t, other, head("kid", "x"), payload),
		"kid-missing":             forge(t, key, map[string]any{"alg": "RS256", "typ": "JWT"}, payload),
		"kid-as-path":             forge(t, key, head("kid", "../../../../dev/null"), payload),
		"kid-as-sql":              forge(t, key, head("kid", "x' UNION SELECT 'k"), payload),
		"kid-as-list":             forge(t, key, head("kid", []string{kid}), payload),
		"embedded-jwk":            forge(t, other, head("jwk", jwk), payload),
		"embedded-jwk-ours":       forge(t, key, head("jwk", jwk), payload),
		"jku":                     forge(t, key, head("jku", "https://evil.example/keys"), payload),
		"x5u":                     forge(t, key, head("x5u", "https://evil.example/cert"), payload),
		"x5c":                     forge(t, other, head("x5c", []string{"AAAA"}), payload),
		"crit":                    forge(t, key, head("crit", []string{"exp"}), payload),
		"b64-false":               forge(t, key, head("b64", false), payload),
		"other-type":              forge(t, key, head("typ", "refresh+jwt"), payload),
		"alg-rs512":               forge(t, key, head("alg", "RS512"), payload),
		"alg-es256-zero":          b64(head("alg", "ES256")) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"header-with-spaces":      forge(t, key, `{"alg": "RS256","kid":"`+kid+`","typ":"JWT"}`, payload),
		"header-key-twice":        forge(t, key, `{"alg":"RS256","alg":"RS256","kid":"`+kid+`","typ":"JWT"}`, payload),
		"claim-twice":             forge(t, key, header, strings.Replace(string(raw), `"appid":`, `"appid":"nobody","appid":`, 1)),
		"payload-changed":         parts[0] + "." + b64(strings.Replace(string(raw), "app", "apq", 1)) + "." + parts[2],
		"payload-not-json":        forge(t, key, header, "x"),
		"payload-not-an-object":   forge(t, key, header, []int{1}),
		"signature-padded":        good + "=",
		"trailing-space":          parts[0] + "." + parts[1] + "." + parts[2] + "\u00a0",
		"expired":                 body("exp", at(-time.Second)),
		"expires-now":             body("exp", at(0)),
		"without-expiry":          body("exp", nil),
		"expiry-as-text":          body("exp", "99999999999"),
		"not-yet-valid":           body("nbf", at(2*time.Minute)),
		"without-nbf":             body("nbf", nil),
		"other-audience":          body("aud", "https://evil.example"),
		"no-audience":             body("aud", nil),
		"audience-prefix":         body("aud", endpoint+".evil.example"),
		"two-audiences":           body("aud", []string{endpoint, "https://evil.example"}),
		"other-issuer":            body("iss", "https://evil.example/"+b.Tenant()+"/v2.0"),
		"issuer-prefix":           body("iss", endpoint+"/"+b.Tenant()+"/v2.0/x"),
		"no-issuer":               body("iss", nil),
		"other-tenant":            body("tid", "00000000-0000-0000-0000-000000000001"),
		"other-principal":         body("appid", "app2"),
		"no-principal":            body("appid", nil),
		"principal-with-a-slash":  body("appid", "app/x"),
		"other-object":            body("oid", "x"),
		"no-object":               body("oid", nil),
		"id-token":                body("idtyp", "user"),
		"no-kind":                 body("idtyp", nil),
		"too-long":                body("x", strings.Repeat("x", maxToken)),
		"json-serialization":      `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"empty":                   "",
		"dots":                    "..",
		"another-installations":   "",
		"a-session":               randomText(32),
		"a-client-secret":         "s",
		"upper-case-of-the-token": strings.ToUpper(good),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "another-installations" {
				token = anothersToken(t, b, p)
			}
			refused(t, b, bearer(token))
		})
	}
	t.Run("later", func(t *testing.T) {
		b.t = start.Add(tokenLife - time.Second)
		if _, err := b.Identify(bearer(good)); err != nil {
			t.Errorf("refused before its end: %v", err)
		}
		b.t = start.Add(tokenLife)
		refused(t, b, bearer(good))
	})
}

// anothersToken is the same principal's token at an installation with the same
// address and other keys.
func anothersToken(t *testing.T, b *bench, p *atelier.Principal) string {
	t.Helper()
	keys, err := OpenKeys(t.TempDir(), nil, b.now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(Config{DB: b.db, Keys: keys, Now: b.now, Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.mint(p, a.issuerURL(endpoint), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestEveryByteOfATokenCounts(t *testing.T) {
	b := newBench(t)
	b.add(t, "app", "s")
	good := b.mustToken(t, "app", "s")
	for i := range good {
		bad := []byte(good)
		if bad[i] == 'A' {
			bad[i] = 'B'
		} else {
			bad[i] = 'A'
		}
		if _, err := b.Identify(bearer(string(bad))); err == nil && !sameBits(good, string(bad), i) {
			t.Fatalf("byte %d does not count", i)
		}
	}
}

// sameBits reports whether the change is only in the unused bits at the end of the
// signature's base64 text.
func sameBits(a, b string, i int) bool {
	at := strings.LastIndexByte(a, '.') + 1
	x, err1 := base64.RawURLEncoding.DecodeString(a[at:])
	y, err2 := base64.RawURLEncoding.DecodeString(b[at:])
	return i == len(a)-1 && err1 == nil && err2 == nil && string(x) == string(y)
}
