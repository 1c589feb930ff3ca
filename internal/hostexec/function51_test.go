package hostexec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The manual's list of what a function costs: the same thing done three times, by a function the second time or not.
const (
	inline51   = "print(heap())\nprint(heap())\nprint(heap())\n"
	function51 = "print(heap())\nlocal function pnh() print(heap()) end\npnh()\nprint(heap())\n"
)

// TestFunctionCost has the manual's list in bytes of Lua's, with a collection before each allocation as the firmware
// had it: what there was 40 for the text of a number is one string, and 88 the closure with its upvalue, whose value
// took 16 bytes. The references say the same.
func TestFunctionCost(t *testing.T) {
	const text = 17 + 4 // the first figure, which has four digits
	for i, e := range editions51() {
		closure, upvalue := 20+4, []int{24, 20}[i]
		// prototype, instructions, one constant, lines, and the place among the outer function's functions
		code := 72 + 5*4 + []int{12, 8}[i] + 4 + 4
		got := [2][]int{e.heaps(t, inline51), e.heaps(t, function51)}
		first := got[0][0]
		want := [2][]int{
			{first, first + text, first + text},
			{first + code, first + code + closure + upvalue, first + code + closure + upvalue + text},
		}
		if !slices.Equal(got[0], want[0]) || !slices.Equal(got[1], want[1]) {
			t.Errorf("Lua %s: %v, want %v", e.name(), got, want)
		}
	}
}

// heaps runs a program, and gives the numbers that it prints.
func (e *edition) heaps(t *testing.T, code string) (all []int) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, "program.lua", "heap.mode(4, 4096)\ncollectgarbage()\nlocal heap = heap.count\n"+code)
	for line := range strings.Lines(e.ours51(t, &program{name: code}).text) {
		var n int
		if _, err := fmt.Sscan(line, &n); err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}
