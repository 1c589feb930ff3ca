package lint

import (
	"path"
	"strings"

	"moonlet.example/moonlet/internal/lua/syntax"
)

// collect finds out which global variables a file sets.
func (u *unit) collect() {
	for _, n := range u.Names {
		if u.Sets[n] {
			name := u.Tree.Text(n.First)
			u.set[name] = true
			u.setsOf[name]++
			u.setsIn[name]++
		}
	}
	syntax.Walk(u.Tree.Root, func(n *syntax.Node) bool {
		switch n.Kind {
		case syntax.Targets:
			for _, t := range n.Children {
				u.setIn(t)
			}
		case syntax.FunctionStat:
			u.setIn(n.Children[0])
			u.define(n.Children[0], n.Children[1])
		case syntax.CallExpr:
			u.collectCall(n)
		case syntax.LocalStat, syntax.AssignStat:
			u.textsIn(n)
			u.versionNames(n.Children[0], n.Children[1:])
		}
		return true
	})
}

// define notes a global function; one that the file sets several times is none.
func (u *unit) define(n, body *syntax.Node) {
	if n.Kind != syntax.NameExpr || u.Of[n] != nil {
		return
	}
	if name := u.Tree.Text(n.First); u.setsOf[name] == 1 {
		u.functions[name] = body
	}
}

// textsIn notes the global variables that an assignment sets to strings.
func (u *unit) textsIn(n *syntax.Node) {
	if n.Kind != syntax.AssignStat {
		return
	}
	for i, t := range n.Children[0].Children {
		if t.Kind == syntax.NameExpr && u.Of[t] == nil && i+1 < len(n.Children) && n.Children[i+1].Kind == syntax.StringExpr {
			u.textsOf[u.Tree.Text(t.First)]++
		}
	}
}

// setIn notes an assignment to an entry of the table of global variables.
func (u *unit) setIn(t *syntax.Node) {
	if t.Kind == syntax.NameExpr || len(t.Children) == 0 {
		return
	}
	if p, _, ok := u.path(t.Children[0]); !ok || len(p) > 0 {
		return
	}
	name, ok := u.Tree.Name(t), true
	if t.Kind == syntax.IndexExpr {
		name, ok = u.text(t.Children[1])
	}
	u.setGlobal(name, ok)
}

// setGlobal notes that a global variable is set, whose name may be unknown.
func (u *unit) setGlobal(name string, known bool) {
	if known {
		u.set[name] = true
		u.setsIn[name]++
	} else {
		u.dynamic = true
	}
}

// collectCall notes calls that set global variables.
func (u *unit) collectCall(n *syntax.Node) {
	p, _, ok := u.path(n.Children[0])
	if !ok {
		return
	}
	args := n.Children[1:]
	text := func(i int) (string, bool) {
		if i >= len(args) {
			return "", false
		}
		return u.text(args[i])
	}
	isGlobals := func() bool {
		if len(args) == 0 {
			return false
		}
		p, _, ok := u.path(args[0])
		return ok && len(p) == 0
	}
	switch join(p) {
	case "require":
		if name, ok := text(0); ok {
			u.required[path.Base(strings.ReplaceAll(name, ".", "/"))] = true
		}
	case "module":
		if name, ok := text(0); ok {
			u.set[name] = true
		} else {
			u.set[strings.TrimSuffix(path.Base(u.file.Path), ".lua")] = true
		}
	case "load", "loadstring":
		u.dynamic = true
	case "setmetatable":
		u.dynamic = u.dynamic || isGlobals()
	case "rawset":
		if isGlobals() {
			u.setGlobal(text(1))
		}
	}
}

// versionNames notes the variables that get something of an expression which asks for a version.
func (u *unit) versionNames(n *syntax.Node, values []*syntax.Node) {
	for _, v := range values {
		if !u.asksVersion(v) {
			continue
		}
		for _, t := range u.Tree.NamesIn(n.First, n.Last) {
			u.version[u.Tree.Text(t)] = true
		}
		return
	}
}

// asksVersion tells whether an expression has to do with the version of Lua or of the firmware.
func (u *unit) asksVersion(n *syntax.Node) bool {
	if yes, ok := u.versions[n]; ok {
		return yes
	}
	yes := false
	switch n.Kind {
	case syntax.NameExpr:
		name := u.Tree.Text(n.First)
		return name == "_VERSION" || u.version[name]
	case syntax.FunctionExpr:
		return false
	case syntax.FieldExpr:
		p, _, ok := u.path(n)
		yes = ok && join(p) == "node.info"
	}
	for _, c := range n.Children {
		yes = yes || u.asksVersion(c)
	}
	u.versions[n] = yes
	return yes
}
