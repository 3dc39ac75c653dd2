package main

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bordered are the rooms whose exported functions say with which arguments an error of a lower room came about.
// A folder stands for itself and the folders in it.
var bordered = []string{
	"registry/fact", "registry/derive", "registry/identity", "registry/intake", "registry/placing", "registry/profile",
	"registry/sight", "registry/dossier", "registry/link", "registry/place", "registry/template", "store", "job", "file",
	"audit", "auth", "backup", "disclosure", "sharing", "mandate", "matter", "demo", "answer", "figure", "rule",
}

// unbordered are folders in them that the rule does not hold for: tests' own packages, and what has not come to it yet.
var unbordered = []string{"store/storetest", "store/pgtest", "rule/list"}

// TestBorders fails on an exported function that returns the error of another room as it came. The log then does not say
// for which file, register or subject it happened. Within a room errors may be returned as they come: the exported
// function wraps them once, with fmt.Errorf or fault.At.
func TestBorders(t *testing.T) {
	if testing.Short() {
		t.Skip("type checks the rooms")
	}
	bare := bareReturns(t)
	for _, f := range bare {
		t.Errorf("%s returns the error of a lower room bare: wrap it with the call's arguments (fault.At)", f)
	}
	t.Logf("%d exported functions return the error of a lower room bare", len(bare))
}

// bareReturns gives the exported functions of the bordered rooms that return an error of a lower room bare, with their
// places.
func bareReturns(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{join .GoFiles \",\"}}", "./internal/...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := map[string]string{}
	type room struct {
		path  string
		files []string
	}
	var rooms []room
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[f[0]] = f[1]
		within := func(dir string) bool {
			name := strings.TrimPrefix(f[0], "eyas/internal/")
			return name == dir || strings.HasPrefix(name, dir+"/")
		}
		if !strings.HasPrefix(f[0], "eyas/") || !slices.ContainsFunc(bordered, within) || slices.ContainsFunc(unbordered, within) {
			continue
		}
		r := room{path: f[0]}
		for _, name := range strings.Split(f[3], ",") {
			r.files = append(r.files, filepath.Join(f[2], name))
		}
		rooms = append(rooms, r)
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		b, err := os.ReadFile(exports[path])
		return io.NopCloser(bytes.NewReader(b)), err
	})
	var bare []string
	for _, r := range rooms {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
		var files []*ast.File
		for _, name := range r.files {
			f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		p, err := (&types.Config{Importer: imports}).Check(r.path, fset, files, info)
		if err != nil {
			t.Fatal(err)
		}
		bare = append(bare, (&border{fset, p, info, map[*types.Func]*ast.FuncDecl{}, map[*types.Func]int{}}).bare(files)...)
	}
	slices.Sort(bare)
	return bare
}

// border looks for errors of lower rooms in one package.
type border struct {
	fset  *token.FileSet
	pkg   *types.Package
	info  *types.Info
	decls map[*types.Func]*ast.FuncDecl
	leaks map[*types.Func]int // 1: looked at just now, 2: returns no error of a lower room bare, 3: does
}

func (b *border) bare(files []*ast.File) []string {
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				b.decls[b.info.Defs[fn.Name].(*types.Func)] = fn
			}
		}
	}
	var names []string
	for fn, d := range b.decls {
		if fn.Exported() && b.reached(fn) && b.tells(fn) && b.leak(fn) {
			at := b.fset.Position(d.Pos())
			rel, _ := filepath.Rel(filepath.Join(filepath.Dir(at.Filename), strings.Repeat("../", strings.Count(b.pkg.Path(), "/"))), at.Filename)
			names = append(names, rel+": "+fn.Name())
		}
	}
	return names
}

// reached reports that other packages can call fn: it is no method, or one of an exported type.
func (b *border) reached(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	if recv == nil {
		return true
	}
	t := recv.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Exported()
}

// tells reports that a call of fn has arguments of its own to tell. A function that only runs a function of its caller, or works
// on an error of its caller, has none: its caller knows more. Nor have the statements of a transaction: the methods of
// the rooms of the store, which run them, say what they were about.
func (b *border) tells(fn *types.Func) bool {
	statements := func(v *types.Var) bool { return v != nil && strings.HasSuffix(v.Type().String(), "/store/base.Tx") }
	if statements(fn.Signature().Recv()) {
		return false
	}
	runs, other := false, false
	for p := range fn.Signature().Params().Variables() {
		switch t := p.Type(); {
		case strings.HasSuffix(t.String(), "context.Context"):
		case isError(t) || statements(p) || types.IsInterface(t) && strings.Contains(t.String(), "/store/base."):
			return false
		case types.IsInterface(t) || isFunc(t) || strings.HasSuffix(t.String(), "/registry/link.Index"):
			runs = true
		case t.String() == "bool" || t.String() == "time.Duration":
		default:
			other = true
		}
	}
	return other || !runs
}

