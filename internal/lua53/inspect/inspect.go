// Package inspect reads a state of Lua 5.3 as it lies in device memory: what is on the
// heap, which functions run, their names and variables, their code as a binary chunk. It
// changes nothing in that memory and takes none of it, so it can be asked in the midst of anything.
//
// None of this is hot. So the package is the same for all number models: what depends on
// the size of a value is in a structure, not in constants as in the virtual machine, which
// is a copy for each of them.
package inspect

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/rom"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// Config says where a state is, and has what only its machine knows.
type Config struct {
	Mem     mem.Mem
	Space   *mem.Space
	Model   num.Model
	Offsets layout.Offsets // of the model
	ROM     *rom.Image
	Global  Addr // global_State
	Main    Addr // lua_State of the main thread
	Cache   Addr // size of the look-aside cache for ROTables, in bytes

	// MostObjects is more than the heap has room for: who meets as many goes in a circle.
	MostObjects int

	// Running is the thread of the n-th protected run, counted from the innermost one; 0 if
	// there are not so many.
	Running func(n int) Addr
	// Globals is the place of the table of globals.
	Globals func() Addr
	// Metatable is the metatable of the value at a, 0 if it has none.
	Metatable func(a Addr) Addr
	// Short is the place of a table's value for a short string, 0 if there is none.
	Short func(h, ts Addr) Addr
	// Hash is a string's hash.
	Hash func(s []byte, seed uint32) uint32
	// CheckBlocks finds what is wrong with the blocks of the heap.
	CheckBlocks func() error
}

// View is a state to look at. One that nobody made has no functions and no globals.
type View struct {
	c     *Config
	m     mem.Mem
	at    *layout.Offsets
	g     Addr
	named chunkName
}

// New makes a view of a state.
func New(c Config) View { return View{c: &c, m: c.Mem, at: &c.Offsets, g: c.Global} }

// badCode ends the module's run: what is at a cannot be followed.
func badCode(a Addr) {
	panic(&mem.Fault{Addr: uint32(a), Cause: mem.CauseIllegalInstruction})
}

// Values.

func (w *View) tag(a Addr) uint32 { return w.m.U32(a + w.at.TVTT) }
func (w *View) gcOf(a Addr) Addr  { return w.m.Ptr(a) }

// item is the address of a vector's i-th value, counted from 0.
func (w *View) item(a, i Addr) Addr { return mem.Wrap(a + i*w.at.TVSize) }

func (w *View) isTrue(a Addr) bool { return w.m.U32(a) != 0 } // of a boolean

func (w *View) integer(a Addr) int64 {
	if w.c.Model.IntSize() == 4 {
		return int64(w.m.I32(a))
	}
	return int64(w.m.U64(a))
}

func (w *View) float(a Addr) float64 {
	if w.c.Model.FloatSize() == 4 {
		return float64(w.m.F32(a))
	}
	return w.m.F64(a)
}

func isString(t uint32) bool { return t&tag.TypeMask == tag.TypeString }
func isTable(t uint32) bool  { return t&tag.TypeMask == tag.TypeTable }

// Objects.

func (w *View) objTT(o Addr) byte { return w.m.U8(o + layout.GCObjectTT) }
func (w *View) mark(o Addr) byte  { return w.m.U8(o + layout.GCObjectMarked) }

// isDead tells whether the collector is about to free an object: it has the white of the
// cycle before.
func (w *View) isDead(o Addr) bool {
	other := w.m.U8(w.g+w.at.GlobalCurrentWhite) ^ tag.Whites
	return (w.mark(o)^tag.Whites)&other == 0
}

// strLen is the length of the string object ts.
func (w *View) strLen(ts Addr) Addr {
	if w.objTT(ts) == tag.ObjShort {
		return Addr(w.m.U8(ts + layout.TStringShrLen))
	}
	return w.m.Ptr(ts + layout.TStringLngLen)
}

// strBytes is a view of the string object ts.
func (w *View) strBytes(ts Addr) []byte { return w.m.Bytes(ts+layout.TStringSize, w.strLen(ts)) }

func (w *View) goString(ts Addr) string { return string(lauxlib.Touched(w.strBytes(ts))) }

// Text is a string object up to its first NUL, as C code would print it.
func (w *View) Text(ts Addr) string {
	b := w.strBytes(ts)
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// CString is a view of the NUL-terminated string at a.
func (w *View) CString(a Addr) []byte {
	n := Addr(0)
	for w.m.U8(a+n) != 0 {
		n++
	}
	return w.m.Bytes(a, n)
}

func (w *View) isROTable(h Addr) bool { return w.objTT(h) == tag.ROTable&tag.VariantMask }

// usesDummy tells whether h has no hash part of its own but the common empty node.
func (w *View) usesDummy(h Addr) bool { return w.m.Ptr(h+layout.TableLastFree) == 0 }

func (w *View) sizeNode(h Addr) Addr { return 1 << (w.m.U8(h+layout.TableLSizeNode) & 31) }

// nodes returns the first node of table h and the end of its nodes.
func (w *View) nodes(h Addr) (n, end Addr) {
	n = w.m.Ptr(h + layout.TableNode)
	return n, n + w.at.NodeSize<<w.m.U8(h+layout.TableLSizeNode)
}

// RAMStrings implements machine.Machine.
func (w *View) RAMStrings() (list []string) {
	strt, n := w.g+layout.GlobalStrt, 0
	hash := w.m.Ptr(strt + layout.StringTableHash)
	for i := range w.m.Ptr(strt + layout.StringTableSlots) {
		for ts := w.m.Ptr(hash + 4*i); ts != 0; ts = w.m.Ptr(ts + layout.TStringHNext) {
			if n++; n > w.c.MostObjects {
				badCode(ts) // a circle
			}
			if !w.isDead(ts) {
				list = append(list, w.goString(ts))
			}
		}
	}
	return list
}
