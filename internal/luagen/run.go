package luagen

import "strings"

// Kinds of values in runnable programs. An expression has a kind, so that most of
// what is computed makes sense; errors are made on purpose, in protected calls.
const (
	kindInt    = 'i' // an integer
	kindNum    = 'n' // an integer or a float
	kindString = 's'
	kindBool   = 'b'
	kindSeq    = 'q' // a sequence of integers
	kindRecord = 'r' // a table with fields x (integer), y (number) and name (string)
)

const (
	runLocals   = 60   // named local variables in a function
	runDepth    = 3    // of expressions
	runCost     = 4000 // about how many statements a program executes, at least
	runCallCost = 600  // the same for all executions of one call
)

// prelude are functions that runnable programs need. show prints values, but no
// addresses, and no sign of what is not a number; step is the last resort against
// programs that run for too long.
const prelude = `local steps = 0
local function step()
  steps = steps + 1
  if steps > 50000 then error("too many steps", 0) end
end
local function text(v)
  if v ~= v then return "nan" end
  local t = type(v)
  if t == "nil" or t == "boolean" or t == "number" or t == "string" then return tostring(v) end
  return t
end
local function show(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = text(t[i]) end
  print(table.concat(t, "\t", 1, t.n))
end
local function num(n) return n == n and n or 0.0 end
local function clip(s) return #s > 60 and s:sub(1, 20) .. s:sub(-20) or s end
local function clean(s) return (s:gsub("%z", "0")) end
local function try(f, ...) show("try", pcall(f, ...)) end
`

// runGen writes a runnable program.
type runGen struct {
	text
	vars   []runVar // visible ones, the innermost last
	funcs  []runFunc
	fn     *runScope
	left   int // statements that may still be written
	cost   int // about how many statements the program may execute
	depth  int // nesting of expressions
	nested int // nesting of blocks
	serial int // for new names

	guarded bool // errors of scenarios are caught: it is a program for another edition
}

type runVar struct {
	name  string
	kind  byte
	fixed bool // must not be assigned to: it ends a loop
}

// runFunc is a function of the program.
type runFunc struct {
	name   string
	params []byte // kinds
	result byte
	cost   int
}

// runScope is the function that is being written.
type runScope struct {
	outer *runScope
	times int // how often the current block is executed, at most
	cost  int // statements executed by the whole function
	loops int
	named int // local variables
}

// runnable returns a program of about so many statements that ends by itself.
func runnable(seed uint64, size int, guarded bool) string {
	g := &runGen{left: size, cost: max(runCost, 20*size), guarded: guarded}
	g.random = newRandom(seed ^ 0x5275_6e6e_6162_6c65)
	g.style = pick(&g.random, []style{{}, {}, {lines: 20, odd: 10}, {lines: 5, odd: 100}})
	g.fn = &runScope{times: 1}
	g.raw(prelude)
	for g.left > 0 {
		g.statement()
	}
	if g.chance(10) {
		g.put(pick(&g.random, finalErrors) + "\n")
	}
	g.showAll()
	return string(g.out)
}

// finalErrors end a program with an error.
var finalErrors = []string{
	"error($a)", "error($s, $t)", "local e = $x", "coroutine.wrap(function() local e = $x end)()",
	"local function deep(n) if n == 0 then error($s) end return (deep(n - 1)) end\ndeep($d)",
	"local function fail(...) local e = $x return e end\nfail($s)",
	"table.sort({3, 2, 1}, function(a, b) return a < b, error($s) end)",
	"error(setmetatable({}, {__tostring = function() return 'custom' end}))",
	"pcall(error) error()", "string.rep()", "local t = {} t.x.y = $i", "local e = ($s .. 'x'):gsub('.', function() error($s, 2) end)",
	"undefined_function($i)", "for i = 1, $s .. 'x' do end",
}

// showAll prints the variables that can be printed.
func (g *runGen) showAll() {
	for _, v := range g.vars {
		switch v.kind {
		case kindSeq:
			g.put("show('" + v.name + "', #" + v.name + ", table.unpack(" + v.name + "))\n")
		case kindRecord:
			g.put("show('" + v.name + "', " + v.name + ".x, " + v.name + ".y, " + v.name + ".name)\n")
		default:
			g.put("show('" + v.name + "', " + v.name + ")\n")
		}
	}
}

// newVar makes a name; the variable is not visible before declare.
func (g *runGen) newVar(prefix string) string {
	g.serial++
	return prefix + itoa(g.serial)
}

func (g *runGen) declare(name string, kind byte, fixed bool) {
	g.vars = append(g.vars, runVar{name, kind, fixed})
	g.fn.named++
}

