package luagen

var (
	arithmetic  = []string{"+", "-", "*", "%", "^", "/", "//", "&", "|", "~", "<<", ">>"}
	comparisons = []string{"==", "~=", "<", "<=", ">", ">="}
	unary       = []string{"-", "~", "not", "#"}
)

// put adds a template with these holes:
//
//	$e  expression       $x  list of them       $a  arguments of a call
//	$n  variable         $p  prefix expression  $k  constant
//	$f  name of a field  $s  string             $o  operand
//	$b  block            $l  block of a loop    $F  function without its first word
func (g *wildGen) put(template string) {
	g.fill(template, func(c byte) {
		switch c {
		case 'e':
			g.expr()
		case 'x':
			g.list(g.weighted([]int{0, 6, 4, 2, 1}))
		case 'a':
			g.args()
		case 'n':
			g.word(g.name())
		case 'p':
			g.prefix()
		case 'k':
			g.constant()
		case 'f':
			g.word(pick(&g.random, fieldNames))
		case 's':
			g.word(stringLiteral(&g.random))
		case 'o':
			g.operand()
		case 'b':
			g.block(false, g.intN(5))
		case 'l':
			g.block(true, g.intN(5))
		case 'F':
			g.function(false)
		default:
			panic("BUG: no hole $" + string(rune(c)))
		}
	})
}

// expr adds an expression.
func (g *wildGen) expr() {
	if g.depth >= maxDepth || g.tight() {
		g.leaf()
		return
	}
	g.depth++
	g.level++
	switch g.weighted([]int{22, 14, 8, 6, 7, 5, 4, 10, 5, 4, 3}) {
	case 0:
		g.leaf()
	case 1:
		g.put("$o " + pick(&g.random, arithmetic) + " $o")
	case 2:
		g.put("$o " + pick(&g.random, comparisons) + " $o")
	case 3:
		g.put("$e " + g.oneOf("and", "or") + " $e")
	case 4:
		g.put(pick(&g.random, unary) + " $o")
	case 5:
		g.concat(g.between(2, 6))
	case 6:
		g.constantFold(g.between(1, 4))
	case 7:
		g.prefix()
	case 8:
		g.constructor()
	case 9:
		g.put("function $F")
	case 10:
		g.put("( $e )")
	}
	g.depth--
	g.level--
}

// leaf adds an expression without others inside.
func (g *wildGen) leaf() {
	switch n := g.intN(10); {
	case n < 5:
		g.word(g.name())
	case n < 6 && g.fn.vararg:
		g.word("...")
	default:
		g.constant()
	}
}

func (g *wildGen) constant() {
	switch g.weighted([]int{5, 3, 5, 2, 2, 2}) {
	case 0:
		g.word(numeral(&g.random))
	case 1:
		g.word(smallNumeral(&g.random))
	case 2:
		g.word(stringLiteral(&g.random))
	case 3:
		g.word("nil")
	case 4:
		g.word("true")
	case 5:
		g.word("false")
	}
}

// operand adds what an instruction may take from its constants or a register.
func (g *wildGen) operand() {
	switch g.weighted([]int{3, 3, 1}) {
	case 0:
		g.constant()
	case 1:
		g.word(g.name())
	case 2:
		g.expr()
	}
}

// hold adds n things with a separator between; those before take registers.
func (g *wildGen) hold(n int, separator string, one func(i int)) {
	for i := range n {
		if i > 0 {
			g.word(separator)
		}
		one(i)
		g.fn.temps++
	}
	g.fn.temps -= n
}

// list adds n expressions. The last one of a list matters: it may have many
// values.
func (g *wildGen) list(n int) {
	g.hold(n, ",", func(i int) {
		switch {
		case i < n-1 || g.chance(60):
			g.expr()
		case g.fn.vararg && g.chance(50):
			g.word("...")
		default:
			g.call()
		}
	})
}

func (g *wildGen) concat(n int) {
	g.hold(n, "..", func(int) {
		if g.depth > 2 {
			g.leaf()
		} else {
			g.operand()
		}
	})
}

