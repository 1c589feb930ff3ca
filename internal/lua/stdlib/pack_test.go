package stdlib

import (
	"fmt"
	"testing"
)

// options reads a whole format and writes down what it found: for each option
// its kind, its size in bytes and the padding in front of it.
func options(format string, intSize, floatSize int) (text string) {
	msg := caught(func() {
		f := newPackFormat(&stub{format: format, intSize: intSize, floatSize: floatSize})
		offset := int64(0)
		for len(f.text) > 0 {
			item := f.next(offset)
			offset += int64(item.pad + item.size)
			name := [...]string{"int", "uint", "float", "chars", "string", "zero", "pad", "align", "none"}[item.kind]
			text += fmt.Sprintf("%s%d+%d ", name, item.size, item.pad)
		}
	})
	return text + msg
}

func TestPackFormat(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"", ""},
		{"bBhHiIlL", "int1+0 uint1+0 int2+0 uint2+0 int4+0 uint4+0 int4+0 uint4+0 "},
		{"T s fd", "uint4+0 none0+0 string4+0 none0+0 float4+0 float8+0 "},
		{"i3I16s1", "int3+0 uint16+0 string1+0 "},
		{"!b i4", "none0+0 int1+0 none0+0 int4+3 "},
		{"!bd", "none0+0 int1+0 float8+7 "}, // that of a double is the largest alignment
		{"!8bd", "none0+0 int1+0 float8+7 "},
		{"!2bi8", "none0+0 int1+0 int8+1 "},
		{"!4 b Xi4 x", "none0+0 none0+0 int1+0 none0+0 align0+3 none0+0 pad1+0 "},
		{"c10z", "chars10+0 zero0+0 "},
		{"c2147483639", "chars2147483639+0 "},
		{"b\x00i", "int1+0 "},
		{"c", "missing size for format option 'c'"},
		{"i17", "integral size (17) out of limits [1,16]"},
		{"i0", "integral size (0) out of limits [1,16]"},
		{"!17", "integral size (17) out of limits [1,16]"},
		{"X", "invalid next option for option 'X'"},
		{"Xz", "invalid next option for option 'X'"},
		{"Xc3", "invalid next option for option 'X'"},
		{"!4i3", "none0+0 format asks for alignment not power of 2"},
	} {
		if got := options(c.format, 4, 4); got != c.want {
			t.Errorf("%q: got %q, want %q", c.format, got, c.want)
		}
	}
	if got := options("jJn", 8, 8); got != "int8+0 uint8+0 float8+0 " {
		t.Errorf("wide numbers: %q", got)
	}
	if got := options("jJn", 4, 4); got != "int4+0 uint4+0 float4+0 " {
		t.Errorf("narrow numbers: %q", got)
	}
}

func TestPackedIntegers(t *testing.T) {
	for _, intSize := range []int{4, 8} {
		f := packFormat{L: &stub{}, intSize: intSize}
		for size := 1; size <= maxIntSize; size++ {
			for _, n := range []int64{0, 1, -1, 100, -128, 1 << 20, -1 << 31, 1<<31 - 1} {
				bits := size * 8
				if bits < 64 && (n < -1<<(bits-1) || n >= 1<<(bits-1)) {
					continue
				}
				for _, f.little = range []bool{false, true} {
					p := make([]byte, size)
					putInt(p, uint64(n), f.little, n < 0)
					if got := f.getInt(p, true); got != n {
						t.Errorf("%d in %d bytes of %x reads as %d", n, size, p, got)
					}
				}
			}
		}
	}
}

func TestPackedFloats(t *testing.T) {
	for _, size := range []int{4, 8} {
		for _, little := range []bool{false, true} {
			p := make([]byte, size)
			putFloat(p, -1.5, little)
			if got := getFloat(p, little); got != -1.5 {
				t.Errorf("%d bytes: %v", size, got)
			}
			if sign := p[0]&0x80 != 0; sign == little {
				t.Errorf("%d bytes, little %v: %x", size, little, p)
			}
		}
	}
}
