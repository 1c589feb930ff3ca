package stdlib

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/libm"
)

func TestParseBase(t *testing.T) {
	for _, c := range []struct {
		s    string
		base uint64
		n    int64
		ok   bool
	}{
		{"ff", 16, 255, true}, {" -FF\t", 16, -255, true}, {"+z", 36, 35, true}, {"8", 8, 0, false},
		{"", 10, 0, false}, {"-", 10, 0, false}, {"1 1", 10, 1, false}, {"1\x00", 10, 1, false}, {"1_", 10, 1, false},
		{"18446744073709551617", 10, 1, true}, {"--1", 10, 0, false},
	} {
		if n, ok := parseBase([]byte(c.s), c.base); ok != c.ok || ok && n != c.n {
			t.Errorf("parseBase(%q, %d) = %d, %v", c.s, c.base, n, ok)
		}
	}
}

func TestPosRelat(t *testing.T) {
	for _, c := range [][3]int64{{1, 5, 1}, {0, 5, 0}, {-1, 5, 5}, {-5, 5, 1}, {-6, 5, 0}, {9, 5, 9},
		{math.MinInt64, 5, 0}, {math.MaxInt64, 5, math.MaxInt64}} {
		if got := posRelat(c[0], int(c[1])); got != c[2] {
			t.Errorf("posRelat(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestSwapCase(t *testing.T) {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	for from := range 20 {
		for _, first := range []byte{'a', 'A'} {
			src := all[from:]
			dst := make([]byte, len(src))
			swapCase(dst, src, first)
			for i, c := range src {
				want := c
				if first <= c && c < first+26 {
					want ^= 0x20
				}
				if dst[i] != want {
					t.Fatalf("letters from %c: %q becomes %q", first, c, dst[i])
				}
			}
		}
	}
}

func TestUTF8(t *testing.T) {
	for _, c := range []struct {
		s    string
		code uint32
		n    int
	}{
		{"a", 'a', 1}, {"é", 0xE9, 2}, {"€", 0x20AC, 3}, {"😀", 0x1F600, 4}, {"\xED\xA0\x80", 0xD800, 3},
		{"\x80", 0, 0}, {"\xC0\x80", 0, 0}, {"\xE2\x82", 0, 0}, {"\xF4\x90\x80\x80", 0, 0}, {"\xFF", 0, 0}, {"", 0, 1},
		{"\xF8\x88\x80\x80\x80", 0, 0},
	} {
		if code, n := decodeUTF8([]byte(c.s)); n != c.n || n > 0 && code != c.code {
			t.Errorf("decodeUTF8(%q) = %x, %d", c.s, code, n)
		}
	}
}

func TestLog10(t *testing.T) {
	for i := -300; i <= 300; i++ {
		x := math.Pow10(i)
		if got := log10(x); got != float64(i) {
			t.Errorf("log10(1e%d) = %v", i, got)
		}
		if i > -38 && i <= 38 {
			if got := log10f(float32(x)); got != float32(i) {
				t.Errorf("log10 of the float 1e%d = %v", i, got)
			}
		}
	}
	for _, x := range []float64{2, 0.3, 7.5, 1e-300} {
		if got, want := log10(x), math.Log10(x); math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Errorf("log10(%v) = %v, want about %v", x, got, want)
		}
	}
}

// What glibc 2.36 returned for the float functions.
func TestFloatFunctions(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float32
	}{
		{"log10 1000", log10f(1000), 3}, {"log10 2", log10f(2), 0.30103001}, {"log10 50", log10f(50), 1.69896996},
		{"atan2 -3 -4", atan2f(-3, -4), -2.49809170}, {"atan2 1 0", atan2f(1, 0), 1.57079637},
		{"atan2 0 -1", atan2f(0, -1), 3.14159274}, {"acos -1", acosf(-1), 3.14159274}, {"acos 1", acosf(1), 0},
		{"asin 1", asinf(1), 1.57079637}, {"tan 0", tanf(0), 0},
		{"tan 1e30", tanf(1e30), 1.29358613}, {"sin 1e30", libm.Sinf(1e30), -0.791163445}, {"cos -1e30", libm.Cosf(-1e30), -0.61160481},
	} {
		if c.got != c.want {
			t.Errorf("%s = %.9g, want %.9g", c.name, c.got, c.want)
		}
	}
	for i := -2000; i <= 2000; i++ {
		x := float32(i) / 300
		near := func(name string, got float32, want float64) {
			if math.Abs(float64(got)-want) > 1.2e-7*max(math.Abs(want), 1e-3) {
				t.Errorf("%s(%v) = %.9g, want about %.9g", name, x, got, want)
			}
		}
		near("tan", tanf(x), math.Tan(float64(x)))
		near("atan2", atan2f(x, 0.7), math.Atan2(float64(x), float64(float32(0.7))))
		if abs32(x) <= 1 {
			near("asin", asinf(x), math.Asin(float64(x)))
			near("acos", acosf(x), math.Acos(float64(x)))
		}
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2021, 1, 1, 0, 5, 9, 0, time.FixedZone("XYZ", -3*3600-30*60))
	for spec, want := range map[byte]string{
		'a': "Fri", 'A': "Friday", 'b': "Jan", 'B': "January", 'h': "Jan", 'c': "Fri Jan  1 00:05:09 2021", 'C': "20",
		'd': "01", 'D': "01/01/21", 'e': " 1", 'F': "2021-01-01", 'g': "20", 'G': "2020", 'H': "00", 'I': "12", 'j': "001",
		'm': "01", 'M': "05", 'n': "\n", 'p': "AM", 'r': "12:05:09 AM", 'R': "00:05", 'S': "09", 't': "\t", 'T': "00:05:09",
		'u': "5", 'U': "00", 'V': "53", 'w': "5", 'W': "00", 'x': "01/01/21", 'X': "00:05:09", 'y': "21", 'Y': "2021",
		'z': "-0330", 'Z': "XYZ", '%': "%",
	} {
		if got := string(appendTime(nil, at, spec)); got != want {
			t.Errorf("%%%c is %q, want %q", spec, got, want)
		}
	}
}

