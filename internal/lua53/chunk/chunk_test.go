package chunk

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
)

// sample has every kind of thing that a file can hold.
func sample(model num.Model) *Proto {
	inner := &Proto{
		LineDefined: 3, LastLineDefined: 900, NumParams: 2, MaxStackSize: 250, Code: []uint32{1, 2, 0xFFFFFFFF},
		HasNames: true, Upvalues: []Upvalue{{Name: Text{"t", true}, InStack: 1, Idx: 7}, {Idx: 255}},
		LineInfo: []byte{1, 0x81, 2, 0}, LocVars: []LocVar{{"a name of more than forty bytes, which makes it a long string", 0, 300}},
	}
	big := int64(1)<<31 - 1
	if model.IntSize() == 8 {
		big = 1<<63 - 1
	}
	return &Proto{
		Source: Text{"@sample.lua", true}, IsVararg: 1, MaxStackSize: 2, Protos: []*Proto{inner, inner}, Code: []uint32{7},
		HasNames: true, Upvalues: []Upvalue{{Name: Text{"_ENV", true}, InStack: 1}},
		Constants: []Constant{
			{Kind: Nil}, {Kind: False}, {Kind: True}, {Kind: Int, Int: 0}, {Kind: Int, Int: 15}, {Kind: Int, Int: 16}, {Kind: Int, Int: 127},
			{Kind: Int, Int: 128}, {Kind: Int, Int: 2047}, {Kind: Int, Int: 2048}, {Kind: Int, Int: -1}, {Kind: Int, Int: big}, {Kind: Int, Int: -big - 1},
			{Kind: Float, Bits: num.BitsOfFloat(model, -2.5)}, {Kind: String, Str: ""}, {Kind: String, Str: "a\x00b"},
			{Kind: String, Str: strings.Repeat("x", MaxShort)}, {Kind: String, Str: strings.Repeat("x", MaxShort+1)}, {Kind: String, Str: "thread"},
		},
		LineInfo: []byte{},
	}
}

func sampleImage(model num.Model) *Image {
	return &Image{Seed: 0xFFFFFFF0, Timestamp: 1700000000, Modules: []Module{{"sample", sample(model)}, {"other", sample(model)}}}
}

// TestRoundTrip holds that what is written can be read, and is the same.
func TestRoundTrip(t *testing.T) {
	for _, model := range num.Models() {
		want := sample(model)
		b := Encode(model, want, 0)
		f, err := Decode(b)
		if err != nil {
			t.Fatalf("%v: %v", model, err)
		}
		if f.Model != model || f.Image != nil || !bytes.Equal(Encode(model, f.Main, 0), b) {
			t.Errorf("%v: the chunk changed", model)
		}
		if got := f.Main.Constants; !reflect.DeepEqual(got, want.Constants) {
			t.Errorf("%v: constants %+v", model, got)
		}
		if got := f.Main.Protos[1].LocVars; !reflect.DeepEqual(got, want.Protos[1].LocVars) {
			t.Errorf("%v: local variables %+v", model, got)
		}
		b = EncodeImage(model, sampleImage(model), "=main", 0)
		if f, err = Decode(b); err != nil {
			t.Fatalf("%v: %v", model, err)
		}
		if f.Image == nil || f.Image.Seed != 0xFFFFFFF0 || f.Image.Timestamp != 1700000000 || f.Image.Modules[1].Name != "other" {
			t.Errorf("%v: the image is %+v", model, f.Image)
		}
		if !bytes.Equal(EncodeImage(model, f.Image, "=main", 0), b) {
			t.Errorf("%v: the image changed", model)
		}
	}
}

// TestDecode_Refused holds that each way to cut or lengthen a file is told.
func TestDecode_Refused(t *testing.T) {
	for _, b := range [][]byte{Encode(num.Int32Float32, sample(num.Int32Float32), 0), EncodeImage(num.Int64Float64, sampleImage(num.Int64Float64), "=main", 0)} {
		for n := range b {
			_, err := Decode(b[:n])
			var e *Error
			if !errors.As(err, &e) || e.Offset > n || e.Reason == "" {
				t.Fatalf("cut after %d of %d bytes: %v", n, len(b), err)
			}
		}
		if _, err := Decode(append(bytes.Clone(b), 0)); err == nil {
			t.Error("a byte behind the end is not told")
		}
	}
}

// TestFixed holds the numbers that the compiler and the loader give to the fixed
// strings, which differ from the second "userdata" on.
func TestFixed(t *testing.T) {
	fixed, loaded := Fixed(), LoadedFixed()
	if len(fixed) != 71 || len(loaded) != 72 {
		t.Fatalf("%d and %d fixed strings", len(fixed), len(loaded))
	}
	differ := map[string]string{}
	for i, s := range fixed {
		if loaded[i] != s {
			differ[s] = loaded[i]
		}
	}
	if want := map[string]string{"thread": "userdata", "proto": "thread"}; !reflect.DeepEqual(differ, want) {
		t.Errorf("the loader takes %v", differ)
	}
	for _, s := range []string{"and", "while"} {
		if i := map[string]int{"and": 0, "while": NumReserved - 1}[s]; fixed[i] != s {
			t.Errorf("fixed string %d is %q", i, fixed[i])
		}
	}
}

// FuzzDecode looks for files that are accepted and come out as something else.
func FuzzDecode(f *testing.F) {
	for _, model := range num.Models() {
		f.Add(Encode(model, sample(model), 0))
		f.Add(Encode(model, sample(model), 2))
		f.Add(EncodeImage(model, sampleImage(model), "=main", 0))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Decode(b)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		// What is accepted has one meaning: written and read again it is the same.
		write := func(file *File) []byte {
			if file.Main != nil {
				return Encode(file.Model, file.Main, 0)
			}
			return EncodeImage(file.Model, file.Image, "=main", 0)
		}
		once := write(file)
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if !bytes.Equal(write(again), once) {
			t.Fatal("it changes each time")
		}
		for pc := range 3 {
			if file.Main != nil {
				file.Main.LineOf(pc)
			}
		}
	})
}
