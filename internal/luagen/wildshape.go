package luagen

import "strings"

// Shapes are constructs that statements made by chance hardly ever have: very
// many of something, very deep, very far.

func (g *wildGen) shape() {
	shapes := []func(){
		g.manyConstants, g.manyConstants, g.longList, g.longList, g.longList, g.manyFields, g.manyFields,
		g.manyFields, g.manyLocals, g.manyParams, g.manyUpvalues, g.manyValues, g.manyValues, g.manyFunctions, g.deepExpression,
		g.deepExpression, g.deepBlocks, g.deepFunctions, g.longChain, g.longChain, g.farLines,
		g.farLines, g.denseLine, g.closingJumps, g.nils, g.oddConstants,
	}
	depth := g.depth
	g.depth = 0
	pick(&g.random, shapes)()
	g.line()
	g.depth = depth
}

// inFunction adds a global function with these parameters around body.
func (g *wildGen) inFunction(params []string, vararg bool, body func()) {
	g.word("function")
	g.word(pick(&g.random, globalNames))
	g.fn = &wildFunc{outer: g.fn, vararg: vararg}
	g.open(false)
	list := params
	if vararg {
		list = append(params[:len(params):len(params)], "...")
	}
	g.word("(" + strings.Join(list, ", ") + ")")
	g.declare(params...)
	body()
	g.word("end")
	g.close()
	g.fn = g.fn.outer
}

// numbered is a list of n names.
func numbered(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = prefix + itoa(i)
	}
	return list
}

// with is a template with a name of the list in each place of "@".
func (g *wildGen) with(template string, names []string) string {
	parts := strings.Split(template, "@")
	for i := range parts[1:] {
		parts[i] += pick(&g.random, names)
	}
	return strings.Join(parts, "")
}

// magnitude is a number whose size in bits is between lo and hi.
func (g *wildGen) magnitude(lo, hi int) int {
	n := 1 << g.between(lo, hi)
	return n + g.intN(n)
}

// manyConstants has more constants than operands can number: behind them
// instructions take registers instead.
func (g *wildGen) manyConstants() {
	g.inFunction([]string{"t", "u"}, true, func() {
		g.word("t = {")
		for i := range g.between(250, 290) {
			g.word(g.oneOf(itoa(1000+i*7), itoa(i)+".5", "'k"+itoa(i)+"'", "-"+itoa(i+1)) + ",")
		}
		g.word("}")
		g.line()
		far := func(template string) {
			g.labels++
			g.raw(strings.ReplaceAll(template, "#", itoa(g.labels)), "\n")
		}
		for range g.between(3, 10) {
			far(g.oneOf(
				"t.far# = 'value#'", "t[#.25] = u", "t.other# = nil", "far# = 'value#'", "far# = u", "far# = true",
				"t:method#(u)", "t = t.field#", "t = global#", "_ENV['x#'] = 'y#'", "t = _ENV.name#",
				"t = u + #.125", "t = #.625 - u", "t = u & 'x#'", "t = 'x#' .. 'y#' .. u", "t = -'m#'",
				"if u == 'e#' or 'f#' ~= u or u < 'g#' or 'h#' <= u then t = u end", "t = u == nil", "t = false ~= u",
				"t = function() u.far# = 'value#'; u[t] = t; t.far#, u.x = u.far#, t[u] end", "for i = #00, #09 do end",
			))
		}
		g.statements(g.intN(8))
	})
}

// item is a short list item.
func (g *wildGen) item(i int) string {
	return g.oneOf("0", "1", "x", "y", "nil", "true", "''", itoa(i), "i", "{}", "1.5", "g")
}

// longList has more items than one SETLIST stores.
func (g *wildGen) longList() {
	n := g.magnitude(3, 12)
	if g.chance(30) {
		n = 50 * g.between(1, 4) // just full
	}
	g.inFunction(nil, true, func() {
		g.word("return {")
		for i := range n {
			g.word(g.item(i) + ",")
			if g.chance(1) {
				g.word("n" + itoa(i) + " = x;")
			}
		}
		g.word(g.oneOf("}", "...}", "x()}", "...,}", "x:y(...)}", "(...)}"))
	})
}

// manyFields has a table with a large hash part.
func (g *wildGen) manyFields() {
	n := g.magnitude(3, 10)
	g.word(g.name() + " = {")
	for i := range n {
		key := g.oneOf("f"+itoa(i), "["+itoa(i)+"]", "['"+itoa(i)+"']", "[x]", "["+itoa(i)+".5]")
		g.word(key + " = " + g.item(i) + g.oneOf(",", ",", ";"))
		if g.chance(5) {
			g.word(g.item(i) + ",")
		}
	}
	g.word("}")
}