// constantFold adds an operation of constants, some of which compilers compute.
func (g *wildGen) constantFold(n int) {
	if n == 0 {
		if g.chance(85) {
			g.word(numeral(&g.random))
		} else {
			g.word(stringLiteral(&g.random))
		}
		return
	}
	switch g.intN(6) {
	case 0:
		g.word(pick(&g.random, unary))
		g.constantFold(n - 1)
	case 1:
		g.word("(")
		g.constantFold(n - 1)
		g.word(")")
	case 2: // what cannot be computed, or gives a zero
		g.word(g.oneOf("1 // 0", "1 % 0", "0 / 0", "1.0 / 0", "-0.0", "0 * -1.5", "1 - 1", "1.5 - 1.5",
			"0x7fffffff + 1", "1 << 31", "1 << 32", "1 << 63", "1 << 64", "-1 >> 1", "1 >> -1", "2 ^ 31", "2 ^ 0.5",
			"-2147483647 - 1", "-9223372036854775807 - 1", "7 // -2", "-7 % 3", "7.5 // -2", "5 % -1e400",
			"1.5 | 1", "2.0 | 1", "~0", "~1.0", "- -1", "'10' + 1", "1e400 - 1e400", "3 & 'x'", "not 1 == nil"))
	default:
		g.constantFold(n - 1)
		g.word(pick(&g.random, arithmetic))
		g.constantFold(n / 2)
	}
}

// prefix adds a variable, or what may stand in front of an index or call.
func (g *wildGen) prefix() {
	g.primary()
	if g.tight() {
		return
	}
	for range g.weighted([]int{6, 5, 3, 1, 1}) {
		g.suffix()
	}
}

func (g *wildGen) primary() {
	if g.chance(88) || g.tight() {
		g.word(g.name())
	} else {
		g.put("( $e )")
	}
}

func (g *wildGen) suffix() {
	if g.chance(65) {
		g.index()
	} else {
		g.callSuffix()
	}
}

func (g *wildGen) index() {
	switch {
	case g.tight():
		g.word(".x")
	case g.chance(55):
		g.word("." + pick(&g.random, fieldNames))
	default:
		g.put("[ $o ]")
	}
}

func (g *wildGen) callSuffix() {
	if g.chance(30) {
		g.word(":" + pick(&g.random, fieldNames))
	}
	g.args()
}

// call adds a call.
func (g *wildGen) call() {
	g.level++
	g.prefix()
	g.callSuffix()
	g.level--
}

func (g *wildGen) args() {
	switch n := g.intN(10); {
	case g.tight() || n == 0:
		g.word("(")
		g.word(")")
	case n == 1:
		g.word(stringLiteral(&g.random))
	case n == 2:
		g.constructor()
	default:
		g.word("(")
		g.list(g.weighted([]int{2, 5, 3, 2, 1, 1}))
		g.word(")")
	}
}

// constructor adds a table.
func (g *wildGen) constructor() {
	g.depth++
	g.level++
	g.fn.temps++
	g.word("{")
	n := g.weighted([]int{4, 4, 4, 3, 2, 1, 1, 1, 1})
	if g.depth < 3 && g.chance(10) {
		n = g.between(9, 30)
	}
	items := 0
	for i := range n {
		switch {
		case g.chance(35):
			g.put(g.oneOf("$f = $e", "[ $e ] = $e", "[ $k ] = $o"))
		case i == n-1 && g.chance(40):
			g.list(1)
		default:
			g.expr()
			g.fn.temps++
			items++
		}
		if i < n-1 || g.chance(20) {
			g.word(g.oneOf(",", ",", ";"))
		}
	}
	g.word("}")
	g.fn.temps -= items + 1
	g.level--
	g.depth--
}

// function adds parameters, body and end of a function.
func (g *wildGen) function(method bool) {
	depth := g.depth
	g.depth = 0
	g.fn = &wildFunc{outer: g.fn}
	g.open(false)
	if method {
		g.declare("self")
	}
	g.word("(")
	n := g.weighted([]int{4, 4, 3, 2, 1, 1})
	g.fn.vararg = g.chance(35)
	var names []string
	for i := range n {
		if i > 0 {
			g.word(",")
		}
		names = append(names, g.newName())
		g.word(names[i])
	}
	if g.fn.vararg {
		if n > 0 {
			g.word(",")
		}
		g.word("...")
	}
	g.word(")")
	g.declare(names...)
	g.statements(g.intN(6))
	g.word("end")
	g.close()
	g.fn = g.fn.outer
	g.depth = depth
}
