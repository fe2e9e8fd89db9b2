package python

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/atelier-compute/atelier"
)

// condaFile is what Atelier reads of a conda environment file.
type condaFile struct {
	Name         string            `yaml:"name"`
	Channels     []string          `yaml:"channels"`
	Dependencies []any             `yaml:"dependencies"`
	Variables    map[string]string `yaml:"variables"`
	Prefix       string            `yaml:"prefix"`
}

// readConda adds a conda file to a recipe. Packages that PyPI serves under the same
// name come from there; the others are refused, all of them at once.
func (r *recipe) readConda(text string) error {
	if err := plain(text); err != nil {
		return err
	}
	var f condaFile
	if err := yaml.Unmarshal([]byte(text), &f); err != nil {
		return invalid("the conda file cannot be read: %s", strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if len(f.Dependencies) == 0 {
		return invalid("the conda file has no dependencies; list what the job needs under \"dependencies:\", at least \"- python\"")
	}
	if len(f.Channels) > 0 {
		r.note("channels (%s) are not used: this node installs from PyPI", strings.Join(f.Channels, ", "))
	}
	r.vars = f.Variables
	var refused []string
	for _, d := range f.Dependencies {
		switch d := d.(type) {
		case string:
			if why := r.condaPackage(d); why != "" {
				refused = append(refused, why)
			}
		case map[string]any:
			if err := r.condaPip(d); err != nil {
				return err
			}
		default:
			return invalid("the conda file has the dependency %v, which is neither a package nor a pip list", d)
		}
	}
	if len(refused) > 0 {
		return invalid("the conda file needs what this node cannot install, as it has pip and not conda:\n  %s", strings.Join(refused, "\n  "))
	}
	return nil
}

// plain refuses what no conda file needs and what can make a small text cost
// minutes to read.
func plain(text string) error {
	const size, depth = 64 << 10, 10
	if len(text) > size {
		return invalid("the conda file has %d bytes; at most %d are read", len(text), size)
	}
	open := 0
	for _, t := range lexer.Tokenize(text) {
		switch t.Type {
		case token.AnchorType, token.AliasType:
			return invalid("line %d of the conda file has the anchor or alias %q; write out what it stands for", t.Position.Line, t.Origin)
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		}
		if open > depth {
			return invalid("line %d of the conda file has more than %d brackets in one another", t.Position.Line, depth)
		}
	}
	return nil
}

func (r *recipe) condaPip(d map[string]any) error {
	list, ok := d["pip"].([]any)
	if !ok || len(d) != 1 {
		return invalid("the conda file has a dependency that is neither a package nor a list of the form \"pip: [...]\"")
	}
	var lines []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return invalid("the pip list of the conda file has %v, which is not a package; put it into quotes", v)
		}
		lines = append(lines, s)
	}
	return r.readPip("the pip list of the conda file", strings.Join(lines, "\n"))
}

// condaPackage adds one conda package, or says why it cannot be had.
func (r *recipe) condaPackage(text string) (refused string) {
	name, spec, err := splitConda(text)
	if err != nil {
		return err.Error()
	}
	version, build, err := pipVersion(spec)
	if err != nil {
		return fmt.Sprintf("%s: %v", text, err)
	}
	switch name {
	case "python":
		r.python = version
		return ""
	case "pip":
		if version != "" {
			r.note("pip%s is not installed: the environment has the pip that comes with its Python", version)
		}
		return ""
	}
	if why := condaOnly(name); why != "" {
		return fmt.Sprintf("%s: %s", text, why)
	}
	onPyPI := name
	if other, found := renamed[name]; found {
		onPyPI = other
	}
	r.note("conda package %s is installed from PyPI as %s", text, onPyPI+version)
	if build != "" {
		r.note("the build %q of %s means nothing to PyPI and is left out", build, name)
	}
	r.add(onPyPI + version)
	return ""
}

// splitConda takes apart "channel::name spec".
func splitConda(text string) (name, spec string, err error) {
	s := strings.TrimSpace(text)
	if _, rest, found := strings.Cut(s, "::"); found {
		s = rest
	}
	i := strings.IndexAny(s, " \t=<>!~[|,*")
	name, spec = s, ""
	if i >= 0 {
		name, spec = s[:i], strings.TrimSpace(s[i:])
	}
	name = strings.ToLower(name)
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return "", "", fmt.Errorf("%q: it is not the name of a package", text)
	}
	if strings.HasPrefix(spec, "[") {
		return "", "", fmt.Errorf("%s: conditions in brackets exist in conda only; write %s=VERSION", text, name)
	}
	return name, spec, nil
}