// manyLocals has as many local variables as are allowed.
func (g *wildGen) manyLocals() {
	g.inFunction(nil, g.chance(50), func() {
		names := numbered("v", g.maxLocals-g.intN(3))
		for rest := names; len(rest) > 0; {
			n := min(len(rest), pick(&g.random, []int{1, 2, 10, 60, 200}))
			g.put("local " + strings.Join(rest[:n], ", "))
			switch g.intN(4) {
			case 0:
				g.word("= x, 1")
			case 1:
				g.word("= f()")
			case 2:
				g.word("= nil")
			}
			g.line()
			g.declare(rest[:n]...)
			rest = rest[n:]
		}
		for range g.between(5, 30) {
			g.put(g.with(g.oneOf("@ = @", "@ = @ + @", "@.x = @", "@(@)", "@, @ = @",
				"@ = function() return @ end", "if @ < @ then @ = nil end")+"\n", names))
		}
	})
}

// manyParams has a function with many parameters, and a call to it.
func (g *wildGen) manyParams() {
	n := g.between(20, g.maxLocals)
	params := numbered("p", n)
	g.inFunction(params, g.chance(50), func() {
		g.put("return $n, " + params[n-1] + ", #" + params[n/2] + ";")
	})
	g.line()
	if g.fn.locals < 40 {
		g.word("f(" + strings.Join(numbered("1 + x", n), ", ") + ")")
	}
}

// manyUpvalues has a function with many upvalues, from its neighbour and from
// further outside.
func (g *wildGen) manyUpvalues() {
	n := pick(&g.random, g.manyUpvals)
	far := numbered("u", n/2)
	near := numbered("w", n-n/2)
	g.inFunction(nil, false, func() {
		g.put("local " + strings.Join(far, ", ") + "\n")
		g.declare(far...)
		g.inFunction(nil, false, func() {
			g.put("local " + strings.Join(near, ", ") + " = f()\n")
			g.declare(near...)
			all := append(far, near...)
			g.inFunction(nil, false, func() {
				for _, name := range all {
					g.put(g.with(name+g.oneOf(" = @", ".x = @", "[@] = x", " = @ + 1", " = @[@]")+";", all))
				}
				g.line()
			})
		})
	})
}

// manyValues has long lists of expressions.
func (g *wildGen) manyValues() {
	n := g.between(20, 110-min(g.fn.locals, 60))
	list := strings.Join(numbered("x", n), ", ")
	switch g.intN(7) {
	case 0:
		g.word(g.oneOf("", "x = ", "x, y = ", "x = y, ") + "f(" + list + ")")
	case 6:
		g.word("do return x, f(" + list + ") end")
	case 1:
		g.word("do return " + list + " end")
	case 2:
		g.word("do return f(" + list + ", f()) end")
	case 3:
		g.word("x = " + strings.Join(numbered("a", n), " .. "))
	case 4:
		g.word(strings.Join(numbered("t.x", min(n, 80)), ", ") + " = " + list)
	case 5:
		g.word("do local " + list + " = " + g.oneOf(list, "f()", "1, 2, f()", "nil") + " end")
	}
}

// manyFunctions has more functions in one than fit a byte.
func (g *wildGen) manyFunctions() {
	for i := range g.between(200, 270) {
		g.word(g.oneOf("x = function() end", "function f"+itoa(i)+"() return x end", "function t:m() end"))
		g.line()
	}
}

// deepExpression nests expressions.
func (g *wildGen) deepExpression() {
	n := g.between(15, 45) // some take three levels each, or two registers
	around := pick(&g.random, [][2]string{
		{"(", ")"}, {"{", "}"}, {"{1, ", "}"}, {"{x = ", "}"}, {"{[{", "}] = 1}"}, {"f(", ")"}, {"x[", "]"}, {"x.y(1, ", ")"},
		{"- ", ""}, {"~ ", ""}, {"not ", ""}, {"# ", ""}, {"- not ", ""}, {"x .. ", ""}, {"2 ^ ", ""}, {"x ^ - ", ""},
		{"x + (", ")"}, {"1 - (", ")"}, {"(x and ", " or y)"}, {"(x == ", ")"}, {"not (x < ", ")"}, {"x{", "}"},
		{"x:y(", ")"}, {"(", ").x"}, {"(", ")()"}, {"function() return ", " end"},
	})
	g.word("x = " + strings.Repeat(around[0], n))
	g.word(g.name()) // what may stand in any function
	g.word(strings.Repeat(around[1], n))
}

// deepBlocks nests statements.
func (g *wildGen) deepBlocks() {
	n := g.between(10, 100)
	around := pick(&g.random, [][2]string{
		{"do ", " end"}, {"while x do ", " end"}, {"if x then ", " end"}, {"if x then f() else ", " end"},
		{"repeat ", " until x"}, {"repeat local a = x; ", " until function() return a end"},
		{"for i = 1, 2 do ", " end"}, {"for k in x do ", " y = function() return k end end"},
	})
	if strings.HasPrefix(around[0], "for") || strings.Contains(around[0], "local") {
		n = min(n, 15)
	}
	g.word(strings.Repeat(around[0], n))
	g.put("$n = $n")
	g.word(strings.Repeat(around[1], n))
}

