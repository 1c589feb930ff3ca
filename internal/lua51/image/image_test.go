package image

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua51/chunk"
)

func text(s string) chunk.Text { return chunk.Text{S: s, Set: true} }

// example is an image of two modules that has everything an image can have.
func example(n chunk.Numbers) *Image {
	number := func(f float64) chunk.Constant {
		if n == chunk.Integer {
			return chunk.Constant{Kind: chunk.Number, Int: int32(f)}
		}
		return chunk.Constant{Kind: chunk.Number, Float: f}
	}
	name := func(s string) chunk.Constant { return chunk.Constant{Kind: chunk.String, Str: s} }
	a := &chunk.Proto{Source: text("@a.lua"), NumUpvalues: 0, IsVararg: 2, MaxStackSize: 3, Code: []uint32{1, 2, 3}, LineInfo: []byte{1, 2, 0},
		Constants: []chunk.Constant{{}, {Kind: chunk.True}, {Kind: chunk.False}, number(-3), name("key"), name(""), name("with\x00zero")},
		LocVars:   []chunk.LocVar{{Name: text("x"), StartPC: 1, EndPC: 2}, {Name: text("key")}},
		Protos: []*chunk.Proto{{LineDefined: 2, LastLineDefined: 3, NumUpvalues: 1, Code: []uint32{9}, Upvalues: []chunk.Text{text("up")}, LineInfo: []byte{1, 2, 0},
			Protos: []*chunk.Proto{{LineDefined: 2, Code: []uint32{8, 7}, Constants: []chunk.Constant{number(1)}}}}}}
	b := &chunk.Proto{Source: text("@b.lua"), Code: []uint32{4}, Constants: []chunk.Constant{name("key"), name("long " + strings.Repeat("x", 300))}}
	return &Image{Numbers: n, Packed: n == chunk.Float, Main: &chunk.Proto{Source: text("=(luac)"), NumParams: 1, MaxStackSize: 5, Code: []uint32{5, 6},
		Constants: []chunk.Constant{name("a"), name("b"), number(1.7e9)}, Protos: []*chunk.Proto{a, b}}}
}

func encode(t *testing.T, im *Image) []byte {
	t.Helper()
	b, err := im.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(im *Image)
	}{
		{"relocatable", func(*Image) {}},
		{"absolute", func(im *Image) { im.Absolute, im.Base = true, 0x40210000 }},
		{"old", func(im *Image) { im.OldTags = true }},
		{"not packed", func(im *Image) { im.Packed = false }},
		{"unfinished", func(im *Image) { im.Writing = true }},
	} {
		for n := range chunk.Numbers(2) {
			im := example(n)
			c.set(im)
			b := encode(t, im)
			got, err := Decode(b)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if !reflect.DeepEqual(got.Main, im.Main) || got.Absolute != im.Absolute || got.Base != im.Base || got.OldTags != im.OldTags ||
				got.Writing != im.Writing || got.Packed != im.Packed || got.Bytes != im.Bytes || !reflect.DeepEqual(got.Strings, im.Strings) {
				t.Errorf("%s %v: %+v\n%+v", c.name, n, got, im)
			}
			if len(got.Modules) != 2 || got.Modules[1].Name != "b" || got.Modules[0].Main != got.Main.Protos[0] || got.Timestamp != 1.7e9 {
				t.Errorf("%s %v: %+v", c.name, n, got.Modules)
			}
			if !bytes.Equal(encode(t, got), b) {
				t.Errorf("%s %v: other bytes", c.name, n)
			}
		}
	}
}

// TestCompress inflates what compress makes of all kinds of data.
func TestCompress(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 4, 255, 256, 257, 5000, 16383, 16384, 16385, 32768, 70000} {
		for kind := range 4 {
			data := make([]byte, n)
			for i := range data {
				switch kind {
				case 0:
					data[i] = byte(r.Uint32())
				case 1:
					data[i] = byte(r.Uint32()) & 3
				case 2:
					data[i] = byte(i / 300)
				}
			}
			z, err := gzip.NewReader(bytes.NewReader(compress(data)))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of kind %d: %v", n, kind, err)
			}
		}
	}
}

