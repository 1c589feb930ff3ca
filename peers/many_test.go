package peers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// soak is how many files a program moves, by MOONLET_SOAK; 0 is a few, without a look at the heap.
func soak() int {
	n, err := strconv.Atoi(os.Getenv("MOONLET_SOAK"))
	if err != nil {
		return 0
	}
	return n
}

// perSession is how many files go each way while a program is connected.
const perSession = 10

// ftpPrograms are commands that put the files up0, up1 ... into the module, and get them as down0, down1 ...
var ftpPrograms = map[string]func(host, port string, active bool) []string{
	"curl": func(host, port string, active bool) []string {
		command := []string{"-sS", "--user", "me:secret", "--max-time", "50", "-T", fmt.Sprintf("up[0-%d]", perSession-1), "ftp://" + host + ":" + port + "/"}
		down := []string{"--next", "-sS", "--user", "me:secret", "--max-time", "50", "-o", "down#1", fmt.Sprintf("ftp://%s:%s/up[0-%d]", host, port, perSession-1)}
		if active {
			command = append(command, "--ftp-port", "-")
			down = append(down, "--ftp-port", "-")
		}
		return append(command, down...)
	},
	"lftp": func(host, port string, active bool) []string {
		script := "set net:timeout 20; set net:max-retries 1; set cmd:fail-exit yes; set xfer:clobber yes; "
		if active {
			script += "set ftp:passive-mode off; "
		}
		script += "open -u me,secret -p " + port + " " + host
		for i := range perSession {
			script += fmt.Sprintf(" && put up%d", i)
		}
		for i := range perSession {
			script += fmt.Sprintf(" && get up%d -o down%d", i, i)
		}
		return []string{"-c", script}
	},
}

// TestFTPMany moves many files with each program, active and passive, compares each, and with MOONLET_SOAK
// holds that the heap is what it was.
func TestFTPMany(t *testing.T) {
	for name, command := range ftpPrograms {
		path := program(t, name)
		for _, lua := range luas[:2] {
			t.Run(name+"/Lua-"+lua, func(t *testing.T) {
				t.Parallel()
				m, host, port := serverModuleAt(t, 8, lua, openFTP, nil)
				random := rand.New(rand.NewPCG(4, 17))
				session := func(i int) int {
					return ftpSession(t, m, random, path, command(host, port, i%2 == 1))
				}
				session(0)
				session(1)
				if soak() == 0 { // the heap takes half a minute to look at
					return
				}
				was, n, began := idleHeap(t, m), 0, time.Now()
				for i := 0; n < soak() && !t.Failed(); i++ {
					n += session(i)
				}
				took := time.Since(began)
				now := idleHeap(t, m)
				t.Logf("%d files in %v, %d bytes free before and %d after", n, took.Round(time.Second), was, now)
				if now > was+256 || now < was-256 { // lists of strings and of what is to be called have one of two sizes
					t.Errorf("%d bytes free before and %d after", was, now)
				}
			})
		}
	}
}

// ftpSession moves files both ways, and returns how many.
func ftpSession(t *testing.T, m *moonlet.Module, random *rand.Rand, path string, command []string) int {
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	var texts [perSession]string
	for i := range texts {
		b := make([]byte, random.IntN(3001))
		for k := range b {
			b[k] = byte(random.Uint32())
		}
		texts[i] = string(b)
		write(t, dir, fmt.Sprintf("up%d", i), texts[i])
	}
	if out, err := client(t, dir, path, command...); err != nil || out != "" { // curl's exit code is that of the last file
		t.Errorf("%s: %v: %s\n%s", filepath.Base(path), err, out, m.LastLines(5))
	}
	for i, text := range texts {
		if got := onModule(m, fmt.Sprintf("up%d", i)); got != text {
			t.Errorf("up%d has %d bytes on the module, and not %d", i, len(got), len(text))
		}
		if got := content(dir, fmt.Sprintf("down%d", i)); got != text {
			t.Errorf("down%d has %d bytes, and not %d; part of it: %v, a later part: %v", i, len(got), len(text), strings.HasPrefix(text, got), strings.HasSuffix(text, got))
		}
	}
	return 2 * perSession
}

// idleHeap is what is free when the connections of before have been forgotten, which takes two minutes of the
// module's time, and garbage is collected.
func idleHeap(t *testing.T, m *moonlet.Module) int {
	t.Helper()
	now, err := m.Now()
	for until := now + 130*time.Second; err == nil && now < until; now, err = m.Now() {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	live, err := m.Collect()
	if err != nil {
		t.Fatal(err)
	}
	return live.FreeBytes
}
