package python

import (
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/runtime"
)

func conda(dependencies ...string) string {
	return "name: test\nchannels: [conda-forge]\ndependencies:\n  - " + strings.Join(dependencies, "\n  - ") + "\n"
}

func TestCondaPackages(t *testing.T) {
	for _, c := range []struct{ given, want, note string }{
		{"numpy", "numpy", "conda package numpy is installed from PyPI as numpy"},
		{"scikit-learn=1.5", "scikit-learn==1.5.*", "conda package scikit-learn=1.5 is installed from PyPI as scikit-learn==1.5.*"},
		{"numpy=1.26.*", "numpy==1.26.*", ""},
		{"numpy==1.26.4", "numpy==1.26.4", ""},
		{"'numpy>=1,<2'", "numpy>=1,<2", ""},
		{"'numpy >= 1, < 2'", "numpy>=1,<2", ""},
		{"numpy 1.26", "numpy==1.26", ""},
		{"numpy 1.26.*", "numpy==1.26.*", ""},
		{"numpy=1.26.4=py311h64a7726_0", "numpy==1.26.4", `build "py311h64a7726_0" of numpy`},
		{"numpy 1.26.4 py311_0", "numpy==1.26.4", `build "py311_0"`},
		{"conda-forge::Numpy", "numpy", ""},
		{"'numpy=*'", "numpy", ""},
		{"'numpy *'", "numpy", ""},
		{"pytorch=2.4", "torch==2.4.*", "installed from PyPI as torch==2.4.*"},
		{"msgpack-python", "msgpack", ""},
		{"'numpy~=1.26'", "numpy~=1.26", ""},
		{"'numpy!=1.26.0'", "numpy!=1.26.0", ""},
	} {
		t.Run(c.given, func(t *testing.T) {
			r, err := newRecipe(runtime.Environment{Conda: conda(c.given)})
			if err != nil || strings.Join(r.wants, " ") != c.want {
				t.Fatalf("it wants %q, %v; want %q", r.wants, err, c.want)
			}
			if notes := strings.Join(r.notes, "\n"); !strings.Contains(notes, c.note) || !strings.Contains(notes, "conda-forge") {
				t.Errorf("notes are %q", notes)
			}
		})
	}
}

func TestCondaRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"cuda", conda("cudatoolkit=11.8"), "cudatoolkit=11.8: CUDA's libraries come with"},
		{"mkl", conda("mkl"), "mkl: PyPI's numpy"},
		{"compiler", conda("gcc_linux-64"), "build-essential"},
		{"program", conda("nodejs"), "install it on the node"},
		{"r", conda("r-ggplot2"), "R packages need conda"},
		{"library", conda("libgcc-ng=13"), "a library of the system"},
		{"all-at-once", conda("numpy", "mkl", "nodejs"), "nodejs: it is a program"},
		{"alternatives", conda("numpy 1.8|1.9"), "choose one version"},
		{"brackets", conda("numpy[version='>=1']"), "exist in conda only"},
		{"no-name", conda("'=1.0'"), "not the name of a package"},
		{"bad-version", conda("numpy=1..$"), "not understood"},
		{"no-yaml", "dependencies: [", "cannot be read"},
		{"alias", "a: &a [x]\ndependencies: *a\n", "line 1 of the conda file has the anchor"},
		{"deep", "dependencies: " + strings.Repeat("[", 50_000), "more than 10 brackets"},
		{"large", conda("numpy") + strings.Repeat("# x\n", 50_000), "at most 65536 are read"},
		{"no-dependencies", "name: x\n", "has no dependencies"},
		{"number", conda("3"), "neither a package nor a pip list"},
		{"other-map", conda("npm: [x]"), "neither a package nor a list"},
		{"pip-is-no-list", conda("pip: x"), "neither a package nor a list"},
		{"pip-has-a-number", conda("pip: [1.5]"), "put it into quotes"},
		{"pip-names-a-file", conda("pip: [numpy, -r more.txt]"), `line 2 of the pip list of the conda file is "-r more.txt"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newRecipe(runtime.Environment{Conda: c.text})
			if !atelier.IsKind(err, atelier.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

func TestPipFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want, refused string }{
		{"plain", "numpy\nscipy==1.0\n", "numpy\nscipy==1.0\n", ""},
		{"comments", "# all\nnumpy  >= 1 # why\r\n\r\n\tb # x\nz @ https://h/z.whl#sha256=1\n", "b\nnumpy >= 1\nz @ https://h/z.whl#sha256=1\n", ""},
		{"twice", "b\na\nb\n", "a\nb\n", ""},
		{"options-first-in-order", "b\n--pre\n--index-url https://x/y\na\n", "--pre\n--index-url https://x/y\na\nb\n", ""},
		{"continued", "a==1 \\\n  --hash=sha256:1 \\\n  --hash=sha256:2\n", "a==1 --hash=sha256:1 --hash=sha256:2\n", ""},
		{"byte-order-mark", "\ufeffa\n", "a\n", ""},
		{"git", "git+https://x/y.git@v1\n-e git+https://x/z.git#egg=z\n", "-e git+https://x/z.git#egg=z\ngit+https://x/y.git@v1\n", ""},
		{"absolute", "-f /wheels\n/wheels/a.whl\n", "-f /wheels\n/wheels/a.whl\n", ""},
		{"markers", `a; python_version < "3.12" and os_name == "a/b"`, `a; python_version < "3.12" and os_name == "a/b"` + "\n", ""},
		{"requirement", "a\n-r base.txt", "", `"base.txt"`},
		{"requirement-without-space", "-rbase.txt", "", `"base.txt"`},
		{"requirement-url", "-r https://x/y.txt", "", "https://x/y.txt"},
		{"constraint", "--constraint=c.txt", "", `"c.txt"`},
		{"editable", "-e .", "", `"."`},
		{"relative", "./pkg", "", `"./pkg"`},
		{"relative-wheel", "wheels/a.whl", "", `"wheels/a.whl"`},
		{"relative-links", "--find-links wheels", "", `"wheels"`},
		{"direct-relative", "a @ ./a.whl", "", `"./a.whl"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := newRecipe(runtime.Environment{Pip: c.text})
			if c.refused != "" {
				if !atelier.IsKind(err, atelier.Invalid) || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("error is %v, want it to name %s", err, c.refused)
				}
				return
			}
			if err != nil || r.requirements() != c.want {
				t.Errorf("requirements are %q, %v; want %q", r.requirements(), err, c.want)
			}
		})
	}
}

