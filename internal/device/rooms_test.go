package device_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashfs"
)

// inBothRooms runs code as init.lua of a module whose files are in a directory and of one
// whose files are on a chip, and gives what each printed behind the banner.
func inBothRooms(t *testing.T, code string, c device.Config, last time.Duration) (out [2]string, all [2]*module) {
	t.Helper()
	chip := newChip(t, flash.DefaultSize)
	at := storage.Options{Chip: chip}
	_, region, err := storage.Partitions(storage.New(at))
	if err != nil {
		t.Fatal(err)
	}
	files := flashfs.New(chip, region)
	if err := files.Format(); err != nil {
		t.Fatal(err)
	}
	f, err := files.Open("init.lua", 1<<1|1<<2)
	if err == nil {
		_, err = f.Write([]byte(code))
		files.Unmount()
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		c := c
		c.Files, c.FastSerial = &hostfile.Host{NoSync: true}, true
		if c.StateDir = stateWith(t, "init.lua", code); i == 1 {
			c.StateDir, c.Chip = t.TempDir(), chip
		}
		all[i] = startTimed(t, c)
		all[i].runFor(last)
		_, out[i], _ = strings.Cut(all[i].printed(), "begin\n")
	}
	return out, all
}

// bothPrint holds that both print the same.
func bothPrint(t *testing.T, code, want string) [2]*module {
	t.Helper()
	out, all := inBothRooms(t, "print'begin' "+code, device.Config{}, 10*time.Minute)
	for i, room := range []string{"directory", "chip"} {
		if got := strings.TrimSuffix(out[i], "> "); got != want {
			t.Errorf("%s: %q, want %q", room, got, want)
		}
	}
	return all
}

// TestRooms_Truncated: who reads a file while another handle empties it is at the end, and sees
// what the other one writes when that has left the cache.
func TestRooms_Truncated(t *testing.T) {
	bothPrint(t, `
		file.putcontents("f", "old text")
		local reader, writer = file.open("f", "r"), file.open("f", "w")
		writer:write("fresh")
		print(reader:read(), reader:seek("end"), file.stat("f").size)
		writer:flush()
		print(reader:seek("set", 0), reader:read(), file.stat("f").size)
		reader:close() writer:close()
		print(file.getcontents("f"))`, "nil\t5\t5\n0\tfresh\t5\nfresh\n")
}

// TestRooms_Full fills the file system by appending: as many bytes go in as the C code takes,
// garbage collection included, what fails then is the same, and there is room for a file when
// one is removed.
func TestRooms_Full(t *testing.T) {
	all := bothPrint(t, `
		local f, n, piece = file.open("log", "a+"), 0, ("0123456789"):rep(100)
		while f:write(piece) do n = n + 1 tmr.wdclr() end
		print(n, f:seek("end")) f:close()
		print(file.fsinfo())
		print(file.open("more", "w"), file.putcontents("more", "x"), file.exists("more"))
		file.remove("log")
		print(file.putcontents("more", "x"), file.getcontents("more"))`,
		"3139\t3139000\n227406\t3165361\t3392767\nnil\tnil\tfalse\ntrue\tx\n")
	if a, b := all[0].Now(), all[1].Now(); a != b {
		t.Errorf("it took %v and %v", a, b)
	}
}

// TestRooms_Handles: four files can be open, and what happens to a file that others have
// open is the same.
func TestRooms_Handles(t *testing.T) {
	bothPrint(t, `
		local list = {}
		for i = 1, 6 do list[i] = file.open("f" .. i, "w+") end
		print(#list, file.exists("f4"), file.exists("f5"), file.rename("f1", "g"))
		list[1]:close() list[2]:write("two")
		print(file.rename("f2", "g"), list[2]:seek("set"), list[2]:read(), list[2]:seek("set", 4), list[2]:seek("cur"))
		file.remove("g")
		print(list[2]:read(), list[2]:write("x"), list[2]:seek("cur"))
		local other = file.open("f3", "a+") other:write("tail")
		print(file.stat("f3").size, list[3]:read(), other:seek("end"), list[3]:seek("set"), list[3]:read())`,
		"4\ttrue\tfalse\tfalse\ntrue\t0\ttwo\tnil\t3\nnil\tnil\tnil\n0\tnil\t4\t0\ttail\n")
}

