package numconv

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestGlibc compares with what the functions of lobject.c gave over glibc's
// strtod: each line has the numeral, the 32-bit and the 64-bit integer and the
// bits of the float, "-" where the conversion failed.
func TestGlibc(t *testing.T) {
	name := "testdata/glibc.tsv"
	if other := os.Getenv("NUMCONV_TABLE"); other != "" {
		name = other
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	bad := 0
	unescape := strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\v`, "\v")
	for lines.Scan() {
		col := strings.Split(lines.Text(), "\t")
		in := []byte(unescape.Replace(col[0]))
		for i, bits := range []int{32, 64} {
			got := "-"
			if n, ok := ParseInt(in, bits); ok {
				got = strconv.FormatInt(n, 10)
			}
			if got != col[1+i] {
				t.Errorf("ParseInt(%q, %d) = %s, want %s", in, bits, got, col[1+i])
			}
		}
		f, ok := ParseFloat(in)
		want, err := strconv.ParseUint(col[3], 16, 64)
		if ok != (err == nil) || ok && math.Float64bits(f) != want {
			t.Errorf("ParseFloat(%q) = %v (%x), %v, want %s", in, f, math.Float64bits(f), ok, col[3])
		}
		if t.Failed() {
			if bad++; bad > 20 {
				t.FailNow()
			}
		}
	}
}

func TestZeroByte(t *testing.T) {
	for _, s := range []string{"1\x00", "\x001", "1\x002", "0x1\x00", "1.5\x00", "0x1.8\x00"} {
		if n, ok := ParseInt([]byte(s), 64); ok {
			t.Errorf("ParseInt(%q) = %d", s, n)
		}
		if f, ok := ParseFloat([]byte(s)); ok {
			t.Errorf("ParseFloat(%q) = %v", s, f)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	in, dec, hex := []byte(" -123456 "), []byte("-1234.5678e-10"), []byte("0x1.8p-3")
	if n := testing.AllocsPerRun(100, func() {
		ParseInt(in, 32)
		ParseFloat(dec)
		ParseFloat(hex)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParseInt(b *testing.B) {
	in := []byte("123456")
	for b.Loop() {
		ParseInt(in, 32)
	}
}

func BenchmarkParseFloat(b *testing.B) {
	in := []byte("3.14159")
	for b.Loop() {
		ParseFloat(in)
	}
}
