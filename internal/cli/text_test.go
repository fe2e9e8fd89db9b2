package cli

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
)

func TestFilter(t *testing.T) {
	for _, tt := range []struct{ name, in, colour, none string }{
		{"plain", "a\tb\r\nc", "a\tb\r\nc", "a\tb\r\nc"},
		{"colours", "\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m", "red"},
		{"cursor-and-clear", "a\x1b[2J\x1b[10;10Hb\x1b[?1049hc", "abc", "abc"},
		{"title", "a\x1b]0;evil\x07b\x1b]2;evil\x1b\\c", "abc", "abc"},
		{"device-control", "a\x1bPq#0\x1b\\b\x1b_x\x1b\\c", "abc", "abc"},
		{"charset", "a\x1b(0b\x1bcd", "abd", "abd"},
		{"c1-in-utf8", "a\u009b31mb\u0085c", "a\x1b[31mbc", "abc"},
		{"c0", "a\x07\x08\x00b\x7f", "ab", "ab"},
		{"hangul-stays", "학습 £ ½", "학습 £ ½", "학습 £ ½"},
		{"newline-ends-a-broken-sequence", "\x1b[12\nx", "\nx", "\nx"},
		{"endless-sequence-ends", "\x1b[" + strings.Repeat("1", 80) + "x", strings.Repeat("1", 15) + "x", strings.Repeat("1", 15) + "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, sgr := range []bool{true, false} {
				want := map[bool]string{true: tt.colour, false: tt.none}[sgr]
				var whole, split bytes.Buffer
				w := &filter{to: &whole, sgr: sgr}
				if n, err := w.Write([]byte(tt.in)); n != len(tt.in) || err != nil {
					t.Fatalf("Write = %d, %v", n, err)
				}
				s := &filter{to: &split, sgr: sgr}
				for i := range len(tt.in) { // byte by byte, as a network may bring it
					_, _ = s.Write([]byte(tt.in[i : i+1]))
				}
				if whole.String() != want || split.String() != want {
					t.Errorf("sgr=%v: %q and in pieces %q, want %q", sgr, whole.String(), split.String(), want)
				}
			}
		})
	}
}

func FuzzFilter(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\x1b]0;x\x07\xc2\x9b1m"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		_, _ = (&filter{to: &out}).Write(in)
		if bytes.ContainsAny(out.Bytes(), "\x1b\x07\x00\x08") || bytes.Contains(out.Bytes(), []byte("\xc2\x9b")) {
			t.Errorf("%q came through as %q", in, out.Bytes())
		}
	})
}

func TestPlain(t *testing.T) {
	if got := plain("a\nb\tc\x1b[31md\u202ee"); got != "a b cde" {
		t.Errorf("plain = %q", got)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", -time.Second: "0s", 250 * time.Millisecond: "250ms", 42 * time.Second: "42s", 90 * time.Second: "1m30s", time.Hour: "1h",
		125 * time.Minute: "2h5m", 76 * time.Hour: "3d4h",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestQuoteArgs lets a shell read back what was quoted.
func TestQuoteArgs(t *testing.T) {
	args := []string{"python", "a b", "it's", "$HOME", "*", "", "`x`", "--k=v", "한 글", "a\nb"}
	out, err := exec.Command("sh", "-c", "printf '%s|' "+quoteArgs(args)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), strings.Join(args, "|")+"|"; got != want {
		t.Errorf("a shell reads %q, want %q", got, want)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"list", "list-nodes", "create", "delete", "show"}
	for typed, want := range map[string]string{"lsit": "list", "crate": "create", "LIST_NODES": "list-nodes", "shwo": "show", "banana": "", "": ""} {
		if got := nearest(typed, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

// TestTableWidth checks that columns begin at the same cell of the terminal whatever
// the script.
func TestTableWidth(t *testing.T) {
	a := &App{output: "table"}
	tb := a.table([]column{{head: "A"}, {head: "B"}})
	for _, name := range []string{"x", "한글", "日本語テキスト", "émile", ""} {
		tb.add([]string{name, "|"})
	}
	var out bytes.Buffer
	if err := tb.print(&out, true); err != nil {
		t.Fatal(err)
	}
	at := map[int]bool{}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n")[1:] {
		before, _, _ := strings.Cut(line, "|")
		at[lipgloss.Width(before)] = true
	}
	if len(at) != 1 {
		t.Errorf("the second column begins at %v:\n%s", at, out.String())
	}
}

func TestTailer(t *testing.T) {
	for lines, want := range map[int]string{0: "", 1: "c\n", 2: "b\nc\n", 9: "a\nb\nc\n"} {
		w := &tailer{lines: lines}
		for _, p := range []string{"a\nb", "\nc", "\n"} {
			_, _ = w.Write([]byte(p))
		}
		if got := string(w.bytes()); got != want {
			t.Errorf("last %d lines are %q, want %q", lines, got, want)
		}
	}
}

func TestMaskURL(t *testing.T) {
	got := maskURL("https://user:pw@h/x?code=abc&sig=def&api-version=1")
	for _, secret := range []string{"abc", "def", "pw"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s shows %q", got, secret)
		}
	}
	if !strings.Contains(got, "api-version=1") {
		t.Errorf("%s hides too much", got)
	}
}
