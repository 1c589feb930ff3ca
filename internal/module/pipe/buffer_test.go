package pipe

import (
	"math"
	"testing"

	"moonlet.example/moonlet/internal/mem"
)

// TestBuffer_Damaged: whatever stands in the words of a buffer, nothing is read or written
// beyond it.
func TestBuffer_Damaged(t *testing.T) {
	space, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	const at = 0x80000000
	if err := space.Map(at, mem.PageSize, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	b := buffer{space.Mem(), at}
	words := []uint32{0, 1, bufferSize - 1, bufferSize, bufferSize + 1, 1 << 31, math.MaxUint32}
	for _, start := range words {
		for _, end := range words {
			damage := func() {
				b.m.SetU32(at+offStart, start)
				b.m.SetU32(at+offEnd, end)
			}
			damage()
			if n := b.used(); n < 0 || n > bufferSize || len(b.content()) != n {
				t.Errorf("%d to %d: %d bytes", start, end, n)
			}
			b.moveToStart()
			damage()
			b.moveToEnd()
			damage()
			b.append([]byte("text"))
			damage()
			b.prepend(make([]byte, b.start()))
		}
	}
}
