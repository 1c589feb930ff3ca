package cli_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

func TestLFSDescribe(t *testing.T) {
	dir := app(t, "main.lua", "return 1\n")
	for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
		image, to := filepath.Join(dir, "app-"+lua+".img"), filepath.Join(dir, "app.txt")
		newWorld("", nil).run(t, 0, "", "", "luac", "--lua", lua, "-f", "-o", image, filepath.Join(dir, "main.lua"))
		data, err := os.ReadFile(image)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("version 1.5\nsize %d\nsha256 %x\nimage app-%s.img\n", len(data), sha256.Sum256(data), lua)
		w := newWorld("", nil)
		if w.run(t, 0, want, "", "lfs", "describe", image, "--version", "1.5"); w.out.String() != want {
			t.Errorf("%q", w.out.String())
		}
		newWorld("", nil).run(t, 0, "", "", "lfs", "describe", image, "--version", "2 beta", "--name", "heating", "--url", "/i/a.img", "-o", to)
		if got, err := os.ReadFile(to); err != nil || string(got) != fmt.Sprintf("name heating\nversion 2 beta\nsize %d\nsha256 %x\nimage /i/a.img\n", len(data), sha256.Sum256(data)) {
			t.Errorf("%q, %v", got, err)
		}
		for _, c := range []struct {
			want string
			args []string
		}{
			{"--version", []string{image}},
			{"--version", []string{image, "--version", "01234567890123456789012345678901234567890"}},
			{"characters that a line", []string{image, "--version", "1", "--name", "a\nsize 1"}},
			{"no image that a module loads", []string{filepath.Join(dir, "main.lc"), "--version", "1"}},
			{"no such file", []string{filepath.Join(dir, "none.img"), "--version", "1"}},
		} {
			newWorld("", nil).run(t, 0, "", "", "luac", "--lua", lua, "-o", filepath.Join(dir, "main.lc"), filepath.Join(dir, "main.lua"))
			newWorld("", nil).run(t, cli.ExitUsage, "", c.want, append([]string{"lfs", "describe"}, c.args...)...)
		}
	}
}
