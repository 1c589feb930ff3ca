package lint

import (
	"bytes"
	"strings"

	"moonlet.example/moonlet/internal/lua/syntax"
)

// aliasMost is how many local variables may stand behind one another for one thing.
const aliasMost = 8

// path says what an expression certainly is: the names that lead to it from the global
// variables, none for the table of those; ok is false where it may be anything. The first alias
// of the names are those that a local variable stands for.
func (u *unit) path(n *syntax.Node) (p []string, alias int, ok bool) { return u.pathOf(n, aliasMost) }

// pathMost is the longest path: no table of the firmware has tables so deep in it.
const pathMost = 6

func (u *unit) pathOf(n *syntax.Node, depth int) (p []string, alias int, ok bool) {
	if u.pathless[n] {
		return nil, 0, false
	}
	if p, alias, ok = u.findPath(n, depth); !ok && n.Kind != syntax.NameExpr {
		u.pathless[n] = true
	}
	return p, alias, ok
}

func (u *unit) findPath(n *syntax.Node, depth int) (p []string, alias int, ok bool) {
	name := ""
	switch n.Kind {
	case syntax.NameExpr:
		return u.variable(n, depth)
	case syntax.ParenExpr:
		return u.pathOf(n.Children[0], depth)
	case syntax.FieldExpr, syntax.MethodExpr:
		name, ok = u.Tree.Name(n), true
	case syntax.IndexExpr:
		name, ok = u.text(n.Children[1])
	}
	if !ok {
		return nil, 0, false
	}
	p, alias, ok = u.pathOf(n.Children[0], depth)
	if !ok || len(p) == pathMost {
		return nil, 0, false
	}
	return u.extend(p, name), alias, ok && (len(p) > 0 || !u.isOwn(name))
}

// variable is pathOf for a name.
func (u *unit) variable(n *syntax.Node, depth int) (p []string, alias int, ok bool) {
	name := u.Tree.Text(n.First)
	if v := u.Of[n]; v != nil {
		if v.Sets > 0 || v.Init == nil || depth == 0 {
			return nil, 0, false
		}
		p, _, ok = u.pathOf(v.Init, depth-1)
		return p, len(p), ok
	}
	switch {
	case u.Lost[n] || u.Env:
		return nil, 0, false
	case name == "_G" || name == "_ENV":
		return []string{}, 0, true
	}
	return []string{name}, 0, !u.isOwn(name)
}

// extend appends a name to a path, which others may have.
func (u *unit) extend(p []string, name string) []string { return append(p[:len(p):len(p)], name) }

// isOwn tells whether a global variable is, or may be, the application's own.
func (l *linter) isOwn(name string) bool { return l.set[name] || l.required[name] }

// text is the value of a string without escapes.
func (u *unit) text(n *syntax.Node) (string, bool) {
	if n.Kind != syntax.StringExpr {
		return "", false
	}
	b := u.Tree.Bytes(n)
	if len(b) < 2 || b[0] == '[' || bytes.IndexByte(b, '\\') >= 0 {
		return "", false
	}
	return string(b[1 : len(b)-1]), true
}

// join writes a path as a program does.
func join(p []string) string { return strings.Join(p, ".") }

// missing is how much of a path there is not: the shortest beginning of it that no table of
// the build has; 0 if all is there, or if nobody knows.
func (u *unit) missing(p []string) int {
	for n := 1; n <= len(p); n++ {
		_, found, whole := u.api.Find(p[:n]...)
		switch {
		case found:
		case whole:
			return n
		default:
			return 0
		}
	}
	return 0
}

// truth is what a condition certainly is in this build: 1 true, -1 false, 0 nobody knows.
func (u *unit) truth(n *syntax.Node) int {
	t, ok := u.truths[n]
	if !ok {
		t = u.findTruth(n)
		u.truths[n] = t
	}
	return t
}

func (u *unit) findTruth(n *syntax.Node) int {
	switch n.Kind {
	case syntax.TrueExpr, syntax.NumberExpr, syntax.StringExpr, syntax.TableExpr, syntax.FunctionExpr:
		return 1
	case syntax.NilExpr, syntax.FalseExpr:
		return -1
	case syntax.ParenExpr:
		return u.truth(n.Children[0])
	case syntax.UnaryExpr:
		if u.Tree.Operator(n) == syntax.Not {
			return -u.truth(n.Children[0])
		}
	case syntax.BinaryExpr:
		return u.truthOf(u.Tree.Operator(n), n.Children[0], n.Children[1])
	case syntax.NameExpr, syntax.FieldExpr, syntax.IndexExpr:
		p, _, ok := u.path(n)
		if !ok {
			return 0
		}
		if len(p) == 0 {
			return 1
		}
		if _, found, _ := u.api.Find(p...); found {
			return 1
		}
		if u.known(p) && u.missing(p) == len(p) {
			return -1
		}
	}
	return 0
}

func (u *unit) truthOf(op syntax.Token, a, b *syntax.Node) int {
	switch x, y := u.truth(a), u.truth(b); {
	case op == syntax.And && (x < 0 || y < 0):
		return -1
	case op == syntax.And:
		return min(x, y)
	case op == syntax.Or:
		return max(x, y)
	case op == syntax.Eq && b.Kind == syntax.NilExpr:
		return -x
	case op == syntax.Ne && b.Kind == syntax.NilExpr:
		return x
	}
	return 0
}
