package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// sealMark begins every sealed text and says how it is sealed: AES-256-GCM with a
// random nonce. What another mark means is for a later release to say.
const sealMark = "v1."

// Seal encrypts a secret for the store. The additional data says where it is kept,
// as the resource's ID and the field: sealed text that is moved elsewhere does not
// open there. Each call gives another text.
func (k *Keys) Seal(aad, plain string) string {
	sealed := k.sealer().Seal(nil, nil, []byte(plain), []byte(aad))
	return sealMark + base64.RawStdEncoding.EncodeToString(sealed)
}

// Open returns what Seal was given, for the same additional data. The error says
// nothing about the secret.
func (k *Keys) Open(aad, sealed string) (string, error) {
	text, ok := strings.CutPrefix(sealed, sealMark)
	if !ok {
		return "", errors.New("open a secret: it was not sealed by this release")
	}
	data, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("open a secret: %w", err)
	}
	plain, err := k.sealer().Open(nil, nil, data, []byte(aad))
	if err != nil {
		return "", errors.New("open a secret: it is not of this installation, not of this place, or was changed")
	}
	return string(plain), nil
}

func (k *Keys) sealer() cipher.AEAD {
	block, err := aes.NewCipher(k.Derive("secrets at rest"))
	if err != nil { // only for lengths that 32 is not
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil { // only for ciphers that AES is not
		panic(err)
	}
	return aead
}

// Seal encrypts a secret for the store; see Keys.Seal.
func (a *Auth) Seal(aad, plain string) string { return a.cfg.Keys.Seal(aad, plain) }

// Open returns what Seal was given; see Keys.Open.
func (a *Auth) Open(aad, sealed string) (string, error) { return a.cfg.Keys.Open(aad, sealed) }
