package chunk

// Fixed strings: every Lua state has them, and every image of the store, without
// their being in the file (luaX_getstr, luaT_getstr and memerrmsg, llex.c, ltm.c
// and lstate.c).
var (
	// Tokens are the reserved words and the other tokens in the order of llex.h.
	Tokens = [...]string{
		"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
		"in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
		"//", "..", "...", "==", ">=", "<=", "~=", "<<", ">>", "::", "<eof>",
		"<number>", "<integer>", "<name>", "<string>",
	}
	others = [...]string{"not enough memory", "_ENV"}
	// Events are the names of metamethods in the order of ltm.h.
	Events = [...]string{
		"__index", "__newindex", "__gc", "__mode", "__len", "__eq",
		"__add", "__sub", "__mul", "__mod", "__pow", "__div", "__idiv",
		"__band", "__bor", "__bxor", "__shl", "__shr",
		"__unm", "__bnot", "__lt", "__le", "__concat", "__call",
	}
	// Types are the names of types, from "no value", which is -1, on.
	Types = [...]string{
		"no value", "nil", "boolean", "userdata", "number", "string", "table", "function",
		"userdata", "thread", "proto",
	}
)

// TypeName is the name of a type, "?" for one that only damaged code can make.
func TypeName(t int) string {
	if t+1 >= len(Types) {
		return "?"
	}
	return Types[t+1]
}

// NumReserved is how many of the fixed strings are reserved words; they come
// first.
const NumReserved = 22

// eachFixed calls f for each fixed string in the firmware's order, those that
// come twice included.
func eachFixed(f func(s string)) {
	for _, list := range [...][]string{Tokens[:], others[:], Events[:], Types[:]} {
		for _, s := range list {
			f(s)
		}
	}
}

// Fixed lists the fixed strings as the compiler numbers them: each once.
func Fixed() []string {
	var list []string
	seen := map[string]bool{}
	eachFixed(func(s string) {
		if !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	})
	return list
}

// LoadedFixed lists the fixed strings as the firmware's loader stores them. It
// leaves out the second "nil" and "function", but not the second "userdata"
// (addTSnodup, lundump.c). So what the compiler numbers as "thread" is
// "userdata" once it is loaded, and "proto" is "thread".
func LoadedFixed() []string {
	var list []string
	seen := map[string]bool{}
	eachFixed(func(s string) {
		if !seen[s] || s != "nil" && s != "function" {
			seen[s] = true
			list = append(list, s)
		}
	})
	return list
}

// Misread lists the constants that the firmware's loader gets wrong in an image:
// "thread" and "proto" become other strings, and "userdata" is not the string
// that type returns, though it looks the same.
func Misread() []string { return []string{"userdata", "thread", "proto"} }
