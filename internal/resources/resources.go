// Package resources writes a Lua module that has files as strings, for the flash store: what
// is read of them takes no RAM. lib/lua/resources.lua gives it the look of a file system.
package resources

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Module is the name of the module that lib/lua/resources.lua asks for.
const Module = "resources_data"

// Piece is how many bytes a string has at most. The firmware's loader of an image for Lua 5.3
// has a buffer in RAM for the longest one (lundump.c), and who sends a file sends it in such
// pieces.
const Piece = 1024

// firstLine begins each such module.
const firstLine = `-- Made by "moonlet lfs resources"; lib/lua/resources.lua reads it.`

// File is a file to be put into a module.
type File struct {
	Name string
	Data []byte
}

// Made tells whether a source was made by Source.
func Made(source []byte) bool { return bytes.HasPrefix(source, []byte(firstLine)) }

// misread are constants that are others in a store of Lua 5.3, by a fault of the firmware's
// loader (docs/lfs.md).
var misread = []string{"userdata", "thread", "proto"}

// Check tells what is wrong with a name.
func Check(name string) error {
	switch {
	case name == "":
		return errors.New("a resource needs a name")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return fmt.Errorf("%q: there is a control character in the name", name)
	case slices.Contains(misread, name):
		return fmt.Errorf("%q: the firmware's loader for Lua 5.3 misreads this word in the store: take another name", name)
	}
	return nil
}

// Source is the source of the module. The order of the files does not matter.
//
// The module is one function. Without an argument it gives the size of pieces and a line for
// each name, in order; for a name the size of the file and the number of its first piece; for a
// number that piece.
func Source(files []File) ([]byte, error) {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	var names, sizes strings.Builder
	var pieces []string
	for i, f := range files {
		if err := Check(f.Name); err != nil {
			return nil, err
		}
		if i > 0 && f.Name == files[i-1].Name {
			return nil, fmt.Errorf("there are two files for the name %q", f.Name)
		}
		names.WriteString(f.Name + "\n")
		fmt.Fprintf(&sizes, "if key == %s then return %d, %d end\n", quoted(f.Name), len(f.Data), len(pieces)+1)
		for data := range slices.Chunk(f.Data, Piece) {
			pieces = append(pieces, literal(string(data)))
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nlocal key = ...\nif not key then return %d, %s end\n", firstLine, Piece, quoted(names.String()))
	if len(pieces) > 0 {
		b.WriteString("if type(key) == \"number\" then\n")
		choose(&b, pieces, 1)
		b.WriteString("end\n")
	}
	b.WriteString(sizes.String())
	return b.Bytes(), nil
}

// choose writes the choice of a piece by its number; first is that of the first one.
func choose(b *bytes.Buffer, pieces []string, first int) {
	if len(pieces) == 1 {
		fmt.Fprintf(b, "return %s\n", pieces[0])
		return
	}
	half := len(pieces) / 2
	fmt.Fprintf(b, "if key < %d then\n", first+half)
	choose(b, pieces[:half], first)
	b.WriteString("else\n")
	choose(b, pieces[half:], first+half)
	b.WriteString("end\n")
}

// literal is an expression that gives a text in the store as well.
func literal(s string) string {
	if slices.Contains(misread, s) {
		return quoted(s[:2]) + " .. " + quoted(s[2:])
	}
	return quoted(s)
}

// quoted is a string constant in which each byte is what it is for every edition of Lua.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '"' || c == '\\':
			b.Write([]byte{'\\', c})
		case c < ' ' || c >= 0x7F:
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
