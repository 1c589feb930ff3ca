package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"moonlet.example/moonlet/internal/hostfile"
)

// readOnly fails as a file system does that can only be read.
func readOnly(op hostfile.Op) error {
	switch op.Kind {
	case hostfile.Read, hostfile.Stat, hostfile.ReadDir, hostfile.Close, hostfile.LockFile:
		return nil
	case hostfile.Open:
		if !op.Writes {
			return nil
		}
	}
	return syscall.EROFS
}

const readOnlyApp = `local f = file.open("data.txt") print(f:read()) f:close()
local failed = 0
for i = 1, 50 do
  local f = file.open("log", "a")
  if f then if not f:write("x") then failed = failed + 1 end f:close() else failed = failed + 1 end
end
print("failed", failed, file.exists("data.txt"))
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "home", pwd = "correct horse", save = true, auto = false}`

// checkReadOnly runs a project whose files cannot be written: it starts and reads, writing
// fails for it, and that is said once for each kind.
func checkReadOnly(t *testing.T, dir string, luck *unlucky) {
	t.Helper()
	run := []string{"run", "DIR", "--time", "virtual", "--for", "10s"}
	p := playCommand(t, dir, run, luck)
	if p.code != 0 || !strings.Contains(p.out, "data") || !strings.Contains(p.out, "failed\t50\ttrue") {
		t.Errorf("exit code %d\n%s%s", p.code, p.out, p.err)
	}
	if n := strings.Count(p.err, `creating "log"`); n != 1 {
		t.Errorf("it is said %d times that a file cannot be made", n)
	}
	if !strings.Contains(p.err, "cannot keep the Wi-Fi settings") || !strings.Contains(p.err, "the same and the like happened 49 times more") {
		t.Errorf("told: %s", p.err)
	}
}

// readOnlyProject is a project that has run before.
func readOnlyProject(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string]string{"init.lua": readOnlyApp, "data.txt": "data"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// This run makes the state directory, and leaves none of the files that the next one
	// is to fail to make.
	if p := playCommand(t, dir, []string{"run", "DIR", "--time", "virtual", "--for", "10s"}, &unlucky{}); p.code != 0 {
		t.Fatalf("%d %s", p.code, p.err)
	}
	for _, name := range []string{"flash/log", "wifi.json"} {
		if err := os.Remove(filepath.Join(dir, ".moonlet", name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	readOnlyProject(t, dir)
	luck := &unlucky{rule: readOnly}
	checkReadOnly(t, dir, luck)
	// What has to be written before the module starts, and cannot be, keeps it from that.
	if err := os.WriteFile(filepath.Join(dir, "init.lua"), []byte("print('edited')"), 0o666); err != nil {
		t.Fatal(err)
	}
	run := []string{"run", "DIR", "--time", "virtual", "--for", "10s"}
	if p := playCommand(t, dir, run, luck); p.code != 3 || !strings.Contains(p.err, "--state names another") {
		t.Errorf("an edited source: %d %s", p.code, p.err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".moonlet")); err != nil {
		t.Fatal(err)
	}
	if p := playCommand(t, dir, run, luck); p.code != 3 || !strings.Contains(p.err, "--state names another") {
		t.Errorf("no state directory: %d %s", p.code, p.err)
	}
}

// TestPipesAreNotWaitedFor: what has the name of a file and is a pipe is refused at once.
func TestPipesAreNotWaitedFor(t *testing.T) {
	for _, name := range []string{"moonlet.toml", "init.lua", ".moonlet", ".moonlet/flash", ".moonlet/moonlet.lock", ".moonlet/wifi.json",
		".moonlet/records.bin", ".moonlet/uploaded.json", ".moonlet/flash/init.lua", ".moonlet/.gitignore"} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		makePipe(t, filepath.Join(dir, name))
		if name != "init.lua" {
			if err := os.WriteFile(filepath.Join(dir, "init.lua"), []byte("print'hello'"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		p := playCommand(t, dir, []string{"run", "DIR", "--time", "virtual", "--for", "1s"}, &unlucky{})
		if p.code != 0 && p.code != 2 && p.code != 3 || p.code == 0 && name != "init.lua" && !strings.Contains(p.out, "hello") {
			t.Errorf("%s: %d %s%s", name, p.code, p.out, p.err)
		}
		t.Logf("%s: %d %s", name, p.code, p.err)
	}
}