func TestAdjustDST(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data")
	}
	winter := time.Date(2024, 1, 15, 12, 0, 0, 0, zone)
	if got := adjustDST(winter, 1); !got.Equal(winter.Add(-time.Hour)) {
		t.Errorf("a winter time that claims to be in summer becomes %v", got)
	}
	if got := adjustDST(winter, 0); !got.Equal(winter) {
		t.Errorf("a winter time becomes %v", got)
	}
	if got := adjustDST(winter.UTC(), 1); !got.Equal(winter.Add(-time.Hour)) { // as glibc 2.36 has it
		t.Errorf("a zone without summer time: %v", got)
	}
}

func TestSysError(t *testing.T) {
	_, missing := os.Open("/no/such/file")
	for _, c := range []struct {
		err  error
		text string
		code int
	}{
		{missing, "No such file or directory", 2},
		{fmt.Errorf("wrapped: %w", fs.ErrPermission), "Permission denied", 13},
		{errSeek, "Illegal seek", 29},
		{fmt.Errorf("wrapped: %w", errBadFile), "Bad file descriptor", 9},
		{errors.New(""), "", 5},
		{errors.New("something else"), "something else", 5},
	} {
		if runtime.GOOS == "windows" && c.code == 2 {
			continue
		}
		if text, code := sysError(c.err); text != c.text || code != c.code {
			t.Errorf("sysError(%v) = %q, %d, want %q, %d", c.err, text, code, c.text, c.code)
		}
	}
}

func TestValidMode(t *testing.T) {
	for _, m := range []string{"r", "w", "a", "r+", "rb", "r+b", "abb"} {
		if !validMode(m) {
			t.Errorf("%q is refused", m)
		}
	}
	for _, m := range []string{"", "x", "+", "rw", "rb+", "r++", "r+x"} {
		if validMode(m) {
			t.Errorf("%q is accepted", m)
		}
	}
}
