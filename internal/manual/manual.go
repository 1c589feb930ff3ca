// Package manual says what the names do that the firmware gives to applications.
//
// The words are in text/*.txt, a file for each module, and one for Lua itself:
//
//	file  = { entry }
//	entry = names [ "(" arguments ")" ] [ " -> " results ] LF { TAB line LF }
//	names = name { ", " name }
//	line  = "try: " Lua | "setup: " Lua | description
//
// A name is the path from a global, as in "tmr.create", or a type and a method, as in "tmr.timer:alarm"; one that ends
// with "*" stands for all with that beginning which have no entry of their own. Behind "try:" is a function whose result
// is kept, for measuring what it takes; "setup:" runs before.
package manual

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed text/*.txt
var files embed.FS

// Entry says what some names do, which are as in "tmr.create" or "tmr.timer:alarm".
type Entry struct {
	Names []string
	// Args are the arguments with their parentheses, "" for what is no function, and Gives its results.
	Args, Gives string
	Does        string
	// Try is a function in Lua whose result takes memory, and Setup what is to be done before it; "" if there is nothing.
	Try, Setup string
}

// Signature is how a name is written with its arguments.
func (e *Entry) Signature(name string) string {
	s := name + e.Args
	if e.Gives != "" {
		s += " -> " + e.Gives
	}
	return s
}

// Manual is all entries.
type Manual struct {
	Entries  []*Entry // by file, in the order of the file
	byName   map[string]*Entry
	prefixes []string // of the names that end with "*", longest first
}

// Read reads all entries. The error is a fault of Moonlet's.
func Read() (*Manual, error) {
	m := &Manual{byName: map[string]*Entry{}}
	names, err := fs.Glob(files, "text/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := m.read(name, strings.ReplaceAll(string(text), "\r\n", "\n")); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(m.prefixes, func(a, b string) int { return len(b) - len(a) })
	return m, nil
}

// read reads a file.
func (m *Manual) read(file, text string) error {
	var e *Entry
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		rest, more := strings.CutPrefix(line, "\t")
		switch {
		case more && e == nil || line == "":
			return fmt.Errorf("%s:%d: no name is in front of this line", file, i+1)
		case !more:
			e = entry(line)
			m.Entries = append(m.Entries, e)
			for _, name := range e.Names {
				if m.byName[name] != nil {
					return fmt.Errorf("%s:%d: %s has an entry already", file, i+1, name)
				}
				m.byName[name] = e
				if prefix, ok := strings.CutSuffix(name, "*"); ok {
					m.prefixes = append(m.prefixes, prefix)
				}
			}
		case strings.HasPrefix(rest, "try: "):
			e.Try = rest[len("try: "):]
		case strings.HasPrefix(rest, "setup: "):
			e.Setup = rest[len("setup: "):]
		default:
			e.Does = strings.TrimSpace(e.Does + " " + rest)
		}
	}
	return nil
}

// entry reads the line that begins an entry. Arguments may stand behind each of several names.
func entry(line string) *Entry {
	e := &Entry{}
	head, gives, _ := strings.Cut(line, " -> ")
	e.Gives = gives
	for head != "" {
		end := strings.IndexAny(head, "(,")
		if end < 0 {
			end = len(head)
		}
		e.Names = append(e.Names, strings.TrimSpace(head[:end]))
		head = head[end:]
		if strings.HasPrefix(head, "(") {
			closing := strings.LastIndex(head, ")")
			if next := strings.Index(head, "), "); next >= 0 {
				closing = next
			}
			e.Args, head = head[:closing+1], head[closing+1:]
		}
		head = strings.TrimLeft(head, ", ")
	}
	return e
}

// Of is the entry of a name, nil if there is none.
func (m *Manual) Of(name string) *Entry {
	if e := m.byName[name]; e != nil {
		return e
	}
	for _, prefix := range m.prefixes {
		if strings.HasPrefix(name, prefix) {
			return m.byName[prefix+"*"]
		}
	}
	return nil
}
