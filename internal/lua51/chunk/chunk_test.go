package chunk

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func text(s string) Text { return Text{s, true} }

// example has everything that a function can have.
func example() *Proto {
	return &Proto{Source: text("@a.lua"), NumUpvalues: 1, NumParams: 2, IsVararg: VarargIsVararg, MaxStackSize: 5,
		Code: []uint32{1, 2, 0xffffffff}, LineInfo: []byte{1, 2, 0}, LastLineDefined: 9,
		Constants: []Constant{{}, {Kind: True}, {Kind: False}, {Kind: Number}, {Kind: String, Str: "a\x00b"}, {Kind: String}},
		LocVars:   []LocVar{{text("x"), 1, 2}}, Upvalues: []Text{text("up")},
		Protos: []*Proto{{LineDefined: 3, LastLineDefined: 4, MaxStackSize: 2, Code: []uint32{7}},
			{Source: text("=other"), Code: []uint32{}}},
	}
}

func encode(t *testing.T, n Numbers, p *Proto, strip bool) []byte {
	t.Helper()
	b, err := Encode(n, p, strip)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for n := range Numbers(2) {
		p := example()
		p.Constants[3].Float, p.Constants[3].Int = -1.5, 0
		if n == Integer {
			p.Constants[3].Float, p.Constants[3].Int = 0, -7
		}
		b := encode(t, n, p, false)
		f, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if f.Numbers != n || !reflect.DeepEqual(f.Main, p) {
			t.Errorf("%v: %+v", n, f.Main)
		}
		if !bytes.Equal(encode(t, n, f.Main, false), b) {
			t.Error("other bytes")
		}
		s, err := Decode(encode(t, n, p, true))
		if err != nil || s.Main.Source.Set || s.Main.LineInfo != nil || s.Main.LocVars != nil || s.Main.Upvalues != nil || s.Main.Protos[1].Source.Set {
			t.Errorf("stripped: %v %+v", err, s.Main)
		}
	}
}

// TestInteger holds that the largest and the smallest integer are refused, as by the firmware.
func TestInteger(t *testing.T) {
	for n, want := range map[int32]error{math.MaxInt32: ErrInteger, math.MinInt32: ErrInteger, math.MaxInt32 - 1: nil, math.MinInt32 + 1: nil} {
		p := &Proto{Source: text("=x"), Constants: []Constant{{Kind: Number, Int: n}}}
		if _, err := Encode(Integer, p, false); !errors.Is(err, want) {
			t.Errorf("%d: %v", n, err)
		}
		if _, err := Encode(Float, p, false); err != nil {
			t.Error(err)
		}
	}
}

// TestRefused holds what is said about files that cannot be read.
func TestRefused(t *testing.T) {
	good := string(encode(t, Float, example(), false))
	with := func(at int, c byte) string { return good[:at] + string([]byte{c}) + good[at+1:] }
	numberAt := strings.Index(good, "\x03\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", "the file ends early"},
		{"text", "print(1) -- text", "not a file of compiled Lua at byte 0"},
		{"5.3", with(4, 0x53), "compiled for Lua 5.3, not 5.1 at byte 4"},
		{"format", with(5, 1), "format 1 is not that of Lua 5.1 at byte 5"},
		{"big-endian", with(6, 0), "the other order of bytes"},
		{"size_t of 8", with(8, 8), "int of 4, sizes of 8 and instructions of 4 bytes"},
		{"single", with(10, 4), "numbers of 4 bytes (integral: 0), which no firmware has at byte 10"},
		{"cut", good[:len(good)-1], "do not fit into the rest of the file"},
		{"longer", good + "x", "1 bytes stand behind the end"},
		{"old number", with(numberAt, 5), "compiled for firmware before 3.0-master_20200610"},
		{"old string", with(numberAt, 6), "compiled for firmware before 3.0-master_20200610"},
		{"unknown", with(numberAt, 9), "a constant of unknown type 9"},
		{"huge string", good[:12] + "\xff\xff\xff\x7f" + good[16:], "2147483647 bytes of a string do not fit into the rest of the file at byte 12"},
		{"negative", good[:12] + "\xff\xff\xff\xff" + good[16:], "the number 4294967295 is out of range at byte 12"},
		{"no end", good[:22] + "x" + good[23:], "a string has no end at byte 12"},
	} {
		_, err := Decode([]byte(c.file))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	for n := range good {
		if _, err := Decode([]byte(good[:n])); err == nil {
			t.Fatalf("the first %d bytes are taken", n)
		}
	}
	deep := example()
	for range maxNesting {
		deep = &Proto{Protos: []*Proto{deep}}
	}
	if _, err := Decode(encode(t, Float, deep, false)); err == nil || !strings.Contains(err.Error(), "nested more than 200 levels") {
		t.Error(err)
	}
}

// FuzzDecode holds that what can be read is written again as it was, but for what is padded.
func FuzzDecode(f *testing.F) {
	for n := range Numbers(2) {
		b, _ := Encode(n, example(), false)
		f.Add(b)
		b, _ = Encode(n, example(), true)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Decode(data)
		if err != nil {
			return
		}
		b, err := Encode(file.Numbers, file.Main, false)
		if err != nil {
			return
		}
		again, err := Decode(b)
		if err != nil || len(b) != len(data) {
			t.Fatalf("%d bytes become %d: %v", len(data), len(b), err)
		}
		c, _ := Encode(again.Numbers, again.Main, false)
		if !bytes.Equal(b, c) {
			t.Error("it changes each time")
		}
	})
}
