// Package luagen writes Lua programs, of 5.3 or 5.1, for tests and fuzzers. A number, the
// seed, determines the program, so a test that fails names a seed and no file.
//
// There are two kinds. Programs that need only compile are as wild as the grammar
// allows: together they make a compiler emit every opcode with every form of its
// operands, every type of constant and every form of line information. Runnable
// programs end by themselves, print what they compute and print the same with
// every implementation of the same number model, so that two implementations can
// be compared.
//
// Only tests import this package, and it imports nothing of the project.
package luagen

import "strconv"

// defaultSize is the number of statements where Options does not tell.
const defaultSize = 40

// Options say what kind of program Program writes.
type Options struct {
	// Size is about how many statements the program has; 0 means 40.
	Size int
	// Runnable programs end by themselves after a bounded number of steps and
	// print what they compute. They print no addresses and no times, follow no
	// order of a table's hash part, and use only functions of the standard library
	// that print the same everywhere. Some of them end with an error that nothing
	// catches, on purpose.
	Runnable bool
	// Lua51 programs are of Lua 5.1. With Integer their numerals are integers.
	Lua51, Integer bool
}

// Program returns the source text of the program that seed and o determine.
func Program(seed uint64, o Options) string {
	size := o.Size
	if size <= 0 {
		size = defaultSize
	}
	if o.Runnable && o.Lua51 {
		return runnable51(seed, size, o.Integer)
	}
	if o.Runnable {
		return runnable(seed, size, false)
	}
	if o.Lua51 {
		return to51(wild(seed, size, limits51()), o.Integer)
	}
	return wild(seed, size, limits53())
}

// Sizes of the program that Huge returns.
const (
	hugeItems   = 1<<18 + 200 // more constants than operand Bx can number
	hugePerLine = 25
)

// Huge returns a program of some megabytes with more constants than LOADK can
// number and more list items than SETLIST can count, which Program leaves out
// because of its size. It needs only compile, but can be run, too.
func Huge() string {
	w := &text{}
	w.raw("local list = {\n")
	for i := range hugeItems {
		w.raw(strconv.Itoa(i), ",")
		if i%hugePerLine == hugePerLine-1 {
			w.raw("\n")
		}
	}
	w.raw("...}\n")
	// Every constant from here on is out of reach for operands of other kinds, too.
	w.raw("list.far = 'far'\n",
		"list['farther'] = list.far .. 0.125\n",
		"local n = #list + 1000000007\n",
		"local text = 'a string of more than forty bytes, behind all the other ones'\n",
		"if n == 1000000009 or n < 0.0625 then global = -1000000011 end\n",
		"return list.far, list:method(n, text), n & 0x7ffffffe\n")
	return string(w.out)
}
