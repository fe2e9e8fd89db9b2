package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/atelier-compute/atelier"
)

// Limits of a YAML file. The last two keep aliases of aliases from growing without
// bound.
const (
	maxYAML      = 1 << 20
	maxYAMLNodes = 20_000
	maxYAMLDepth = 50
)

// kind is what a YAML value is.
type kind string

const (
	kindNull   kind = "nothing"
	kindBool   kind = "true or false"
	kindInt    kind = "an integer"
	kindFloat  kind = "a number"
	kindString kind = "a string"
	kindList   kind = "a list"
	kindMap    kind = "a mapping"
)

// value is one YAML value with its place in the file.
type value struct {
	kind kind
	text string // of a scalar, as it was written
	num  int64
	list []*value
	keys []entry
	line int
	col  int
}

type entry struct {
	key *value
	val *value
}

// get returns the value of a key, or nil.
func (v *value) get(key string) *value {
	if v == nil {
		return nil
	}
	for _, e := range v.keys {
		if e.key.text == key {
			return e.val
		}
	}
	return nil
}

// set puts a text at a path of keys, making the mappings on the way.
func (v *value) set(path []string, text string) {
	for i, key := range path {
		next := v.get(key)
		last := i == len(path)-1
		if next == nil {
			next = &value{kind: kindMap, line: fromFlag}
			v.keys = append(v.keys, entry{&value{kind: kindString, text: key, line: fromFlag}, next})
		}
		switch {
		case last:
			*next = value{kind: kindString, text: text, line: fromFlag}
		case next.kind != kindMap:
			*next = value{kind: kindMap, line: fromFlag}
		}
		v = next
	}
}

// fromFlag is the line of what was not in the file.
const fromFlag = -1

// yamlFile is a YAML file being read. Problems are collected, so that one run shows
// all of them.
type yamlFile struct {
	name     string
	lines    []string
	problems []yamlProblem
	budget   int
	anchors  map[string]*value
}

type yamlProblem struct {
	line, col int
	message   string
}

// openYAML parses one document whose root is a mapping.
func openYAML(name string, src []byte) (f *yamlFile, root *value, err error) {
	f = &yamlFile{name: name, lines: strings.Split(string(src), "\n"), budget: maxYAMLNodes, anchors: map[string]*value{}}
	if len(src) > maxYAML {
		return nil, nil, atelier.Errorf(atelier.TooLarge, "InvalidYaml", "%s has %d bytes; a job or compute file may have %d", name, len(src), maxYAML)
	}
	file, err := f.parse(src)
	if err != nil {
		return nil, nil, err
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			docs = append(docs, d.Body)
		}
	}
	switch {
	case len(docs) == 0:
		return nil, nil, atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s is empty; it must hold one job or compute", name)
	case len(docs) > 1:
		return nil, nil, atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s holds %d documents; give one in each file", name, len(docs))
	}
	root = f.convert(docs[0], 0)
	if root.kind != kindMap && len(f.problems) == 0 {
		f.fail(root, "the file holds %s; it must be a mapping such as \"type: command\"", root.kind)
	}
	return f, root, f.err()
}

// parse keeps a panic of the parser from reaching the user: the input is theirs.
func (f *yamlFile) parse(src []byte) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s is not YAML that can be read (%v)", f.name, p)
		}
	}()
	file, err = parser.ParseBytes(src, 0)
	if err == nil {
		return file, nil
	}
	at := &value{line: 1, col: 1}
	msg := err.Error()
	if y, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	}); ok {
		msg = y.GetMessage()
		if t := y.GetToken(); t != nil && t.Position != nil {
			at.line, at.col = t.Position.Line, t.Position.Column
		}
	}
	f.fail(at, "this is not YAML: %s", strings.SplitN(msg, "\n", 2)[0])
	return nil, f.err()
}

// convert turns the parser's tree into ours, with aliases and merges expanded.
func (f *yamlFile) convert(n ast.Node, depth int) *value {
	v := &value{kind: kindNull}
	if n == nil {
		return v
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		v.line, v.col = t.Position.Line, t.Position.Column
	}
	if f.budget--; f.budget < 0 || depth > maxYAMLDepth {
		if f.budget == -1 || depth == maxYAMLDepth+1 {
			f.fail(v, "the file is nested too deeply or repeats itself too often (more than %d levels or %d values)", maxYAMLDepth, maxYAMLNodes)
		}
		f.budget = min(f.budget, -1)
		return v
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		v.kind = kindMap
		for _, e := range n.Values {
			f.member(v, e, depth)
		}
	case *ast.MappingValueNode:
		v.kind = kindMap
		f.member(v, n, depth)
	case *ast.SequenceNode:
		v.kind = kindList
		for _, e := range n.Values {
			v.list = append(v.list, f.convert(e, depth+1))
		}
	case *ast.AnchorNode:
		v = f.convert(n.Value, depth+1)
		if n.Name != nil {
			f.anchors[n.Name.String()] = v
		}
	case *ast.AliasNode:
		return f.alias(n, v)
	case *ast.TagNode:
		return f.tagged(n, depth)
	default:
		scalar(v, n)
	}
	return v
}

