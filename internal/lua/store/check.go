package store

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/compiled"
	lfs51 "moonlet.example/moonlet/internal/lua51/lfs"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// Checked is what is known of a file that is to go into a store.
type Checked struct {
	Problems []compiled.Problem
	// Of an image: what it takes of flash, and the loader of the heap.
	FlashBytes, LoadHeap int
}

// Check tells what keeps a module from loading a file into its store.
func Check(file []byte, t compiled.Target) (c Checked) {
	if t.Name == "" {
		t.Name = "the module"
	}
	switch is51 := lfs51.Is(file); {
	case t.Lua51 && !is51:
		kind, text := lfs.Identify(file)
		if text == "" {
			text = fmt.Sprintf("an %s of Lua 5.3, and %s has Lua 5.1: compile with --lua", kind, t.Name)
		}
		c.Problems = append(c.Problems, compiled.Problem{Code: compiled.BadKind, Text: text})
	case !t.Lua51:
		c.Problems = lfs.Check(file, t)
	default:
		c.Problems = lfs51.Check(file, t)
	}
	if x, err := lfs.Open(file); err == nil && x.Kind == compiled.Image {
		c.FlashBytes, c.LoadHeap = x.FlashSize(), lfs.LoadHeap(x.Model(), x.Image)
	} else if x, err := lfs51.Open(file); err == nil && x.Kind == compiled.Image {
		c.FlashBytes, c.LoadHeap = x.Image.Bytes, x.LoadHeap()
	}
	return c
}