// deepFunctions nests functions. The innermost one uses what all have to hand on.
func (g *wildGen) deepFunctions() {
	n := g.between(5, 45)
	around := pick(&g.random, [][2]string{
		{"x = function(a) ", " end"}, {"do return function(...) ", " end end"}, {"function f(b) ", " end"},
		{"local function h() return h, function(a) ", " end end"}, {"f(function() local c = x; ", " return c end)"},
		{"f(function() local c = x; return f(function() return ", " end, c) end)"},
	})
	values := strings.HasSuffix(around[0], "return ") // what is inside is an expression
	if values {
		n /= 2
	}
	g.word("do " + strings.Repeat(around[0], n))
	if values {
		g.word(g.name())
	} else {
		g.put("$n = $n")
	}
	g.word(strings.Repeat(around[1], n) + " end")
}

// longChain has operators in a row.
func (g *wildGen) longChain() {
	n := g.between(30, 200)
	link := g.oneOf(" + x", " - 1", " * 'a'", " // 2", " & y", " | 1", " ~ x", " << 1", " % x", " and x", " or y",
		" and x or y", " < x", " == x", " ~= nil", " / 2.0", " >= 1")
	switch g.intN(6) {
	case 0:
		g.word("x = x" + strings.Repeat(g.oneOf(".y", "[1]", "()", ":m()", "{}", "''", "[x]", ".y()"), n))
	case 1:
		g.word("if x then" + strings.Repeat(" x = y elseif y then", n) + " else x = z end")
	case 2:
		g.word("if x" + strings.Repeat(link, n) + " then x = y end")
	case 3:
		g.word("x = 1" + strings.Repeat(g.oneOf(" + 1", " * 3", " - 0.5", " ~ 7", " << 1"), n))
	default:
		g.word("x = x" + strings.Repeat(link, n))
	}
}

// farLines has a statement that spans many lines: line information goes forth
// and back.
func (g *wildGen) farLines() {
	parts := pick(&g.random, [][2]string{{"x = y +", "z"}, {"f (", "x , y )"}, {"t = {", "1 , x }"}, {"x = y .", "z . w"},
		{"x = function ( )", "x = y return x end"}, {"for i = 1 ,", "2 do x = y end"}, {"x . y [", "1 ] = x"},
		{"while", "x do y = x end"}, {"x =", "x . y"}, {"function f ( x )", "x = y end"}, {"f ( x ,", "( y ) )"}})
	g.word(parts[0])
	g.raw(" ")
	g.gap()
	g.raw(parts[1])
	if g.chance(50) {
		g.raw(" ")
		g.gap()
	}
}

// denseLine has more instructions in a line than one count of the line
// information covers, and jumps over many instructions.
func (g *wildGen) denseLine() {
	around := pick(&g.random, [][2]string{{"", ""}, {"while x do", " end"}, {"if x then", " else x = y end"}, {"repeat", " until x"},
		{"for i = 1, 2 do", " end"}, {"for k in x do", " end"}, {"function f()", " end"}})
	body := g.oneOf(" x = y;", " x = x + 1;", " f(x)", " x.y = 1;")
	g.word(around[0])
	g.raw(strings.Repeat(body, g.between(60, 400)), around[1])
}

// closingJumps has loops that are left while closures hold their variables.
func (g *wildGen) closingJumps() {
	head := g.oneOf("while x do", "for i = 1, 3 do", "for k, v in f() do", "repeat")
	tail := "end"
	if head == "repeat" {
		tail = "until x"
	}
	label := g.newLabel("C")
	g.word("do ::" + label + "::")
	g.line()
	g.put(head)
	g.line()
	for range g.between(1, 4) {
		g.word(g.oneOf(
			"do local a = x; y = function() return a end; if x then goto "+label+" end end",
			"do local a = x; y = function() return a end; if x then break end end",
			"do local a = x; y = function() return a end; goto "+label+" end",
			"if x then local b = 1; y = function() b = b + 1 end; break end",
			"do local c; repeat local d = x; y = function() return c, d end until d == c end",
			"do ::in_:: local e = x; local f = function() return e end; if f() then goto in_ end end",
			"do while y do local a = 1; x = function() return a end; if a then goto out_ end; goto out2_; ::out_:: end ::out2_:: end",
		))
		g.line()
	}
	g.put(tail + " end")
}

// nils has local variables without values next to each other.
func (g *wildGen) nils() {
	g.word(g.oneOf(
		"do local a; local b; local c end", "do local a, b, c; local d = nil, nil end", "do local a = nil; x = nil; local b end",
		"f(nil, nil, nil)", "do local a, b = nil; return nil, nil, a end", "x, y, z = nil", "x, y = nil, nil, nil",
		"do local a; do local b, c end; local d end", "for i = nil, nil do local a, b end", "do local a; ::l_:: local b; goto l_ end",
	))
}

// oddConstants has constants of all types where an instruction takes them.
func (g *wildGen) oddConstants() {
	for range g.between(2, 6) {
		g.put(g.oneOf("x [ $k ] = $k", "x = x [ $k ]", "$n . x = $k", "_ENV [ $k ] = $k", "_ENV [ $n ] = $n",
			"if x == $k then $n = $k end", "if $k == x then $n = $k end", "if $k < $k then x = $k end", "x = $k <= $k",
			"if x <= $k then x = $k end", "x = ( $k ) == ( $k )", "x = $k and $k or $k", "x = not $k"))
		g.line()
	}
}
