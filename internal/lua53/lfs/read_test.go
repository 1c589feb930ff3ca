package lfs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// bases are addresses of stores: in the flash window, at its end, and odd ones.
var bases = []uint32{0x40290000, 0x40210000, 0x402FF000, 4, 0xFFFFFFF0}

// checkRead reads a store and checks that the image makes the same words again.
func checkRead(t *testing.T, model num.Model, im *chunk.Image, base uint32) {
	t.Helper()
	region := lfs.Build(model, im, base)
	s, got, err := lfs.Read(region.Data)
	if err != nil {
		t.Fatalf("%v at %#x: %v", model, base, err)
	}
	if s.Base != base || !slices.Contains(s.Models, model) {
		t.Errorf("base %#x, models %v; want %#x, %v", s.Base, s.Models, base, model)
	}
	if again := lfs.Build(s.Models[0], got, s.Base); !bytes.Equal(again.Data, region.Data) {
		t.Errorf("%v at %#x: the words differ", model, base)
	}
	// The image is the one that was built, too.
	if s.Models[0] != model {
		return
	}
	a, b := *im, *got
	b.Timestamp = model.Integer(b.Timestamp)
	code := chunk.EncodeImage(model, &a, "=(luac.cross)", 0)
	if again := chunk.EncodeImage(model, &b, "=(luac.cross)", 0); !bytes.Equal(code, again) {
		t.Errorf("%v at %#x: another image", model, base)
	}
}

func TestReadWhatWasBuilt(t *testing.T) {
	for _, model := range num.Models() {
		for _, base := range bases {
			checkRead(t, model, sample(model), base)
			checkRead(t, model, collected(model, &chunk.Image{}), base)
		}
		for seed := range uint64(120) {
			checkRead(t, model, newRandom(seed, model).image(), bases[seed%uint64(len(bases))])
		}
	}
}

// TestReadManyModules counts beyond what the table of modules can.
func TestReadManyModules(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 768, 1024} {
		im := &chunk.Image{}
		for i := range n {
			im.Modules = append(im.Modules, chunk.Module{Name: strings.Repeat("m", i%30) + string(rune('a'+i/30%26)) + string(rune('a'+i/780)),
				Main: &chunk.Proto{Source: text("@m.lua"), Code: []uint32{0x800026}}})
		}
		for _, model := range num.Models() {
			checkRead(t, model, collected(model, im), 0x40290000)
		}
	}
}

// TestReadChance reads stores with anything in the bytes left to chance.
func TestReadChance(t *testing.T) {
	for _, model := range num.Models() {
		for seed := range uint64(50) {
			r := newRandom(seed, model)
			region := lfs.Build(model, r.image(), 0x40290000)
			junk := bytes.Clone(region.Data)
			for _, c := range region.Chance {
				for i := range c.Len {
					junk[c.Offset+i] = byte(r.Uint32())
				}
			}
			// So is the white of a function: its record begins 9 bytes before its padding.
			for _, c := range region.Chance {
				if at := c.Offset - 9; c.Len == 3 && at > 0 && region.Data[at+4] == 9 && r.IntN(2) == 0 {
					junk[at+5] ^= 3
				}
			}
			s, im, err := lfs.Read(junk)
			if err != nil {
				t.Fatalf("%v, seed %d: %v", model, seed, err)
			}
			if off := lfs.FirstDifference(lfs.Build(s.Models[0], im, s.Base).Data, junk, s.Chance); off >= 0 {
				t.Errorf("%v, seed %d: byte %d differs", model, seed, off)
			}
		}
	}
}

