// Package num names the number models of the firmware and the operations on
// their types that differ from Go's own.
package num

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
