package minify

import (
	"errors"
	"testing"
)

// FuzzMinify makes any source shorter, with each way to leave something as it is. What compiles has the same code, and
// shorter source is not longer.
func FuzzMinify(f *testing.F) {
	for _, c := range cases {
		f.Add(c.source, uint8(0))
		f.Add(c.source, uint8(3))
	}
	f.Add("for i=1,3 do local function f(...)local a,b=...;return f(a,b,arg)end goto x ::x:: end", uint8(1))
	var ms []*Minifier
	for _, name := range []string{"5.3", "5.1", "5.1-int"} {
		ms = append(ms, minifier(f, editions[name]))
	}
	f.Fuzz(func(t *testing.T, source string, how uint8) {
		o := Options{KeepLines: how&1 != 0, KeepAll: how&2 != 0}
		if how&4 != 0 {
			o.KeepComments = []string{"-", "a"}
		}
		for _, m := range ms {
			r, err := m.Minify([]byte(source), o)
			switch {
			case errors.Is(err, ErrDiffers):
				t.Errorf("%s, %+v: %v: %q became %q", m.edition, o, err, source, shortened(m, source, o))
			case err == nil && how&5 == 0 && len(r.Text) > len(source)+1:
				t.Errorf("%s: %q became %q", m.edition, source, r.Text)
			}
		}
	})
}

// shortened is what is refused, for messages.
func shortened(m *Minifier, source string, o Options) string {
	tree, err := m.session.Parse([]byte(source))
	if err != nil {
		return err.Error()
	}
	o.Lua51, o.Integral = m.edition.Lua51, m.edition.Integral
	return string(shorten(tree, o).Text)
}
