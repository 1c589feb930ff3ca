package int32float64

import (
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/num"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/mem"
)

// This file and the import of the layouts are all that the number model changes;
// the other files of this package are generated from package vm, whose file of
// this name says more.

// Int and Float are Lua's numbers.
type (
	Int   = int32
	Float = float64
)

// Model is the number model that this package is compiled for.
const Model = num.Int32Float64

const (
	intSize   = 4 // bytes
	floatSize = 8
	floatPrec = 14 // digits of "%.14g" (LUA_NUMBER_FMT)
	floatMant = 53 // bits of a float's mantissa
)

// A TValue of this model is always stored as a double word and its tag: a later copy
// then finds both whole in the processor's store buffer.

func loadInt(m mem.Mem, a Addr) Int { return m.I32(a) }

func loadFloat(m mem.Mem, a Addr) Float { return m.F64(a) }

func copyTV(m mem.Mem, dst, src Addr) { m.Copy12(dst, src) }

func setInt(m mem.Mem, a Addr, n Int) { m.SetU64U32(a, uint64(uint32(n)), tagInt) }

func setFloat(m mem.Mem, a Addr, n Float) { m.SetF64U32(a, n, tagFloat) }

func setPtr(m mem.Mem, a, p Addr, tag uint32) { m.SetU64U32(a, uint64(uint32(p)), tag) }

func pow(a, b Float) Float { return libm.Pow(a, b) }

// copyUser copies the payload of a userdata's value, without its tag.
func copyUser(m mem.Mem, dst, src Addr) { m.SetU64(dst, m.U64(src)) }

// Sizes that run-time arithmetic uses, typed as addresses.
const (
	tvSize   Addr = layout.TVSize
	tvTag    Addr = layout.TVTT
	nodeSize Addr = layout.NodeSize
)
