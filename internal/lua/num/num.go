// Package num names the number models of the firmware and the operations on
// their types that differ from Go's own.
package num

import "math"

// Int is the type of Lua's integers in a number model.
type Int interface{ int32 | int64 }

// Float is the type of Lua's floats in a number model.
type Float interface{ float32 | float64 }

// Model is a choice of number types (app/lua53/luaconf.h, LUA_NUMBER_64BITS and
// the ESP32 branch's independent switches).
type Model uint8

// The number models that firmware is built with.
const (
	Int32Float32 Model = iota // default of the ESP8266's Lua 5.3; TValue of 8 bytes
	Int64Float64              // LUA_NUMBER_64BITS; TValue of 12 bytes
	Int32Float64              // mixed; TValue of 12 bytes
)

func (m Model) String() string {
	switch m {
	case Int32Float32:
		return "int32/float32"
	case Int64Float64:
		return "int64/float64"
	case Int32Float64:
		return "int32/float64"
	}
	return "unknown number model"
}

// IntSize is the size of the model's integers in bytes.
func (m Model) IntSize() int {
	if m == Int64Float64 {
		return 8
	}
	return 4
}

// FloatSize is the size of the model's floats in bytes.
func (m Model) FloatSize() int {
	if m == Int32Float32 {
		return 4
	}
	return 8
}

// Models lists all number models.
func Models() []Model { return []Model{Int32Float32, Int64Float64, Int32Float64} }

// BySizes finds the model with integers and floats of so many bytes.
func BySizes(intSize, floatSize int) (Model, bool) {
	for _, m := range Models() {
		if m.IntSize() == intSize && m.FloatSize() == floatSize {
			return m, true
		}
	}
	return 0, false
}

// Integer is n as an integer of the model: wrapped around to its size.
func (m Model) Integer(n int64) int64 {
	if m.IntSize() == 4 {
		return int64(int32(n))
	}
	return n
}

// ValueSize is the size of the union of all values in bytes.
func (m Model) ValueSize() int { return max(m.IntSize(), m.FloatSize()) }

// FloatOfBits is the float of the model that has this IEEE 754 form.
func FloatOfBits(m Model, bits uint64) float64 {
	if m.FloatSize() == 4 {
		return float64(math.Float32frombits(uint32(bits)))
	}
	return math.Float64frombits(bits)
}

// BitsOfFloat is the IEEE 754 form of a float of the model.
func BitsOfFloat(m Model, f float64) uint64 {
	if m.FloatSize() == 4 {
		return uint64(math.Float32bits(float32(f)))
	}
	return math.Float64bits(f)
}
