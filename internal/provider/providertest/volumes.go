package providertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

func wantVolumes(t *testing.T, v provider.Volumes, want ...string) {
	t.Helper()
	got, err := v.ListVolumes(t.Context())
	if err != nil {
		t.Fatalf("list volumes: %v", err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("volumes = %q, want %q", got, want)
	}
}

func volumesOutlive(t *testing.T, s Subject) {
	v, ok := s.Provider.(provider.Volumes)
	if !ok {
		t.Skip("no volumes")
	}
	wantVolumes(t, v)
	launch := func(name, volume string) {
		m := s.Machine(name)
		m.Volume = volume
		if err := s.Provider.Launch(t.Context(), m); err != nil {
			t.Fatalf("launch %s: %v", name, err)
		}
	}
	launch("m-0", "v-1")
	launch("m-0", "v-1")
	launch("m-9", "v-10")
	s.terminate(t, "m-0")
	wantVolumes(t, v, "v-1", "v-10")
	launch("m-1", "v-1")
	wantVolumes(t, v, "v-1", "v-10")
	s.terminate(t, "m-1")
	for range 2 {
		if err := v.DeleteVolume(t.Context(), "v-1"); err != nil {
			t.Fatalf("delete volume: %v", err)
		}
		wantVolumes(t, v, "v-10")
	}
	m := s.Machine("m-2")
	for _, bad := range []string{"..", "../m-9", "a/b", "/etc", "A", ".x", strings.Repeat("x", 64)} {
		m.Volume = bad
		if err := s.Provider.Launch(t.Context(), m); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("launch with volume %q: %v, want an Invalid error", bad, err)
		}
		if err := v.DeleteVolume(t.Context(), bad); err != nil {
			t.Errorf("delete volume %q: %v, want none: there is no such volume", bad, err)
		}
	}
	s.wantList(t, "m-9")
	s.terminate(t, "m-9")
	wantVolumes(t, v, "v-10")
	if err := v.DeleteVolume(t.Context(), "v-10"); err != nil {
		t.Fatalf("delete volume: %v", err)
	}
}

func volumesRefused(t *testing.T, s Subject) {
	if _, ok := s.Provider.(provider.Volumes); ok {
		t.Skip("it keeps volumes")
	}
	m := s.Machine("m-0")
	m.Volume = "v-0"
	if err := s.Provider.Launch(t.Context(), m); !atelier.IsKind(err, atelier.Unsupported) {
		t.Errorf("launch: %v, want an Unsupported error: the volume would be lost", err)
	}
}
