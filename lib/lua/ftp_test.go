package lualib_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listed are the lines of a list, without what the modules of the tests have besides, in order.
func listed(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
	lines = slices.DeleteFunc(lines, func(s string) bool { return strings.HasSuffix(s, ".lua") })
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestFTPCommands says every command, in the right order and in wrong ones.
func TestFTPCommands(t *testing.T) {
	files := map[string]string{"a.txt": "first\n", "www/index.html": strings.Repeat("0123456789", 500), "empty": ""}
	for _, edition := range editions {
		t.Run("Lua-"+edition, func(t *testing.T) {
			t.Parallel()
			m := ftpModule(t, place{edition: edition, store: true}, "", maps.Clone(files))
			steady(t, m, 8, func() { ftpCommands(t, ftpDial(t, m)) })
			startedOnce(t, m)
		})
	}
}

func ftpCommands(t *testing.T, f *ftpClient) {
	t.Helper()
	for _, line := range []string{"PWD", "LIST", "RETR a.txt", "STOR a.txt", "PASV", "PORT 127,0,0,1,200,1", "DELE a.txt", "SIZE a.txt", "ABOR", "STAT", "REST 1"} {
		f.want(530, line)
	}
	f.want(331, "USER me")
	f.want(530, "PASS Secret") // two seconds later
	f.want(331, "user other")
	f.want(530, "pass secret")
	f.want(331, "USER me")
	f.want(230, "PASS secret")
	for _, c := range []struct {
		code int
		line string
	}{
		{215, "SYST"}, {211, "FEAT"}, {200, "NOOP"}, {257, "PWD"}, {250, "CWD /"}, {250, "CWD ."}, {550, "CWD /www"}, {250, "CDUP"},
		{200, "TYPE I"}, {200, "TYPE A"}, {200, "TYPE A N"}, {504, "TYPE E"}, {200, "MODE S"}, {504, "MODE B"}, {200, "STRU F"}, {504, "STRU R"},
		{214, "HELP"}, {200, "OPTS UTF8 ON"}, {504, "OPTS X"}, {202, "ALLO 100"}, {211, "STAT"}, {226, "ABOR"}, {226, "\xff\xf4\xff\xf2ABOR"},
		{502, "XYZZY"}, {502, ""}, {502, "1"}, {502, "MKD x"}, {213, "SIZE a.txt"}, {213, "SIZE /a.txt"}, {550, "SIZE b.txt"}, {550, "MDTM a.txt"},
		{425, "LIST"}, {425, "RETR a.txt"}, {425, "STOR b.txt"}, {553, "STOR "}, {553, "STOR /"}, {553, "STOR " + strings.Repeat("x", 32)},
		{553, "STOR ../x"}, {553, "STOR a/../x"}, {553, "STOR ~ftp1"}, {553, "DELE ~ftp1"}, {550, "RETR nothing"}, {550, "DELE nothing"},
		{550, "RNFR nothing"}, {503, "RNTO x"}, {350, "RNFR a.txt"}, {200, "NOOP"}, {503, "RNTO b.txt"}, {501, "REST x"}, {350, "REST 99"},
		{554, "RETR a.txt"}, {554, "STOR a.txt"}, {350, "REST 0"}, {501, "PORT 1,2,3"}, {501, "PORT x"}, {501, "EPRT |1|127.0.0.1|"},
		{522, "EPRT |2|::1|2000|"}, {522, "EPSV 2"}, {200, "EPSV ALL"}, {501, "MLSD a.txt"}, {550, "MLST b.txt"}, {250, "MLST a.txt"},
		{250, "MLST"}, {500, "NOOP " + strings.Repeat("x", 300)}, {500, strings.Repeat("x", 9000)}, {200, "noop"},
		{350, "RNFR a.txt"}, {553, "RNTO empty"}, {350, "RNFR a.txt"}, {250, "RNTO /b.txt"}, {213, "SIZE b.txt"}, {350, "RNFR b.txt"}, {250, "RNTO a.txt"},
	} {
		f.want(c.code, c.line)
	}
	if text := f.want(250, "MLST a.txt"); !strings.Contains(text, "\n type=file;size=6; a.txt\n") {
		t.Errorf("%q", text)
	}
	for _, active := range []bool{false, true} {
		if got, want := listed(f.fetch("NLST", active)), "a.txt\nempty\nwww/index.html"; got != want {
			t.Errorf("%q, and not %q", got, want)
		}
		if got := f.fetch("NLST *.tx?", active); got != "a.txt\r\n" {
			t.Errorf("%q", got)
		}
		if got := f.fetch("LIST -la a.txt", active); got != "-rw-r--r-- 1 me me        6 Jan  1  1970 a.txt\r\n" {
			t.Errorf("%q", got)
		}
		if got := f.fetch("NLST a+txt", active); got != "" {
			t.Errorf("%q", got)
		}
		if got, want := listed(f.fetch("MLSD", active)), "type=file;size=0; empty\ntype=file;size=5000; www/index.html\ntype=file;size=6; a.txt"; got != want {
			t.Errorf("%q, and not %q", got, want)
		}
		ftpTransfers(t, f, active)
	}
	f.quit()
}

// ftpTransfers moves files both ways.
func ftpTransfers(t *testing.T, f *ftpClient, active bool) {
	t.Helper()
	same := func(name, want string) {
		t.Helper()
		if got := f.fetch("RETR "+name, active); got != want {
			t.Errorf("%s has %d bytes, and not %d: %.50q", name, len(got), len(want), got)
		}
	}
	put := func(line, content string) {
		t.Helper()
		if code := f.put(line, content, active); code != 226 {
			t.Errorf("%s: %d", line, code)
		}
	}
	all := strings.Repeat("0123456789", 500)
	same("empty", "")
	same("a.txt", "first\n")
	same("www/index.html", all)
	f.want(350, "REST 4990")
	same("www/index.html", "0123456789")
	f.want(350, "REST 5000")
	same("www/index.html", "")
	put("STOR new", "")
	same("new", "")
	put("STOR new", all+all)
	same("new", all+all)
	put("APPE new", "and more")
	same("new", all+all+"and more")
	f.want(350, "REST 4")
	put("STOR new", "abc")
	same("new", "0123abc")
	put("APPE another", "fresh")
	same("another", "fresh")
	f.want(250, "DELE new")
	f.want(250, "DELE another")
}

// TestFTPSoak is many transfers of small files, of all kinds, and a heap that stays as it is.
func TestFTPSoak(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		m := ftpModule(t, p, "", nil)
		random := rand.New(rand.NewPCG(5, 21))
		has := map[string]string{}
		began, transfers := time.Now(), map[string]int{}
		turn := func() {
			for i := 0; i < soak(160)/2; {
				f := ftpLogin(t, m)
				for range 20 {
					i++
					transfers[ftpTransfer(f, random, has)]++
				}
				f.quit()
			}
		}
		steady(t, m, 6, turn)
		n := 0
		for _, k := range transfers {
			n += k
		}
		t.Logf("%d transfers in %v: %v", n, time.Since(began).Round(time.Millisecond), transfers)
		startedOnce(t, m)
	})
}

