package atelier

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT1M40S":               100 * time.Second,
		"PT120S":                2 * time.Minute,
		"PT2M":                  2 * time.Minute,
		"P1DT2H":                26 * time.Hour,
		"P1D":                   24 * time.Hour,
		"P2W":                   14 * 24 * time.Hour,
		"PT0S":                  0,
		"P0D":                   0,
		"PT0.5S":                500 * time.Millisecond,
		"PT0,25S":               250 * time.Millisecond,
		"PT1.5H":                90 * time.Minute,
		"P0.5D":                 12 * time.Hour,
		"PT1H2M3.004S":          time.Hour + 2*time.Minute + 3*time.Second + 4*time.Millisecond,
		"-PT1M":                 -time.Minute,
		"PT0.0000000019S":       time.Nanosecond,
		"PT9223372036.8S":       9223372036800000000,
		"PT007S":                7 * time.Second,
		"PT9223372036.999999S":  -1,
		"":                      -1,
		"P":                     -1,
		"PT":                    -1,
		"P1DT":                  -1,
		"120":                   -1,
		"2m":                    -1,
		"PT2":                   -1,
		"PTM":                   -1,
		"P1Y":                   -1,
		"P1M":                   -1,
		"P1H":                   -1,
		"PT1D":                  -1,
		"PT1S1M":                -1,
		"PT1M1M":                -1,
		"PT1.5M1S":              -1,
		"PT1.S":                 -1,
		"PT.5S":                 -1,
		"PT1.2.3S":              -1,
		"PT-1S":                 -1,
		"PT+1S":                 -1,
		"PT 1S":                 -1,
		"PT1SX":                 -1,
		"PT1ST2S":               -1,
		"pt1s":                  -1,
		"PT99999999999999999H":  -1,
		"P106751DT23H47M16.85S": 9223372036850000000,
	} {
		t.Run(strings.ReplaceAll(text, " ", "_"), func(t *testing.T) {
			got, err := ParseDuration(text)
			switch {
			case want == -1 && !IsKind(err, Invalid):
				t.Errorf("ParseDuration(%q) = %v, %v; want an Invalid error", text, got, err)
			case want != -1 && (err != nil || got != want):
				t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want)
			}
		})
	}
}

func TestFormatDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"PT0S":                          0,
		"PT2M":                          2 * time.Minute,
		"PT1M40S":                       100 * time.Second,
		"P1DT2H":                        26 * time.Hour,
		"P1D":                           24 * time.Hour,
		"PT0.5S":                        500 * time.Millisecond,
		"PT1H0.02S":                     time.Hour + 20*time.Millisecond,
		"-PT1.5S":                       -1500 * time.Millisecond,
		"-P106751DT23H47M16.854775808S": math.MinInt64,
	} {
		t.Run(want, func(t *testing.T) {
			if got := FormatDuration(d); got != want {
				t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
			}
		})
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Min(-math.MaxInt64).Draw(t, "d"))
		text := FormatDuration(d)
		if got, err := ParseDuration(text); err != nil || got != d {
			t.Fatalf("%d became %q became %d, %v", d, text, got, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"PT1M40S", "P1DT2H", "-PT0.5S", "P2W", "PT1,5H", "P1Y", "PT", "T", "P-1D", "PT1é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			if !IsKind(err, Invalid) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		if again, err := ParseDuration(FormatDuration(d)); err != nil || again != d {
			t.Fatalf("%q is %d, formatted %q, read again %d, %v", text, d, FormatDuration(d), again, err)
		}
	})
}
