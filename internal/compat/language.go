package compat

import (
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/syntax"
)

// rewrite goes through a file.
func (u *unit) rewrite() {
	syntax.Walk(u.Tree.Root, func(n *syntax.Node) bool {
		switch n.Kind {
		case syntax.NameExpr, syntax.FieldExpr:
			u.name(n)
		case syntax.CallExpr:
			u.call(n)
		}
		return true
	})
	if !u.toNewLua() {
		return
	}
	u.oldArgs()
	for i, t := range u.Tree.Tokens {
		switch t.Kind {
		case syntax.String:
			u.escapes(int32(i))
		case syntax.Int, syntax.Float:
			u.numeral(int32(i))
		}
	}
	u.gotos()
}

// call rewrites a call, if it is one of older code.
func (u *unit) call(n *syntax.Node) {
	if n.Children[0].Kind == syntax.MethodExpr {
		u.connect(n)
		return
	}
	p := u.given(n.Children[0])
	if p == "" {
		return
	}
	if f := firmwareCalls[p]; f != nil {
		f(u, n, p)
	}
	if f := languageCalls[p]; f != nil && u.toNewLua() && !u.has(p) {
		f(u, n)
	}
}

// newNames are names with nothing to change but the name. Those of the language are for its new edition.
var newNames = map[string]struct {
	name     string
	language bool
	look     string
}{
	"unpack":           {name: "table.unpack", language: true},
	"loadstring":       {name: "load", language: true},
	"string.gfind":     {name: "string.gmatch", language: true},
	"math.mod":         {name: "math.fmod", language: true},
	"math.atan2":       {name: "math.atan", language: true},
	"cjson":            {name: "sjson", look: "sjson has no null: what a null is decoded to is its option null"},
	"crypto.toHex":     {name: "encoder.toHex"},
	"crypto.toBase64":  {name: "encoder.toBase64"},
	"node.readvdd33":   {name: "adc.readvdd33"},
	"node.flashreload": {name: "node.LFS.reload"},
}

// name gives something the name that it has today.
func (u *unit) name(n *syntax.Node) {
	to, ok := newNames[u.given(n)]
	if !ok || to.language && !u.toNewLua() || !u.has(to.name) || u.asked(n) {
		return
	}
	look := to.look
	if parent := u.parents[n]; look != "" && parent.Kind == syntax.FieldExpr {
		if field := u.Tree.Name(parent); field != "encode" && field != "decode" {
			return // lint tells of it
		}
		look = ""
	}
	from := u.current(n)
	u.replace(n.First, n.Last, to.name)
	u.note(n.First, ruleName, look, "%s instead of %s", to.name, from)
}

// asked tells whether a program asks if there is such a thing: then it knows what to do.
func (u *unit) asked(n *syntax.Node) bool {
	parent := u.parents[n]
	for parent.Kind == syntax.FieldExpr && parent.Children[0] == n || parent.Kind == syntax.ParenExpr {
		n, parent = parent, u.parents[parent]
	}
	switch parent.Kind {
	case syntax.IfStat, syntax.WhileStat, syntax.RepeatStat:
		return n.Kind != syntax.Block
	case syntax.UnaryExpr:
		return u.Tree.Operator(parent) == syntax.Not
	case syntax.BinaryExpr:
		switch u.Tree.Operator(parent) {
		case syntax.And, syntax.Or, syntax.Eq, syntax.Ne:
			return true
		}
	}
	return false
}

// languageCalls are the calls of older Lua that are written in another way.
var languageCalls = map[string]func(u *unit, n *syntax.Node){
	"table.getn":     (*unit).getn,
	"table.foreach":  (*unit).foreach,
	"table.foreachi": (*unit).foreachi,
	"math.pow":       func(u *unit, n *syntax.Node) { u.operator(n, " ^") },
	"math.ldexp":     func(u *unit, n *syntax.Node) { u.operator(n, " * 2.0 ^") },
	"math.log10":     (*unit).log10,
	"gcinfo":         (*unit).gcinfo,
	"setfenv":        (*unit).setfenv,
	"getfenv":        (*unit).getfenv,
	"module":         (*unit).module,
}

// isStatement tells whether a call is a statement, not a value.
func (u *unit) isStatement(n *syntax.Node) bool { return u.parents[n].Kind == syntax.CallStat }

// getn rewrites table.getn(t).
func (u *unit) getn(n *syntax.Node) {
	open := u.open(n)
	if open < 0 || len(args(n)) != 1 || u.isStatement(n) {
		return
	}
	arg := args(n)[0]
	u.note(n.First, ruleGetn, "", "the operator # instead of table.getn")
	parent := u.parents[n]
	outer := parent.Kind == syntax.BinaryExpr && u.Tree.Operator(parent) == '^' && parent.Children[0] == n
	switch parent.Kind {
	case syntax.FieldExpr, syntax.MethodExpr, syntax.CallExpr, syntax.IndexExpr:
		outer = outer || parent.Children[0] == n
	}
	begin, end := "#", ""
	if outer {
		begin, end = "(#", ")"
	}
	u.replace(n.First, open, begin)
	u.remove(open, open+1)
	u.tight[arg.First] = true
	u.embrace(arg)
	u.remove(n.Last-1, n.Last)
	u.appendTo(n.Last-1, end)
}