func TestImageNeedsContainer(t *testing.T) {
	for _, e := range []runtime.Environment{{Name: "e", Image: "img:1"}, {Name: "e", Image: "img:1", Conda: conda("numpy")}} {
		_, err := (&Envs{Cache: t.TempDir()}).Prepare(t.Context(), e, t.Output())
		if !atelier.IsKind(err, atelier.Unsupported) || !strings.Contains(err.Error(), "img:1") || !strings.Contains(err.Error(), "no container runtime") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestBaseImages(t *testing.T) {
	for image, base := range map[string]bool{
		"mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04":          true,
		"mcr.microsoft.com/azureml/minimal-ubuntu22.04:latest":        true,
		"MCR.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04@sha256:0": true,
		"mcr.microsoft.com/azureml/curated/sklearn-1.5:12":            false,
		"mcr.microsoft.com/azureml/":                                  false,
		"mcr.microsoft.com/other/x":                                   false,
		"mine.example/mcr.microsoft.com/azureml/x":                    false,
	} {
		t.Run(image, func(t *testing.T) {
			var log strings.Builder
			vars, err := (&Envs{Cache: t.TempDir()}).Prepare(t.Context(), runtime.Environment{Name: "e", Image: image}, &log)
			switch {
			case !base && !atelier.IsKind(err, atelier.Unsupported):
				t.Errorf("error is %v", err)
			case base && (err != nil || vars != nil || !strings.Contains(log.String(), "Warning: the image "+image+" is not run")):
				t.Errorf("got %v, %v, and the log says %q", vars, err, log.String())
			}
		})
	}
}

func TestHash(t *testing.T) {
	i := interpreter{path: "/usr/bin/python3", identity: "cpython 3.11.7 linux-x86_64"}
	hash := func(e runtime.Environment, i interpreter) string {
		t.Helper()
		r, err := newRecipe(e)
		if err != nil {
			t.Fatal(err)
		}
		return r.hash(i)
	}
	base := runtime.Environment{Name: "a", Conda: "name: a\nchannels: [x]\ndependencies:\n- numpy=1.26\n- pip\n- pip:\n  - a\n  - b\n"}
	same := []runtime.Environment{
		{Name: "b", Conda: "# comment\ndependencies:\n- pip: [b, 'a # why']\n- numpy=1.26 # x\nchannels: [y]\n"},
		{Pip: "a\nb\nnumpy==1.26.*\n"},
	}
	for n, e := range same {
		if hash(e, i) != hash(base, i) {
			t.Errorf("environment %d has another hash", n)
		}
	}
	for n, e := range []runtime.Environment{{Pip: "a\nb\n"}, {Pip: "a\nb\nnumpy==1.25.*\n"}, {Pip: "--pre\na\nb\nnumpy==1.26.*\n"}} {
		if hash(e, i) == hash(base, i) {
			t.Errorf("environment %d of other content has the same hash", n)
		}
	}
	for _, other := range []interpreter{{path: i.path, identity: "cpython 3.12.1 linux-x86_64"}, {path: "/opt/python3", identity: i.identity}} {
		if hash(base, other) == hash(base, i) {
			t.Errorf("%+v has the same hash", other)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		asked, has string
		want       bool
	}{
		{"", "3.11.7", true},
		{"==3.11.*", "3.11.7", true},
		{"==3.11", "3.11.7", true},
		{"==3.11.4", "3.11.7", true}, // a node has one Python of each minor version
		{"==3.10.*", "3.11.7", false},
		{"==3.1.*", "3.11.7", false},
		{"==3.*", "3.11.7", true},
		{"==2.7.*", "3.11.7", false},
		{">=3.8", "3.11.7", true},
		{">=3.8,<3.12", "3.11.7", true},
		{">=3.8,<3.11", "3.11.7", false},
		{">=3.11.9", "3.11.7", false},
		{">3.10", "3.11.7", true},
		{"<=3.11", "3.11.7", false},
		{"<4", "3.11.7", true},
		{"!=3.11.*", "3.11.7", false},
		{"!=3.11.6", "3.11.7", true},
		{"~=3.11", "3.12.0", true},
		{"~=3.11.2", "3.12.0", false},
		{">=3.13", "3.13.0rc1", true},
	} {
		if got, err := fits(c.asked, c.has); err != nil || got != c.want {
			t.Errorf("%q by %s: %t, %v", c.asked, c.has, got, err)
		}
	}
	for _, bad := range []string{"==x", "3.11", ">=", "===3.11", ">=3.8.1.2"} {
		if _, err := fits(bad, "3.11.7"); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzRecipe(f *testing.F) {
	f.Add(conda("numpy=1.2", "pip: [a, b]"), "a\n-r b")
	f.Add("dependencies: [python=3.11, 'a[x=1]', {pip: [a]}]\nvariables: {A: b}", "a \\\n b # c")
	f.Fuzz(func(t *testing.T, condaText, pip string) {
		r, err := newRecipe(runtime.Environment{Conda: condaText, Pip: pip})
		if err != nil {
			if !atelier.IsKind(err, atelier.Invalid) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		again, err := newRecipe(runtime.Environment{Conda: condaText, Pip: pip})
		if err != nil || again.requirements() != r.requirements() {
			t.Fatalf("read twice: %q and %q, %v", r.requirements(), again.requirements(), err)
		}
	})
}