// ftpTransfer moves a file by chance, or a list, compares, and tells what it was.
func ftpTransfer(f *ftpClient, random *rand.Rand, has map[string]string) string {
	name := fmt.Sprintf("file%d", random.IntN(6))
	active, how := random.IntN(2) == 0, "passive "
	if active {
		how = "active "
	}
	switch content, there := has[name]; {
	case random.IntN(3) == 0:
		want := slices.Sorted(maps.Keys(has))
		if got := listed(f.fetch("NLST", active)); got != strings.Join(want, "\n") {
			f.t.Errorf("%q, and not %q", got, want)
		}
		return how + "NLST"
	case there && random.IntN(2) == 0:
		if got := f.fetch("RETR "+name, active); got != content {
			f.t.Errorf("%s has %d bytes, and not %d", name, len(got), len(content))
		}
		return how + "RETR"
	default:
		b := make([]byte, random.IntN(3001))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		if code := f.put("STOR "+name, string(b), active); code != 226 {
			f.t.Errorf("STOR %s: %d", name, code)
		}
		has[name] = string(b)
		return how + "STOR"
	}
}

// TestFTPInRAM holds what the page says of a server that is not in the store: it does not fit, and the module goes on.
func TestFTPInRAM(t *testing.T) {
	const script = `
local before = heap()
local ok, err = pcall(require, "ftp")
check("error", not ok and err:find("not enough memory", 1, true) ~= nil, true)
check("what stays", before - heap() < 1000, true)
print "finished"
`
	needs := map[string]int{}
	for _, edition := range editions {
		place{edition: edition}.run(t, nil, script, "ftp")
		m := place{edition: edition, heapBytes: 59920}.start(t, map[string]string{"ftp.lc": compiled(t, edition, "ftp.lua", source(t, "ftp"))}, `
local before = heap()
ftp = dofile "ftp.lc"
print(("needs %d."):format(before - heap()))
`)
		m.Expect("needs ")
		n, err := strconv.Atoi(m.Expect("."))
		if err != nil {
			t.Fatal(err)
		}
		needs[edition] = n
	}
	says := map[string]int{"5.3": 47000, "5.1": 46600, "5.1-int": 43900} // from run to run some bytes differ
	for edition, n := range needs {
		if n < says[edition]-300 || n > says[edition]+300 {
			t.Errorf("Lua %s needs %d bytes, and the page says %d", edition, n, says[edition])
		}
	}
	onPage(t, fmt.Sprintf("about %d bytes on Lua 5.3, %d on 5.1 and %d on 5.1 with integers", says["5.3"], says["5.1"], says["5.1-int"]))
}
