package lfs

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/image"
)

// What the loader takes of the heap besides a bitmap: two records, nine blocks of 2 KB, and what inflates (lflash.c,
// uzlib_inflate.c).
const loaderHeap = 1048 + 2128 + 9*2048 + 1460

// LoadHeap is how many bytes of heap the loader needs for an image, without what the allocator adds.
func (c *Content) LoadHeap() int {
	const wordBits = 8 * wordSize
	words := c.Image.Bytes / wordSize
	return loaderHeap + (words+wordBits-1)/wordBits*wordSize
}

// Check tells what keeps a module of this edition from loading a file of this edition into its store.
func Check(file []byte, t compiled.Target) (problems []compiled.Problem) {
	fail := func(code, format string, args ...any) {
		problems = append(problems, compiled.Problem{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if t.Size == 0 {
		fail(compiled.BadPartition, "%s has no partition for the Lua Flash Store: give it one", t.Name)
	}
	c, err := Open(file)
	switch {
	case err != nil:
		fail(compiled.BadFile, "%s: make or copy it again", Explain(err))
		return problems
	case c.Kind == compiled.Chunk:
		fail(compiled.BadKind, "compiled code, not an image: load it with dofile or require from the file system, or make an image of its source with \"moonlet luac --lua %s -f\"", chunk.NumbersOf(t.Integral).Edition())
		return problems
	case c.Kind == compiled.Absolute && t.Base != 0 && c.Image.Base != t.Base:
		fail(compiled.BadAddress, "an absolute image for address %#08x, but the partition of %s is at %#08x: make it again with -a %#08x", c.Image.Base, t.Name, t.Base, t.Base)
	case c.Kind == compiled.Absolute:
		fail(compiled.BadKind, "an absolute image: a module cannot load it; write it to flash with esptool, or make an image without -a")
	}
	switch {
	case (c.Numbers == chunk.Integer) != t.Integral:
		fail(compiled.BadNumbers, "the file is for the %v build of Lua 5.1, and %s has the other one: compile with --lua %s", c.Numbers, t.Name, chunk.NumbersOf(t.Integral).Edition())
	case c.Numbers == chunk.Float && !c.Image.Packed:
		fail(compiled.BadNumbers, "the values in it have 16 bytes, which no chip's build of this release reads: compile it again")
	}
	if c.Image.OldTags {
		fail(compiled.BadTypes, "it is %s", image.OldTypes)
	}
	if over := c.Image.Bytes - int(t.Size); t.Size != 0 && over > 0 {
		fail(compiled.BadSize, "it takes %d bytes of flash, %d more than the %d of the partition", c.Image.Bytes, over, t.Size)
	}
	if need := c.LoadHeap(); c.Kind == compiled.Image && t.HeapFree != 0 && need > t.HeapFree {
		fail(compiled.BadMemory, "loading it takes about %d bytes of heap, and %d are free", need, t.HeapFree)
	}
	for _, w := range c.warnings(c.units()) {
		problems = append(problems, compiled.Problem{Code: w.Kind, Warning: true, Text: w.Text})
	}
	return problems
}
