package lfs_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
)

func text(s string) chunk.Text { return chunk.Text{S: s, Set: true} }

func str(s string) chunk.Constant { return chunk.Constant{Kind: chunk.String, Str: s} }

func integer(n int64) chunk.Constant { return chunk.Constant{Kind: chunk.Int, Int: n} }

// collected gives an image its list of strings, as the compiler does.
func collected(model num.Model, im *chunk.Image) *chunk.Image {
	chunk.EncodeImage(model, im, "=(luac.cross)", 0)
	return im
}

// sample is an image that has everything.
func sample(model num.Model) *chunk.Image {
	long := strings.Repeat("long ", 20)
	inner := &chunk.Proto{
		LineDefined: 3, LastLineDefined: 5, NumParams: 1, MaxStackSize: 4, Code: []uint32{0x26, 0x800026},
		Constants: []chunk.Constant{str("thread"), {Kind: chunk.Nil}, {Kind: chunk.True}, {Kind: chunk.False}},
		HasNames:  true, Upvalues: []chunk.Upvalue{{Name: text("M"), InStack: 1, Idx: 2}, {Idx: 1}},
		LineInfo: []byte{0x82, 2, 0}, LocVars: []chunk.LocVar{{Name: "x", EndPC: 2}},
	}
	a := &chunk.Proto{
		Source: text("@a.lua"), IsVararg: 1, MaxStackSize: 2, Protos: []*chunk.Proto{inner}, Code: []uint32{1, 2, 0x800026},
		Constants: []chunk.Constant{integer(-7), integer(1 << 30), {Kind: chunk.Float, Bits: num.BitsOfFloat(model, -1.5)},
			str(""), str("and"), str(long), str("shared"), str("proto"), str("userdata")},
		HasNames: true, Upvalues: []chunk.Upvalue{{Name: text("_ENV")}}, LineInfo: []byte{3, 0},
	}
	b := &chunk.Proto{Source: text("@b.lua"), HasNames: true, Code: []uint32{0x800026}, Constants: []chunk.Constant{str("shared"), str("own")}}
	return collected(model, &chunk.Image{Seed: 0xDEADBEEF, Timestamp: 1700000000,
		Modules: []chunk.Module{{Name: "a", Main: a}, {Name: "b", Main: b}}})
}

// random makes functions that mean nothing.
type random struct {
	*rand.Rand
	model num.Model
	level int
}

func newRandom(seed uint64, model num.Model) *random {
	r := rand.New(rand.NewPCG(seed, 0))
	return &random{r, model, r.IntN(3)}
}

func (r *random) string() string {
	switch r.IntN(8) {
	case 0:
		return chunk.Fixed()[r.IntN(len(chunk.Fixed()))]
	case 1:
		return strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(100))
	case 2:
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	return fmt.Sprint("s", r.IntN(60))
}

func (r *random) constant() chunk.Constant {
	switch r.IntN(8) {
	case 0:
		return chunk.Constant{Kind: chunk.Nil}
	case 1:
		return chunk.Constant{Kind: chunk.False}
	case 2:
		return chunk.Constant{Kind: chunk.True}
	case 3:
		bits := r.Uint64()
		if r.model.FloatSize() == 4 {
			bits &= math.MaxUint32
		}
		return chunk.Constant{Kind: chunk.Float, Bits: bits}
	case 4:
		return integer(r.model.Integer(int64(r.IntN(2000) - 1000)))
	case 5:
		return integer(r.model.Integer(int64(r.Uint64()) >> r.IntN(64)))
	}
	return str(r.string())
}

func (r *random) function(source string, depth int) *chunk.Proto {
	p := &chunk.Proto{LineDefined: r.IntN(100), LastLineDefined: r.IntN(1 << 20), NumParams: byte(r.IntN(256)),
		IsVararg: byte(r.IntN(3)), MaxStackSize: byte(r.IntN(256)), HasNames: r.level == 0}
	if depth == 0 {
		p.Source = text(source)
	} else if r.IntN(9) == 0 {
		p.Source = text(source + "'")
		source += "'"
	}
	for range r.IntN(max(5-depth, 1)) {
		p.Protos = append(p.Protos, r.function(source, depth+1))
	}
	for range r.IntN(20) {
		p.Code = append(p.Code, r.Uint32())
	}
	for range r.IntN(9) {
		p.Constants = append(p.Constants, r.constant())
	}
	for range r.IntN(4) {
		u := chunk.Upvalue{InStack: byte(r.IntN(2)), Idx: byte(r.IntN(256))}
		if r.level == 0 && r.IntN(9) > 0 {
			u.Name = text(r.string())
		}
		p.Upvalues = append(p.Upvalues, u)
	}
	if r.level < 2 {
		for range r.IntN(9) {
			p.LineInfo = append(p.LineInfo, byte(r.IntN(256)))
		}
	}
	if r.level == 0 {
		for range r.IntN(4) {
			p.LocVars = append(p.LocVars, chunk.LocVar{Name: r.string(), StartPC: r.IntN(300), EndPC: r.IntN(300)})
		}
	}
	return p
}

func (r *random) image() *chunk.Image {
	im := &chunk.Image{Seed: r.Uint32(), Timestamp: int64(r.IntN(math.MaxInt32))}
	for i := range r.IntN(6) {
		name := fmt.Sprint("mod", i)
		if r.IntN(20) == 0 {
			name = "thread"
		}
		im.Modules = append(im.Modules, chunk.Module{Name: name, Main: r.function("@"+name+".lua", 0)})
	}
	return collected(r.model, im)
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