// TestOrder holds that a table has each key once, whatever is entered.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		o, want := &order{}, map[string]bool{}
		for range r.IntN(400) {
			s := strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(3)) + string(rune('a'+r.IntN(26)))
			o.add(s)
			want[s] = true
		}
		keys := o.keys()
		if len(keys) != len(want) {
			t.Fatalf("%d keys, not %d", len(keys), len(want))
		}
		for _, k := range keys {
			if !want[k] || !o.has(k, hashOf(k)) {
				t.Errorf("%q is not found", k)
			}
		}
	}
}

// words are an image and its bitmap, not compressed.
func words(b []byte) []byte { return inflate(b) }

func packed(b []byte) []byte { return compress(b) }

// TestRefused changes words of an image, and holds what is said about it.
func TestRefused(t *testing.T) {
	good := words(encode(t, example(chunk.Float)))
	set := func(at int, v uint32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[4*at:], v)
		return packed(b)
	}
	get := func(at int) uint32 { return binary.LittleEndian.Uint32(good[4*at:]) }
	main := int(get(2))
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"cut", packed(good)[:200], "damaged or ends early"},
		{"sum", append(packed(good)[:len(packed(good))-8], 1, 2, 3, 4, 5, 6, 7, 8), "the sum at the end does not fit"},
		{"bomb", packed(make([]byte, 400000)), "more than 270336 bytes are compressed in it"},
		{"signature", set(0, 0x12345678), "no image of Lua 5.1"},
		{"early", set(0, 0xfafaaf50), "an image of the early format"},
		{"format", set(0, 0xfafaa254), "an image of format 2"},
		{"absolute", set(0, 0xfafaa155), "says that it is absolute"},
		{"size", set(1, get(1)+1), "not the size of an image here"},
		{"bitmap", set(1, get(1)+4), "words of bitmap"},
		{"slots", set(5, 3), "3 slots for strings"},
		{"count", set(4, get(4)+1), "are announced"},
		{"main", set(2, get(2)+1), "leads out of the image"},
		{"source", set(main+8, 9), "is none of the strings"},
		{"constants", set(main+10, 1<<30), "records of"},
		{"no pointer", set(main+3, 0), "the bitmap does not say"},
		{"itself", set(int(get(main+4)), get(2)), "lies before it"},
		{"type", set(int(get(main+2))+2, 99), "a constant of unknown type 99"},
		{"time", set(int(get(main+2))+8, 1), "time of compilation is missing"},
	} {
		_, err := Decode(c.file)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := Decode([]byte("text")); err == nil || IsImage([]byte("text")) || !IsImage(packed(good)) {
		t.Error(err)
	}
}

// TestTooLarge holds the compiler's limit.
func TestTooLarge(t *testing.T) {
	im := example(chunk.Float)
	im.Main.Protos[1].Code = make([]uint32, maxWords)
	if _, err := im.Encode(); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// FuzzDecode changes images, compressed anew so that they come through, and holds that what can be read is written
// again as the same image.
func FuzzDecode(f *testing.F) {
	for n := range chunk.Numbers(2) {
		im := example(n)
		b, _ := im.Encode()
		f.Add(inflate(b), true)
		im.Absolute, im.Base = true, 0x40210000
		b, _ = im.Encode()
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, wrap bool) {
		if len(data) > 1<<16 {
			return
		}
		if wrap {
			data = compress(data)
		}
		im, err := Decode(data)
		if err != nil {
			return
		}
		b, err := im.Encode()
		if err != nil {
			return
		}
		again, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		withoutNaN(again.Main)
		withoutNaN(im.Main)
		if !reflect.DeepEqual(again.Main, im.Main) && !im.OldTags {
			t.Errorf("%+v\n%+v", again.Main, im.Main)
		}
	})
}

// withoutNaN replaces the constants of a function that are not numbers, since none of them is equal to itself.
func withoutNaN(p *chunk.Proto) {
	for i := range p.Constants {
		if k := &p.Constants[i]; k.Float != k.Float {
			k.Float = -77
		}
	}
	for _, q := range p.Protos {
		withoutNaN(q)
	}
}
