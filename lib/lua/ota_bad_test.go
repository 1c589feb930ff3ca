package lualib_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// bad versions of an application, and what makes them so.
var badApps = map[string]string{
	"at once":   `error("broken")`,
	"later":     `silent = true tmr.create():alarm(10000, tmr.ALARM_SINGLE, function() error("broken later") end)`,
	"hangs":     `while true do end`,
	"memory":    `local t = {} while true do t[#t + 1] = ("x"):rep(500) .. #t end`,
	"forgets":   `silent = true`,
	"restarts":  `silent = true tmr.create():alarm(3000, tmr.ALARM_SINGLE, function() node.restart() end)`,
	"no module": `node.LFS.get("missing")()`,
}

// TestOTABad installs versions that do not work: the old one comes back, the bad one is not installed again,
// and the next one is.
func TestOTABad(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		chip := installed(t, edition, "{ within = 60 }", s)
		for _, name := range slices.Sorted(maps.Keys(badApps)) {
			t.Run(name, func(t *testing.T) {
				one := app(t, edition, s.port, 2, badApps[name]+"\n")
				s.change(one.answer)
				m := otaModule(t, edition, copyChip(t, chip), nil)
				m.expect("app 1")
				for start := 1; start <= 3; start++ {
					m.expect(fmt.Sprintf("version 2 on trial, start %d", start))
				}
				m.expect("version 2 does not work")
				m.expect("back at version 1")
				m.expect("app 1")
				m.expect("check\tbad\tversion 2 did not work")
				if n := strings.Count(m.Output(), "loading version 2"); n != 1 {
					t.Errorf("version 2 was loaded %d times", n)
				}
				next := app(t, edition, s.port, 3, "")
				s.change(next.answer)
				m.enter("node.restart()")
				m.expect("app 3 good")
				m.expect("check\tcurrent")
				s.change(one.answer)
				m.enter("node.restart()")
				m.expect("check\tbad")
				m.off()
			})
		}
	})
}

// wrongs are answers of servers with which nothing may be installed, and what check says of them.
func wrongs(t *testing.T, edition string, good release) map[string]struct {
	answer func(c net.Conn, q rawRequest)
	say    string
} {
	t.Helper()
	type wrong = struct {
		answer func(c net.Conn, q rawRequest)
		say    string
	}
	described := func(d string, say string) wrong {
		return wrong{func(c net.Conn, q rawRequest) {
			if q.path != "/app.txt" {
				good.answer(c, q)
				return
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(d), d)
		}, say}
	}
	with := func(image, say string) wrong { return wrong{release{"5", image}.answer, say} }
	change := func(from, to, say string) wrong { return described(strings.Replace(good.describe(), from, to, 1), say) }
	other := map[string]string{"5.3": "5.1", "5.1": "5.1-int", "5.1-int": "5.3"}[edition]
	no := "is no image for"
	if edition == "5.1" {
		no = "version 5: " // which the firmware finds out before it erases anything
	}
	garbage := strings.Repeat("garbage ", 200)
	list := map[string]wrong{
		"another hash":    change("sha256 ", "sha256 00", "no description: not understood"),
		"hash":            described(release{good.version, good.image[1:] + "x"}.describe(), "is not what its description says: another hash"),
		"no hash":         change("sha256", "md5", "no description: not understood"),
		"larger":          change("size ", "size 1", "the size is another one than described"),
		"smaller":         change(fmt.Sprintf("size %d", len(good.image)), "size 100", "the size is another one than described"),
		"negative":        change("size ", "size -", "no description: not understood"),
		"no version":      change("version 2", "version", "no description: not understood"),
		"name":            change("name app", "name another", "no description: not understood"),
		"no image":        change("image ", "imago ", "no description: not understood"),
		"image elsewhere": change("image app-2.img", "image ftp://server.lan/x", "no description: where is the image?"),
		"empty":           described("", "no description: not understood"),
		"html":            described("<html><body>Sorry</body></html>", "no description: not understood"),
		"long":            described(strings.Repeat("x", 2000), "no description: the body is longer than 1024 bytes"),
		"nul":             described("version 2\x00size 5\x00", "no description: not understood"),
		"404": {func(c net.Conn, q rawRequest) {
			_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}, "no description: the server says 404"},
		"no image there": {func(c net.Conn, q rawRequest) {
			if q.path == "/app.txt" {
				good.answer(c, q)
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
		}, "the server says 500"},
		"shorter without length": {func(c net.Conn, q rawRequest) {
			if q.path == "/app.txt" {
				good.answer(c, q)
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n"+good.image[:len(good.image)-10])
		}, "the size is another one than described"},
		"longer without length": {func(c net.Conn, q rawRequest) {
			if q.path == "/app.txt" {
				good.answer(c, q)
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n"+good.image+"more")
		}, "the size is another one than described"},
		"garbage":     with(garbage, "is no image for"),
		"other Lua":   with(app(t, other, 1, 5, "").image, no),
		"cut, hashed": with(good.image[:len(good.image)-100], "version 5"),
		"flipped":     with(good.image[:2000]+"\xff\x00\xff"+good.image[2003:], "version 5"),
	}
	return list
}

// TestOTAWrong offers what is no version: the module says why, and stays what it is.
func TestOTAWrong(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		chip := installed(t, edition, "", s)
		good := app(t, edition, s.port, 2, "")
		list := wrongs(t, edition, good)
		for _, name := range slices.Sorted(maps.Keys(list)) {
			t.Run(name, func(t *testing.T) {
				s.change(list[name].answer)
				m := otaModule(t, edition, copyChip(t, chip), nil)
				m.expect("app 1")
				m.expect(list[name].say)
				s.change(good.answer)
				if err := m.RunFor(30 * time.Second); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(m.Output(), "app 2 good") {
					m.enter("node.restart()")
				}
				m.expect("check\tcurrent\tversion 2")
				if out := m.Output(); strings.Contains(out, "no app") || strings.Count(out, "loading version 2") != 1 {
					t.Errorf("it did something else:\n%s", out)
				}
				m.off()
			})
		}
	})
}
