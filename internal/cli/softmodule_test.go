package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

func TestSoftmodule(t *testing.T) {
	dir := app(t, "m.lua", "local M, n = {}, 0\nfunction M.add(a, b) return a + b end\nfunction M.count() n = n + 1 return n end\nprint('FILE\\t../evil.lc')\nreturn M\n",
		"good.lua", "local M = {} function M.f() return 1 end function M.g() return 2 end return M\n", "bad.lua", "return = 1\n", "nothing.lua", "local x = 1\n", "hang.lua", "while true do tmr.wdclr() end\n",
		"part.lua", "local M, n = {}, 0\nfunction M.add(a, b) return a + b end\nfunction M.count() n = n + 1 return n end\nreturn M\n")
	file := func(name string) string { return filepath.Join(dir, name) }
	newWorld("", nil).run(t, 0, file("good_f.lc")+": ", "", "softmodule", file("good.lua"))
	newWorld("", nil).run(t, 0, file("out/good_g.lc")+": ", "", "softmodule", file("good.lua"), "-o", file("out"), "--only", "g")
	if _, err := os.Stat(file("out/good_f.lc")); err == nil {
		t.Error("a function that was not named is cut out")
	}
	newWorld("", nil).run(t, cli.ExitFindings, "not cut out: part.count uses 1 local(s) of its file: n", "", "softmodule", file("part.lua"))
	if _, err := os.Stat(file("part_add.lc")); err != nil {
		t.Error(err)
	}
	newWorld("", nil).run(t, cli.ExitUsage, "", "is no name of a function's file", "softmodule", file("m.lua"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "unexpected symbol near '='", "softmodule", file("bad.lua"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "nothing returns no table", "softmodule", file("nothing.lua"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "does not get to its end", "softmodule", file("hang.lua"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "no such file", "softmodule", file("none.lua"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "--lua", "softmodule", file("good.lua"), "--lua", "5.4")
	newWorld("", nil).run(t, cli.ExitFindings, "good.h is no function", "", "softmodule", file("good.lua"), "--only", "h")
}
