package moonlet_test

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// bounds names every place where something can wait for another goroutine, and what keeps
// it from growing without end: a place that brings work to the module's goroutine, a
// goroutine that is started, a channel, and a record with a lock and a list. A new one
// needs a bound, and an entry that names it.
var bounds = map[string]string{}

// doors are the functions that hand a function over to another goroutine.
var doors = []string{"Inject", "InjectOutside", "inject", "injectSock", "spawn", "AfterFunc"}

// TestQueuesHaveBounds holds that the list above is that of the code.
func TestQueuesHaveBounds(t *testing.T) {
	files, _ := parseAll(t)
	found := map[string]bool{}
	for _, f := range files {
		if f.test || !strings.HasPrefix(f.pkg, "internal/") && !strings.HasPrefix(f.pkg, "cmd/") {
			continue
		}
		pkg := strings.TrimPrefix(f.pkg, "internal/")
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				for _, what := range waits(d) {
					found[pkg+"."+receiver(d)+d.Name.Name+": "+what] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && lockedList(s) {
						found[pkg+"."+s.Name.Name+": list"] = true
					}
				}
			}
		}
	}
	for _, place := range slices.Sorted(maps.Keys(found)) {
		if bounds[place] == "" {
			t.Errorf("%q has no bound, or none that is named", place)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(bounds)) {
		if !found[place] {
			t.Errorf("%q is not there any more", place)
		}
	}
}

// receiver is the type of a method with a dot, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return fmt.Sprint(typ) + "."
}

// waits tells how a function lets something wait for another goroutine.
func waits(f *ast.FuncDecl) (list []string) {
	note := func(what string) {
		if !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			note("go")
		case *ast.CallExpr:
			switch fun := n.Fun.(type) {
			case *ast.Ident:
				if fun.Name == "make" && len(n.Args) > 1 && isChan(n.Args[0]) {
					note("chan")
				}
			case *ast.SelectorExpr:
				if slices.Contains(doors, fun.Sel.Name) {
					note(fun.Sel.Name)
				}
			}
		}
		return true
	})
	return list
}

func isChan(e ast.Expr) bool { _, ok := e.(*ast.ChanType); return ok }

// lockedList tells whether a type is a record with a lock and something that can grow.
func lockedList(s *ast.TypeSpec) bool {
	record, ok := s.Type.(*ast.StructType)
	if !ok {
		return false
	}
	lock, grows := false, false
	for _, field := range record.Fields.List {
		switch typ := field.Type.(type) {
		case *ast.SelectorExpr:
			name := fmt.Sprint(typ.X, ".", typ.Sel)
			lock = lock || name == "sync.Mutex" || name == "sync.RWMutex"
		case *ast.ArrayType:
			grows = grows || typ.Len == nil
		case *ast.MapType:
			grows = true
		}
	}
	return lock && grows
}
