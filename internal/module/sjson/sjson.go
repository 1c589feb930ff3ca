// Package sjson is the module sjson: JSON to and from Lua values, at once or
// piece by piece.
//
// A decoder or encoder is a userdata with the firmware's layout (structs JSN_DATA
// and ENC_DATA of app/modules/sjson.c, jsonsl_st and jsonsl_state_st of
// app/sjson/jsonsl.h, on a 32-bit processor), so that it takes the same memory
// and is part of a snapshot.
//
// What the firmware does otherwise than its documentation says is kept: the
// option "depth" has no effect (20 levels, 19 of them for tables and their
// elements), there is no sjson.NULL (a decoded null is a light userdata), and
// backslashes are encoded as they are.
package sjson

import "moonlet.example/moonlet/internal/lua/state"

// levels is DEFAULT_DEPTH. The firmware looks for the option in the wrong place
// and so always finds 0, which stands for the default.
const levels = 20

// Names of the userdata types.
const (
	decoderType = "sjson.decoder"
	encoderType = "sjson.encoder"
)

// Module declares sjson.
var Module = declare()

// Classic is sjson with its constant NULL, which went in 3.0-master_20200610.
var Classic = declare(state.Light("NULL", 0))

// CJSON is the module cjson, which went in 2.1.0-master_20170521. Its functions are those of sjson:
// a null is a light userdata in both. Older firmware has no name for that; here it is null.
var CJSON = state.Module{
	Name: "cjson",
	Table: &state.ROTable{Name: "cjson", Entries: []state.Entry{
		state.Fn("encode", encode),
		state.Fn("decode", decode),
		state.Light("null", 0),
	}},
}

func declare(more ...state.Entry) state.Module {
	return state.Module{
		Name: "sjson",
		Table: &state.ROTable{Name: "sjson", Entries: append([]state.Entry{
			state.Fn("encode", encode),
			state.Fn("decode", decode),
			state.Fn("encoder", newEncoder),
			state.Fn("decoder", func(L state.State) int { return newDecoder(L, 1) }),
		}, more...)},
		Open: func(L state.State) int {
			L.ROMetatable(decoderType, decoderMethods)
			L.ROMetatable(encoderType, encoderMethods)
			return 0
		},
		Tables: []*state.ROTable{decoderMethods, encoderMethods},
	}
}

var (
	decoderMethods = methods("sjson_decoder_map", collectDecoder,
		state.Fn("write", func(L state.State) int { return write(L, 1, 2) }),
		state.Fn("result", result))
	encoderMethods = methods("sjson_encoder_map", collectEncoder, state.Fn("read", read))
)

// methods declares a metatable that is its own __index.
func methods(name string, gc state.Func, entries ...state.Entry) *state.ROTable {
	t := &state.ROTable{Name: name}
	t.Entries = append([]state.Entry{state.Fn("__gc", gc), state.Tab("__index", t)}, entries...)
	return t
}

// depthOption does what is visible of the firmware's search for the option: it
// asks the table at arg.
func depthOption(L state.State, arg int) {
	L.GetField(arg, "depth")
	L.Pop(1)
}