// variable is a visible variable of a kind, "" if there is none.
func (g *runGen) variable(kind byte, assign bool) string {
	var names []string
	for _, v := range g.vars {
		if v.kind == kind && !(assign && v.fixed) {
			names = append(names, v.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	if n := len(names); n > 4 && g.chance(60) {
		names = names[n-4:] // rather the newer ones
	}
	return pick(&g.random, names)
}

// block adds at most n statements in a scope of their own, which are executed so
// many times.
func (g *runGen) block(n, times int) {
	vars, funcs, named := len(g.vars), len(g.funcs), g.fn.named
	g.nested++
	g.fn.times *= times
	for ; n > 0 && g.left > 0; n-- {
		g.statement()
	}
	g.fn.times /= times
	g.nested--
	g.vars, g.funcs, g.fn.named = g.vars[:vars], g.funcs[:funcs], named
}

// body adds the statements of a function that is executed so many times. It
// returns what one call costs.
func (g *runGen) body(n, times int, add func()) (cost int) {
	vars, funcs := len(g.vars), len(g.funcs)
	g.fn = &runScope{outer: g.fn, times: 1}
	depth := g.depth
	g.depth = 0
	add()
	g.block(n, 1)
	g.depth = depth
	cost = g.fn.cost + 1
	g.fn = g.fn.outer
	g.vars, g.funcs = g.vars[:vars], g.funcs[:funcs]
	g.fn.cost += g.fn.times * times * cost
	return cost
}

// statement adds a statement.
func (g *runGen) statement() {
	g.left--
	g.fn.cost += g.fn.times
	g.depth = 0
	deep := g.nested >= 4 || g.fn.cost > g.cost
	simple := []func(){g.local, g.local, g.assign, g.assign, g.print, g.tryStatement, g.sequence, g.scenario}
	compound := []func(){g.ifStatement, g.forStatement, g.forStatement, g.forIn, g.while, g.repeat, g.function, g.function, g.closure}
	if deep || g.chance(62) {
		pick(&g.random, simple)()
	} else {
		pick(&g.random, compound)()
	}
	g.line()
}

func (g *runGen) local() {
	kind := pick(&g.random, []byte{kindInt, kindInt, kindNum, kindNum, kindString, kindString, kindBool, kindSeq, kindRecord})
	if g.fn.named >= runLocals {
		g.print()
		return
	}
	name := g.newVar("v")
	g.put("local " + name + " =")
	g.value(kind)
	g.declare(name, kind, false)
}

// value adds an expression to be kept in a variable: strings do not grow for ever.
func (g *runGen) value(kind byte) {
	switch kind {
	case kindString:
		g.put("clip($s)")
	case kindSeq:
		g.put(g.oneOf("{}", "{$i}", "{$i, $i, $i}", "{$i, $i, $i, $i, $i, $i}", "{table.unpack($q)}",
			"table.pack($i, $i, $i)", "{($s):byte(1, $d)}", "table.move($q, 1, 3, 1, {0, 0, 0})"))
	case kindRecord:
		g.put("{x = $i, y = $n, name = clip($s)}")
	default:
		g.expr(kind)
	}
}

func (g *runGen) assign() {
	kind := pick(&g.random, []byte{kindInt, kindInt, kindNum, kindString, kindBool, kindRecord})
	name := g.variable(kind, true)
	if name == "" {
		g.local()
		return
	}
	switch {
	case kind == kindRecord:
		g.put(g.oneOf(name+".x = $i", name+".y = $n", name+".name = clip($s)", name+"['x'] = $i",
			name+".x, "+name+".y = $i, $n"))
	case kind != kindString && g.chance(20):
		other := g.variable(kind, true)
		if other == name {
			g.put(name + " =")
			g.value(kind)
			return
		}
		g.put(name + ", " + other + " = " + other + ", " + name)
	default:
		g.put(name + " =")
		g.value(kind)
	}
}

// print prints some expressions.
func (g *runGen) print() {
	kinds := []byte{kindInt, kindNum, kindString, kindBool, kindNum}
	g.put("show('" + g.newVar("p") + "'")
	for range g.between(1, 3) {
		g.word(",")
		g.expr(pick(&g.random, kinds))
	}
	g.word(")")
}

func (g *runGen) tryStatement() {
	if g.chance(70) {
		g.put(g.oneOf("try(function() return $x end)", "try(function(...) return $x, ... end, $a)",
			"try(function() local e = $x return e end)", "show(select('#', pcall(function() return $x end)))",
			"try(pcall, function() return $x end)", "show(xpcall(function() return $x end, function(m) return text(m) .. '!' end))"))
		return
	}
	g.put("try(function()\n")
	g.body(g.between(1, 3), 1, func() {})
	if g.chance(50) {
		g.put("local e = $x\n")
	}
	g.put("end)")
}

// sequence changes or reads a sequence.
func (g *runGen) sequence() {
	q := g.variable(kindSeq, true)
	if q == "" {
		g.scenario()
		return
	}
	template := g.oneOf(
		"if #@ < 12 then table.insert(@, $i) end", "if #@ < 12 then table.insert(@, 1, $i) end", "if #@ < 12 then @[#@ + 1] = $i end",
		"show(#@, table.remove(@))", "show(table.remove(@, 1))", "if @[2] then table.remove(@, 2) end", "@[1] = $i", "@[#@] = nil",
		"if #@ > 0 then @[#@] = $i end", "table.sort(@)", "table.sort(@, function(a, b) return a > b end)",
		"table.sort(@, function(a, b) step() return math.ult(a, b) end)", "show(table.concat(@, $S))",
		"show(table.unpack(@, 1, $t))", "show(select(-1, 0, table.unpack(@)))", "@ = {}", "@ = {$i, table.unpack(@, 1, 5)}",
		"for i = #@, 1, -1 do @[i] = nil end", "show(#@, @[1], @[#@], @[0], @[1.0])", "if #@ < 8 then table.move(@, 1, #@, 2) end",
	)
	g.put(strings.ReplaceAll(template, "@", q))
}

func (g *runGen) ifStatement() {
	g.put("if $b then\n")
	g.block(g.between(1, 3), 1)
	g.exit()
	for range g.weighted([]int{6, 2, 1}) {
		g.put("elseif $b then\n")
		g.block(g.between(1, 2), 1)
	}
	if g.chance(40) {
		g.put("else\n")
		g.block(g.between(1, 2), 1)
	}
	g.put("end")
}

// exit may leave a loop.
func (g *runGen) exit() {
	if g.fn.loops > 0 && g.chance(25) {
		g.put("break\n")
	}
}

// loop adds the body of a loop that is executed so many times. It may have a
// label at its end.
func (g *runGen) loop(times int) {
	g.fn.loops++
	g.put("step()\n")
	if g.chance(20) {
		g.put("if $b then goto continue end\n")
		g.block(g.between(1, 3), times)
		g.put(":: continue ::\n")
	} else {
		g.block(g.between(1, 4), times)
	}
	g.fn.loops--
}

func (g *runGen) forStatement() {
	i := g.newVar("i")
	n := g.between(1, 4)
	kind := byte(kindInt)
	var head string
	switch g.intN(8) {
	case 0:
		head, kind = "0.0, "+itoa(n)+" / 2, 0.5", kindNum
		n++
	case 1:
		head = itoa(n) + ", 1, -1"
	case 2:
		head = "1, " + itoa(n) + ".75"
	case 3:
		head, kind = "1, -"+itoa(n)+", -0.75", kindNum
		n = 2 * n
	case 4:
		head = "math.mininteger, math.mininteger + " + itoa(n-1)
	case 5:
		head = "math.maxinteger - 1, math.maxinteger - 1 - 2 * " + itoa(n) + ", -2"
		n++
	case 6:
		head = itoa(n) + ", 0" // never
	default:
		head = "1, " + itoa(n)
	}
	g.put("for " + i + " = " + head + " do\n")
	named := g.fn.named
	g.declare(i, kind, false)
	g.fn.named += 3
	g.loop(n)
	g.vars = g.vars[:len(g.vars)-1]
	g.fn.named = named
	g.put("end")
}

func (g *runGen) forIn() {
	k, v := g.newVar("k"), g.newVar("v")
	kind := byte(kindInt)
	head := "ipairs({table.unpack($q, 1, 5)})"
	switch g.intN(6) {
	case 0:
		head, kind = "ipairs({$s, $s})", kindString
	case 1:
		head = "next, {$i, $i, $i}" // the array part has an order
	case 2:
		head = "utf8.codes('aé€')"
	case 3:
		head = "coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, $i) end end)"
	case 4:
		head = "function(s, c) if c < s then return c + 1, $i end end, $t, 0"
	}
	g.put("for " + k + ", " + v + " in " + head + " do\n")
	vars, named := len(g.vars), g.fn.named
	g.declare(k, kindInt, false)
	g.declare(v, kind, false)
	g.fn.named += 3
	g.loop(5)
	g.vars, g.fn.named = g.vars[:vars], named
	g.put("end")
}

func (g *runGen) while() {
	c := g.newVar("c")
	n := g.between(1, 4)
	g.put("do\nlocal " + c + " = " + itoa(n) + "\nwhile " + c + " > 0 and $b do\n" + c + " = " + c + " - 1\n")
	g.declare(c, kindInt, true)
	g.fn.named++
	g.loop(n)
	g.vars = g.vars[:len(g.vars)-1]
	g.fn.named -= 2
	g.put("end\nend")
}

func (g *runGen) repeat() {
	c, last := g.newVar("c"), g.newVar("l")
	n := g.between(1, 4)
	g.put("do\nlocal " + c + " = 0\nrepeat\n" + c + " = " + c + " + 1\nlocal " + last + " = " + c + " >= " + itoa(n) + "\n")
	vars, named := len(g.vars), g.fn.named
	g.declare(c, kindInt, true)
	g.declare(last, kindBool, true)
	g.fn.loops++
	g.put("step()\n")
	g.block(g.between(1, 4), n)
	g.fn.loops--
	g.put("until " + g.oneOf(last, last+" or $b", "(function() return "+last+" end)()") + "\nend")
	g.vars, g.fn.named = g.vars[:vars], named
}

// function declares a function.
func (g *runGen) function() {
	if g.fn.named >= runLocals || g.nested > 2 {
		g.print()
		return
	}
	f := runFunc{name: g.newVar("f"), result: pick(&g.random, []byte{kindInt, kindNum, kindString})}
	var names []string
	for range g.intN(4) {
		f.params = append(f.params, pick(&g.random, []byte{kindInt, kindNum, kindString}))
		names = append(names, g.newVar("a"))
	}
	recursive := g.chance(20)
	g.put("local function " + f.name + "(")
	if recursive {
		names = append([]string{"n"}, names...)
	}
	g.put(strings.Join(names, ", ") + ")\nstep()\n")
	names = names[len(names)-len(f.params):]
	f.cost = g.body(g.between(1, 4), 0, func() {
		for i, name := range names {
			g.declare(name, f.params[i], false)
		}
		if recursive {
			g.put("if n > 0 then return " + f.name + "(" + strings.Join(append([]string{"n - 1"}, names...), ", ") + ") end\n")
		}
	})
	g.put("return")
	g.value(f.result)
	g.put("\nend")
	g.fn.named++
	if recursive { // call it as a function of its other parameters
		g.put("\nshow('" + f.name + "', " + f.name + "($d")
		for _, kind := range f.params {
			g.word(",")
			g.expr(kind)
		}
		g.put("))")
		return
	}
	g.funcs = append(g.funcs, f)
}

// call adds a call of a function with a result of this kind. It tells false if
// there is none that is cheap enough.
func (g *runGen) call(kind byte) bool {
	var cheap []runFunc
	for _, f := range g.funcs {
		if f.result == kind && f.cost*g.fn.times <= runCallCost && g.fn.cost < g.cost {
			cheap = append(cheap, f)
		}
	}
	if len(cheap) == 0 {
		return false
	}
	f := pick(&g.random, cheap)
	g.fn.cost += g.fn.times * f.cost
	g.put(f.name + "(")
	for i, kind := range f.params {
		if i > 0 {
			g.word(",")
		}
		g.expr(kind)
	}
	g.word(")")
	return true
}

// closure makes closures that share variables.
func (g *runGen) closure() {
	if g.nested > 2 {
		g.print()
		return
	}
	count, n, up := g.newVar("v"), g.newVar("a"), g.newVar("f")
	g.put("do\nlocal " + count + " = $i\nlocal function " + up + "(" + n + ")\n")
	g.body(g.between(1, 2), 4, func() {
		g.declare(count, kindInt, false)
		g.declare(n, kindInt, false)
	})
	g.put(count + " = " + count + " + " + n + "\nreturn " + count + "\nend\n" +
		strings.ReplaceAll("show(@($d), @($i), @(@($t)), ", "@", up) + count + ")\nend")
}

func (g *runGen) scenario() {
	if g.fn.cost > g.cost || g.fn.times > 40 {
		g.print()
		return
	}
	list, cost := pick(&g.random, [][]string{libraryScenarios, libraryScenarios, metaScenarios, coroutineScenarios,
		languageScenarios}), 10
	if g.fn.outer == nil && g.fn.times == 1 && g.chance(3) {
		list, cost = heavyScenarios, 1000
	}
	g.fn.cost += cost * g.fn.times
	before, after := "do\n", "\nend"
	if g.guarded {
		before, after = "do try(function()\n", "\nend) end"
	}
	g.put(before + pick(&g.random, list) + after)
}
