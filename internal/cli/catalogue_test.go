package cli

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier/internal/client"
)

// TestCatalogue reads the sources: every key that they name is in the catalogue, in
// all languages, with the same figures; and no key is left over.
func TestCatalogue(t *testing.T) {
	used := usedKeys(t)
	for key := range used {
		if catalogue[key] == (text{}) {
			t.Errorf("%s is missing", key)
		}
	}
	verb := regexp.MustCompile(`%[a-z]|\{[a-z]+\}`)
	for key, s := range catalogue {
		if s.en == "" || s.ko == "" {
			t.Errorf("%s is missing in a language", key)
		}
		en, ko := verb.FindAllString(s.en, -1), verb.FindAllString(s.ko, -1)
		if strings.HasPrefix(key, "reason.") { // by name, in any order
			slices.Sort(en)
			slices.Sort(ko)
		}
		if !slices.Equal(en, ko) {
			t.Errorf("%s: figures differ: %q and %q", key, en, ko)
		}
		if kind, _, _ := strings.Cut(key, "."); !used[key] && !(len(key) > 4 && slices.Contains([]string{"why", "try", "reason"}, kind) && strings.ToUpper(key[len(kind)+1:len(kind)+2]) == key[len(kind)+1:len(kind)+2]) {
			t.Errorf("nothing says %s", key)
		}
	}
}

func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	used := map[string]bool{}
	key := regexp.MustCompile(`^[a-z]+(\.[a-z]+)*$`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "catalogue.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit: // keys in variables and tables
				if s, err := strconv.Unquote(n.Value); err == nil && catalogue[s] != (text{}) {
					used[s] = true
				}
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || !slices.Contains([]string{"say", "fail", "confirm", "said"}, sel.Sel.Name) {
					return true
				}
				for _, arg := range n.Args[:min(2, len(n.Args))] {
					if lit, ok := arg.(*ast.BasicLit); ok {
						if s, err := strconv.Unquote(lit.Value); err == nil && key.MatchString(s) {
							used[s] = true
							break
						}
					}
				}
			}
			return true
		})
	}
	return used
}

// TestErrorCodesAreSaid finds each code that the catalogue explains in what the product says.
func TestErrorCodesAreSaid(t *testing.T) {
	var source strings.Builder
	for _, glob := range []string{"../../*.go", "../*/*.go", "../*/*/*.go"} {
		files, err := filepath.Glob(glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", glob, len(files), err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(f, "_test.go") {
				source.Write(data)
			}
		}
	}
	for _, key := range sortedKeys(catalogue) {
		kind, code, found := strings.Cut(key, ".")
		if !found || kind != "why" && kind != "try" || strings.ToLower(code[:1]) == code[:1] {
			continue
		}
		if !strings.Contains(source.String(), `"`+code+`"`) {
			t.Errorf("%s explains a code that nothing says", key)
		}
	}
}

// TestErrorText shows every error code that the catalogue knows, in both languages.
func TestErrorText(t *testing.T) {
	var out bytes.Buffer
	for _, lang := range []string{"en", "ko"} {
		for _, key := range sortedKeys(catalogue) {
			code, ok := strings.CutPrefix(key, "why.")
			if !ok || strings.ToLower(code[:1]) == code[:1] {
				continue
			}
			var stderr bytes.Buffer
			a := &App{Stderr: &stderr, Env: func(string) string { return "" }, lang: lang}
			err := a.fail(&client.Error{
				Status: http.StatusConflict, Code: code, Message: "the server's words", Target: "properties.x", RequestID: "r-1",
				Details: []client.Problem{{Code: "Detail", Message: "a detail"}},
			}, "cannot.create.cluster", "gpu")
			a.report(context.Background(), nil, err)
			if lines := strings.Count(stderr.String(), "\n"); lines > 5 {
				t.Errorf("%s in %s has %d lines", code, lang, lines)
			}
			fmt.Fprintf(&out, "%s\n", stderr.String())
		}
	}
	want, err := os.ReadFile("testdata/errors.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		err = os.WriteFile("testdata/errors.golden", out.Bytes(), 0o666)
		want = out.Bytes()
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, out.Bytes()) {
		t.Error("testdata/errors.golden is not current; run with UPDATE_GOLDEN=1 and look at the difference")
	}
}

func TestExitCodes(t *testing.T) {
	for status, want := range map[int]int{400: 1, 401: 4, 403: 4, 404: 3, 408: 7, 409: 5, 412: 5, 413: 1, 429: 6, 500: 1, 503: 1, 504: 7} {
		if _, _, got := classify(fmt.Errorf("call: %w", &client.Error{Status: status, Code: "X"})); got != want {
			t.Errorf("status %d gives exit code %d, want %d", status, got, want)
		}
	}
	if _, _, got := classify(&client.Unreachable{}); got != exitUnreachable {
		t.Errorf("unreachable gives %d", got)
	}
	if _, _, got := classify(context.DeadlineExceeded); got != exitTimeout {
		t.Errorf("a deadline gives %d", got)
	}
}

// TestErrorCarriesNoControl keeps what a server says from reaching the terminal raw.
func TestErrorCarriesNoControl(t *testing.T) {
	var stderr bytes.Buffer
	a := &App{Stderr: &stderr, Env: func(string) string { return "" }}
	a.report(context.Background(), nil, &client.Error{Status: 400, Code: "X\x1b[2J", Message: "no\x1b]0;t\x07 \x1b[31mred\nline\x1b[2J"})
	if strings.ContainsAny(stderr.String(), "\x1b\x07") {
		t.Errorf("%q", stderr.String())
	}
}
