package compat

import (
	"testing"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lint"
)

// FuzzRewrite rewrites any source, for each edition. What the edition takes, it takes afterwards.
func FuzzRewrite(f *testing.F) {
	for _, c := range cases {
		f.Add(c.old)
	}
	compiles := func(t *testing.T, b firmware.Build, source []byte) bool {
		found, err := lint.Run([]lint.File{{Path: "x.lua", Data: source}}, lint.Options{Build: b})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Rule == lint.RuleSyntax {
				return false
			}
		}
		return true
	}
	f.Fuzz(func(t *testing.T, source string) {
		for _, lua := range []string{"5.3", "5.1"} {
			b := firmware.Build{Lua: lua}
			list, err := Rewrite([]File{{Path: "x.lua", Data: []byte(source)}}, Options{Build: b})
			if err != nil {
				t.Fatal(err)
			}
			r := list[0]
			if len(r.Changes) == 0 {
				if string(r.Text) != source {
					t.Errorf("Lua %s: %q becomes %q, and no change is told", lua, source, r.Text)
				}
				continue
			}
			if compiles(t, b, []byte(source)) && !compiles(t, b, r.Text) {
				t.Errorf("Lua %s: %q becomes %q, which does not compile", lua, source, r.Text)
			}
		}
	})
}