func TestReadModels(t *testing.T) {
	const half = 0x3ff80000 // upper half of 1.5
	float := chunk.Constant{Kind: chunk.Float, Bits: half << 32}
	for _, c := range []struct {
		name      string
		constants []chunk.Constant
		upper     map[int]uint32 // of constants, for integers of 4 bytes
		want      []num.Model
	}{
		{"none", nil, nil, []num.Model{num.Int64Float64, num.Int32Float64}},
		{"small", []chunk.Constant{integer(1), float, integer(2)}, nil, []num.Model{num.Int64Float64, num.Int32Float64}},
		{"negative", []chunk.Constant{integer(-1)}, nil, []num.Model{num.Int64Float64}},
		{"behind a float", []chunk.Constant{float, integer(1)}, map[int]uint32{1: half}, []num.Model{num.Int32Float64}},
		{"one large", []chunk.Constant{integer(5 << 32)}, nil, []num.Model{num.Int64Float64, num.Int32Float64}},
		{"two large", []chunk.Constant{integer(5 << 32), integer(6 << 32)}, nil, []num.Model{num.Int64Float64}},
		{"large behind a float", []chunk.Constant{float, integer(5 << 32)}, nil, []num.Model{num.Int64Float64}},
		{"contradiction", []chunk.Constant{integer(-1), float, integer(1)}, map[int]uint32{2: half}, []num.Model{num.Int64Float64, num.Int32Float64}},
	} {
		im := collected(num.Int64Float64, &chunk.Image{Modules: []chunk.Module{
			{Name: "m", Main: &chunk.Proto{Source: text("@m"), Constants: c.constants}}}})
		data := lfs.Build(num.Int64Float64, im, 0x40290000).Data
		// The constants are in front of the record, the two entries and the table.
		at := len(data) - 16 - 2*16 - 76 - 12*len(c.constants)
		for i, w := range c.upper {
			binary.LittleEndian.PutUint32(data[at+12*i+4:], w)
		}
		s, _, err := lfs.Read(data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !slices.Equal(s.Models, c.want) {
			t.Errorf("%s: %v, want %v", c.name, s.Models, c.want)
		}
	}
}

func TestReadRest(t *testing.T) {
	data := lfs.Build(num.Int32Float32, sample(num.Int32Float32), 0x40290000).Data
	dump := append(bytes.Clone(data), bytes.Repeat([]byte{0xff}, 5000)...)
	s, _, err := lfs.Read(dump)
	if err != nil || len(s.Rest) != 5000 || !bytes.Equal(s.Data, data) {
		t.Errorf("%v, %d bytes behind", err, len(s.Rest))
	}
}

// TestReadDamaged changes words, and cuts the store in many places: nothing of
// that is taken for a whole store.
func TestReadDamaged(t *testing.T) {
	for _, model := range num.Models() {
		region := lfs.Build(model, sample(model), 0x40290000)
		values := []uint32{0, ^uint32(0), uint32(len(region.Data)), 0x40290030, 1}
		for i := range len(region.Data) / 4 {
			bad := bytes.Clone(region.Data)
			binary.LittleEndian.PutUint32(bad[4*i:], values[i%len(values)])
			checkDamaged(t, region, bad)
			copy(bad, region.Data)
			bad[4*i+i%4] ^= 1 << (i % 8)
			checkDamaged(t, region, bad)
			if i%8 == 0 {
				checkDamaged(t, region, region.Data[:4*i+i%4])
			}
		}
	}
}

func checkDamaged(t *testing.T, region *lfs.Region, bad []byte) {
	t.Helper()
	off := lfs.FirstDifference(region.Data, bad, region.Chance)
	s, im, err := lfs.Read(bad)
	var e *chunk.Error
	switch {
	case err == nil && off < 0:
	case err == nil:
		// Values and time stamps may be others.
		if lfs.FirstDifference(lfs.Build(s.Models[0], im, s.Base).Data, bad, s.Chance) >= 0 {
			t.Fatalf("byte %d was changed and nothing said", off)
		}
	case !errors.As(err, &e) || e.Offset < 0 || e.Offset > max(len(region.Data), len(bad)) || e.Reason == "":
		t.Fatalf("byte %d was changed: %v", off, err)
	}
}

func TestReadErrors(t *testing.T) {
	whole := lfs.Build(num.Int32Float32, sample(num.Int32Float32), 0x40290000).Data
	word := func(off int, w uint32) []byte {
		b := bytes.Clone(whole)
		binary.LittleEndian.PutUint32(b[off:], w)
		return b
	}
	le := binary.LittleEndian
	strings0 := int(le.Uint32(whole[4*lfs.HeaderTable:]) * 4)
	for _, c := range []struct {
		data []byte
		want string
	}{
		{nil, "the file is empty at byte 0"},
		{bytes.Repeat([]byte{0xff}, 100), "100 bytes of erased flash: there is no store in it"},
		{word(0, lfs.Signature|lfs.InProgress), "loading was cut off"},
		{append(bytes.Repeat([]byte{0xff}, 48), whole[48:]...), "loading was cut off"},
		{word(0, 0xfafaa150), "a store of Lua 5.1"},
		{word(0, 0xfafaa350), "unknown version"},
		{word(0, 0x12345678), "neither compiled Lua nor a store: it begins with the bytes 78 56 34 12"},
		{whole[:20], "cut off: its header has 48 bytes, the file has 20"},
		{whole[:len(whole)-4], "the file has only"},
		{word(4, 13), "13 bytes is no size of a store at byte 4"},
		{word(4*lfs.HeaderTable, 1), "the table of strings is said to be at byte 4 of"},
		{word(4*lfs.HeaderTable, 1<<30), "the table of strings is said to be at byte 4294967296 of"},
		{word(4*lfs.HeaderSlots, 3), "3 slots for"},
		{word(4*lfs.HeaderModules, 20), "bytes stand between the table of modules and the end"},
		{word(4*lfs.HeaderProtos, 20), "the store is damaged: the place of the last function in the header at byte 32"},
		{word(4*lfs.HeaderShort, 20), "the place of the last short string in the header"},
		{word(48, 0x40290001), "the address of the store would be 0x40290001 at byte 48"},
		{word(48, 0x40290004), "40 bytes of entries do not fit to 2 modules of any number model"},
		{word(48, 0x40000000), "the entries of the table of modules are said to be at byte"},
		{word(48+8, 1), "the store is damaged: the head of the string \"=(luac.cross)\" at byte"},
		{word(strings0, 1), "the store is damaged: slot 0 of the table of strings"},
		{word(len(whole)-16-3*12, 0x40290040+1), "the name of module 0 is not a string of the store"},
	} {
		if _, _, err := lfs.Read(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// FuzzRead looks for panics, endless loops and stores that are not what is read
// from them. Short inputs are faster than whole stores: they are changes of one,
// each the number of a word and the bits to turn over in it. With a high kind they
// are the file itself.
func FuzzRead(f *testing.F) {
	var stores [][]byte
	for _, model := range num.Models() {
		stores = append(stores, lfs.Build(model, sample(model), 0x40290000).Data,
			lfs.Build(model, collected(model, &chunk.Image{}), 0x40210000).Data,
			append(lfs.Build(model, newRandom(1, model).image(), 0x40210000).Data, 0xff, 0xff))
	}
	for i := range stores {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), []byte{12, 0, 4, 0, 0, 0, 1, 0, 0, 1, 0, 0})
	}
	f.Add(byte(200), []byte("\x50\xa2\xfa\xfa"))
	f.Add(byte(200), []byte("\x1bLuaQ\x00\x01\x04\x04\x04\x08\x00"))
	f.Add(byte(200), []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01"))
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		if int(kind) < 10*len(stores) {
			changed := bytes.Clone(stores[int(kind)%len(stores)])
			words := len(changed) / 4
			for ; len(data) >= 6; data = data[6:] {
				at := changed[int(binary.LittleEndian.Uint16(data))%words*4:]
				binary.LittleEndian.PutUint32(at, binary.LittleEndian.Uint32(at)^binary.LittleEndian.Uint32(data[2:]))
			}
			data = append(changed, data...)
		}
		c, err := lfs.Open(data)
		if err != nil || c.Store == nil {
			return
		}
		s := c.Store
		again := lfs.Build(s.Models[0], c.Image, s.Base)
		if off := lfs.FirstDifference(again.Data, data[:len(again.Data)], s.Chance); off >= 0 {
			t.Errorf("byte %d differs", off)
		}
	})
}
