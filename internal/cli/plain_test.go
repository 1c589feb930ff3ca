package cli

import "testing"

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"line\n\tnext \u20ac": "line\n\tnext \u20ac",
		"a\x1b[2Jb\rc\x00":    "a\\x1b[2Jb\\x0dc\\x00",
		"\xc2\x9b \x9b \x7f":  "\\xc2\\x9b \\x9b \\x7f",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