// TestFlashTime: looking for a file that is not there reads a page of each of the 428 blocks,
// and the task that does it is told to be long. All of it takes the same time in both rooms.
func TestFlashTime(t *testing.T) {
	const code = `
		print "begin"
		local function time(name, f, ...)
			tmr.wdclr()
			local t = tmr.now() f(...)
			print(name, (tmr.now() - t) // 100)
		end
		time("missing", file.exists, "no such file")
		time("there", file.exists, "init.lua")
		time("new", file.putcontents, "new", ("x"):rep(1000))
		time("again", file.putcontents, "new", ("x"):rep(1000))
		time("format", file.format)`
	out, all := inBothRooms(t, code, device.Config{TaskLimit: 15 * time.Millisecond}, 10*time.Minute)
	if out[0] != out[1] {
		t.Errorf("%q in a directory, %q on a chip", out[0], out[1])
	}
	for line, between := range map[string][2]int{"missing": {170, 175}, "there": {1, 175}, "new": {300, 900}, "again": {50, 900}, "format": {385_000, 395_000}} {
		_, rest, _ := strings.Cut(out[0], line+"\t")
		text, _, _ := strings.Cut(rest, "\n")
		var n int
		for _, c := range text {
			n = n*10 + int(c-'0')
		}
		if n < between[0] || n > between[1] {
			t.Errorf("%s took %d × 100 µs", line, n)
		}
	}
	for _, m := range all {
		if n := len(m.only(device.Watchdog)); n != 0 {
			t.Errorf("the watchdog bit %d times", n)
		}
	}
	slow := device.Config{FlashTimes: storage.Times{PageRead: 400 * time.Microsecond, SectorErase: -1}}
	out, _ = inBothRooms(t, code, slow, 10*time.Minute)
	if !strings.Contains(out[0], "missing\t17") || out[0] != out[1] {
		t.Errorf("%q, %q", out[0], out[1])
	}
}

// TestDirectory_Whole: until a file that was emptied is flushed or closed, the directory has
// what was there before, and a reset brings what was on flash.
func TestDirectory_Whole(t *testing.T) {
	dir := stateWith(t, "init.lua", `
		local f = file.open("f", "w") f:write(("x"):rep(300))
		tmr.create():alarm(100, 0, function() f:flush() f:write("lost") end)
		tmr.create():alarm(200, 0, node.restart)`, "f", "old")
	m := startConfig(t, device.Config{StateDir: dir})
	host := func() string {
		b, _ := os.ReadFile(filepath.Join(dir, storage.FlashDir, "f"))
		return string(b)
	}
	m.runFor(150 * time.Millisecond)
	if got := host(); got != "old" {
		t.Errorf("before the flush the directory has %q", got)
	}
	m.runFor(100 * time.Millisecond)
	if got := host(); got != strings.Repeat("x", 300) {
		t.Errorf("behind the flush it has %d bytes", len(got))
	}
}

// TestFlashTime_Store: loading the store takes the time of its sectors and pages.
func TestFlashTime_Store(t *testing.T) {
	oldImage, newImage := storeImages(t)
	took := func(times storage.Times) time.Duration {
		dir := t.TempDir()
		put(t, dir, "old.img", oldImage)
		put(t, dir, "new.img", newImage)
		m := startTimed(t, device.Config{StateDir: dir, LFSSize: storeSize, FlashTimes: times, FastSerial: true})
		m.boot()
		m.typed("node.LFS.reload'old.img'\n")
		m.typed("x=tmr.now()\n")
		m.Feed([]byte("node.LFS.reload'new.img'\n"))
		before := m.Now()
		for m.printed(); !strings.Contains(m.out.String(), "LFS image loaded"); {
			m.runFor(time.Millisecond)
			if m.Now() > before+time.Minute {
				t.Fatal("nothing was loaded")
			}
		}
		return m.Now() - before
	}
	off := noFlashTime
	erase, write := off, off
	erase.SectorErase, write.PageWrite = 45*time.Millisecond, 900*time.Microsecond
	base := took(off)
	sectors := (took(erase) - base) / erase.SectorErase
	if sectors < 1 || sectors > storeSize/4096 {
		t.Errorf("%d sectors were erased", sectors)
	}
	if pages := (took(write) - base) / write.PageWrite; pages < 3 || pages > 40 {
		t.Errorf("%d pages were written", pages)
	}
}
