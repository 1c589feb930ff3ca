// Package scope tells which variable a name in source is. As in the language, a local variable begins behind the
// statement that declares it, but that of "local function" in it.
package scope

import (
	"slices"

	"moonlet.example/moonlet/internal/lua/syntax"
)

// Local is a local variable.
type Local struct {
	Name  string
	Token int32        // where it is declared; of the self of a method the first one of its body
	Init  *syntax.Node // the expression of its own, nil for none
	Sets  int          // assignments after the declaration
	// Uses are the tokens that are the variable, without that of its declaration, in order.
	Uses []int32
	// From and To are the tokens in which it can be seen, without To.
	From, To int32

	outer *Local // of the same name, hidden by this one
}

// Implicit tells whether a variable has no declaration: the self of a method.
func (v *Local) Implicit(t *syntax.Tree) bool { return t.Tokens[v.Token].Kind != syntax.Name }

// Scopes are the variables of a chunk.
type Scopes struct {
	Tree   *syntax.Tree
	Locals []*Local                // in order
	Of     map[*syntax.Node]*Local // of each NameExpr that is a local variable
	// Within is the innermost function body around a global name, nil for the chunk.
	Within map[*syntax.Node]*syntax.Node
	// Lost are global names in the scope of an environment that is not the usual one.
	Lost map[*syntax.Node]bool
	// Names are the global names, as they are evaluated: what is assigned to comes after the values.
	Names []*syntax.Node
	Sets  map[*syntax.Node]bool // those that are set
	Env   bool                  // something is assigned to _ENV
	// Args are the global names that Lua 5.1 takes for its local variable arg.
	Args map[*syntax.Node]bool

	visible []*Local          // innermost last
	byName  map[string]*Local // the innermost one of each name
	body    *syntax.Node
	withArg int // functions around that have arg in Lua 5.1
}

// OldArg is what Lua 5.1 calls the table of the variable arguments, in a function that has no ... in its body.
const OldArg = "arg"

// HasArg tells whether Lua 5.1 makes that table for a function.
func (s *Scopes) HasArg(body *syntax.Node) bool {
	variable := false
	for i := body.Children[0].First; i < body.Children[0].Last; i++ {
		variable = variable || s.Tree.Tokens[i].Kind == syntax.Dots
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

// First is the name that a path begins with.
func First(n *syntax.Node) *syntax.Node {
	for n.Kind != syntax.NameExpr && len(n.Children) > 0 {
		n = n.Children[0]
	}
	return n
}

// Resolve finds the variables of a tree.
func Resolve(t *syntax.Tree) *Scopes {
	s := &Scopes{Tree: t, Of: map[*syntax.Node]*Local{}, Within: map[*syntax.Node]*syntax.Node{}, Lost: map[*syntax.Node]bool{},
		Args: map[*syntax.Node]bool{}, Sets: map[*syntax.Node]bool{}, byName: map[string]*Local{}}
	s.node(t.Root)
	for _, v := range s.Locals { // what is assigned to comes after the values
		slices.Sort(v.Uses)
	}
	s.visible, s.byName = nil, nil
	return s
}

// declare adds a variable that can be seen from a token on.
func (s *Scopes) declare(name string, token int32, init *syntax.Node, from int32) {
	v := &Local{Name: name, Token: token, Init: init, From: from, outer: s.byName[name]}
	s.Locals = append(s.Locals, v)
	s.byName[name] = v
	s.visible = append(s.visible, v)
}

// nodes visits nodes in order.
func (s *Scopes) nodes(list []*syntax.Node) {
	for _, n := range list {
		s.node(n)
	}
}

// scoped calls f, whose variables end before a token.
func (s *Scopes) scoped(end int32, f func()) {
	n := len(s.visible)
	f()
	for i := len(s.visible) - 1; i >= n; i-- {
		v := s.visible[i]
		v.To = end
		s.byName[v.Name] = v.outer
	}
	s.visible = s.visible[:n]
}

func (s *Scopes) node(n *syntax.Node) {
	c := n.Children
	switch n.Kind {
	case syntax.Block:
		s.scoped(n.Last, func() { s.nodes(c) })
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
		for i, token := range s.Tree.NamesIn(c[0].First, c[0].Last) {
			s.declare(s.Tree.Text(token), token, initial(c[1:], i), n.Last)
		}
	case syntax.LocalFunctionStat:
		s.declare(s.Tree.Text(n.First+2), n.First+2, c[0], n.First+2)
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
		block := c[len(c)-1]
		s.scoped(block.Last, func() { s.declare(s.Tree.Text(n.First+1), n.First+1, nil, block.First); s.node(block) })
	case syntax.GenericForStat:
		s.nodes(c[1 : len(c)-1])
		block := c[len(c)-1]
		s.scoped(block.Last, func() {
			for _, token := range s.Tree.NamesIn(c[0].First, c[0].Last) {
				s.declare(s.Tree.Text(token), token, nil, block.First)
			}
			s.node(block)
		})
	case syntax.RepeatStat: // the condition sees the block's variables
		s.scoped(n.Last, func() { s.nodes(c[0].Children); s.node(c[1]) })
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
func (s *Scopes) function(body *syntax.Node, method bool) {
	outer, withArg := s.body, s.withArg
	s.body = body
	if s.HasArg(body) {
		s.withArg++
	}
	s.scoped(body.Last, func() {
		from := body.Children[0].First
		if method {
			s.declare("self", body.First, nil, from)
		}
		for _, token := range s.Tree.NamesIn(body.Children[0].First, body.Children[0].Last) {
			s.declare(s.Tree.Text(token), token, nil, from)
		}
		s.node(body.Children[1])
	})
	s.body, s.withArg = outer, withArg
}

// use is a name that is read, or set.
func (s *Scopes) use(n *syntax.Node, set bool) {
	name := s.Tree.Text(n.First)
	v := s.byName[name]
	switch {
	case v != nil && set:
		v.Sets++
	case name == "_ENV" && set:
		s.Env = true
	}
	if v != nil {
		s.Of[n] = v
		v.Uses = append(v.Uses, n.First)
		return
	}
	if s.byName["_ENV"] != nil {
		s.Lost[n] = true
	}
	if set {
		s.Sets[n] = true
	}
	s.Within[n] = s.body
	s.Args[n] = name == OldArg && s.withArg > 0
	s.Names = append(s.Names, n)
}
