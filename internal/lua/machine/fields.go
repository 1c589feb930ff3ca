package machine

import "moonlet.example/moonlet/internal/mem"

// Tables is what a search for fields asks of an edition's memory. Nothing of it makes strings, calls metamethods, or is
// noticed by a cache of read-only tables.
type Tables interface {
	// TableAt is the table that the value at a is, 0 if it is none.
	TableAt(a mem.Addr) (h mem.Addr)
	// MetatableOf is the metatable of the value at a, 0 if it has none.
	MetatableOf(a mem.Addr) mem.Addr
	// EachField calls f for each entry of a table that has a string for a key, with the place of its value, until f
	// tells false. The key is valid until f returns.
	EachField(h mem.Addr, f func(key []byte, value mem.Addr) bool)
	// KindAt is the name of the type of the value at a.
	KindAt(a mem.Addr) string
}

// indexChain is how many metatables a search follows, which may lead in a circle.
const indexChain = 8

// FieldsOf are the Fields of Machine, from the table of globals at a on.
func FieldsOf(t Tables, a mem.Addr, path []string) (list []Field) {
	for _, name := range path {
		next := mem.Addr(0)
		eachLevel(t, a, func(h mem.Addr) bool {
			next = fieldOf(t, h, name)
			return next == 0
		})
		if a = next; a == 0 {
			return nil
		}
	}
	eachLevel(t, a, func(h mem.Addr) bool {
		t.EachField(h, func(key []byte, value mem.Addr) bool {
			list = append(list, Field{Name: string(key), Kind: t.KindAt(value)})
			return true
		})
		return true
	})
	return list
}

// fieldOf is the place of a field's value, 0 if a table has none of that name.
func fieldOf(t Tables, h mem.Addr, name string) (found mem.Addr) {
	t.EachField(h, func(key []byte, value mem.Addr) bool {
		if string(key) == name {
			found = value
		}
		return found == 0
	})
	return found
}

// eachLevel calls f for the tables in which a field of a value is searched: the value itself and what __index leads to,
// as long as these are tables.
func eachLevel(t Tables, a mem.Addr, f func(h mem.Addr) bool) {
	for range indexChain {
		if h := t.TableAt(a); h != 0 && !f(h) {
			return
		}
		mt := t.MetatableOf(a)
		if mt == 0 {
			return
		}
		if a = fieldOf(t, mt, "__index"); a == 0 || t.TableAt(a) == 0 {
			return
		}
	}
}