// pipVersion writes conda's version as pip's: "=1.5" is "==1.5.*" there, and a
// third part names a build.
func pipVersion(spec string) (version, build string, err error) {
	if strings.Contains(spec, "|") {
		return "", "", fmt.Errorf("alternatives (|) exist in conda only; choose one version")
	}
	operator := strings.HasPrefix(spec, "==") || strings.IndexAny(spec, "<>!~") == 0
	exact := !operator && !strings.HasPrefix(spec, "=")
	switch {
	case spec == "":
		return "", "", nil
	case operator && !strings.HasPrefix(spec, "=="):
		return strings.ReplaceAll(spec, " ", ""), "", nil
	}
	v := strings.TrimSpace(strings.TrimLeft(spec, "="))
	v, build, _ = strings.Cut(strings.ReplaceAll(v, "=", " "), " ")
	build = strings.TrimSpace(build)
	switch {
	case v == "*":
		return "", build, nil
	case v == "" || strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+!*-") != "":
		if strings.Contains(spec, ",") {
			return "", "", fmt.Errorf("the version is not understood; write it as >=1.0,<2.0")
		}
		return "", "", fmt.Errorf("the version %q is not understood", spec)
	case operator, exact && !strings.HasSuffix(v, "*"), build != "":
		return "==" + v, build, nil
	}
	return "==" + strings.TrimSuffix(strings.TrimSuffix(v, "*"), ".") + ".*", "", nil
}

// renamed has the packages that PyPI serves under another name.
var renamed = map[string]string{
	"dask-core": "dask", "faiss": "faiss-cpu", "matplotlib-base": "matplotlib", "msgpack-python": "msgpack",
	"opencv": "opencv-python-headless", "py-opencv": "opencv-python-headless", "py-lightgbm": "lightgbm",
	"py-xgboost": "xgboost", "py-xgboost-cpu": "xgboost", "pytables": "tables", "python-graphviz": "graphviz",
	"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch", "ruamel_yaml": "ruamel.yaml",
	"tensorflow-base": "tensorflow", "tensorflow-gpu": "tensorflow", "tensorflow-mkl": "tensorflow",
}

// condaOnly says what to do about a package that is not on PyPI, or is another
// thing there.
func condaOnly(name string) string {
	for _, g := range []struct {
		names, prefixes []string
		why             string
	}{
		{
			[]string{"cudatoolkit", "cudnn", "nccl", "pytorch-cuda", "magma", "libcublas", "libcufft"},
			[]string{"cuda", "pytorch-mutex", "magma-cuda"},
			"CUDA's libraries come with the wheels of torch and of tensorflow[and-cuda]; remove the line",
		},
		{
			[]string{"cpuonly"},
			nil,
			"remove the line, and for a torch without CUDA put \"--index-url https://download.pytorch.org/whl/cpu\" into the pip list",
		},
		{
			[]string{"mkl", "mkl-service", "mkl_fft", "mkl_random", "blas", "nomkl", "openblas", "intel-openmp", "llvm-openmp", "tbb"},
			[]string{"libblas", "libcblas", "liblapack", "libopenblas"},
			"PyPI's numpy and scipy bring their own linear algebra; remove the line",
		},
		{
			[]string{"compilers", "c-compiler", "cxx-compiler", "fortran-compiler", "gcc", "gxx", "make", "binutils", "clang", "clangxx", "rust", "go", "sysroot_linux-64"},
			[]string{"gcc_", "gxx_", "gfortran", "binutils_", "clang_", "kernel-headers"},
			"it is a compiler; install it on the node (Debian: build-essential) and remove the line",
		},
		{
			[]string{"nodejs", "openjdk", "git", "git-lfs", "ffmpeg", "graphviz", "openmpi", "mpich", "r", "perl", "wget", "curl", "unzip", "bash", "vim", "tmux", "java-jdk", "maven"},
			nil, "it is a program and no Python package; install it on the node and remove the line",
		},
		{nil, []string{"r-", "bioconductor-"}, "R packages need conda; remove the line, or run the job where a container runtime is"},
		{
			[]string{
				"_libgcc_mutex", "_openmp_mutex", "bzip2", "ca-certificates", "expat", "freetype", "icu", "jpeg", "ld_impl_linux-64", "lcms2", "lz4-c",
				"ncurses", "openssl", "readline", "sqlite", "tk", "tzdata", "xz", "yaml", "zlib", "zstd", "giflib", "lame", "x264", "gmp", "mpfr", "geos", "proj", "gdal", "hdf5", "python_abi",
			},
			[]string{"libgcc", "libstdcxx", "libgomp", "libffi", "libpng", "libtiff", "libuuid", "libsqlite", "libzlib", "libxml2", "libcurl", "libprotobuf", "libnsl", "libwebp", "libssh2", "libev", "libnghttp2", "xorg-"},
			"it is a library of the system, which PyPI's wheels bring along; remove the line (\"conda env export --from-history\" leaves such lines out)",
		},
	} {
		if slices.Contains(g.names, name) || slices.ContainsFunc(g.prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return g.why
		}
	}
	return ""
}

func invalid(format string, args ...any) *atelier.Error {
	return atelier.Errorf(atelier.Invalid, "InvalidEnvironment", format, args...)
}
