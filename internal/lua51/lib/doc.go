// Package lib is the standard library of the firmware's Lua 5.1: what app/lua has in lbaselib.c, lstrlib.c and their
// like, with the firmware's contents and messages. What it takes from the host is what package stdlib, of Lua 5.3,
// takes. Functions push the same strings, grow the same buffers and make the same tables as the C code does, in the
// same order: a program can watch its heap.
package lib

import "moonlet.example/moonlet/internal/lua/state"

// Standard lists the libraries that every build has, in the order of linit.c. main is the table ROM, integral tells
// that numbers are integers.
func Standard(main *state.ROTable, integral bool) []state.Module {
	return []state.Module{
		Base(main), Package, String(integral), Table, Debug, Coroutine, Math(integral),
		{Name: "ROM", Table: main},
	}
}

// text is a C string: bytes up to the first NUL.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// checkTable is luaL_checktable: a read-only one is one, too.
func checkTable(L state.State, arg int) { L.CheckType(arg, state.Table) }

// optInt is luaL_optint.
func optInt(L state.State, arg int, def int64) int64 { return L.OptInteger(arg, def) }

// optInt of what has to be computed.
func optIntOf(L state.State, arg int, def func() int64) int64 {
	if L.IsNoneOrNil(arg) {
		return def()
	}
	return L.CheckInteger(arg)
}
