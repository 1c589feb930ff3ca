package vm

import (
	"math"

	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/num"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	"moonlet.example/moonlet/internal/mem"
)

//go:generate go run ../../lua/gen -root ../../..

// This file and the import of the layouts are all that the number model changes
// in this package; RATIONALE.md says why the package is not generic.

// Int and Float are Lua's numbers.
type (
	Int   = int32
	Float = float32
)

// Model is the number model that this package is compiled for.
const Model = num.Int32Float32

const (
	intSize   = 4 // bytes
	floatSize = 4
	floatPrec = 7  // digits of "%.7g" (LUA_NUMBER_FMT)
	floatMant = 24 // bits of a float's mantissa
)

// A TValue of this model is always stored as one double word: a later copy then
// finds it whole in the processor's store buffer.

func loadInt(m mem.Mem, a Addr) Int { return m.I32(a) }

func loadFloat(m mem.Mem, a Addr) Float { return m.F32(a) }

func copyTV(m mem.Mem, dst, src Addr) { m.SetU64(dst, m.U64(src)) }

func setInt(m mem.Mem, a Addr, n Int) { m.SetU64(a, tagInt<<32|uint64(uint32(n))) }

func setFloat(m mem.Mem, a Addr, n Float) { m.SetU64(a, tagFloat<<32|uint64(math.Float32bits(n))) }

func setPtr(m mem.Mem, a, p Addr, tag uint32) { m.SetU64(a, uint64(tag)<<32|uint64(uint32(p))) }

func pow(a, b Float) Float { return libm.Powf(a, b) }

// copyUser copies the payload of a userdata's value, without its tag.
func copyUser(m mem.Mem, dst, src Addr) { m.SetU32(dst, m.U32(src)) }

// Sizes that run-time arithmetic uses, typed as addresses.
const (
	tvSize   Addr = layout.TVSize
	tvTag    Addr = layout.TVTT
	nodeSize Addr = layout.NodeSize
)