// leak reports that fn returns an error of a lower room bare.
func (b *border) leak(fn *types.Func) bool {
	d := b.decls[fn]
	if d == nil || d.Body == nil || b.leaks[fn] == 1 || b.leaks[fn] == 2 {
		return false
	}
	if b.leaks[fn] == 3 {
		return true
	}
	res := fn.Signature().Results()
	if res.Len() == 0 || !isError(res.At(res.Len()-1).Type()) {
		b.leaks[fn] = 2
		return false
	}
	b.leaks[fn] = 1
	leaks := !b.wraps(d.Body) && b.leakyBody(d.Body, res)
	b.leaks[fn] = 2
	if leaks {
		b.leaks[fn] = 3
	}
	return leaks
}

// wraps reports that a body begins with what wraps its error as it returns.
func (b *border) wraps(body *ast.BlockStmt) bool {
	return slices.ContainsFunc(body.List, func(s ast.Stmt) bool {
		d, ok := s.(*ast.DeferStmt)
		if !ok {
			return false
		}
		f, ok := callee(b.info, d.Call).(*types.Func)
		return ok && f.Name() == "At" && f.Pkg() != nil && f.Pkg().Path() == "eyas/internal/fault"
	})
}

// leakyBody reports a return of an error that a call of a lower room gave, at once or by a variable.
func (b *border) leakyBody(body *ast.BlockStmt, res *types.Tuple) bool {
	tainted := map[types.Object]bool{}
	own := func(fn func(n ast.Node)) {
		ast.Inspect(body, func(n ast.Node) bool {
			if _, literal := n.(*ast.FuncLit); literal {
				return false // its errors come out of whom it is given to
			}
			if n != nil {
				fn(n)
			}
			return true
		})
	}
	taint := func(lhs ast.Expr, rhs ast.Expr) {
		id, ok := lhs.(*ast.Ident)
		if !ok || !b.lower(rhs) {
			return
		}
		obj := b.info.Defs[id]
		if obj == nil {
			obj = b.info.Uses[id]
		}
		if obj != nil && isError(obj.Type()) {
			tainted[obj] = true
		}
	}
	own(func(n ast.Node) {
		if a, ok := n.(*ast.AssignStmt); ok {
			taint(a.Lhs[len(a.Lhs)-1], a.Rhs[len(a.Rhs)-1])
		}
	})
	leaky := false
	own(func(n ast.Node) {
		r, ok := n.(*ast.ReturnStmt)
		if !ok {
			return
		}
		if len(r.Results) == 0 {
			leaky = leaky || tainted[res.At(res.Len()-1)]
			return
		}
		switch last := ast.Unparen(r.Results[len(r.Results)-1]).(type) {
		case *ast.Ident:
			leaky = leaky || tainted[b.info.Uses[last]]
		case *ast.CallExpr:
			leaky = leaky || b.lower(last)
		}
	})
	return leaky
}

// lower reports that an expression is a call that can return an error of a lower room: a function or a method of another
// room, one of an interface, a value that is a function, or one of this room that returns such an error bare.
func (b *border) lower(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := callee(b.info, call).(type) {
	case *types.Func:
		if recv := f.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			return f.Pkg() != nil && strings.HasPrefix(f.Pkg().Path(), "eyas/")
		}
		if f.Pkg() == b.pkg {
			return b.leak(f.Origin())
		}
		return f.Pkg() != nil && strings.HasPrefix(f.Pkg().Path(), "eyas/") && f.Pkg().Path() != "eyas/internal/fault"
	case *types.Var: // one that this function was given, or keeps; a function literal of its own is a part of it
		return f.IsField() || f.Kind() == types.ParamVar
	}
	return false
}

// callee gives what a call calls; nil for a conversion or what is no name.
func callee(info *types.Info, call *ast.CallExpr) types.Object {
	fun := ast.Unparen(call.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		return info.Uses[f]
	case *ast.SelectorExpr:
		return info.Uses[f.Sel]
	}
	return nil
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
