package lint

import "moonlet.example/moonlet/internal/lua/syntax"

// context is what becomes of the value of an expression.
type context uint8

const (
	inValue context = iota // it goes somewhere
	inTest                 // the program finds out whether it is nil
	inShown                // it is shown to people
	inCall                 // it is called
	inIndex                // something in it is asked for
)

// visitor goes through a file as it runs, and knows what is certainly never reached.
type visitor struct {
	u *unit
	// use is told of what an expression certainly is; call of each call.
	use  func(n *syntax.Node, p []string, alias int, c context)
	call func(n *syntax.Node)

	dead   int // in code that is not reached, or only with another version
	caught int // in a function that a protected call has
}

func (v *visitor) statements(list []*syntax.Node) {
	for _, n := range list {
		v.statement(n)
	}
}

func (v *visitor) values(list []*syntax.Node) {
	for _, n := range list {
		v.expr(n, inValue)
	}
}

func (v *visitor) statement(n *syntax.Node) {
	c := n.Children
	switch n.Kind {
	case syntax.Chunk, syntax.Block, syntax.DoStat:
		v.statements(c)
	case syntax.IfStat:
		v.branches(c)
	case syntax.WhileStat:
		v.branches(c)
	case syntax.RepeatStat:
		v.statement(c[0])
		v.expr(c[1], inTest)
	case syntax.NumericForStat:
		v.values(c[:len(c)-1])
		v.statement(c[len(c)-1])
	case syntax.GenericForStat:
		v.values(c[1 : len(c)-1])
		v.statement(c[len(c)-1])
	case syntax.FunctionStat:
		v.target(c[0])
		v.body(c[1])
	case syntax.LocalFunctionStat:
		v.body(c[0])
	case syntax.LocalStat:
		v.values(c[1:])
	case syntax.AssignStat:
		for _, t := range c[0].Children {
			v.target(t)
		}
		v.values(c[1:])
	case syntax.ReturnStat:
		v.values(c)
	case syntax.CallStat:
		v.expr(c[0], inValue)
	}
}

// branches are conditions, each with its block, and the block for when none holds.
func (v *visitor) branches(c []*syntax.Node) {
	dead := v.dead
	for len(c) >= 2 {
		v.expr(c[0], inTest)
		if v.u.asksVersion(c[0]) {
			v.dead++
		}
		now := v.u.truth(c[0])
		block := v.dead
		if now < 0 {
			v.dead++
		}
		v.statement(c[1])
		if v.dead = block; now > 0 {
			v.dead++
		}
		c = c[2:]
	}
	v.statements(c)
	v.dead = dead
}

// target is what is assigned to.
func (v *visitor) target(n *syntax.Node) {
	switch n.Kind {
	case syntax.FieldExpr, syntax.MethodExpr:
		v.expr(n.Children[0], inIndex)
	case syntax.IndexExpr:
		v.expr(n.Children[0], inIndex)
		v.expr(n.Children[1], inValue)
	}
}

func (v *visitor) body(n *syntax.Node) { v.statement(n.Children[1]) }

func (v *visitor) expr(n *syntax.Node, c context) {
	switch n.Kind {
	case syntax.NameExpr, syntax.FieldExpr, syntax.IndexExpr, syntax.MethodExpr:
		v.place(n, c)
	case syntax.ParenExpr:
		v.expr(n.Children[0], c)
	case syntax.CallExpr:
		v.callExpr(n)
	case syntax.FunctionExpr:
		v.body(n.Children[0])
	case syntax.TableExpr, syntax.NamedField, syntax.IndexedField:
		v.values(n.Children)
	case syntax.UnaryExpr:
		if v.u.Tree.Operator(n) == syntax.Not {
			v.expr(n.Children[0], inTest)
		} else {
			v.expr(n.Children[0], inValue)
		}
	case syntax.BinaryExpr:
		v.binary(n, c)
	}
}

// place is a name, or something in a table.
func (v *visitor) place(n *syntax.Node, c context) {
	if p, alias, ok := v.u.path(n); ok {
		if len(p) > 0 {
			v.use(n, p, alias, c)
		}
		return
	}
	if n.Kind == syntax.NameExpr {
		return
	}
	v.expr(n.Children[0], inIndex)
	if n.Kind == syntax.IndexExpr {
		v.expr(n.Children[1], inValue)
	}
}

func (v *visitor) binary(n *syntax.Node, c context) {
	a, b := n.Children[0], n.Children[1]
	dead := v.dead
	switch op := v.u.Tree.Operator(n); {
	case op == syntax.And || op == syntax.Or:
		v.expr(a, inTest)
		t := v.u.truth(a)
		if op == syntax.And && t < 0 || op == syntax.Or && t > 0 || v.u.asksVersion(a) {
			v.dead++
		}
		if c == inCall || c == inIndex {
			c = inValue
		}
		v.expr(b, c)
	case (op == syntax.Eq || op == syntax.Ne) && (a.Kind == syntax.NilExpr || b.Kind == syntax.NilExpr):
		v.expr(a, inTest)
		v.expr(b, inTest)
	default:
		v.expr(a, inValue)
		v.expr(b, inValue)
	}
	v.dead = dead
}

func (v *visitor) callExpr(n *syntax.Node) {
	callee, args := n.Children[0], n.Children[1:]
	v.call(n)
	v.expr(callee, inCall)
	p, _, ok := v.u.path(callee)
	name := join(p)
	switch {
	case ok && (name == "pcall" || name == "xpcall") && len(args) > 0:
		if args[0].Kind == syntax.FunctionExpr {
			v.caught++
			v.expr(args[0], inTest)
			v.caught--
		} else {
			v.expr(args[0], inTest)
		}
		v.values(args[1:])
	case ok && (name == "type" || name == "assert"):
		for _, a := range args {
			v.expr(a, inTest)
		}
	case ok && (name == "print" || name == "tostring"):
		for _, a := range args {
			v.expr(a, inShown)
		}
	default:
		v.values(args)
	}
}
