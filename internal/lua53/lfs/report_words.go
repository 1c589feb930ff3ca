package lfs

import (
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"
	"strings"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/layout"
)

// Where tells in words what is at an offset of the store of an image, as in
// "constant 3 of the function a.lua:10".
func Where(model num.Model, im *chunk.Image, offset int) string {
	w := &walker{of: layout.Of(model.ValueSize()), im: im, offset: offset}
	w.store()
	if w.found == "" {
		return "behind the end of the store"
	}
	return w.found
}

// walker goes through a store in the order of Build, without making it, until it
// passes an offset.
type walker struct {
	of     func(record, field string) int
	im     *chunk.Image
	offset int
	at     int
	found  string
}

// take passes n parts of size bytes; what tells what part i is.
func (w *walker) take(n, size int, what func(i int) string) {
	if w.found == "" && w.offset >= w.at && w.offset < w.at+n*size {
		w.found = what((w.offset - w.at) / size)
	}
	w.at += n * size
}

func (w *walker) headerWord(i int) string {
	return [HeaderWords]string{
		"the signature", "the size", "the seed of the hashes", "the time stamp", "the number of short strings",
		"the number of slots", "the place of the table of strings", "the place of the table of modules",
		"the place of the last function", "the place of the last short string", "the place of the last long string",
		"the unused word",
	}[i] + " in the header"
}

func (w *walker) store() {
	w.take(HeaderWords, wordSize, w.headerWord)
	for _, s := range w.im.Strings {
		w.string(s, "the string")
	}
	for _, s := range chunk.LoadedFixed() {
		w.string(s, "the fixed string")
	}
	w.take(slotsFor(w.im.NumShort), wordSize, func(i int) string {
		return fmt.Sprintf("slot %d of the table of strings", i)
	})
	for _, m := range w.im.Modules {
		w.function(m.Main, "", 0)
	}
	entry := w.of("ROEntry", "Size")
	w.take(len(w.im.Modules), entry, func(i int) string {
		return fmt.Sprintf("the entry of %s in the table of modules", compiled.Plain(w.im.Modules[i].Name))
	})
	w.take(1, entry, func(int) string { return "the end of the table of modules" })
	w.take(1, w.of("ROTable", "Size"), func(int) string { return "the head of the table of modules" })
}

func (w *walker) string(s, what string) {
	size := w.of("TString", "Size")
	w.take(1, size, func(int) string { return fmt.Sprintf("the head of %s %s", what, compiled.Quote(s, 40)) })
	w.take(1, padded(len(s)+1), func(int) string { return fmt.Sprintf("%s %s", what, compiled.Quote(s, 40)) })
}

func (w *walker) function(p *chunk.Proto, source string, depth int) {
	if p.Source.Set {
		source = p.Source.S
	}
	for _, sub := range p.Protos {
		w.function(sub, source, depth+1)
	}
	name := func(format string) func(i int) string {
		return func(i int) string {
			return strings.Replace(format, "#", fmt.Sprint(i), 1) + " of " + compiled.FunctionName(source, p.LineDefined, depth)
		}
	}
	w.take(len(p.Protos), wordSize, name("the address of inner function #"))
	w.take(len(p.Code), wordSize, func(i int) string {
		text := name("instruction #")(i + 1)
		if line := p.LineOf(i); line > 0 {
			text += fmt.Sprintf(" (line %d)", line)
		}
		return text
	})
	w.take(len(p.Constants), w.of("TV", "Size"), name("constant #"))
	w.take(len(p.Upvalues), w.of("Upvaldesc", "Size"), name("upvalue #"))
	w.take(1, padded(len(p.LineInfo)), name("the line information"))
	w.take(len(p.LocVars), w.of("LocVar", "Size"), name("local variable #"))
	w.take(w.of("Proto", "Size")/wordSize, wordSize, name("word # of the record"))
}

// padded is n rounded up to a whole word.
func padded(n int) int { return (n + wordSize - 1) / wordSize * wordSize }

// slotsFor is the size of the table for so many short strings.
func slotsFor(short int) int {
	slots := 1
	for slots < short {
		slots *= 2
	}
	return slots
}
