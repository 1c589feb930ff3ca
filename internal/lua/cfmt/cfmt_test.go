package cfmt

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// parse reads a conversion specification as a printf format.
func parse(t *testing.T, format string) Spec {
	t.Helper()
	s := Spec{Prec: -1}
	i := 1
	for ; FlagOf(format[i]) != 0; i++ {
		s.Flags |= FlagOf(format[i])
	}
	number := func() (n int) {
		for ; '0' <= format[i] && format[i] <= '9'; i++ {
			n = n*10 + int(format[i]-'0')
		}
		return n
	}
	s.Width = number()
	if format[i] == '.' {
		i++
		s.Prec = number()
	}
	s.Verb = format[i]
	if i != len(format)-1 {
		t.Fatalf("bad format %q", format)
	}
	return s
}

// TestGlibc compares with what glibc 2.36 printed: each line of the table has
// the kind of argument, the format, the argument and the text.
func TestGlibc(t *testing.T) {
	name := "testdata/glibc.tsv"
	if other := os.Getenv("CFMT_TABLE"); other != "" {
		name = other
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	prefix := []byte("xyz")
	lines := bufio.NewScanner(file)
	bad := 0
	for lines.Scan() {
		col := strings.Split(lines.Text(), "\t")
		s := parse(t, col[1])
		bits, _ := strconv.ParseUint(col[2], 16, 64)
		var got []byte
		switch col[0] {
		case "f":
			got = Float(prefix, s, math.Float64frombits(bits))
		case "i32":
			got = Int(prefix, s, int64(bits), 32)
		case "i64":
			got = Int(prefix, s, int64(bits), 64)
		case "s":
			got = Str(prefix, s, []byte(col[2]))
		case "c":
			got = Char(prefix, s, col[2][0])
		}
		if string(got) != "xyz"+col[3] {
			t.Errorf("%s of %s: got %q, want %q", col[1], col[2], got[3:], col[3])
			if bad++; bad > 20 {
				t.FailNow()
			}
		}
		if col[0] == "f" && s == (Spec{Verb: 'g', Prec: s.Prec}) {
			if s.Prec < 0 {
				s.Prec = 6
			}
			if got := AppendG(nil, math.Float64frombits(bits), s.Prec); string(got) != col[3] {
				t.Errorf("AppendG(%s, %d) = %q, want %q", col[2], s.Prec, got, col[3])
			}
		}
	}
}

func TestAppendG(t *testing.T) {
	for _, c := range []struct {
		f    float64
		prec int
		want string
	}{
		{0, 14, "0"}, {math.Copysign(0, -1), 14, "-0"}, {1, 14, "1"}, {-17, 7, "-17"},
		{9999999, 7, "9999999"}, {10000000, 7, "1e+07"}, {-1e7, 7, "-1e+07"},
		{1e14, 14, "1e+14"}, {99999999999999, 14, "99999999999999"}, {1e15, 14, "1e+15"},
		{0.1, 14, "0.1"}, {1.0 / 3, 14, "0.33333333333333"}, {float64(float32(0.1)), 7, "0.1"},
		{1e-5, 7, "1e-05"}, {0.0001, 7, "0.0001"}, {math.Inf(1), 14, "inf"}, {math.Inf(-1), 14, "-inf"},
		{math.NaN(), 14, "nan"}, {math.Copysign(math.NaN(), -1), 14, "-nan"},
		{math.MaxFloat64, 14, "1.7976931348623e+308"}, {5e-324, 14, "4.9406564584125e-324"},
		{math.MinInt64, 14, "-9.2233720368548e+18"}, {1 << 53, 17, "9007199254740992"},
		{3, 0, "3"}, {35, 0, "4e+01"}, {25, 1, "2e+01"}, {123456, 3, "1.23e+05"},
	} {
		if got := string(AppendG(nil, c.f, c.prec)); got != c.want {
			t.Errorf("AppendG(%v, %d) = %q, want %q", c.f, c.prec, got, c.want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	buf := make([]byte, 0, 128)
	if n := testing.AllocsPerRun(100, func() {
		AppendG(buf, 1.0/3, 14)
		Float(buf, Spec{Verb: 'f', Prec: 3, Width: 10}, 1.0/3)
		Float(buf, Spec{Verb: 'a', Prec: -1}, 1.0/3)
		Int(buf, Spec{Verb: 'd', Prec: -1, Width: 12, Flags: Zero}, -5, 32)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppendG(b *testing.B) {
	buf := make([]byte, 0, 64)
	for b.Loop() {
		AppendG(buf, 0.123456789, 14)
	}
}
