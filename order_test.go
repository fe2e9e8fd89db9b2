package atelier_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"strings"
	"testing"
)

// checker knows the types of this module's code. Packages of others are empty to
// it and what hangs on them has no type, which is enough for the rules here and
// costs a tenth of a second.
type checker struct {
	files map[string][]*source // by folder
	done  map[string]*types.Package
	info  *types.Info
}

func newChecker(t *testing.T) *checker {
	t.Helper()
	c := &checker{
		files: map[string][]*source{},
		done:  map[string]*types.Package{},
		info:  &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}},
	}
	for _, f := range sources(t) {
		if !f.test {
			c.files[path.Dir(f.name)] = append(c.files[path.Dir(f.name)], f)
		}
	}
	for folder := range c.files {
		c.check(folder)
	}
	return c
}

// Import implements types.Importer.
func (c *checker) Import(importPath string) (*types.Package, error) {
	if folder, ours := ourPackage(importPath); ours {
		return c.check(folder), nil
	}
	name := path.Base(importPath)
	if strings.HasPrefix(name, "v") && len(name) < 4 {
		name = path.Base(path.Dir(importPath))
	}
	p := types.NewPackage(importPath, name)
	p.MarkComplete()
	return p, nil
}

func (c *checker) check(folder string) *types.Package {
	if p := c.done[folder]; p != nil {
		return p
	}
	var files []*ast.File
	var fset *token.FileSet
	for _, f := range c.files[folder] {
		files, fset = append(files, f.ast), f.fset
	}
	if fset == nil {
		return types.NewPackage(folder, path.Base(folder))
	}
	config := types.Config{Importer: c, Error: func(error) {}}
	p, _ := config.Check(module+"/"+folder, fset, files, c.info)
	c.done[folder] = p
	return p
}

// unordered are the functions of core that range over a map although they must
// replay, each with the reason why the order does not matter.
var unordered = map[string]string{
	"internal/agent/core.go:restful": "asks whether all fit",
	"internal/fleet/grant.go:Fetch":  "asks whether any fits",
	"internal/fleet/sweep.go:forget": "each key is judged by itself",
	"internal/place/why.go:starting": "counts, and takes the least",
	"internal/sim/instances.go:home": "counts",
	"internal/sim/truth.go:node":     "counts",
	"internal/sim/truth.go:starts":   "says what is wrong, in a run that has failed then",
}

// TestMapOrder forbids ranging over maps in core, where the order would differ from
// one run to the next and a seed would not replay.
func TestMapOrder(t *testing.T) {
	c := newChecker(t)
	excused := map[string]bool{}
	for _, f := range sources(t) {
		if !isCore(f) {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, r := range c.mapRanges(f, fn) {
				name := f.name + ":" + fn.Name.Name
				if unordered[name] != "" {
					excused[name] = true
				} else if !sortsAfter(fn, r) {
					t.Errorf("%s:%d: %s ranges over a map in core; sort the keys (slices.Sorted(maps.Keys(m))), or say in unordered why any order does",
						f.name, f.line(r), fn.Name.Name)
				}
			}
		}
	}
	for name := range unordered {
		if !excused[name] {
			t.Errorf("unordered excuses %s, which needs no excuse any more", name)
		}
	}
}

func (c *checker) mapRanges(f *source, fn *ast.FuncDecl) (list []*ast.RangeStmt) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if r, ok := n.(*ast.RangeStmt); ok && c.unordered(f, r.X) {
			list = append(list, r)
		}
		return true
	})
	return list
}

// sortsAfter reports whether the function sorts something after the loop, which is
// taken to be what the loop collected.
func sortsAfter(fn *ast.FuncDecl, loop *ast.RangeStmt) (sorts bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && call.Pos() > loop.End() {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				sorts = sorts || strings.HasPrefix(strings.ToLower(sel.Sel.Name), "sort")
			}
		}
		return true
	})
	return sorts
}

func (c *checker) unordered(f *source, x ast.Expr) bool {
	if call, ok := x.(*ast.CallExpr); ok {
		pkg, name := selector(f, call.Fun)
		return pkg == "maps" && (name == "Keys" || name == "Values" || name == "All")
	}
	tv, ok := c.info.Types[x]
	if !ok || tv.Type == nil {
		return false
	}
	_, isMap := tv.Type.Underlying().(*types.Map)
	return isMap
}

// TestGlobals forbids package-level state: a package-level variable is a table, an
// error or an embedded file, and nothing ever writes to it.
func TestGlobals(t *testing.T) {
	c := newChecker(t)
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				checkVars(t, f, g)
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			for _, x := range written(n) {
				if v, ok := c.info.Uses[rootIdent(x)].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
					t.Errorf("%s:%d: writes the package-level variable %s; keep state in a struct", f.name, f.line(n), v.Name())
				}
			}
			return true
		})
	}
}

// checkVars reports package-level variables that can only be there to be changed.
func checkVars(t *testing.T, f *source, g *ast.GenDecl) {
	t.Helper()
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		embedded := strings.Contains(comments(g.Doc, v.Doc), "//go:embed")
		stamped := path.Dir(f.name) == "cmd/atelier" // by the linker
		if len(v.Values) == 0 && !embedded {
			t.Errorf("%s:%d: package-level variable %s without a value", f.name, f.line(v), v.Names[0].Name)
		}
		for i, x := range v.Values {
			if why := mutable(x); why != "" && !stamped {
				t.Errorf("%s:%d: package-level variable %s %s", f.name, f.line(v), v.Names[min(i, len(v.Names)-1)].Name, why)
			}
		}
	}
}

func mutable(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.BasicLit:
		return "should be a constant"
	case *ast.CallExpr:
		if id, ok := x.Fun.(*ast.Ident); ok && (id.Name == "new" || id.Name == "make") {
			return fmt.Sprintf("is made by %s, empty: it can only be there to be changed", id.Name)
		}
	}
	return ""
}

func comments(groups ...*ast.CommentGroup) string {
	var b strings.Builder
	for _, g := range groups {
		if g != nil {
			for _, c := range g.List {
				b.WriteString(c.Text + "\n")
			}
		}
	}
	return b.String()
}

// written returns the expressions that a node assigns to.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// rootIdent returns a in a.b[c].d, or nil.
func rootIdent(x ast.Expr) *ast.Ident {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.ParenExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}
