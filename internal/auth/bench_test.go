package auth

import (
	"testing"

	"github.com/atelier-compute/atelier"
)

func BenchmarkIdentify(b *testing.B) {
	keys, err := keysOnce()
	if err != nil {
		b.Fatal(err)
	}
	x := newBenchWith(b, keys)
	x.add(b, "app", "s", atelier.RoleGrant{Role: Contributor})
	local, err := x.WriteLocal(x.dir, endpoint)
	if err != nil {
		b.Fatal(err)
	}
	for name, token := range map[string]string{"access-token": x.mustToken(b, "app", "s"), "local-token": local.Token} {
		b.Run(name, func(b *testing.B) {
			r := bearer(token)
			for b.Loop() {
				if c, err := x.Identify(r); err != nil || !c.May("Microsoft.MachineLearningServices/workspaces/jobs/write", "workspaces/w") {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("token-request", func(b *testing.B) {
		for b.Loop() {
			x.mustToken(b, "app", "s")
		}
	})
}
