package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/atelier-compute/atelier"
)

// plain makes a string that came from elsewhere fit for one line of a terminal:
// without control sequences, and with tabs as spaces.
func plain(s string) string {
	var b strings.Builder
	w := filter{to: &b}
	_, _ = w.Write([]byte(s))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // also what reverses the reading order
			return -1
		}
		return r
	}, b.String())
}

// filter passes text on without terminal control sequences: a log may move the
// cursor, set the window's title or answer on the keyboard's behalf, and none of that
// is its business. Colours (SGR) pass when sgr is set.
type filter struct {
	to    io.Writer
	sgr   bool
	state filterState
	seq   []byte // the sequence so far
}

type filterState int

const (
	ground  filterState = iota
	escaped             // after ESC
	control             // in CSI
	command             // in OSC, DCS, APC, PM or SOS, up to BEL or ESC \
	ending              // after ESC inside a command
	latin               // after 0xc2, which begins the C1 controls in UTF-8
)

const maxSequence = 64

// Write implements io.Writer. It reports len(p) when all of p was dealt with.
func (f *filter) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p))
	for _, c := range p {
		out = f.step(out, c)
	}
	if _, err := f.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *filter) step(out []byte, c byte) []byte {
	switch f.state {
	case escaped:
		switch {
		case c == '[':
			f.state = control
		case strings.IndexByte("]PX^_", c) >= 0:
			f.state = command
		case c >= 0x20 && c <= 0x2f: // intermediate: one more follows
		default:
			f.state = ground
		}
		return out
	case control:
		f.seq = append(f.seq, c)
		switch {
		case c >= 0x40 && c <= 0x7e:
			if c == 'm' && f.sgr {
				out = append(append(out, 0x1b, '['), f.seq...)
			}
			f.state = ground
		case len(f.seq) > maxSequence:
			f.state = ground
		case c < 0x20 || c > 0x7e:
			f.state = ground
			return f.step(out, c)
		}
		return out
	case command:
		switch c {
		case 0x07:
			f.state = ground
		case 0x1b:
			f.state = ending
		}
		return out
	case ending:
		f.state = command
		if c == '\\' {
			f.state = ground
		}
		return out
	case latin:
		f.state = ground
		if c >= 0x80 && c <= 0x9f {
			if c == 0x9b {
				f.state, f.seq = control, f.seq[:0]
			}
			return out
		}
		if c >= 0xa0 && c <= 0xbf {
			return append(out, 0xc2, c)
		}
		return f.text(out, c) // half a letter: dropped, lest it finds another half
	}
	return f.text(out, c)
}

func (f *filter) text(out []byte, c byte) []byte {
	switch {
	case c == 0x1b:
		f.state, f.seq = escaped, f.seq[:0]
	case c == 0xc2:
		f.state = latin
	case c == '\n', c == '\t', c == '\r':
		out = append(out, c)
	case c < 0x20, c == 0x7f:
	default:
		out = append(out, c)
	}
	return out
}

// short writes a duration in at most two units: 45s, 3m12s, 2h5m, 3d4h.
func short(d time.Duration) string {
	switch s := int64(d.Round(time.Second) / time.Second); {
	case d < 0:
		return "0s"
	case d < time.Second && d > 0:
		return strconv.Itoa(int(d.Milliseconds())) + "ms"
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return units(s/60, "m", s%60, "s")
	case s < 24*3600:
		return units(s/3600, "h", s%3600/60, "m")
	default:
		return units(s/(24*3600), "d", s%(24*3600)/3600, "h")
	}
}

func units(a int64, unitA string, b int64, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d%s", a, unitA)
	}
	return fmt.Sprintf("%d%s%d%s", a, unitA, b, unitB)
}

// shortISO shows an ISO 8601 duration as short does, or as it is if it is none.
func shortISO(s string) string {
	d, err := atelier.ParseDuration(s)
	if err != nil {
		return s
	}
	return short(d)
}

// bytesText writes a number of bytes with a unit.
func bytesText(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/unit, 0
	for f >= unit && i < 4 {
		f, i = f/unit, i+1
	}
	return fmt.Sprintf("%.1f %cB", f, "kMGTP"[i])
}

// quoteArgs writes arguments so that a shell reads them back as they are.
func quoteArgs(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsFunc(a, func(r rune) bool {
			return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_=+./:,@%", r))
		}) {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// parseTime reads a time of the API; the zero time is an error.
func parseTime(stamp string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, stamp)
	if err == nil && t.IsZero() {
		err = errors.New("no time")
	}
	return t, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func tagText(tags map[string]string) string {
	var list []string
	for _, k := range sortedKeys(tags) {
		list = append(list, k+"="+tags[k])
	}
	return strings.Join(list, " ")
}
