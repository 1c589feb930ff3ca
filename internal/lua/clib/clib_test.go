package clib

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/libm"
)

var update = flag.Bool("update", false, "write the golden file anew; compare with MOONLET_CLIB first")

const golden = "testdata/chip.tsv"

// goldenCases is how many lines of each kind the golden file has.
const goldenCases = 300

// writeGolden writes what the chip gives for numbers of all kinds.
func writeGolden() []byte {
	var b bytes.Buffer
	s := newSource()
	for range goldenCases {
		spec, text := s.spec("aAeEfgG")
		f := s.float()
		fmt.Fprintf(&b, "print\t%s%c\t%x\t%s\n", text, spec.Verb, math.Float64bits(f), show(spec, f))
		spec = cfmt.Spec{Verb: 'g', Prec: 7 + 7*s.IntN(2)}
		f = s.float()
		fmt.Fprintf(&b, "print\t%%.%dg\t%x\t%s\n", spec.Prec, math.Float64bits(f), show(spec, f))
		text = strings.TrimSpace(s.numeral())
		fmt.Fprintf(&b, "read\t%s\t%s\n", text, numeral(text))
		x, y := s.float(), s.float()
		if s.IntN(2) == 0 {
			x, y = 10*s.Float64(), 60*s.Float64()-30
		}
		fmt.Fprintf(&b, "pow\t%x\t%x\t%s\n", math.Float64bits(x), math.Float64bits(y), power(x, y))
		fmt.Fprintf(&b, "floor\t%x\t%x\n", math.Float64bits(x), math.Float64bits(Chip.Floor(x)))
	}
	return b.Bytes()
}

func show(spec cfmt.Spec, f float64) string {
	text, ok := Chip.Float(nil, spec, f)
	if !ok {
		return "fails"
	}
	return strconv.Quote(string(text))
}

func numeral(text string) string {
	f, ok := Chip.ParseFloat([]byte(text))
	if !ok {
		return "none"
	}
	return bitsOf(f)
}

func power(x, y float64) string {
	f, ends := libm.ChipPow(x, y)
	if !ends {
		return "hangs"
	}
	return bitsOf(f)
}

func bitsOf(f float64) string {
	if f != f {
		return "nan"
	}
	return strconv.FormatUint(math.Float64bits(f), 16)
}

// parseSpec reads a specification of the golden file.
func parseSpec(text string) cfmt.Spec {
	s := cfmt.Spec{Prec: -1}
	i := 1
	for ; cfmt.FlagOf(text[i]) != 0; i++ {
		s.Flags |= cfmt.FlagOf(text[i])
	}
	s.Verb = text[len(text)-1]
	width, prec, point := strings.Cut(text[i:len(text)-1], ".")
	s.Width, _ = strconv.Atoi(width)
	if point {
		s.Prec, _ = strconv.Atoi(prec)
	}
	return s
}

