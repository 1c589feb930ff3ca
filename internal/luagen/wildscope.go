package luagen

import (
	"slices"
	"strings"
)

// What the compiler limits, and how far the generator goes: registers and levels
// are estimated, so there is some room.
const (
	maxRegs  = 200 // of 249; locals and temporaries
	maxLevel = 150 // of 200; nesting of statements and expressions
	maxDepth = 5   // of an expression in ordinary statements
)

// limits are those in which the editions differ.
type limits struct {
	maxLocals  int // exactly
	someLocals int // where a program does not want many on purpose
	maxUpvals  int
	manyUpvals []int // as many upvalues as a function may have on purpose, but for _ENV
}

func limits53() limits { return limits{200, 120, 240, []int{60, 100, 127, 128, 200, 254}} }
func limits51() limits { return limits{50, 40, 50, []int{20, 40, 59, 60}} }

// wildGen writes a program that needs only compile.
type wildGen struct {
	text
	limits
	fn     *wildFunc
	left   int // statements that may still be written
	level  int // nesting of statements and expressions
	depth  int // nesting of expressions in their statement
	labels int // for new names
}

// wildFunc is a function that is being written.
type wildFunc struct {
	outer  *wildFunc
	vararg bool
	blocks []wildBlock
	locals int      // active, with the hidden ones of loops
	temps  int      // values that wait in registers
	upvals []string // names from outside that it uses
}

type wildBlock struct {
	names  []string
	hidden int // local variables without a name
	loop   bool
	labels []string // that a goto from here on may name
}

func (f *wildFunc) has(name string) bool {
	return slices.ContainsFunc(f.blocks, func(b wildBlock) bool { return slices.Contains(b.names, name) })
}

func (f *wildFunc) top() *wildBlock { return &f.blocks[len(f.blocks)-1] }

func (f *wildFunc) inLoop() bool {
	return slices.ContainsFunc(f.blocks, func(b wildBlock) bool { return b.loop })
}

// goals lists the labels that a goto may name.
func (f *wildFunc) goals() (list []string) {
	for _, b := range f.blocks {
		list = append(list, b.labels...)
	}
	return list
}

func (f *wildFunc) names() (list []string) {
	for _, b := range f.blocks {
		list = append(list, b.names...)
	}
	return list
}

func (g *wildGen) open(loop bool) { g.fn.blocks = append(g.fn.blocks, wildBlock{loop: loop}) }

func (g *wildGen) close() {
	f := g.fn
	f.locals -= len(f.top().names) + f.top().hidden
	f.blocks = f.blocks[:len(f.blocks)-1]
}

// declare makes local variables visible.
func (g *wildGen) declare(names ...string) {
	f := g.fn
	f.top().names = append(f.top().names, names...)
	f.locals += len(names)
}

// hide declares local variables without a name.
func (g *wildGen) hide(n int) {
	g.fn.top().hidden += n
	g.fn.locals += n
}

// room tells whether there may be so many more local variables.
func (g *wildGen) room(n int) bool { return g.fn.locals+n <= g.someLocals }

// tight tells that registers or levels are short: only simple things, please.
func (g *wildGen) tight() bool {
	return g.fn.locals+g.fn.temps > maxRegs || g.level > maxLevel
}

// local names. The last ones are longer than short strings may be.
var localNames = []string{"a", "b", "c", "d", "e", "f", "i", "j", "k", "n", "s", "t", "x", "y", "z", "_", "A", "B1",
	"__", "self", "value", "goto1", "_ENV_", "not_", "x", "y", "t", "f",
	"aNameThatIsLongerThanTheFortyBytesOfAShortString", "anotherNameThatIsLongerThanFortyBytes_______"}

var globalNames = []string{"print", "g", "h", "x", "y", "G", "table", "string", "undefined", "_G", "pairs",
	"aGlobalNameThatIsLongerThanTheFortyBytesOfAShortString"}

var fieldNames = []string{"x", "y", "z", "n", "key", "name", "insert", "field", "value", "__index", "_", "a1",
	"aFieldNameThatIsLongerThanTheFortyBytesOfAShortString"}

func (g *wildGen) newName() string {
	if g.chance(3) {
		return "_ENV"
	}
	return pick(&g.random, localNames)
}

func (g *wildGen) newLabel(prefix string) string {
	g.labels++
	return prefix + strings.Repeat("_", g.labels%3) + g.oneOf("", "x", "A") + itoa(g.labels)
}

// name is a variable: local, of an enclosing function, or global.
func (g *wildGen) name() string {
	switch n := g.intN(100); {
	case n < 55:
		if own := g.fn.names(); len(own) > 0 {
			return pick(&g.random, own)
		}
	case n < 80:
		if f := g.fn.outer; f != nil {
			for f.outer != nil && g.chance(40) {
				f = f.outer
			}
			if names := f.names(); len(names) > 0 {
				if name := pick(&g.random, names); g.resolve(name) {
					return name
				}
			}
		}
	case n < 84:
		return "_ENV"
	}
	return pick(&g.random, globalNames)
}

// resolve notes that the current function uses a name, which makes it an upvalue
// of those between. It tells false if one of them has too many.
func (g *wildGen) resolve(name string) bool {
	var between []*wildFunc
	f := g.fn
	for ; f != nil && !f.has(name) && !slices.Contains(f.upvals, name); f = f.outer {
		if len(f.upvals) >= g.maxUpvals {
			return false
		}
		between = append(between, f)
	}
	if f != nil {
		for _, b := range between {
			b.upvals = append(b.upvals, name)
		}
	}
	return true
}
