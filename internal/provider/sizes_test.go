package provider_test

import (
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/provider"
)

func TestAzureSizes(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range provider.AzureSizes() {
		if k := strings.ToLower(s.Name); seen[k] {
			t.Errorf("%s is listed twice", s.Name)
		} else {
			seen[k] = true
		}
		if s.VCPUs < 1 || s.MemoryGiB < 1 || s.PricePerH <= 0 || s.Family == "" || s.DiskGiB < 0 {
			t.Errorf("%+v is incomplete", s)
		}
		if (s.GPUs > 0) != (s.GPU != "") || (s.GPUs > 0) != strings.HasPrefix(s.Name, "Standard_N") {
			t.Errorf("%s: %d GPUs of model %q do not go together", s.Name, s.GPUs, s.GPU)
		}
	}
	if len(seen) < 60 {
		t.Errorf("%d sizes, want at least 60", len(seen))
	}
}

func TestAzureSizesAreTheCallers(t *testing.T) {
	provider.AzureSizes()[0].Name = "changed"
	if got := provider.AzureSizes()[0].Name; got == "changed" {
		t.Error("a caller changed the table for everybody")
	}
}

func TestFindSize(t *testing.T) {
	for _, c := range []struct {
		name, asked string
		want        string   // name of the size found
		words       []string // of the error
	}{
		{"as-spelled", "Standard_DS3_v2", "Standard_DS3_v2", nil},
		{"upper-case", "STANDARD_DS3_V2", "Standard_DS3_v2", nil},
		{"typo", "Standard_DS3v2", "", []string{`"Standard_DS3v2"`, "near ones are Standard_DS3_v2", "atelier compute sizes"}},
		{"other-version", "Standard_NC6s_v9", "", []string{"Standard_NC6s_v3"}},
		{"nonsense", "a-very-long-thing-that-resembles-no-size", "", []string{"here; `atelier compute sizes`"}},
		{"empty", "", "", []string{`""`}},
		{"huge", strings.Repeat("D", 1<<20), "", []string{"atelier compute sizes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := provider.FindSize(provider.AzureSizes(), c.asked)
			if s.Name != c.want {
				t.Errorf("found %q, want %q", s.Name, c.want)
			}
			if (err != nil) != (len(c.words) > 0) {
				t.Fatalf("err = %v", err)
			}
			if err != nil && !atelier.IsKind(err, atelier.Invalid) {
				t.Errorf("%v is not Invalid", err)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%.300q lacks %q", err, w)
				}
			}
		})
	}
}

func TestFindSizeNamesAtMostThree(t *testing.T) {
	_, err := provider.FindSize(provider.AzureSizes(), "Standard_D9_v2")
	if n := strings.Count(err.Error(), "Standard_D") - 1; n != 3 {
		t.Errorf("%q names %d near sizes, want 3", err, n)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a", "0", "gpu-k3f2-0", strings.Repeat("x", 63)} {
		if err := provider.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "-a", "A", "a/b", "..", ".gone", "a\x00", "a b", "ä", strings.Repeat("x", 64)} {
		if err := provider.CheckName(name); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("%q: %v, want Invalid", name, err)
		}
	}
}
