package atelier

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads an ISO 8601 duration as Azure writes them: PT1M40S, P1DT2H,
// PT0.5S, P2W. Years and months are refused, because their length is not fixed. A
// fraction may stand in the last part; digits beyond nanoseconds are cut off.
func ParseDuration(s string) (time.Duration, error) {
	bad := func(why string) (time.Duration, error) {
		return 0, Errorf(Invalid, "InvalidDuration", "%q is not a duration: %s; write for example PT120S, PT2M or P1DT2H", excerpt(s), why)
	}
	rest, negative := strings.CutPrefix(s, "-")
	rest, found := strings.CutPrefix(rest, "P")
	if !found {
		return bad("it must start with P (ISO 8601)")
	}
	var sum uint64
	var parts, clock, last int
	fraction := false
	for rest != "" {
		if rest[0] == 'T' && clock == 0 {
			clock, rest = 1, rest[1:]
			if rest == "" {
				return bad("nothing follows T")
			}
			continue
		}
		n := strings.IndexFunc(rest, isLetter)
		if n <= 0 || fraction {
			return bad("a number and then a unit must follow each other, and only the last number may have a fraction")
		}
		unit, order, why := isoUnit(rest[n], clock == 1)
		if why == "" && order <= last {
			why = "its units must be in the order W, D, H, M, S, each once"
		}
		if why != "" {
			return bad(why)
		}
		d, frac, ok := isoAmount(rest[:n], unit)
		if !ok {
			return bad(strconv.Quote(excerpt(rest[:n])) + " is not a number that a duration can have")
		}
		if sum += d; sum > math.MaxInt64 {
			return bad("it is longer than 292 years")
		}
		last, fraction, rest = order, frac, rest[n+1:]
		parts++
	}
	switch {
	case parts == 0:
		return bad("it has no part")
	case negative:
		return -time.Duration(sum), nil
	}
	return time.Duration(sum), nil
}

// isoUnit returns the length of a unit and its place in the order of units, or why
// there is none such.
func isoUnit(unit byte, clock bool) (length time.Duration, order int, why string) {
	const day = 24 * time.Hour
	switch {
	case !clock && (unit == 'Y' || unit == 'M'):
		return 0, 0, "years and months have no fixed length (minutes stand behind a T: PT5M)"
	case !clock && unit == 'W':
		return 7 * day, 1, ""
	case !clock && unit == 'D':
		return day, 2, ""
	case clock && unit == 'H':
		return time.Hour, 3, ""
	case clock && unit == 'M':
		return time.Minute, 4, ""
	case clock && unit == 'S':
		return time.Second, 5, ""
	case !clock && (unit == 'H' || unit == 'S'):
		return 0, 0, "hours, minutes and seconds stand behind a T, as in PT5M"
	}
	return 0, 0, "it has no unit " + strconv.Quote(string(unit)) + " there"
}

// isoAmount multiplies a decimal number by a unit, exactly.
func isoAmount(number string, unit time.Duration) (d uint64, fraction, ok bool) {
	whole, decimals, fraction := strings.Cut(strings.Replace(number, ",", ".", 1), ".")
	if fraction && decimals == "" || strings.Trim(decimals, "0123456789") != "" {
		return 0, false, false
	}
	n, err := strconv.ParseUint(whole, 10, 63)
	hi, lo := bits.Mul64(n, uint64(unit))
	if err != nil || hi != 0 || lo > math.MaxInt64 {
		return 0, false, false
	}
	const digits, scale = 9, 1_000_000_000
	decimals = (decimals + "000000000")[:digits]
	part, _ := strconv.ParseUint(decimals, 10, 64)
	fhi, flo := bits.Mul64(part, uint64(unit))
	nanos, _ := bits.Div64(fhi, flo, scale)
	return lo + nanos, fraction, true
}

// FormatDuration writes a duration as ISO 8601 in days, hours, minutes and seconds.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "PT0S"
	}
	var b strings.Builder
	rest := uint64(d)
	if d < 0 {
		b.WriteByte('-')
		rest = -rest
	}
	b.WriteByte('P')
	const day = uint64(24 * time.Hour)
	if days := rest / day; days > 0 {
		b.WriteString(strconv.FormatUint(days, 10) + "D")
	}
	if rest %= day; rest == 0 {
		return b.String()
	}
	b.WriteByte('T')
	for _, u := range []struct {
		length time.Duration
		letter string
	}{{time.Hour, "H"}, {time.Minute, "M"}} {
		if n := rest / uint64(u.length); n > 0 {
			b.WriteString(strconv.FormatUint(n, 10) + u.letter)
		}
		rest %= uint64(u.length)
	}
	if seconds, nanos := rest/uint64(time.Second), rest%uint64(time.Second); rest > 0 {
		b.WriteString(strconv.FormatUint(seconds, 10))
		if nanos > 0 {
			digits := strconv.FormatUint(nanos+uint64(time.Second), 10)[1:]
			b.WriteString("." + strings.TrimRight(digits, "0"))
		}
		b.WriteByte('S')
	}
	return b.String()
}
