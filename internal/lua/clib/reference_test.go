package clib

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/numconv"
)

// The programs that MOONLET_CLIB names, separated as in PATH, are made of the firmware's
// app/libc and its submodule: for the host, where they are fast, or for the chip, run by
// an emulator, where their arithmetic is the chip's. They read requests up to the end of
// their input:
//
//	'p' n format kind value    snprintf; kind is f for a double, d for an int, q for 64 bits
//	'n' n text                 strtod
//	'w' x y                    pow
//	'l' x                      floor
//	'a' op x y                 x op y in double, op one of + - * /
//	'b' op x y                 x op y in float
//
// n is a byte, and numbers are little-endian. They write the answers: of snprintf its
// result as a signed byte and the text, of strtod the number and how many bytes it took,
// of the others a number.
var (
	cases = flag.Int("cases", 20000, "random numbers for each comparison with MOONLET_CLIB")
	seed  = flag.Uint64("seed", 1, "of the random numbers")
)

// ask gives requests to each program and lets check compare the answers.
func ask(t *testing.T, requests []byte, check func(t *testing.T, answers *bytes.Reader)) {
	t.Helper()
	programs := os.Getenv("MOONLET_CLIB")
	if programs == "" {
		t.Skip("MOONLET_CLIB names no program made of the firmware's C library")
	}
	for _, program := range strings.Split(programs, string(os.PathListSeparator)) {
		t.Run(strings.ReplaceAll(program, "/", "_"), func(t *testing.T) {
			cmd := exec.Command(program)
			cmd.Stdin = bytes.NewReader(requests)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			answers := bytes.NewReader(out)
			check(t, answers)
			if answers.Len() > 0 {
				t.Errorf("%d bytes of answers are left", answers.Len())
			}
		})
	}
}

