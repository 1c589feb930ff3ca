package chunk_test

import (
	"bytes"
	"reflect"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
)

// named is a function with all kinds of debug information.
func named(sub ...*chunk.Proto) *chunk.Proto {
	return &chunk.Proto{
		Source: chunk.Text{S: "@a.lua", Set: true}, MaxStackSize: 2, Protos: sub,
		Code: []uint32{0x26, 0x800026}, Constants: []chunk.Constant{{Kind: chunk.String, Str: "k"}},
		HasNames: true, Upvalues: []chunk.Upvalue{{Name: chunk.Text{S: "_ENV", Set: true}, InStack: 1}},
		LineInfo: []byte{2, 0}, LocVars: []chunk.LocVar{{Name: "x", EndPC: 2}},
	}
}

func TestStrip(t *testing.T) {
	p := named(named(), named(named()))
	before := chunk.Encode(num.Int32Float32, p, 0)
	for level := range 4 {
		s := chunk.Strip(p, level)
		want := min(level, chunk.StripLines)
		if got := chunk.Level(s); got != want {
			t.Errorf("level %d: the result is of level %d", level, got)
		}
		// The encoder leaves out the same.
		if a, b := chunk.Encode(num.Int32Float32, p, want), chunk.Encode(num.Int32Float32, s, want); !bytes.Equal(a, b) {
			t.Errorf("level %d: encoded as\n%x, want\n%x", level, b, a)
		}
		f, err := chunk.Decode(chunk.Encode(num.Int32Float32, p, want))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := chunk.Encode(num.Int32Float32, f.Main, 0), chunk.Encode(num.Int32Float32, s, 0); !bytes.Equal(a, b) {
			t.Errorf("level %d: another function than one that was decoded", level)
		}
	}
	if !reflect.DeepEqual(chunk.Encode(num.Int32Float32, p, 0), before) {
		t.Error("stripping changed the original")
	}
	s := chunk.Strip(p, 0)
	s.Code[0], s.Constants[0].Str, s.Upvalues[0].Name.S, s.LocVars[0].Name, s.LineInfo[0] = 0, "", "", "", 1
	s.Protos[1].Protos[0].Code[1] = 0
	if !reflect.DeepEqual(chunk.Encode(num.Int32Float32, p, 0), before) {
		t.Error("the copy shares something with the original")
	}
}

func TestLevel(t *testing.T) {
	bare := chunk.Strip(named(), 2)
	for _, c := range []struct {
		p    *chunk.Proto
		want int
	}{
		{bare, 2},
		{chunk.Strip(named(), 1), 1},
		{&chunk.Proto{Protos: []*chunk.Proto{bare, named()}}, 0},
		{&chunk.Proto{LineInfo: []byte{0}, Protos: []*chunk.Proto{bare}}, 1},
		{&chunk.Proto{Protos: []*chunk.Proto{chunk.Strip(named(), 1)}}, 1},
	} {
		if got := chunk.Level(c.p); got != c.want {
			t.Errorf("level %d, want %d", got, c.want)
		}
	}
}