// foreach and foreachi become loops. Their functions end them by a value that is not nil.
func (u *unit) foreach(n *syntax.Node) {
	u.loop(n, "for k, v in pairs(t) do if f(k, v) ~= nil then break end end")
}

func (u *unit) foreachi(n *syntax.Node) {
	u.loop(n, "for i = 1, #t do if f(i, t[i]) ~= nil then break end end")
}

func (u *unit) loop(n *syntax.Node, body string) {
	if !u.isStatement(n) || u.open(n) < 0 || len(args(n)) != 2 {
		return
	}
	t, f := args(n)[0], args(n)[1]
	u.note(n.First, ruleForeach, "", "a loop instead of %s", u.given(n.Children[0]))
	if t.Kind == syntax.NameExpr && u.given(f) == "print" {
		name := u.Tree.Text(t.First)
		text := "for k, v in pairs(" + name + ") do print(k, v) end"
		if strings.HasPrefix(body, "for i") {
			text = "for i = 1, #" + name + " do print(i, " + name + "[i]) end"
		}
		if name != "k" && name != "v" && name != "i" {
			u.replace(n.First, n.Last, text)
			return
		}
	}
	u.replace(n.First, u.open(n)+1, "do local t, f = ")
	u.tight[t.First] = true
	u.replace(n.Last-1, n.Last, " "+body+" end")
}

// operator puts an operator between the two arguments of a function.
func (u *unit) operator(n *syntax.Node, operator string) {
	if u.isStatement(n) || u.open(n) < 0 || len(args(n)) != 2 {
		return
	}
	x, y := args(n)[0], args(n)[1]
	u.note(n.First, ruleMath, "the result is a float, which prints as 8.0 where Lua 5.1 prints 8", "the operator%s instead of %s", operator, u.given(n.Children[0]))
	u.replace(n.First, u.open(n)+1, "(")
	u.tight[x.First] = true
	u.embrace(x)
	u.texts[x.Last] = operator
	u.embrace(y)
}

// log10 rewrites math.log10(x).
func (u *unit) log10(n *syntax.Node) {
	if u.open(n) < 0 || len(args(n)) != 1 || isMany(args(n)[0]) {
		return
	}
	u.note(n.First, ruleMath, "", "math.log(x, 10) instead of math.log10(x)")
	u.replace(n.First, u.open(n), "math.log")
	u.appendTo(args(n)[0].Last-1, ", 10")
}

func (u *unit) gcinfo(n *syntax.Node) {
	if u.open(n) < 0 || len(args(n)) != 0 || u.isStatement(n) {
		return
	}
	u.note(n.First, ruleMath, "", `math.floor(collectgarbage("count")) instead of gcinfo()`)
	u.replace(n.First, n.Last, `math.floor(collectgarbage("count"))`)
}

// isNumber tells whether an expression is a number that is written so.
func (u *unit) isNumber(n *syntax.Node, text string) bool {
	return n.Kind == syntax.NumberExpr && u.Tree.Text(n.First) == text
}

// outermost tells whether a statement stands in the block of a function, or of the file: then what it declares can be
// seen until that ends.
func (u *unit) outermost(call *syntax.Node) bool {
	block := u.parents[u.parents[call]]
	if !u.isStatement(call) || block.Kind != syntax.Block {
		return false
	}
	around := u.parents[block].Kind
	return around == syntax.Body || around == syntax.Chunk
}

// setfenv rewrites setfenv(1, t): the functions that the rest of the function makes have that environment, too, and
// those before have not, as with a local variable _ENV.
func (u *unit) setfenv(n *syntax.Node) {
	if !u.outermost(n) || !u.counted(n) || len(args(n)) != 2 || !u.isNumber(args(n)[0], "1") {
		return
	}
	t := args(n)[1]
	u.note(n.First, ruleEnv, "", "a local variable _ENV instead of setfenv")
	u.replace(n.First, t.First, "local _ENV = ")
	u.tight[t.First] = true
	u.remove(n.Last-1, n.Last)
}

func (u *unit) getfenv(n *syntax.Node) {
	if u.isStatement(n) || u.open(n) < 0 || len(args(n)) > 1 {
		return
	}
	to := "_ENV"
	if len(args(n)) == 1 {
		switch {
		case u.isNumber(args(n)[0], "0"):
			to = "_G"
		case !u.isNumber(args(n)[0], "1"):
			return
		}
	}
	u.note(n.First, ruleEnv, "", "%s instead of %s", to, u.current(n))
	u.replace(n.First, n.Last, to)
}

