package prompt

import (
	"bytes"
	"strings"
	"testing"
)

func TestScreen(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain\ttext\b\a\r\n", "plain\ttext\b\a\r\n"},
		{"\x1b[1;31mred\x1b[0m \x1b[2J\x1b[10;20H\x1b[38:2:1m", "\x1b[1;31mred\x1b[0m \x1b[2J\x1b[10;20H\x1b[38:2:1m"},
		{"\x1b]0;title\x07", "^[]0;title\x07"},
		{"\x1b]52;c;aGk=\x1b\\", "^[]52;c;aGk=^[\\"},
		{"\x1bP+q\x1b\\", "^[P+q^[\\"},
		{"\x1b[6n\x1b[c\x1b[?1049h\x1b[21t\x1b[5i", "^[[6n^[[c^[[?1049h^[[21t^[[5i"},
		{"\x1bc\x1b(0", "^[c^[(0"},
		{"\x1b[" + strings.Repeat("1", 40) + "m", "^[[" + strings.Repeat("1", 40) + "m"},
		{"\x1b\x1b[6n", "^[^[[6n"},
		{"\x00\x01\x0e\x7f", "^@^A^N^?"},
		{"\xc2\x9b6n \x9b6n \xc2\x85", "\\xc2\\x9b6n \\x9b6n \\xc2\\x85"},
		{"gr\u00fc\u00df \u20ac \U0001F319", "gr\u00fc\u00df \u20ac \U0001F319"},
		{"\xff\xfe\xe2\x82", "\\xff\\xfe"}, // the rest may become a character
	} {
		for _, piece := range []int{len(c.in), 1, 3} {
			var b bytes.Buffer
			s := &Screen{w: &b}
			for rest := c.in; len(rest) > 0; {
				n := min(piece, len(rest))
				if got, err := s.Write([]byte(rest[:n])); got != n || err != nil {
					t.Fatal(got, err)
				}
				rest = rest[n:]
			}
			if b.String() != c.want {
				t.Errorf("%q in pieces of %d: %q, want %q", c.in, piece, b.String(), c.want)
			}
		}
	}
}

// FuzzScreen holds that nothing but what only draws comes through, however it is cut.
func FuzzScreen(f *testing.F) {
	f.Add([]byte("a\x1b[1mb\x1b]0;x\x07\xc2\x9b"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		var whole, pieces bytes.Buffer
		(&Screen{w: &whole}).Write(in)
		s := &Screen{w: &pieces}
		for rest := in; len(rest) > 0; {
			n := min(int(piece)+1, len(rest))
			s.Write(rest[:n])
			rest = rest[n:]
		}
		if !bytes.Equal(whole.Bytes(), pieces.Bytes()) {
			t.Fatalf("%q and %q", whole.Bytes(), pieces.Bytes())
		}
		if len(s.held) > csiMax {
			t.Errorf("%d bytes are held", len(s.held))
		}
		out := whole.String()
		for i := range len(out) {
			switch c := out[i]; {
			case c == 0x1B:
				end := strings.IndexFunc(out[i+2:], func(r rune) bool { return !strings.ContainsRune("0123456789;:", r) })
				if out[i+1] != '[' || end < 0 || strings.IndexByte(drawing, out[i+2+end]) < 0 {
					t.Fatalf("%q gives %q", in, out)
				}
			case c < ' ' && !strings.ContainsRune("\n\r\t\b\a", rune(c)), c == 0x7F:
				t.Fatalf("%q gives %q", in, out)
			}
		}
		if strings.IndexFunc(out, func(r rune) bool { return r >= 0x80 && r < 0xA0 }) >= 0 {
			t.Fatalf("%q gives %q", in, out)
		}
	})
}
