package lfs

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/layout"
)

// Target and Problem are those of all editions.
type (
	Target  = compiled.Target
	Problem = compiled.Problem
)

// Check tells what keeps a module from loading a file into its store.
func Check(file []byte, t Target) []Problem {
	k := &checker{target: t}
	if t.Name == "" {
		k.target.Name = "the module"
	}
	k.check(file)
	return k.problems
}

type checker struct {
	target   Target
	problems []Problem
}

func (k *checker) fail(code, format string, args ...any) {
	k.problems = append(k.problems, Problem{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (k *checker) check(file []byte) {
	t := &k.target
	if t.Size == 0 {
		k.fail(compiled.BadPartition, "%s has no partition for the Lua Flash Store: give it one", t.Name)
	}
	kind, text := Identify(file)
	switch kind {
	case compiled.Chunk, compiled.Image, compiled.Absolute:
	default:
		k.fail(compiled.BadKind, "%s", text)
		return
	}
	c, err := Open(file)
	if err != nil {
		k.fail(compiled.BadFile, "%s: make or copy it again", Explain(err))
		return
	}
	switch kind {
	case compiled.Chunk:
		k.fail(compiled.BadKind, "compiled code, not an image: load it with dofile or require from the file system, or make an image of its source with \"moonlet luac -f\"")
		return
	case compiled.Absolute:
		k.absolute(c)
	}
	if !fits(c.Models, t.Model) {
		k.fail(compiled.BadNumbers, "the file has numbers of %v, %s of %v: compile with --number %s", modelNames(c.Models), t.Name, t.Model, t.Model.Flag())
	}
	k.size(c)
	if kind == compiled.Image {
		k.memory(c)
	}
	for _, w := range c.warnings(c.units()) {
		k.problems = append(k.problems, Problem{Code: w.Kind, Warning: true, Text: w.Text})
	}
}

// absolute tells what to do with an absolute image: node.LFS.reload takes none.
func (k *checker) absolute(c *Content) {
	base, t := c.Store.Base, &k.target
	if t.Base != 0 && base != t.Base {
		k.fail(compiled.BadAddress, "an absolute image for address %#08x, but the partition of %s is at %#08x: make it again with -a %#08x",
			base, t.Name, t.Base, t.Base)
		return
	}
	k.fail(compiled.BadKind, "an absolute image: a module cannot load it; write it to flash address %#x with esptool, or make an image with \"moonlet luac -f\"",
		base-chip.ESP8266Window)
}

func fits(models []num.Model, m num.Model) bool {
	for _, x := range models {
		if x == m {
			return true
		}
	}
	return false
}

func modelNames(models []num.Model) string {
	var list []string
	for _, m := range models {
		list = append(list, m.String())
	}
	return strings.Join(list, " or ")
}

// size compares the store with the partition.
func (k *checker) size(c *Content) {
	t, r := &k.target, c.parts("")
	over := r.LoadedBytes - int(t.Size)
	if t.Size == 0 || over <= 0 {
		return
	}
	// The firmware looks at no limit while it writes (luaN_flushFlash, lnodemcu.c).
	text := fmt.Sprintf("it takes %d bytes of flash, %d more than the %d of the partition, and the firmware would write over what is behind",
		r.LoadedBytes, over, t.Size)
	const most = 3
	var heavy []string
	for _, m := range r.Modules[:min(most, len(r.Modules))] {
		heavy = append(heavy, fmt.Sprintf("%s (%d bytes)", compiled.Plain(m.Name), m.Total))
	}
	if len(heavy) > 0 {
		text += "; the heaviest modules are " + strings.Join(heavy, ", ")
	}
	k.fail(compiled.BadSize, "%s", text)
}

// memory compares the heap that loading takes with what is free.
func (k *checker) memory(c *Content) {
	need, free := LoadHeap(c.Model(), c.Image), k.target.HeapFree
	switch {
	case free == 0:
	case need > free:
		k.fail(compiled.BadMemory, "loading it takes about %d bytes of heap, and %d are free: make it of fewer strings, or of smaller functions", need, free)
	case need > free-free/8:
		k.problems = append(k.problems, Problem{Code: compiled.BadMemory, Warning: true, Text: fmt.Sprintf(
			"loading it takes about %d of the %d bytes of heap that are free", need, free)})
	}
}

// What the loader takes from the heap besides what depends on the image: two
// pages of flash, and a record (LFSflashState, luaN_init, lnodemcu.c).
const (
	loadPages = 2 * sector
	loadState = 112
)

// LoadHeap is about how many bytes of heap the firmware's loader needs for an
// image at most, without what the allocator adds. It has all strings' addresses
// throughout; while it stores strings, the table of short strings and room for
// the longest; and then the vector of modules and what makes up one function,
// with those around it.
func LoadHeap(model num.Model, im *chunk.Image) int {
	addresses := wordSize * (im.NumShort + im.NumLong + 1)
	table := wordSize*slotsFor(im.NumShort) + stringHead + im.Longest + 1
	functions := 0
	for _, m := range im.Modules {
		functions = max(functions, functionHeap(model, m.Main))
	}
	return loadPages + loadState + addresses + max(table, wordSize*len(im.Modules)+functions)
}

// functionHeap is what the loader needs for a function (LoadFunction, lundump.c).
// Vectors come and go one after the other; functions inside are loaded while the
// vector of their addresses is there.
func functionHeap(model num.Model, main *chunk.Proto) int {
	record := layout.Of(model.ValueSize())("Proto", "Size")
	var need func(p *chunk.Proto) int
	need = func(p *chunk.Proto) int {
		inside := 0
		for _, sub := range p.Protos {
			inside = max(inside, need(sub))
		}
		return record + max(wordSize*len(p.Protos)+inside, wordSize*len(p.Code), len(p.LineInfo))
	}
	return need(main)
}