// TestGolden compares with what the chip's functions gave when they were compared with the
// firmware's.
func TestGolden(t *testing.T) {
	if *update {
		if err := os.WriteFile(golden, writeGolden(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	float := func(hex string) float64 {
		bits, err := strconv.ParseUint(hex, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return math.Float64frombits(bits)
	}
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); n++ {
		c := strings.Split(lines.Text(), "\t")
		got, want := "", c[len(c)-1]
		switch c[0] {
		case "print":
			got = show(parseSpec(c[1]), float(c[2]))
		case "read":
			got = numeral(c[1])
		case "pow":
			got = power(float(c[1]), float(c[2]))
		case "floor":
			got = strconv.FormatUint(math.Float64bits(Chip.Floor(float(c[1]))), 16)
		}
		if got != want {
			t.Errorf("%s: got %s", lines.Text(), got)
		}
	}
	if n != 5*goldenCases {
		t.Errorf("%d lines, want %d", n, 5*goldenCases)
	}
}

// TestChipPrint holds what is special about the chip.
func TestChipPrint(t *testing.T) {
	for _, c := range []struct {
		format string
		f      float64
		want   string
	}{
		{"%.14g", math.Copysign(0, -1), `"0"`},
		{"%.0f", 0.5, `"1"`},
		{"%.0f", 2.5, `"3"`},
		{"%.0f", -0.5, `"-1"`},
		{"%.14g", NaN(true), `"nan"`},
		{"%+G", NaN(true), `"+NAN"`},
		{"%06g", math.Inf(-1), `"  -inf"`},
		{"%a", 1.5, `"1.500000"`},
		{"%.3A", 255, `"255.000"`},
		{"%.30f", 0.5, `"0.5000000000000000000"`},
		{"%f", 1 << 63, `"9223372036854775808.000000"`},
		{"%f", 1 << 64, `fails`},
		{"%f", -1e20, `fails`},
		{"%.3e", 5e-324, `"0.000e-308"`},
		{"%.99g", 1e20, `"1e+20"`},
		{"%.99g", 5e19, `fails`},
		{"%g", 1e20, `"1e+20"`},
		{"%#.3g", 1000, `"1.00e+03"`},
		{"%-8.1fx", 2.25, `"2.3     "`},
		{"%08.1f", -2.25, `"-00002.3"`},
	} {
		if got := show(parseSpec(strings.TrimSuffix(c.format, "x")), c.f); got != c.want {
			t.Errorf("%s of %v is %s, want %s", c.format, c.f, got, c.want)
		}
	}
	for _, c := range []struct {
		l    Library
		want string
	}{{Chip, "A|0|0"}, {Host, "    A||0"}} {
		b := c.l.Char(nil, cfmt.Spec{Verb: 'c', Width: 5, Prec: -1}, 'A')
		b = c.l.Int(append(b, '|'), cfmt.Spec{Verb: 'd', Prec: 0}, 0, 32)
		b = c.l.Int(append(b, '|'), cfmt.Spec{Verb: 'o', Prec: 0, Flags: cfmt.Alt}, 0, 32)
		if string(b) != c.want {
			t.Errorf("%v prints %q, want %q", c.l, b, c.want)
		}
	}
}

// TestChipNumbers holds what is special about the chip's functions.
func TestChipNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{numeral("0.0000000000000000001234"), bitsOf(0)}, // more than 18 digits with the zeros
		{numeral("1234567890123456789"), bitsOf(1234567890123456780)},
		{numeral("1e-310"), bitsOf(0)},
		{numeral("0e400"), "nan"},
		{numeral("1e400"), bitsOf(math.Inf(1))},
		{numeral("-0.0"), bitsOf(math.Copysign(0, -1))},
		{numeral("0x.8"), "none"},
		{numeral("0x1p4"), "none"},
		{numeral("1e2147483648"), bitsOf(0)},
		{power(2, 4), bitsOf(16.000000000000004)},
		{power(2, 127), bitsOf(math.MaxFloat32)},
		{power(2, -128), bitsOf(0)},
		{power(math.Inf(1), 2), bitsOf(math.MaxFloat32)},
		{power(-2, 3), bitsOf(-8.000000000000002)},
		{power(-8, 0.5), "nan"},
		{power(3, 1e300), "hangs"},
		{bitsOf(Chip.Floor(3e9)), bitsOf(math.MaxInt32)},
		{bitsOf(Chip.Floor(-3e9)), bitsOf(math.MaxInt32)},
		{bitsOf(Chip.Floor(math.MinInt32)), bitsOf(math.MinInt32)},
		{bitsOf(Chip.Floor(NaN(false))), bitsOf(math.MaxInt32)},
		{bitsOf(Host.Floor(-3e9)), bitsOf(-3e9)},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, l := range []Library{Host, Chip} {
		if got, err := Parse(l.String()); got != l || err != nil {
			t.Errorf("%v: %v, %v", l, got, err)
		}
	}
	if _, err := Parse("glibc"); err == nil {
		t.Error("an unknown library is taken")
	}
}

func BenchmarkAppendG(b *testing.B) {
	for _, c := range []struct {
		name string
		f    float64
	}{{"whole", 42}, {"near", 3.14159}, {"far", 1.2345e-300}} {
		for _, l := range []Library{Host, Chip} {
			b.Run(l.String()+"/"+c.name, func(b *testing.B) {
				var room [64]byte
				for b.Loop() {
					l.AppendG(room[:0], c.f, 14)
				}
			})
		}
	}
}