// module rewrites module(name) and module(name, package.seeall) at the outermost level of a file.
func (u *unit) module(n *syntax.Node) {
	block := u.parents[u.parents[n]]
	if !u.isStatement(n) || u.parents[block].Kind != syntax.Chunk || u.open(n) < 0 {
		return
	}
	list := args(n)
	if len(list) == 0 || len(list) > 2 || len(list) == 2 && u.given(list[1]) != "package.seeall" {
		return
	}
	name := u.current(list[0])
	switch list[0].Kind {
	case syntax.DotsExpr:
	case syntax.NameExpr:
	case syntax.StringExpr:
		if strings.ContainsAny(name, ".\\") {
			return // tables in tables
		}
	default:
		return
	}
	table := "{}"
	if len(list) == 2 {
		table = "setmetatable({}, {__index = _G})"
	}
	text := "local _M, _NAME = " + table + ", " + name + " _M._M, _M._NAME, _G[_NAME], package.loaded[_NAME] = _M, _NAME, _M, _M local _ENV = _M"
	u.note(n.First, ruleModule, "", "a table that is the environment, instead of module")
	u.replace(n.First, n.Last, text)
}

// oldArgs declares the table arg where Lua 5.1 makes it by itself.
func (u *unit) oldArgs() {
	done := map[*syntax.Node]bool{}
	for _, n := range u.Names {
		if !u.Args[n] {
			continue
		}
		body := u.Within[n]
		for body != nil && !u.HasArg(body) {
			body = u.parents[body]
			for body != nil && body.Kind != syntax.Body {
				body = u.parents[body]
			}
		}
		if body == nil || done[body] {
			continue
		}
		done[body] = true
		closing := body.Children[0].Last
		u.note(closing, ruleArg, "", "a local variable arg, which Lua 5.1 makes by itself")
		u.appendTo(closing, " local arg = table.pack(...)")
	}
}

// escapes takes the backslashes away that Lua 5.1 passes over.
func (u *unit) escapes(token int32) {
	text := u.Tree.Text(token)
	if text[0] == '[' || !strings.Contains(text, `\`) {
		return
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; {
		case strings.IndexByte("abfnrtv\\\"'\n\r0123456789", c) >= 0:
			b.WriteByte('\\')
		case (c == 'x' || c == 'z' || c == 'u') && !u.sure:
			u.leave(token, ruleEscape, "\\%c is the letter in Lua 5.1 and an escape in 5.3: it stays; --old takes the file for Lua 5.1", c)
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	if b.String() != text {
		u.note(token, ruleEscape, "", "%s instead of %s", shown(b.String()), shown(text))
		u.texts[token] = b.String()
	}
}

// shown is a string for a message.
func shown(text string) string {
	const most = 40 // characters
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// numeral tells of numerals that are other numbers in Lua 5.3.
func (u *unit) numeral(token int32) {
	text := strings.ToLower(u.Tree.Text(token))
	if !strings.HasPrefix(text, "0x") {
		return
	}
	if v, err := strconv.ParseUint(text[2:], 16, 64); err == nil && v > 1<<31-1 && v < 1<<32 && u.options.Build.Numbers.IntSize() == 4 {
		u.leave(token, ruleNumeral, "%s is %d in Lua 5.3, whose integers have 32 bits", text, int32(uint32(v)))
	}
}

// gotos renames what is called goto, which is a word of the language in Lua 5.3.
func (u *unit) gotos() {
	isGoto := func(token int32) bool {
		return u.Tree.Tokens[token].Kind == syntax.Name && u.Tree.Text(token) == "goto"
	}
	to := u.free("goto_", "goto_1", "goto_2")
	for _, v := range u.Locals {
		if v.Name == "goto" {
			for _, token := range append([]int32{v.Token}, v.Uses...) {
				u.note(token, ruleGoto, "", "%s instead of goto", to)
				u.texts[token] = to
			}
		}
	}
	syntax.Walk(u.Tree.Root, func(n *syntax.Node) bool {
		switch {
		case n.Kind == syntax.FieldExpr && isGoto(n.Last-1) && u.parents[n].Kind != syntax.FunctionStat:
			u.note(n.Last-1, ruleGoto, "", `["goto"] instead of .goto`)
			u.replace(n.Last-2, n.Last, `["goto"]`)
		case n.Kind == syntax.NamedField && isGoto(n.First):
			u.note(n.First, ruleGoto, "", `["goto"] = instead of goto =`)
			u.texts[n.First] = `["goto"]`
		case n.Kind == syntax.NameExpr && isGoto(n.First) && u.Of[n] == nil && u.parents[n].Kind != syntax.FunctionStat:
			u.note(n.First, ruleGoto, "", `_G["goto"] instead of goto`)
			u.texts[n.First] = `_G["goto"]`
		}
		return true
	})
}
