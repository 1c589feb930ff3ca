package lint

import "moonlet.example/moonlet/internal/lua/syntax"

// Which variable a name is. As in the language, a local variable begins behind the statement
// that declares it, but that of "local function" in it.

// local is a local variable.
type local struct {
	name  string
	token int32        // where it is declared
	init  *syntax.Node // the expression of its own, nil for none
	outer *local       // of the same name, hidden by this one
	sets  int          // assignments after the declaration
}

// scopes are the variables of a chunk.
type scopes struct {
	tree *syntax.Tree
	of   map[*syntax.Node]*local // of each NameExpr that is a local variable
	// within is the innermost function body around a global name, nil for the chunk.
	within map[*syntax.Node]*syntax.Node
	// lost are global names in the scope of an environment that is not the usual one.
	lost  map[*syntax.Node]bool
	names []*syntax.Node        // global names, in order
	sets  map[*syntax.Node]bool // those that are set
	env   bool                  // something is assigned to _ENV
	// args are the global names that Lua 5.1 takes for its local variable arg.
	args map[*syntax.Node]bool

	visible []*local          // innermost last
	byName  map[string]*local // the innermost one of each name
	body    *syntax.Node
	withArg int // functions around that have arg in Lua 5.1
}

// oldArg is what Lua 5.1 calls the table of the variable arguments, in a function that has no ... in its body.
const oldArg = "arg"

// hasArg tells whether Lua 5.1 makes that table for a function.
func (s *scopes) hasArg(body *syntax.Node) bool {
	variable := false
	for i := body.Children[0].First; i < body.Children[0].Last; i++ {
		variable = variable || s.tree.Tokens[i].Kind == syntax.Dots
	}
	if !variable {
		return false
	}
	used := false
	syntax.Walk(body.Children[1], func(n *syntax.Node) bool {
		used = used || n.Kind == syntax.DotsExpr
		return !used && n.Kind != syntax.Body
	})
	return !used
}

// first is the name that a path begins with.
func first(n *syntax.Node) *syntax.Node {
	for n.Kind != syntax.NameExpr && len(n.Children) > 0 {
		n = n.Children[0]
	}
	return n
}

// resolve finds the variables of a tree.
func resolve(t *syntax.Tree) *scopes {
	s := &scopes{tree: t, of: map[*syntax.Node]*local{}, within: map[*syntax.Node]*syntax.Node{}, lost: map[*syntax.Node]bool{}, args: map[*syntax.Node]bool{}, sets: map[*syntax.Node]bool{}, byName: map[string]*local{}}
	s.node(t.Root)
	s.visible, s.byName = nil, nil
	return s
}

func (s *scopes) declare(name string, token int32, init *syntax.Node) {
	v := &local{name: name, token: token, init: init, outer: s.byName[name]}
	s.byName[name] = v
	s.visible = append(s.visible, v)
}

// nodes visits nodes in order.
func (s *scopes) nodes(list []*syntax.Node) {
	for _, n := range list {
		s.node(n)
	}
}

// scoped calls f, whose variables end with it.
func (s *scopes) scoped(f func()) {
	n := len(s.visible)
	f()
	for i := len(s.visible) - 1; i >= n; i-- {
		s.byName[s.visible[i].name] = s.visible[i].outer
	}
	s.visible = s.visible[:n]
}

func (s *scopes) node(n *syntax.Node) {
	c := n.Children
	switch n.Kind {
	case syntax.Block:
		s.scoped(func() { s.nodes(c) })
	case syntax.NameExpr:
		s.use(n, false)
	case syntax.Targets:
		for _, t := range c {
			if t.Kind == syntax.NameExpr {
				s.use(t, true)
			} else {
				s.node(t)
			}
		}
	case syntax.AssignStat: // the values are there first
		s.nodes(c[1:])
		s.node(c[0])
	case syntax.LocalStat:
		s.nodes(c[1:])
		for i, token := range s.tree.NamesIn(c[0].First, c[0].Last) {
			s.declare(s.tree.Text(token), token, initial(c[1:], i))
		}
	case syntax.LocalFunctionStat:
		s.declare(s.tree.Text(n.First+2), n.First+2, c[0])
		s.nodes(c)
	case syntax.FunctionStat:
		if c[0].Kind == syntax.NameExpr {
			s.use(c[0], true)
		} else {
			s.node(c[0])
		}
		s.function(c[1], c[0].Kind == syntax.MethodExpr)
	case syntax.Body:
		s.function(n, false)
	case syntax.NumericForStat:
		s.nodes(c[:len(c)-1])
		s.scoped(func() { s.declare(s.tree.Text(n.First+1), n.First+1, nil); s.node(c[len(c)-1]) })
	case syntax.GenericForStat:
		s.nodes(c[1 : len(c)-1])
		s.scoped(func() {
			for _, token := range s.tree.NamesIn(c[0].First, c[0].Last) {
				s.declare(s.tree.Text(token), token, nil)
			}
			s.node(c[len(c)-1])
		})
	case syntax.RepeatStat: // the condition sees the block's variables
		s.scoped(func() { s.nodes(c[0].Children); s.node(c[1]) })
	default:
		s.nodes(c)
	}
}

// initial is the expression that the variable number i of a declaration begins with, if it has one of its own.
func initial(list []*syntax.Node, i int) *syntax.Node {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// function is a body with its parameters.
func (s *scopes) function(body *syntax.Node, method bool) {
	outer, withArg := s.body, s.withArg
	s.body = body
	if s.hasArg(body) {
		s.withArg++
	}
	s.scoped(func() {
		if method {
			s.declare("self", body.First, nil)
		}
		for _, token := range s.tree.NamesIn(body.Children[0].First, body.Children[0].Last) {
			s.declare(s.tree.Text(token), token, nil)
		}
		s.node(body.Children[1])
	})
	s.body, s.withArg = outer, withArg
}

// use is a name that is read, or set.
func (s *scopes) use(n *syntax.Node, set bool) {
	name := s.tree.Text(n.First)
	v := s.byName[name]
	switch {
	case v != nil && set:
		v.sets++
	case name == "_ENV" && set:
		s.env = true
	}
	if v != nil {
		s.of[n] = v
		return
	}
	if s.byName["_ENV"] != nil {
		s.lost[n] = true
	}
	if set {
		s.sets[n] = true
	}
	s.within[n] = s.body
	s.args[n] = name == oldArg && s.withArg > 0
	s.names = append(s.names, n)
}
