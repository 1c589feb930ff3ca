// Package inspect reads a state of Lua 5.1 as it is in device memory: for those who look at a module from outside, and
// for what messages of errors tell about a function. It changes nothing and takes no memory of the module's, so that it
// can be asked in the midst of anything. It is the same for both builds: what the size of a value changes are numbers
// here (layout.Offsets), where the virtual machine has constants.
//
// Damaged memory leads to faults, as it does on the chip; a circle is the exception that damaged code ends with.
package inspect

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/rom"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/tag"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// Config is what a View knows of a machine.
type Config struct {
	Mem     mem.Mem
	Space   *mem.Space
	Offsets layout.Offsets
	ROM     *rom.Image
	Main    Addr // the main thread
	// StoreBase and StoreSize are where the Lua Flash Store is; a size of 0 is none.
	StoreBase, StoreSize Addr
	// MostObjects is more than the heap has room for.
	MostObjects int
	// Number is the number at an address.
	Number func(a Addr) float64
	// AppendNumber appends it as a binary chunk has it; false: that cannot have it.
	AppendNumber func(dst []byte, a Addr) ([]byte, bool)
	// Running is the i-th thread that runs besides the main one, the innermost first; 0 if there are not so many.
	Running func(i int) Addr
}

// View reads a state.
type View struct {
	m  mem.Mem
	at layout.Offsets
	g  Addr // global_State
	c  Config
}

// New makes a view of the state of a main thread.
func New(c Config) View {
	return View{m: c.Mem, at: c.Offsets, g: c.Mem.Ptr(c.Main + layout.LuaStateG), c: c}
}

// Bits of the mark byte of objects (lgc.h).
const (
	whites    = 1<<0 | 1<<1
	finalized = 1 << 3
	fixed     = 1 << 5
)

func (v *View) tag(a Addr) uint32 { return v.m.U32(a + v.at.TVTT) }

func (v *View) object(a Addr) Addr { return v.m.Ptr(a) }

// item is the address of the i-th value of a vector, as the chip's arithmetic has it.
func (v *View) item(vec, i Addr) Addr { return Addr(uint32(vec + i*v.at.TVSize)) }

// isTrue tells of a boolean what it is.
func (v *View) isTrue(a Addr) bool { return v.m.U32(a) != 0 }

func collectable(t uint32) bool { return t-tag.String <= tag.TypeMask-tag.String }

func isTable(t uint32) bool { return t&tag.TypeMask == tag.Table }

// TypeName is the name of a type, "?" for one that only damaged code can make.
func TypeName(t int) string {
	if t+1 < 0 || t+1 >= len(tag.Names) {
		return "?"
	}
	return tag.Names[t+1]
}

func typeOf(t uint32) string { return TypeName(int(t & tag.TypeMask)) }

func (v *View) isDead(o Addr) bool {
	other := v.m.U8(v.g+layout.GlobalCurrentWhite) ^ whites
	return v.m.U8(o+layout.GCObjectMarked)&other&whites != 0
}

func (v *View) inStore(a Addr) bool { return a-v.c.StoreBase < v.c.StoreSize }

func (v *View) isROTable(h Addr) bool { return v.m.U8(h+layout.TableTT) == tag.ROTable }

func (v *View) roEntry(h Addr, i int) Addr {
	return v.m.Ptr(h+layout.ROTableEntry) + Addr(i)*v.at.ROEntrySize
}

// nodes are the first node of a table's hash part and the end of it. hashed tells whether the table has one of its own.
func (v *View) nodes(h Addr) (first, end Addr, hashed bool) {
	first = v.m.Ptr(h + layout.TableNode)
	return first, first + 1<<(v.m.U8(h+layout.TableLSizeNode)&31)*v.at.NodeSize, first != v.c.ROM.DummyNode
}

// metatable is the metatable of the value at a, 0 if it has none.
func (v *View) metatable(a Addr) Addr {
	switch t := v.tag(a); t {
	case tag.Table, tag.ROTable:
		return v.m.Ptr(v.object(a) + layout.TableMetatable)
	case tag.Userdata:
		return v.m.Ptr(v.object(a) + layout.UdataMetatable)
	default:
		if t&tag.TypeMask >= tag.NumTypes {
			return 0
		}
		return v.m.Ptr(v.g + v.at.GlobalMT + 4*Addr(t&tag.TypeMask))
	}
}

func (v *View) strBytes(ts Addr) []byte {
	return v.m.Bytes(ts+layout.TStringSize, v.m.Ptr(ts+layout.TStringLen))
}

func (v *View) goString(ts Addr) string { return string(lauxlib.Touched(v.strBytes(ts))) }

// cString is a string object up to its first NUL, as C prints it.
func (v *View) cString(ts Addr) string {
	s := v.strBytes(ts)
	for i, c := range s {
		if c == 0 {
			return string(s[:i])
		}
	}
	return string(s)
}

// cText is the NUL-terminated string at a.
func (v *View) cText(a Addr) string {
	n := Addr(0)
	for v.m.U8(a+n) != 0 {
		n++
	}
	return string(v.m.Bytes(a, n))
}

// slots is the number of values between two places of a stack.
func (v *View) slots(from, to Addr) int {
	n := Addr(uint32(to-from)) / v.at.TVSize
	if n > 1<<24 {
		v.circle(from)
	}
	return int(n)
}

// circle ends a walk that would not end.
func (v *View) circle(a Addr) {
	panic(&mem.Fault{Addr: uint32(a), Cause: mem.CauseIllegalInstruction})
}
