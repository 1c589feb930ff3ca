package moduletest

import "moonlet.example/moonlet/internal/heap"

// FillHoles leaves only the end of the heap free, so that each block takes what it asks for and
// its header. In a hole a block may be larger, since nothing smaller than a header can be left
// over.
func (l *Lua) FillHoles() {
	L := l.Machine.State()
	const room = 8000
	end := L.Alloc(room)
	for size := 4000; size > 0; size -= 8 {
		for {
			at := L.Alloc(size)
			if at > end || at == 0 {
				L.Free(at, size)
				break
			}
		}
	}
	L.Free(end, room)
}

// Blocks is what blocks of these sizes take, with their headers.
func Blocks(sizes ...int) (sum int) {
	for _, n := range sizes {
		sum += (n + heap.Overhead + 7) &^ 7
	}
	return sum
}

// Userdata is what a userdata takes on the heap whose data are n bytes long.
func (l *Lua) Userdata(n int) int {
	if l.Edition.Lua51 {
		return 24 + n // the environment, and 4 bytes of padding
	}
	return 20 + n
}
