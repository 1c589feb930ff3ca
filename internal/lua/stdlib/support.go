package stdlib

import (
	"math"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// maxSize is the largest length that the libraries give a string (MAXSIZE of
// lstrlib.c: what fits both size_t and int).
const maxSize = 1<<31 - 1

// cString is s up to its first zero byte: what C sees of it.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// checkCString is luaL_checkstring for a function that wants no length.
func checkCString(L state.State, arg int) string { return cString(L.CheckString(arg)) }

// optCString is luaL_optstring likewise.
func optCString(L state.State, arg int, def string) string {
	if L.IsNoneOrNil(arg) {
		return def
	}
	return checkCString(L, arg)
}

// optInt is an optional integer argument that C casts to int.
func optInt(L state.State, arg int, def int) int {
	return int(int32(L.OptInteger(arg, int64(def))))
}

// checkInt is an integer argument that C casts to int.
func checkInt(L state.State, arg int) int { return int(int32(L.CheckInteger(arg))) }

// posRelat translates a position in a string of n bytes: a negative one counts
// from its end.
func posRelat(pos int64, n int) int64 {
	if pos >= 0 {
		return pos
	}
	if uint64(-pos) > uint64(n) {
		return 0
	}
	return int64(n) + pos + 1
}

// intBits is the width of an integer in bits.
func intBits(L state.State) int {
	size, _ := L.NumberSizes()
	return size * 8
}

// maxInteger is LUA_MAXINTEGER.
func maxInteger(L state.State) int64 { return 1<<(intBits(L)-1) - 1 }

// succ is n+1 as an integer of the number model, which wraps around.
func succ(L state.State, n int64) int64 {
	if (n == math.MaxInt32 || n == math.MaxInt64) && n == maxInteger(L) {
		return -n - 1
	}
	return n + 1
}

// singleFloat tells whether Lua's floats are C's float, not double.
func singleFloat(L state.State) bool {
	_, size := L.NumberSizes()
	return size == 4
}

// addRun appends p as a loop over luaL_addchar does: where the buffer is full it
// doubles, whatever is left of p.
func addRun(b *state.Buffer, p []byte) {
	for len(p) > 0 {
		n := copy(b.Prep(1), p)
		b.AddSize(n)
		p = p[n:]
	}
}

// libFunc is a function of a library whose table is in RAM.
type libFunc struct {
	name string
	proc *state.Proc
}

// setFuncs puts functions into the table on top of the stack (luaL_setfuncs
// without upvalues).
func setFuncs(L state.State, list []libFunc) {
	for _, f := range list {
		L.PushFunction(f.proc)
		L.SetField(-2, f.name)
	}
}

// procsOf lists the functions of such tables for a Module.
func procsOf(lists ...[]libFunc) []*state.Proc {
	var procs []*state.Proc
	for _, list := range lists {
		for _, f := range list {
			procs = append(procs, f.proc)
		}
	}
	return procs
}
