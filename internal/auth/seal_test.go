package auth

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestSeal(t *testing.T) {
	b := newBench(t)
	const at, secret = "workspaces/w/computes/vm#password", "correct horse"
	sealed := b.Seal(at, secret)
	t.Run("there-and-back", func(t *testing.T) {
		for _, plain := range []string{secret, "", "\x00\xff", strings.Repeat("x", 1<<16)} {
			if got, err := b.Open(at, b.Seal(at, plain)); err != nil || got != plain {
				t.Errorf("%d bytes came back as %d (%v)", len(plain), len(got), err)
			}
		}
	})
	t.Run("shows-nothing", func(t *testing.T) {
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, sealMark))
		if err != nil || strings.Contains(string(raw), "horse") {
			t.Errorf("%q (%v)", sealed, err)
		}
		if b.Seal(at, secret) == sealed {
			t.Error("the same secret is sealed to the same text")
		}
	})
	t.Run("another-place", func(t *testing.T) {
		for _, aad := range []string{"", at + "x", strings.ToUpper(at), "workspaces/v/computes/vm#password"} {
			if got, err := b.Open(aad, sealed); err == nil || got != "" {
				t.Errorf("opens at %q", aad)
			}
		}
	})
	t.Run("changed", func(t *testing.T) {
		for i := range sealed {
			c := byte('A')
			if sealed[i] == c {
				c = 'B'
			}
			if got, err := b.Open(at, sealed[:i]+string(c)+sealed[i+1:]); err == nil || got != "" || strings.Contains(err.Error(), "horse") {
				t.Fatalf("opens with byte %d changed (%v)", i, err)
			}
		}
		for _, bad := range []string{"", sealMark, secret, sealed[:len(sealed)-4], sealed + "AAAA", "v2." + sealed[3:]} {
			if _, err := b.Open(at, bad); err == nil {
				t.Errorf("opens %q", bad)
			}
		}
	})
	t.Run("another-installation", func(t *testing.T) {
		other := open(t, t.TempDir(), nil, b.now)
		if _, err := other.Open(at, sealed); err == nil {
			t.Error("opens with another installation's keys")
		}
	})
}