func read[T any](t *testing.T, r *bytes.Reader) (v T) {
	t.Helper()
	if err := binary.Read(r, binary.LittleEndian, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func appendNumbers(b []byte, list ...float64) []byte {
	for _, f := range list {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

// source makes numbers of all kinds.
type source struct{ *rand.Rand }

func newSource() source { return source{rand.New(rand.NewPCG(*seed, 1))} }

var corners = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 2.5, 1e7, 9999999.5, 1e15, 1e16, 1e19, 1e20, math.MaxInt32,
	math.MinInt32, 1 << 63, 1 << 64, math.MaxFloat32, math.MaxFloat64, math.SmallestNonzeroFloat32,
	math.SmallestNonzeroFloat64, 2.2250738585072014e-308, math.Inf(1), math.Inf(-1), NaN(false), NaN(true)}

func (s source) float() float64 {
	f := 0.0
	switch s.IntN(8) {
	case 0:
		f = corners[s.IntN(len(corners))]
	case 1:
		f = math.Float64frombits(s.Uint64())
	case 2:
		f = float64(math.Float32frombits(s.Uint32()))
	case 3: // few digits
		f = float64(s.IntN(20000)) / math.Pow10(s.IntN(8))
	case 4: // halves
		f = float64(s.IntN(2000)) / 8
	default: // near 1
		f = math.Ldexp(1+s.Float64(), s.IntN(80)-40)
	}
	switch s.IntN(8) {
	case 0:
		f = -f
	case 1, 2, 3:
		f = float64(float32(f))
	}
	return f
}

// spec makes what string.format lets pass, and its text.
func (s source) spec(verbs string) (cfmt.Spec, string) {
	c := cfmt.Spec{Verb: verbs[s.IntN(len(verbs))], Prec: -1}
	text := "%"
	for _, flag := range "-+ #0" {
		if s.IntN(4) == 0 {
			c.Flags |= cfmt.FlagOf(byte(flag))
			text += string(flag)
		}
	}
	if s.IntN(2) == 0 {
		c.Width = 1 + s.IntN(99)
		if s.IntN(2) == 0 {
			c.Width = 1 + c.Width%20
		}
		text += fmt.Sprint(c.Width)
	}
	if s.IntN(3) > 0 {
		c.Prec = s.IntN(20)
		if s.IntN(8) == 0 {
			c.Prec = s.IntN(100)
		}
		text += fmt.Sprintf(".%d", c.Prec)
	}
	return c, text
}

type printed struct {
	spec  cfmt.Spec
	text  string
	float float64
	int   int64
	bits  int // of the integer, 0 for a float
}

// TestReferencePrint compares what is printed.
func TestReferencePrint(t *testing.T) {
	s := newSource()
	list := make([]printed, 0, *cases)
	var requests []byte
	for range *cases {
		var p printed
		kind := byte('f')
		value := uint64(0)
		switch s.IntN(4) {
		case 0:
			p.bits = 32 << s.IntN(2)
			kind = "dq"[p.bits/64]
			p.spec, p.text = s.spec("dioxXu")
			p.int = int64(s.Uint64()) >> s.IntN(64)
			if p.bits == 32 {
				p.int = int64(int32(p.int))
			}
			value = uint64(p.int)
		case 1: // as tostring does
			p.spec = cfmt.Spec{Verb: 'g', Prec: 7 + 7*s.IntN(2)}
			p.text = fmt.Sprintf("%%.%d", p.spec.Prec)
			p.float = s.float()
			value = math.Float64bits(p.float)
		default:
			p.spec, p.text = s.spec("aAeEfgG")
			p.float = s.float()
			value = math.Float64bits(p.float)
		}
		list = append(list, p)
		format := p.text
		if p.bits == 64 {
			format += "ll"
		}
		format += string(p.spec.Verb)
		requests = append(requests, 'p', byte(len(format)))
		requests = append(requests, format...)
		requests = append(requests, kind)
		requests = binary.LittleEndian.AppendUint64(requests, value)
	}
	ask(t, requests, func(t *testing.T, answers *bytes.Reader) {
		bad := 0
		for _, p := range list {
			n := read[int8](t, answers)
			want := make([]byte, max(n, 0))
			if _, err := answers.Read(want); err != nil && n > 0 {
				t.Fatal(err)
			}
			var got []byte
			ok := true
			if p.bits != 0 {
				got = Chip.Int(nil, p.spec, p.int, p.bits)
			} else {
				got, ok = Chip.Float(nil, p.spec, p.float)
			}
			if ok && p.spec == (cfmt.Spec{Verb: 'g', Prec: p.spec.Prec}) && 1 <= p.spec.Prec && p.spec.Prec <= 15 {
				if short := Chip.AppendG(nil, p.float, p.spec.Prec); !bytes.Equal(short, got) {
					t.Fatalf("AppendG of %x gives %q, Float %q", p.float, short, got)
				}
			}
			if ok != (n >= 0) || ok && !bytes.Equal(got, want) {
				if bad++; bad < 20 {
					t.Errorf("%+v: %q %v, want %q %d", p, got, ok, want, n)
				}
			}
		}
		t.Logf("%d of %d differ", bad, len(list))
	})
}

// numeral writes a number as programs and people do.
func (s source) numeral() string {
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = '0' + byte(s.IntN(10))
		}
		return string(b)
	}
	text := ""
	switch s.IntN(4) {
	case 0:
		text = fmt.Sprint(s.float())
	case 1:
		text = digits(s.IntN(12)) + "." + digits(s.IntN(12))
	case 2:
		text = digits(1+s.IntN(30)) + "." + digits(s.IntN(30))
	default:
		text = "0." + strings.Repeat("0", s.IntN(25)) + digits(s.IntN(25))
	}
	switch s.IntN(6) {
	case 0:
		text += fmt.Sprintf("e%d", s.IntN(700)-350)
	case 1:
		text += fmt.Sprintf("E+%02d", s.IntN(30))
	case 2:
		text = "-" + text
	case 3:
		text = " +" + text + "\n"
	}
	return text
}

// TestReferenceStrtod compares how numerals are read.
func TestReferenceStrtod(t *testing.T) {
	s := newSource()
	list := []string{"0e400", "0e-400", "1e-310", "4.9e-324", "1e4294967297", ".", "", "-", "0x10", "0x.8", "0x1p4", "inf",
		"nan", "1e", "1e+", "12e3.4", "1.2.3", "5.", ".5", "1 2"}
	for range *cases {
		list = append(list, s.numeral())
	}
	var requests []byte
	for _, text := range list {
		requests = append(requests, 'n', byte(len(text)))
		requests = append(requests, text...)
	}
	ask(t, requests, func(t *testing.T, answers *bytes.Reader) {
		bad := 0
		for _, text := range list {
			want := read[float64](t, answers)
			used := int(read[uint8](t, answers))
			// What Lua makes of it (l_str2d): all of it must be a number.
			wantOK := used > 0 && strings.TrimRight(text[used:], " \n") == ""
			got, ok := numconv.ChipParseFloat([]byte(text))
			if ok != wantOK || ok && math.Float64bits(got) != math.Float64bits(want) && (got == got || want == want) {
				if bad++; bad < 20 {
					t.Errorf("%q: %v %v, want %v %v", text, got, ok, want, wantOK)
				}
			}
		}
		t.Logf("%d of %d differ", bad, len(list))
	})
}

// TestReferencePow compares powers, but for those that take long or do not end.
func TestReferencePow(t *testing.T) {
	s := newSource()
	var pairs [][2]float64
	var requests []byte
	for range *cases {
		x, y := s.float(), s.float()
		switch s.IntN(4) {
		case 0:
			x, y = float64(s.IntN(100)), float64(s.IntN(40)-20)
		case 1:
			x, y = 10*s.Float64(), 60*s.Float64()-30
		}
		if _, ends := libm.ChipPow(x, y); !ends || math.Abs(y) > 1<<16 && !math.IsInf(y, 0) {
			continue
		}
		pairs = append(pairs, [2]float64{x, y})
		requests = append(requests, 'w')
		requests = appendNumbers(requests, x, y)
	}
	ask(t, requests, func(t *testing.T, answers *bytes.Reader) {
		bad := 0
		for _, p := range pairs {
			want := read[float64](t, answers)
			got, _ := libm.ChipPow(p[0], p[1])
			if math.Float64bits(got) != math.Float64bits(want) && (got == got || want == want) {
				if bad++; bad < 20 {
					t.Errorf("%v^%v = %v, want %v", p[0], p[1], got, want)
				}
			}
		}
		t.Logf("%d of %d differ", bad, len(pairs))
	})
}

// TestReferenceFloor compares floor.
func TestReferenceFloor(t *testing.T) {
	s := newSource()
	var list []float64
	var requests []byte
	for range *cases {
		list = append(list, s.float())
		requests = append(requests, 'l')
		requests = appendNumbers(requests, list[len(list)-1])
	}
	ask(t, requests, func(t *testing.T, answers *bytes.Reader) {
		bad := 0
		for _, x := range list {
			want := read[float64](t, answers)
			if got := Chip.Floor(x); math.Float64bits(got) != math.Float64bits(want) {
				if bad++; bad < 20 {
					t.Errorf("floor(%v) = %v, want %v", x, got, want)
				}
			}
		}
		t.Logf("%d of %d differ", bad, len(list))
	})
}
