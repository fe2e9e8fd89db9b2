package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/atelier-compute/atelier"
)

// alwaysIgnored is never part of a code folder.
var alwaysIgnored = []string{".git/", "__pycache__/", ".ipynb_checkpoints/", ".DS_Store"}

// IgnoreFile reads .amlignore, or else .gitignore, at the root of a folder. Both
// are in the syntax of gitignore: blank lines and comments, "!" to take back, "/"
// to anchor, a "/" at the end for folders, "*", "?", "[…]" and "**". Ignore files
// further down are not read.
func IgnoreFile(dir string) (Ignore, error) {
	for _, name := range []string{".amlignore", ".gitignore"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the ignore file: %w", err)
		}
		return ParseIgnore(name, string(text))
	}
	return ParseIgnore("", "")
}

type ignoreRule struct {
	match      *regexp.Regexp
	keep       bool // "!"
	folderOnly bool
}

// ParseIgnore reads the text of an ignore file; file is its name in errors.
func ParseIgnore(file, text string) (Ignore, error) {
	var rules []ignoreRule
	for _, line := range alwaysIgnored {
		rule, _ := parseRule(line)
		rules = append(rules, rule)
	}
	for i, line := range strings.Split(text, "\n") {
		line = trimRule(line)
		if line == "" || line[0] == '#' {
			continue
		}
		rule, err := parseRule(line)
		if err != nil {
			return nil, atelier.Errorf(atelier.Invalid, "InvalidIgnoreFile", "%s line %d: the pattern %q is not valid: %v", file, i+1, line, err)
		}
		rules = append(rules, rule)
	}
	return func(name string, folder bool) bool { return ignored(rules, name, folder) }, nil
}

// ignored also asks for the folders above: what is in an ignored folder cannot be
// taken back.
func ignored(rules []ignoreRule, name string, folder bool) bool {
	if up := path.Dir(name); up != "." && ignored(rules, up, true) {
		return true
	}
	hit := false
	for _, r := range rules {
		if (folder || !r.folderOnly) && r.match.MatchString(name) {
			hit = !r.keep
		}
	}
	return hit
}

// trimRule takes off the line's end and spaces at it that are not escaped.
func trimRule(line string) string {
	line = strings.TrimSuffix(line, "\r")
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	return line
}

func parseRule(line string) (r ignoreRule, err error) {
	if strings.HasPrefix(line, "!") {
		r.keep, line = true, line[1:]
	}
	if strings.HasSuffix(line, "/") {
		r.folderOnly, line = true, strings.TrimSuffix(line, "/")
	}
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	expr := "^"
	if !anchored {
		expr = "^(?:.*/)?"
	}
	for line != "" {
		var part string
		part, line = globPart(line)
		expr += part
	}
	r.match, err = regexp.Compile(expr + "$")
	return r, err
}

// globPart translates the first element of a pattern.
func globPart(p string) (expr, rest string) {
	switch {
	case strings.HasPrefix(p, "**/"):
		return "(?:.*/)?", p[3:]
	case strings.HasPrefix(p, "/**/"):
		return "/(?:.*/)?", p[4:]
	case p == "/**":
		return "/.+", ""
	case p == "**":
		return ".*", ""
	case p[0] == '*':
		return "[^/]*", strings.TrimLeft(p, "*")
	case p[0] == '?':
		return "[^/]", p[1:]
	case p[0] == '\\' && len(p) > 1:
		return regexp.QuoteMeta(p[1:2]), p[2:]
	case p[0] == '[':
		if end := strings.IndexByte(p[min(2, len(p)):], ']'); end >= 0 {
			set := p[1 : end+2]
			not := ""
			if set[0] == '!' || set[0] == '^' {
				not, set = "^", set[1:]
			}
			return "[" + not + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(set) + "]", p[end+3:]
		}
	}
	return regexp.QuoteMeta(p[:1]), p[1:]
}
