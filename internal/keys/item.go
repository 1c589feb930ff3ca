// Package keys reads what a project file and flags say: a tree of items, each with the
// place where the user wrote it, by tables of fields that say what may stand there.
//
// Whoever has something to configure (a simulator, a part on a board, the project itself)
// declares its keys as Fields of its configuration: name, form, what the help and the
// documents say, and how the value is read and checked. Package project joins the tables.
package keys

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Item is a value with the place where the user wrote it. The value is a bool, int64,
// float64, string or time of TOML, []*Item, Items, or, from a flag, FlagText.
type Item struct {
	Value any
	At    string // "path/moonlet.toml:3" or "--heap"
	Line  int    // orders the messages; 0 for flags
}

// FlagText is a value that is yet to be read as what its key wants.
type FlagText string

// Items are items by name.
type Items = map[string]*Item

// OwnWord tells that the user said it himself, by a flag or in a program, and no file.
func (it *Item) OwnWord() bool { return OwnWord(it.At) }

// OwnWord tells whether that is a place where the user himself says something.
func OwnWord(at string) bool { return strings.HasPrefix(at, "--") || at == InProgram }

// Error is something wrong with what the user wrote.
type Error struct {
	Where   string // "path/moonlet.toml:3", "--heap", or a path
	Key     string // "" if it is about Where as a whole
	Problem string // what is wrong, and what to do
}

// Error implements error.
func (e *Error) Error() string {
	parts := make([]string, 0, 3)
	for _, s := range []string{e.Where, e.Key, e.Problem} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// FieldError is a part of a configuration that makes no sense. Field names it as in a
// project file, below the table that the configuration is read from; "" is all of it.
type FieldError struct{ Field, Problem string }

// Error implements error.
func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + ": " + e.Problem
}

// In is the same error for the table around.
func (e *FieldError) In(table string) *FieldError {
	if e.Field != "" {
		table = Join(table, e.Field)
	}
	return &FieldError{table, e.Problem}
}

// Join is the whole name of a key in a table, "" for the outermost.
func Join(table, name string) string {
	if table == "" {
		return name
	}
	return table + "." + name
}

// Sorted lists the keys of a table in the order of the file.
func Sorted(t Items) []string {
	return slices.SortedFunc(maps.Keys(t), func(a, b string) int {
		return cmp.Or(cmp.Compare(t[a].Line, t[b].Line), strings.Compare(a, b))
	})
}

// find returns the item of a key such as presses[0] in a table, or that of the closest
// table around it, of which it is the table's own.
func (it *Item) find(t Items, key string) *Item {
	at := it
	for part := range strings.SplitSeq(key, ".") {
		name, index, isList := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		next := t[name]
		if next == nil {
			return at
		}
		at = next
		if isList {
			list, _ := next.Value.([]*Item)
			i, err := strconv.Atoi(index)
			if err != nil || i >= len(list) {
				return at
			}
			at = list[i]
		}
		var isTable bool
		if t, isTable = at.Value.(Items); !isTable {
			return at
		}
	}
	return at
}
