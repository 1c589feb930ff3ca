package luagen

import (
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// wild returns a program of about so many statements that needs only compile.
func wild(seed uint64, size int, l limits) string {
	g := &wildGen{left: size, limits: l}
	g.random = newRandom(seed)
	g.style = pick(&g.random, styles)
	g.fn = &wildFunc{vararg: true}
	g.open(false)
	if g.chance(10) {
		g.raw(g.oneOf("\n\n", "--[[\n]]", ";;;", "-- a comment\r\n"))
	}
	shape := -1
	if g.chance(60) {
		shape = g.intN(g.left)
	}
	for g.left > 0 {
		g.statement()
		if g.left <= shape {
			g.shape()
			shape = -1
		}
	}
	g.last(false)
	g.close()
	return string(g.out)
}

// block adds the statements of a block in a scope of its own.
func (g *wildGen) block(loop bool, n int) {
	g.open(loop)
	g.statements(n)
	g.close()
}

// statements adds at most n statements to the current block, and what may end it.
func (g *wildGen) statements(n int) {
	label := ""
	if g.fn.top().loop && g.chance(25) {
		// A label at the end of a block: goto continue.
		label = g.oneOf("continue", "continue", "next_")
		g.fn.top().labels = append(g.fn.top().labels, label)
	}
	for ; n > 0 && g.left > 0; n-- {
		g.statement()
	}
	if label == "" {
		g.last(g.fn.inLoop())
		return
	}
	g.word("::")
	g.word(label)
	g.word("::")
	if g.chance(30) {
		g.word(g.oneOf(";", ";;", ":: "+g.newLabel("void")+" ::"))
	}
	g.line()
}

// last adds what only the end of a block may have.
func (g *wildGen) last(loop bool) {
	switch n := g.intN(100); {
	case n < 15:
		g.word("return")
		switch {
		case g.chance(25):
			g.call()
		case g.chance(75):
			g.list(g.weighted([]int{1, 5, 3, 1, 1}))
		}
		if g.chance(30) {
			g.word(";")
		}
		g.line()
	case n < 25 && loop:
		g.put("break\n")
	}
}

// statement adds a statement.
func (g *wildGen) statement() {
	g.left--
	g.level++
	depth := g.depth
	g.depth = 0
	if g.tight() {
		g.simple()
	} else {
		g.anyStatement()
	}
	if g.chance(8) {
		g.word(";")
	}
	g.line()
	g.depth = depth
	g.level--
}

// simple adds a statement that needs little.
func (g *wildGen) simple() {
	g.word(g.name())
	g.word("=")
	g.leaf()
}

func (g *wildGen) anyStatement() {
	switch g.weighted([]int{20, 5, 6, 16, 12, 3, 4, 5, 8, 8, 6, 5, 2, 1}) {
	case 0:
		g.localStatement()
	case 1:
		g.localFunction()
	case 2:
		g.functionStatement()
	case 3:
		g.assignment()
	case 4:
		g.callStatement()
	case 5:
		g.put("do $b end")
	case 6:
		g.put("while $e do $l end")
	case 7:
		g.repeatLoop()
	case 8:
		g.ifStatement()
	case 9:
		g.numericFor()
	case 10:
		g.genericFor()
	case 11:
		g.jump()
	case 12: // a return in the midst
		g.put("do return $x end")
	case 13:
		g.word(g.oneOf(";", ";;;", "; ; "))
	}
}

func (g *wildGen) localStatement() {
	if !g.room(8) {
		g.simple()
		return
	}
	names := make([]string, g.weighted([]int{0, 8, 4, 2, 1, 1, 1}))
	for i := range names {
		names[i] = g.newName()
	}
	g.word("local")
	g.word(strings.Join(names, " , "))
	if g.chance(80) {
		g.word("=")
		g.list(g.weighted([]int{0, 8, 3, 2, 1}))
	}
	g.declare(names...)
}

func (g *wildGen) localFunction() {
	if !g.room(1) {
		g.simple()
		return
	}
	name := g.newName()
	g.declare(name)
	g.put("local function " + name + " $F")
}

func (g *wildGen) functionStatement() {
	g.put("function $n")
	for range g.weighted([]int{5, 3, 2, 1}) {
		g.word("." + pick(&g.random, fieldNames))
	}
	method := g.chance(35)
	if method {
		g.word(":" + pick(&g.random, fieldNames))
	}
	g.function(method)
}

func (g *wildGen) target() {
	g.word(g.name())
	for range g.weighted([]int{6, 5, 2, 1}) {
		if g.chance(15) {
			g.callSuffix()
		}
		g.index()
	}
}

func (g *wildGen) assignment() {
	n := g.weighted([]int{0, 12, 4, 2, 1, 1})
	g.hold(n, ",", func(int) { g.target() })
	g.word("=")
	if g.chance(50) { // one instruction, if possible
		g.hold(n, ",", func(int) { g.operand() })
	} else {
		g.list(g.weighted([]int{0, 8, 3, 2, 1}))
	}
}

func (g *wildGen) callStatement() {
	if g.chance(10) {
		g.put("; ( $e )") // without the semicolon it would call what stands in front
	} else {
		g.word(g.name())
	}
	for range g.weighted([]int{6, 4, 2, 1}) {
		g.suffix()
	}
	g.callSuffix()
}

func (g *wildGen) repeatLoop() {
	g.word("repeat")
	g.open(true)
	if g.chance(40) && g.room(1) {
		// The condition sees the block's variables, and captures them.
		name := g.newName()
		g.word("local " + name)
		g.put("= $e")
		g.declare(name)
		g.line()
		for range g.intN(3) {
			g.statement()
		}
		g.put("until " + g.oneOf(
			"(function ( ) return "+name+" end) ( )", "$p (function ( ... ) "+name+" = $e end)", name+" == $o", "not "+name))
	} else {
		for range g.intN(4) {
			g.statement()
		}
		g.put("until $e")
	}
	g.close()
}

func (g *wildGen) ifStatement() {
	switch goals := g.fn.goals(); {
	case g.fn.inLoop() && g.chance(25): // the condition itself jumps
		g.put("if $e then break end")
		return
	case len(goals) > 0 && g.chance(40):
		g.put("if $e then goto " + pick(&g.random, goals) + g.oneOf(" end", "; end", " else $b end", " elseif $e then $b end"))
		return
	}
	g.put("if $e then $b")
	for range g.weighted([]int{6, 2, 1, 1}) {
		g.put("elseif $e then $b")
	}
	if g.chance(40) {
		g.put("else $b")
	}
	g.word("end")
}

func (g *wildGen) numericFor() {
	if !g.room(4) {
		g.simple()
		return
	}
	name := g.newName()
	g.word("for")
	g.word(name)
	g.word("=")
	switch g.intN(4) {
	case 0:
		g.hold(2, ",", func(int) { g.expr() })
	case 1:
		g.hold(3, ",", func(int) { g.expr() })
	default:
		g.word(g.oneOf("1 , 10", "10 , 1 , -1", "0.0 , 1", "1 , 2.5 , 0.5", "1.0 , -1.0 , -0.25",
			"n , 0 , -1", "1 , # t", "-10 , 10 , 2", "1 , 1 , 0", "2147483647 , -2147483648 , -65536"))
	}
	g.open(false)
	g.hide(3)
	g.open(true)
	g.declare(name)
	g.word("do")
	g.statements(g.intN(5))
	g.word("end")
	g.close()
	g.close()
}

func (g *wildGen) genericFor() {
	names := make([]string, g.weighted([]int{0, 4, 6, 2, 1, 1}))
	if !g.room(3 + len(names)) {
		g.simple()
		return
	}
	for i := range names {
		names[i] = g.newName()
	}
	g.word("for")
	g.word(strings.Join(names, " , "))
	g.word("in")
	g.list(g.weighted([]int{0, 5, 1, 2, 1}))
	g.open(false)
	g.hide(3)
	g.open(true)
	g.declare(names...)
	g.word("do")
	g.statements(g.intN(5))
	g.word("end")
	g.close()
	g.close()
}

// jump adds labels and jumps.
func (g *wildGen) jump() {
	goals := g.fn.goals()
	switch n := g.intN(10); {
	case n < 3:
		label := g.newLabel("L")
		g.put(":: " + label + " ::")
		g.fn.top().labels = append(g.fn.top().labels, label)
	case n < 6 && len(goals) > 0:
		g.put("goto " + pick(&g.random, goals))
	case n < 8 && g.fn.inLoop():
		g.word("break")
	default: // forward, over statements that declare nothing
		label := g.newLabel("F")
		g.put(g.oneOf("goto "+label, "if $e then goto "+label+" end", "do do $b end goto "+label+" end",
			"for i = $o , $o do local x = function ( ) return i end goto "+label+" end"))
		for range g.intN(3) {
			g.line()
			g.put(g.oneOf("do $b end", "$n = $e", "$n.$f = $e", "while $e do $l end"))
		}
		g.put(" :: " + label + " ::")
	}
}