// alias expands "*name". The copy counts against the budget like what it stands for.
func (f *yamlFile) alias(n *ast.AliasNode, at *value) *value {
	name := ""
	if n.Value != nil {
		name = n.Value.String()
	}
	to := f.anchors[name]
	if to == nil {
		f.fail(at, "nothing before this line is called &%s", name)
		return at
	}
	f.budget -= to.size()
	if f.budget < 0 {
		f.fail(at, "the file repeats itself too often (more than %d values)", maxYAMLNodes)
		return at
	}
	return to
}

func (v *value) size() int {
	n := 1
	for _, e := range v.list {
		n += e.size()
	}
	for _, e := range v.keys {
		n += 1 + e.val.size()
	}
	return n
}

// tagged reads the standard tags; "!!str 1" is a string.
func (f *yamlFile) tagged(n *ast.TagNode, depth int) *value {
	v := f.convert(n.Value, depth+1)
	if n.Start == nil {
		return v
	}
	switch n.Start.Value {
	case "!!str":
		if v.kind != kindList && v.kind != kindMap {
			v.kind = kindString
		}
	case "!!map", "!!seq", "!!int", "!!float", "!!bool", "!!null":
	default:
		f.fail(&value{line: n.Start.Position.Line, col: n.Start.Position.Column}, "the tag %s means nothing here; leave it out", n.Start.Value)
	}
	return v
}

// member adds one key of a mapping, or the members of what is merged into it.
func (f *yamlFile) member(v *value, e *ast.MappingValueNode, depth int) {
	if e == nil || e.Key == nil {
		return
	}
	if e.Key.IsMergeKey() {
		from := f.convert(e.Value, depth+1)
		for _, m := range append([]*value{from}, from.list...) {
			for _, k := range m.keys {
				if v.get(k.key.text) == nil {
					v.keys = append(v.keys, k)
				}
			}
		}
		return
	}
	key := f.convert(e.Key, depth+1)
	if key.kind == kindList || key.kind == kindMap {
		f.fail(key, "a key must be a word, not %s", key.kind)
		return
	}
	val := f.convert(e.Value, depth+1)
	if val.line == 0 {
		val.line, val.col = key.line, key.col
	}
	v.keys = append(v.keys, entry{key, val})
}

// scalar reads a plain or quoted value.
func scalar(v *value, n ast.Node) {
	if t := n.GetToken(); t != nil {
		v.text = t.Value
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.BoolNode:
		v.kind = kindBool
		v.text = strconv.FormatBool(n.Value)
	case *ast.IntegerNode:
		v.kind = kindInt
		switch i := n.Value.(type) {
		case int64:
			v.num = i
		case uint64:
			v.num = int64(min(i, math.MaxInt64))
		}
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		v.kind = kindFloat
	case *ast.LiteralNode:
		v.kind = kindString
		if n.Value != nil {
			v.text = n.Value.Value
		}
	case *ast.StringNode:
		v.kind, v.text = kindString, n.Value
	case *ast.MappingKeyNode:
		if n.Value != nil {
			scalar(v, n.Value)
		}
	default:
		v.kind = kindString
	}
}

// fail records a problem at a value.
func (f *yamlFile) fail(at *value, format string, args ...any) {
	if len(f.problems) < 20 {
		p := yamlProblem{at.line, max(at.col, 1), fmt.Sprintf(format, args...)}
		if p.line == 0 {
			p.line = 1
		}
		f.problems = append(f.problems, p)
	}
}

// err returns the problems as one error: the first with its source line, the others
// by line.
func (f *yamlFile) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	p := f.problems[0]
	if p.line == fromFlag {
		return usage("--set: " + p.message)
	}
	msg := fmt.Sprintf("%s:%d:%d: %s", f.name, p.line, p.col, p.message)
	if p.line <= len(f.lines) {
		line := strings.TrimRight(f.lines[p.line-1], "\r")
		before := []rune(line)
		before = before[:min(p.col-1, len(before))]
		label := strconv.Itoa(p.line)
		msg += fmt.Sprintf("\n  %s | %s\n  %s | %s^", label, plain(line), strings.Repeat(" ", len(label)), strings.Repeat(" ", lipgloss.Width(plain(string(before)))))
	}
	if more := f.problems[1:]; len(more) > 0 {
		msg += fmt.Sprintf("\n  also %d:%d: %s", more[0].line, more[0].col, more[0].message)
		if len(more) > 1 {
			msg += fmt.Sprintf(" (and %d more)", len(more)-1)
		}
	}
	return atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s", msg)
}
