package atelier

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func named(kind, name string) (string, error) { return "<" + kind + ":" + name + ">", nil }

func TestExpand(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"none", "python train.py", "python train.py"},
		{"empty", "", ""},
		{"input", "run --lr ${{inputs.lr}}", "run --lr <inputs:lr>"},
		{"output", "run -o ${{outputs.model_1}}", "run -o <outputs:model_1>"},
		{"spaces", "${{ inputs.a-b\t}}", "<inputs:a-b>"},
		{"several", "${{inputs.a}}${{inputs.a}} ${{outputs.b}}!", "<inputs:a><inputs:a> <outputs:b>!"},
		{"shell-variables", "echo $HOME ${A} $((1)) {{x}}", "echo $HOME ${A} $((1)) {{x}}"},
		{"no-escape", "$${{inputs.a}} \\${{inputs.a}}", "$<inputs:a> \\<inputs:a>"},
		{"braces-behind", "${{inputs.a}}}", "<inputs:a>}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Expand(c.text, named)
			if err != nil || got != c.want {
				t.Errorf("Expand(%q) = %q, %v; want %q", c.text, got, err, c.want)
			}
		})
	}
}

func TestExpandDoesNotExpandReplacements(t *testing.T) {
	got, err := Expand("${{inputs.a}}", func(string, string) (string, error) { return "${{inputs.a}}", nil })
	if err != nil || got != "${{inputs.a}}" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestExpandReturnsTheErrorOfLookup(t *testing.T) {
	want := errors.New("no such input")
	if got, err := Expand("a ${{inputs.x}}", func(string, string) (string, error) { return "", want }); !errors.Is(err, want) || got != "" {
		t.Errorf("got %q, %v; want %v", got, err, want)
	}
}

func TestPlaceholderErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown-kind", "x ${{secrets.a}}", `"${{secrets.a}}" at line 1, column 3 cannot be replaced: a command job knows`},
		{"search-space", "${{search_space.lr}}", "only in a sweep's trial"},
		{"parent", "${{parent.inputs.a}}", "only in a pipeline"},
		{"no-dot", "${{inputs}}", "names no input"},
		{"no-name", "${{outputs.}}", "names no output; write ${{outputs.NAME}}"},
		{"nothing", "${{}}", "a command job knows"},
		{"group", "${{inputs.a.b}}", "only letters, digits"},
		{"space-in-name", "${{inputs.a b}}", "only letters, digits"},
		{"not-closed", "ok\nüx ${{inputs.a} z", `"${{inputs.a} z" at line 2, column 4 cannot be replaced: it is not closed`},
		{"not-closed-before-next", "${{inputs.a ${{inputs.b}}", "not closed"},
		{"kinds-have-case", "${{Inputs.a}}", "a command job knows"},
		{"long", "${{" + strings.Repeat("x", 1000), "x…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Expand(c.text, named)
			if !IsKind(err, Invalid) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 300 {
				t.Errorf("Expand(%q): %v; want Invalid with %q", c.text, err, c.want)
			}
		})
	}
}

func TestPlaceholdersSayWhere(t *testing.T) {
	const text = "a ${{inputs.x}} b ${{ outputs.y }}"
	refs, err := Placeholders(text)
	want := []Ref{{RefInputs, "x", 2, 15}, {RefOutputs, "y", 18, 34}}
	if err != nil || !slices.Equal(refs, want) {
		t.Errorf("refs = %v, %v; want %v", refs, err, want)
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"", "a", "${{inputs.a}}", "${{ outputs.b-c }} $", "${{inputs.a ${{", "}}${{", "\xff${{inputs.\xff}}", "\n\n${{search_space.x}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		refs, err := Placeholders(text)
		if err != nil {
			if !IsKind(err, Invalid) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		if !strings.Contains(text, openRef) {
			if got, err := Expand(text, nil); got != text || err != nil {
				t.Fatalf("Expand(%q) = %q, %v", text, got, err)
			}
		}
		plain, err := Expand(text, func(kind, name string) (string, error) { return Ref{Kind: kind, Name: name}.String(), nil })
		if err != nil {
			t.Fatal(err)
		}
		again, err := Placeholders(plain)
		if err != nil || len(again) != len(refs) {
			t.Fatalf("%q has %d placeholders, its plain form %q %d (%v)", text, len(refs), plain, len(again), err)
		}
		for i, r := range again {
			if r.Kind != refs[i].Kind || r.Name != refs[i].Name || plain[r.Start:r.End] != r.String() {
				t.Fatalf("%q: placeholder %d became %v, was %v", text, i, r, refs[i])
			}
		}
	})
}
